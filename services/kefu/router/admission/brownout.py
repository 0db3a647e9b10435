"""
Brown-out: answers are made with less under load, before any turn is refused.

Pressure is a number: 0 is none, and at 1 turns are refused. Each flow (a tenant's turns of one priority) has its own
level, since the flow with the long queue should do with less. A level is entered when pressure stayed at its threshold
for `RISE_SECONDS`. It is left, one level at a time, when pressure stayed below half of the threshold for
`FALL_SECONDS`, so that levels do not flap.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kefu.router.admission.fair_queue import Flow
from kefu.router.domain.turn import BrownOut

RISE_SECONDS = 0.5
FALL_SECONDS = 5.0
_EXIT_SHARE = 0.5
"""A level is left below this share of the pressure at which it is entered."""
_LEVELS: tuple[BrownOut, ...] = tuple(level for level in BrownOut if level is not BrownOut.NONE)


@dataclass
class FlowLevel:
    """Brown-out level of one flow.

    `start` is the threshold of the first level, 0 to 1; the others follow at equal steps up to 1. 0 turns brown-out
    off.
    """

    start: float
    level: BrownOut = BrownOut.NONE
    _above_seconds: float = 0.0
    _below_seconds: float = 0.0

    def threshold(self, level: BrownOut) -> float:
        """The pressure at which a level is entered."""
        return self.start + (level - 1) * (1 - self.start) / len(_LEVELS)

    def step(self, pressure: float, seconds: float) -> None:
        """Apply the pressure of the last `seconds`."""
        if not self.start:
            return
        target = max((level for level in _LEVELS if pressure >= self.threshold(level)), default=BrownOut.NONE)
        self._above_seconds = self._above_seconds + seconds if target > self.level else 0.0
        is_calm = self.level > BrownOut.NONE and pressure < self.threshold(self.level) * _EXIT_SHARE
        self._below_seconds = self._below_seconds + seconds if is_calm else 0.0
        if self._above_seconds >= RISE_SECONDS:
            self.level, self._above_seconds = target, 0.0
        elif self._below_seconds >= FALL_SECONDS:
            self.level, self._below_seconds = BrownOut(self.level - 1), 0.0


class BrownOutLevels:
    """Brown-out levels of all flows of a router. `start`: see `FlowLevel`."""

    def __init__(self, start: float) -> None:
        self._start = start
        self._flows: dict[Flow, FlowLevel] = {}

    def step(self, flows: Mapping[Flow, float], seconds: float) -> None:
        """Apply the pressure on each flow over the last `seconds`; a flow that is not named has none."""
        for flow in flows.keys() - self._flows.keys():
            self._flows[flow] = FlowLevel(self._start)
        for flow, flow_level in list(self._flows.items()):
            pressure = flows.get(flow, 0.0)
            flow_level.step(pressure, seconds)
            if not pressure and flow_level.level is BrownOut.NONE:
                del self._flows[flow]

    def level(self, flow: Flow) -> BrownOut:
        """The level of a flow now."""
        flow_level = self._flows.get(flow)
        return flow_level.level if flow_level is not None else BrownOut.NONE

    def counts(self) -> dict[BrownOut, int]:
        """Number of flows on each level."""
        counts: dict[BrownOut, int] = dict.fromkeys(_LEVELS, 0)
        for flow_level in self._flows.values():
            if flow_level.level is not BrownOut.NONE:
                counts[flow_level.level] += 1
        return counts

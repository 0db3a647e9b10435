"""
Answers made with less while more is asked than can be answered: a ladder, climbed before anyone is refused.

Pressure is a number: 0 is none, at 1 turns are refused. Each flow (a tenant's turns of one priority) has its own
ladder, since it is the one with the long line that should do with less. A ladder goes up when pressure stayed at a
rung's threshold for `RISE_SECONDS`, and down one rung at a time when it stayed below half of it for `FALL_SECONDS`, so
that it does not flap.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kefu.router.admission.fair_queue import Flow
from kefu.router.domain.turn import BrownOut

RISE_SECONDS = 0.5
FALL_SECONDS = 5.0
_LEAVE = 0.5
"""A rung is left below this share of the pressure at which it is taken."""
_RUNGS: tuple[BrownOut, ...] = tuple(rung for rung in BrownOut if rung is not BrownOut.NONE)


@dataclass
class Ladder:
    """One ladder. `start` is the first rung's threshold, the others follow at equal steps up to 1; 0: no rung ever."""

    start: float
    rung: BrownOut = BrownOut.NONE
    _above: float = 0.0
    _below: float = 0.0

    def threshold(self, rung: BrownOut) -> float:
        """The pressure at which a rung is taken."""
        return self.start + (rung - 1) * (1 - self.start) / len(_RUNGS)

    def step(self, pressure: float, seconds: float) -> None:
        """Take the pressure, which was so for the last `seconds`."""
        if not self.start:
            return
        wanted = max((rung for rung in _RUNGS if pressure >= self.threshold(rung)), default=BrownOut.NONE)
        self._above = self._above + seconds if wanted > self.rung else 0.0
        calm = self.rung > BrownOut.NONE and pressure < self.threshold(self.rung) * _LEAVE
        self._below = self._below + seconds if calm else 0.0
        if self._above >= RISE_SECONDS:
            self.rung, self._above = wanted, 0.0
        elif self._below >= FALL_SECONDS:
            self.rung, self._below = BrownOut(self.rung - 1), 0.0


class BrownOuts:
    """All ladders of a router."""

    def __init__(self, start: float) -> None:
        self._start = start
        self._flows: dict[Flow, Ladder] = {}

    def step(self, flows: Mapping[Flow, float], seconds: float) -> None:
        """Take the pressure on each flow, which was so for the last `seconds`; one that is not named has none."""
        for flow in flows.keys() - self._flows.keys():
            self._flows[flow] = Ladder(self._start)
        for flow, ladder in list(self._flows.items()):
            pressure = flows.get(flow, 0.0)
            ladder.step(pressure, seconds)
            if not pressure and ladder.rung is BrownOut.NONE:
                del self._flows[flow]

    def level(self, flow: Flow) -> BrownOut:
        """What a flow's turns do without now."""
        ladder = self._flows.get(flow)
        return ladder.rung if ladder is not None else BrownOut.NONE

    def counts(self) -> dict[BrownOut, int]:
        """How many flows stand on each rung."""
        counts: dict[BrownOut, int] = dict.fromkeys(_RUNGS, 0)
        for ladder in self._flows.values():
            if ladder.rung is not BrownOut.NONE:
                counts[ladder.rung] += 1
        return counts

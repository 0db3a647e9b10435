"""How busy the replicas' engines are, and how many requests they can run."""

from collections.abc import Iterable
from dataclasses import dataclass

_SLACK = 0.1
"""So many may wait in the engines, as a share of those that run..."""
_LEAST_SLACK = 4
"""...or so many: requests wait for the engine's next step even when it has room."""
_TELLING = 0.5
"""A cache that is used less tells too little about how many requests would fill it."""


@dataclass(frozen=True)
class EngineLoad:
    """Requests in the engines of all replicas that take more, by fresh reports, whichever router sent them."""

    running: int = 0
    waiting: int = 0
    most: int = 0
    """What they can run at once; 0 when an engine does not say."""
    sent: int = 0
    """What this router has open with them..."""
    astray: int = 0
    """...and with replicas that are leaving or silent."""

    @property
    def slack(self) -> float:
        """How many may wait before anything is limited."""
        return max(self.running * _SLACK, _LEAST_SLACK)

    @property
    def few(self) -> float:
        """How many may wait before a limit is lowered."""
        return self.slack / 4

    @property
    def pressure(self) -> float:
        """Waiting beyond the slack, over running: 1 means that each running request has another one behind it."""
        return max(self.waiting - self.slack, 0.0) / max(self.running, 1)


def reported(running: int, waiting: int, max_running: int, kv_cache_usage: float) -> EngineLoad:
    """One engine's load, from its report. A cache that fills up may allow fewer requests than are configured."""
    most = max_running
    if most and kv_cache_usage >= _TELLING:
        most = max(min(most, round(running / kv_cache_usage)), 1)
    return EngineLoad(running, waiting, most)


def together(engines: Iterable[EngineLoad], *, sent: int, astray: int = 0) -> EngineLoad:
    """The load of several; `sent` and `astray` as above."""
    loads = list(engines)
    return EngineLoad(
        running=sum(load.running for load in loads),
        waiting=sum(load.waiting for load in loads),
        most=sum(load.most for load in loads) if all(load.most for load in loads) else 0,
        sent=sent,
        astray=astray,
    )

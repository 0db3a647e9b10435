"""Engine load: how busy the replicas' engines are, and how many requests they can run."""

from collections.abc import Iterable
from dataclasses import dataclass

_SLACK_SHARE = 0.1
"""So many may wait in the engines, as a share of those that run..."""
_MIN_SLACK = 4
"""...or so many: requests wait for the engine's next step even when it has room."""
_MIN_CACHE_USAGE = 0.5
"""A cache that is used less tells too little about how many requests would fill it."""


@dataclass(frozen=True)
class EngineLoad:
    """Requests in the engines of all replicas that take more, by fresh reports, from all routers."""

    running: int = 0
    waiting: int = 0
    max_running: int = 0
    """Requests that the engines can run at once; 0 when one engine does not report it."""
    sent: int = 0
    """Requests that this router has open with these replicas..."""
    unreported: int = 0
    """...and with replicas that are leaving or whose reports are stale."""

    @property
    def slack(self) -> float:
        """Requests that may wait before anything is limited."""
        return max(self.running * _SLACK_SHARE, _MIN_SLACK)

    @property
    def calm_waiting(self) -> float:
        """Requests that may wait before a limit is lowered."""
        return self.slack / 4

    @property
    def pressure(self) -> float:
        """Waiting beyond the slack, over running: 1 means that each running request has another one behind it."""
        return max(self.waiting - self.slack, 0.0) / max(self.running, 1)


def engine_load_of(running: int, waiting: int, max_running: int, kv_cache_usage: float) -> EngineLoad:
    """One engine's load, from its report. A cache that fills up may allow fewer requests than are configured."""
    if max_running and kv_cache_usage >= _MIN_CACHE_USAGE:
        max_running = max(min(max_running, round(running / kv_cache_usage)), 1)
    return EngineLoad(running, waiting, max_running)


def combined_load(engines: Iterable[EngineLoad], *, sent: int, unreported: int = 0) -> EngineLoad:
    """The load of several engines; `sent` and `unreported` as in EngineLoad."""
    loads = list(engines)
    return EngineLoad(
        running=sum(load.running for load in loads),
        waiting=sum(load.waiting for load in loads),
        max_running=sum(load.max_running for load in loads) if all(load.max_running for load in loads) else 0,
        sent=sent,
        unreported=unreported,
    )

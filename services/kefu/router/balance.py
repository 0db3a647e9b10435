"""
Which replica gets the next answer: the one that owes least. Pure arithmetic; `kefu.router.replicas` feeds it.

A replica's load is what it says it owes, plus what we sent it that its last report did not yet count:
owed + (sent − accepted). Work is counted from before dispatch until the stream ends, by whatever road.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

STALE_SECONDS = 3.0
"""A replica reports once a second at least; one that was silent for longer is taken for saturated."""
SATURATED = 10**12
_STICKY_TOKENS = 2_000
"""The session's last replica, whose prefix cache is warm, may owe so many tokens more than the least loaded one."""


@dataclass
class Dispatch:
    """One request, from before it is sent until its stream ends."""

    tokens: int
    accepted: bool = False
    ended: bool = False


@dataclass
class ReplicaLoad:
    """A replica's load, as one router sees it."""

    clock: Callable[[], float] = time.monotonic
    boot_id: str = ""
    draining: bool = False
    _owed: int = 0
    _accepted: int = 0
    _sent: int = 0
    _reported_at: float = float("-inf")
    _open: list[Dispatch] = field(default_factory=list[Dispatch])

    def reported(self, boot_id: str, owed: int, accepted: int, *, draining: bool) -> None:
        """Take a LoadReport."""
        if boot_id != self.boot_id:
            # A new process counts from 0, and knows nothing of what the old one was sent.
            self.boot_id = boot_id
            self._sent = accepted + sum(dispatch.tokens for dispatch in self._open if not dispatch.accepted)
        self._owed, self._accepted, self.draining = owed, accepted, draining
        if all(dispatch.accepted for dispatch in self._open):
            # Nothing is under way, so both sums are equal; a request that was lost on its way is forgotten here.
            self._sent = max(accepted, 0)
        self._reported_at = self.clock()

    def silent(self) -> None:
        """The stream of reports broke: nothing is known until the next one."""
        self._reported_at = float("-inf")

    def sending(self, tokens: int) -> Dispatch:
        """Count a request before it is sent."""
        dispatch = Dispatch(tokens)
        self._open.append(dispatch)
        self._sent += tokens
        return dispatch

    def ended(self, dispatch: Dispatch) -> None:
        """The request's stream has ended: done, failed, cancelled or timed out. Counting it twice does no harm."""
        if dispatch.ended:
            return
        dispatch.ended = True
        self._open.remove(dispatch)
        if not dispatch.accepted:
            self._sent -= dispatch.tokens

    @property
    def in_flight(self) -> int:
        """Requests whose streams have not ended."""
        return len(self._open)

    @property
    def tokens(self) -> int:
        """What this replica owes, as far as is known; SATURATED when its reports are stale."""
        if self.clock() - self._reported_at > STALE_SECONDS:
            return SATURATED + sum(dispatch.tokens for dispatch in self._open)
        return self._owed + max(self._sent - self._accepted, 0)


class Loaded(Protocol):
    """Something with a load and a name."""

    @property
    def address(self) -> str:
        """Its name."""
        ...

    @property
    def load(self) -> ReplicaLoad:
        """Its load."""
        ...


LoadedT = TypeVar("LoadedT", bound=Loaded)


def choose(
    replicas: Sequence[LoadedT],
    *,
    preferred: str = "",
    exclude: frozenset[str] = frozenset(),
    sample: int = 2,
    sampler: Callable[[Sequence[LoadedT], int], list[LoadedT]] = random.sample,
) -> LoadedT | None:
    """The least loaded of `sample` random replicas, or the preferred one while it is not much busier; None: no one.

    Those that drain, or are excluded because they were tried, are never chosen. A saturated one is chosen only when
    there is no other: of two, choosing by sample alone could send all to a replica that has died.
    """
    able = [replica for replica in replicas if replica.address not in exclude and not replica.load.draining]
    fresh = [replica for replica in able if replica.load.tokens < SATURATED]
    candidates = fresh or able
    if not candidates:
        return None
    drawn = sampler(candidates, min(max(sample, 2), len(candidates)))
    best = min(drawn, key=lambda replica: replica.load.tokens)
    warm = next((replica for replica in candidates if replica.address == preferred), None)
    if warm is not None and warm.load.tokens <= best.load.tokens + _STICKY_TOKENS:
        return warm
    return best

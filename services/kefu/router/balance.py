"""
Which replica gets the next answer: the one that owes least. Pure arithmetic; `kefu.router.replicas` feeds it.

A replica's load is what it says it owes, plus what we sent it that its last report did not yet count:
owed + (sent − accepted). Work is counted from before dispatch until the stream ends, by whatever road.

A session's last replica holds the session's prefix in its cache, so the session stays while that replica is not
much busier than the mean (the bound of consistent hashing with bounded loads, https://arxiv.org/abs/1608.01350).
When it has left, each of its sessions goes where a rendezvous hash of the session says, so that they spread over
those that remain, and every router sends the same session to the same place.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Protocol, TypeVar

STALE_SECONDS = 3.0
"""A replica reports once a second at least; one that was silent for longer is taken for saturated."""
SATURATED = 10**12
STICKY_BOUND = 1.5
"""A session stays while its replica owes at most so many times the mean (below 2, or of two replicas none is ever left;
docs/benchmarks/simulations/balancing.md shows what it gains)..."""
STICKY_TOKENS = 2_000
"""...and so many tokens more: about two turns, so that an idle suite does not move sessions for one answer."""


@dataclass(eq=False)
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
    _open: set[Dispatch] = field(default_factory=set[Dispatch])
    _open_tokens: int = 0
    _unaccepted_tokens: int = 0
    _idle: list[asyncio.Event] = field(default_factory=list[asyncio.Event])

    def reported(self, boot_id: str, owed: int, accepted: int, *, draining: bool) -> None:
        """Take a LoadReport."""
        if boot_id != self.boot_id:
            # A new process counts from 0, and knows nothing of what the old one was sent.
            self.boot_id = boot_id
            self._sent = accepted + self._unaccepted_tokens
        self._owed, self._accepted, self.draining = owed, accepted, draining
        # What is still to be counted lies between nothing and all that is under way. The bounds forget what was lost
        # on its way, and what was given up here while it was being accepted there.
        self._sent = accepted + min(max(self._sent - accepted, 0), self._unaccepted_tokens)
        self._reported_at = self.clock()

    def silent(self) -> None:
        """The stream of reports broke: nothing is known until the next one."""
        self._reported_at = float("-inf")

    def sending(self, tokens: int) -> Dispatch:
        """Count a request before it is sent."""
        dispatch = Dispatch(tokens)
        self._open.add(dispatch)
        self._open_tokens += tokens
        self._unaccepted_tokens += tokens
        self._sent += tokens
        return dispatch

    def accepted(self, dispatch: Dispatch) -> None:
        """The replica has counted the request; its reports tell the rest."""
        if dispatch.accepted or dispatch.ended:
            return
        dispatch.accepted = True
        self._unaccepted_tokens -= dispatch.tokens

    def ended(self, dispatch: Dispatch) -> None:
        """The request's stream has ended: done, failed, cancelled or timed out. Counting it twice does no harm."""
        if dispatch.ended:
            return
        dispatch.ended = True
        self._open.remove(dispatch)
        self._open_tokens -= dispatch.tokens
        if not dispatch.accepted:
            self._unaccepted_tokens -= dispatch.tokens
            self._sent -= dispatch.tokens
        if not self._open:
            for waiter in self._idle:
                waiter.set()

    async def idle(self) -> None:
        """Wait until no stream is open."""
        while self._open:
            waiter = asyncio.Event()
            self._idle.append(waiter)
            try:
                await waiter.wait()
            finally:
                self._idle.remove(waiter)

    @property
    def in_flight(self) -> int:
        """Requests whose streams have not ended."""
        return len(self._open)

    @property
    def stale(self) -> bool:
        """Nothing was heard for too long: what it owes is unknown."""
        return self.clock() - self._reported_at > STALE_SECONDS

    @property
    def tokens(self) -> int:
        """What this replica owes, as far as is known; SATURATED and more when its reports are stale."""
        if self.stale:
            return SATURATED + self._open_tokens
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
    session: str = "",
    exclude: frozenset[str] = frozenset(),
    sample: int = 2,
    sampler: Callable[[Sequence[LoadedT], int], list[LoadedT]] = random.sample,
) -> LoadedT | None:
    """The least loaded of `sample` random replicas, unless the session has a better place; None: no one.

    `preferred`, the session's last replica, is kept while its load is within the bound. When it is no longer among
    the candidates, `session` decides, by its hash, among those within the bound.

    Those that drain, or are excluded because they were tried, are never chosen. A saturated one is chosen only when
    there is no other: of two, choosing by sample alone could send all to a replica that has died.
    """
    able = [replica for replica in replicas if replica.address not in exclude and not replica.load.draining]
    loads = {replica.address: replica.load.tokens for replica in able}
    candidates = [replica for replica in able if loads[replica.address] < SATURATED] or able
    if not candidates:
        return None
    if preferred:
        mean = sum(loads[replica.address] for replica in candidates) / len(candidates)
        bound = mean * STICKY_BOUND + STICKY_TOKENS
        warm = next((replica for replica in candidates if replica.address == preferred), None)
        if warm is not None:
            if loads[preferred] <= bound:
                return warm
        elif session:
            roomy = [replica for replica in candidates if loads[replica.address] <= bound]  # the least loaded is
            return max(roomy, key=lambda replica: _affinity(session, replica.address))
    drawn = sampler(candidates, min(max(sample, 2), len(candidates)))
    return min(drawn, key=lambda replica: loads[replica.address])


def _affinity(session: str, address: str) -> bytes:
    """Highest random weight: equal in every process, independent for each pair."""
    return blake2b(f"{session}\0{address}".encode(), digest_size=8).digest()

"""Replica load: the tokens that a replica owes by its last report, and what was sent to it since."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

STALE_SECONDS = 3.0
"""A replica reports once a second at least. A replica without a report for so long counts as saturated."""
SATURATED_TOKENS = 10**12
"""Load of a saturated replica, in tokens: above any real one."""


@dataclass(eq=False)
class DispatchedRequest:
    """One request, counted from before it is sent until its stream ends."""

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
    progressed_at: float = float("-inf")
    """When (of `clock`) a report last said that the engine has read or written tokens, for whomever."""
    _done: int = 0
    _reported_at: float = float("-inf")
    _open: set[DispatchedRequest] = field(default_factory=set[DispatchedRequest])
    _open_tokens: int = 0
    _unaccepted_tokens: int = 0
    _idle: list[asyncio.Event] = field(default_factory=list[asyncio.Event])

    def update(self, boot_id: str, owed: int, accepted: int, *, done: int = 0, draining: bool) -> None:
        """Apply a LoadReport; `owed`, `accepted` and `done` are in tokens. `done` 0: the replica does not say."""
        if boot_id != self.boot_id:
            # A new process counts from 0, and knows nothing of what the old one was sent.
            self.boot_id = boot_id
            self._sent = accepted + self._unaccepted_tokens
            self._done = 0
        if done > self._done:
            self._done, self.progressed_at = done, self.clock()
        self._owed, self._accepted, self.draining = owed, accepted, draining
        # What the replica has yet to count lies between 0 and all that is under way. The bounds drop requests that were
        # lost on their way, and those that were cancelled here while the replica accepted them.
        self._sent = accepted + min(max(self._sent - accepted, 0), self._unaccepted_tokens)
        self._reported_at = self.clock()

    def mark_stale(self) -> None:
        """Record that the stream of reports broke: the load is unknown until the next report."""
        self._reported_at = float("-inf")

    def record_sent(self, tokens: int) -> DispatchedRequest:
        """Count a request of `tokens` before it is sent."""
        dispatch = DispatchedRequest(tokens)
        self._open.add(dispatch)
        self._open_tokens += tokens
        self._unaccepted_tokens += tokens
        self._sent += tokens
        return dispatch

    def record_accepted(self, dispatch: DispatchedRequest) -> None:
        """Record that the replica has counted the request: from here on its reports include it."""
        if dispatch.accepted or dispatch.ended:
            return
        dispatch.accepted = True
        self._unaccepted_tokens -= dispatch.tokens

    def record_end(self, dispatch: DispatchedRequest) -> None:
        """Record that the request's stream has ended: done, failed, cancelled or timed out. Twice does no harm."""
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

    async def wait_until_idle(self) -> None:
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
    def is_stale(self) -> bool:
        """Whether the last report is older than `STALE_SECONDS`, so that the load is unknown."""
        return self.clock() - self._reported_at > STALE_SECONDS

    @property
    def owed_tokens(self) -> int:
        """Tokens that this replica owes, as far as is known; SATURATED_TOKENS and more when its reports are stale."""
        if self.is_stale:
            return SATURATED_TOKENS + self._open_tokens
        return self._owed + max(self._sent - self._accepted, 0)

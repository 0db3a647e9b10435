"""What is known of a replica's load: tokens owed, and what was sent since its last report."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

STALE_SECONDS = 3.0
"""A replica reports once a second at least; one that was silent for longer is taken for saturated."""
SATURATED = 10**12


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

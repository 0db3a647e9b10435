"""
The first frame of an answer: one replica is asked, a second one too when the first is late, and who writes first wins.

The loser is cancelled at once: closing its stream cancels the call, and with it the work and what the replica owed.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from kefu.common.aio import cancel_and_wait
from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable, ServiceError
from kefu.router import metrics
from kefu.router.dispatch.hedging import Hedging
from kefu.router.dispatch.idle_timeout import IdleTimeout
from kefu.router.domain.generation import Accepted, Event, Frame, GenerationEnd, GenerationRequest

_NEVER = float("inf")


class Source(Protocol):
    """A replica."""

    @property
    def address(self) -> str:
        """Where it is."""
        ...

    @property
    def model(self) -> str:
        """What it serves; empty while that is not known."""
        ...

    def generate(self, order: GenerationRequest, principal: Principal) -> AsyncGenerator[Event, None]:
        """See `Replica.generate`."""
        ...


class Silent(BackendUnavailable):
    """A replica wrote nothing for as long as it is waited for."""


class TooLate(Exception):
    """The time in which a first frame is of use is over."""


class Stream:
    """What one replica writes; it is asked when this is made. Close it, or it goes on for ever."""

    def __init__(self, source: Source, order: GenerationRequest, principal: Principal) -> None:
        self.source = source
        self.asked = time.monotonic()
        self.accepted: Accepted | None = None
        self._events = source.generate(order, principal)
        self._silence = IdleTimeout()
        self.first: asyncio.Task[Frame | GenerationEnd] = asyncio.create_task(
            self._next(), name=f"first frame from {source.address}"
        )

    @property
    def waited(self) -> float:
        """Seconds since it was asked."""
        return time.monotonic() - self.asked

    async def next(self, seconds: float) -> Frame | GenerationEnd:
        """The next frame, or the end. Raises Silent after `seconds`, and the errors of `Replica.generate`."""
        try:
            return await self._silence.wait(self._next(), seconds)
        except TimeoutError:
            raise Silent(f"Replica {self.source.address} wrote nothing for {seconds:.1f} s.") from None

    async def aclose(self) -> None:
        """Cancel the call, whatever it is doing."""
        self._silence.close()
        await cancel_and_wait(self.first)
        if not self.first.cancelled():
            self.first.exception()  # else asyncio complains that nobody asked
        await self._events.aclose()

    async def _next(self) -> Frame | GenerationEnd:
        while (event := await anext(self._events, None)) is not None:
            if not isinstance(event, Accepted):
                return event
            self.accepted = event
        raise BackendUnavailable(f"The stream of replica {self.source.address} ended before the answer did.")


class FirstFrameRace:
    """One attempt to get a first frame. `failed` tells afterwards which replicas failed, and how."""

    def __init__(self, order: GenerationRequest, principal: Principal, patience: float) -> None:
        self.failed: list[tuple[Source, ServiceError]] = []
        self.hedged = False
        self._order = order
        self._principal = principal
        self._patience = patience
        self._streams: list[Stream] = []

    async def first(
        self,
        source: Source,
        *,
        latest: float = _NEVER,
        hedging: Hedging | None = None,
        second: Callable[[], Source | None] = lambda: None,
    ) -> Stream:
        """The stream whose first frame is there. `second` gives the replica to be asked too, when the first is late.

        Raises TooLate at `latest` (monotonic), and what the replica that was asked last failed with.
        """
        try:
            winner = await self._race(source, latest, hedging, second)
            await self._close_all_but(winner)
        except BaseException:
            await self._close_all_but(None)
            raise
        return winner

    async def _race(
        self, source: Source, latest: float, hedging: Hedging | None, second: Callable[[], Source | None]
    ) -> Stream:
        delay = hedging.delay() if hedging is not None else None
        primary = self._ask(source)
        hedge_at = _NEVER if delay is None else primary.asked + delay
        while True:
            wake = min(hedge_at, latest, min(stream.asked for stream in self._streams) + self._patience)
            await asyncio.wait(
                {stream.first for stream in self._streams},
                timeout=max(wake - time.monotonic(), 0.0),
                return_when=asyncio.FIRST_COMPLETED,
            )
            winner = await self._settle()
            if winner is not None:
                if winner is not primary and primary in self._streams and hedging is not None:
                    hedging.times.add(primary.waited)
                return winner
            if not self._streams:
                _, failure = self.failed[-1]
                raise failure
            if time.monotonic() >= latest:
                raise TooLate
            if time.monotonic() >= hedge_at:
                hedge_at = _NEVER
                if hedging is not None and hedging.allowed and (other := second()) is not None:
                    hedging.take()
                    self.hedged = True
                    metrics.HEDGED.inc()
                    self._ask(other)

    async def _close_all_but(self, winner: Stream | None) -> None:
        others = [stream for stream in self._streams if stream is not winner]
        for stream in others:
            stream.first.cancel()  # all of them at once, and even if we are cancelled meanwhile
        for stream in sorted(others, key=lambda stream: not stream.first.done()):
            await stream.aclose()

    def _ask(self, source: Source) -> Stream:
        stream = Stream(source, self._order, self._principal)
        self._streams.append(stream)
        return stream

    async def _settle(self) -> Stream | None:
        """Drop the streams that failed; the one that wrote, if any did."""
        for stream in tuple(self._streams):
            if stream.first.done():
                failure = stream.first.exception()
                if failure is None:
                    return stream
            elif stream.waited >= self._patience:
                failure = Silent(f"Replica {stream.source.address} wrote nothing for {self._patience:g} s.")
            else:
                continue
            await stream.aclose()
            self._streams.remove(stream)
            if not isinstance(failure, ServiceError):
                raise failure
            self.failed.append((stream.source, failure))
        return None

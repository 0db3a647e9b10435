"""
First-frame race: one replica is asked, and a second one too when the first frame is late. The first to write wins.

The loser is cancelled at once: closing its stream cancels the call, its work, and what the replica owed for it.
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
from kefu.router.domain.generation import Accepted, Frame, GenerationEnd, GenerationEvent, GenerationRequest

_NEVER = float("inf")


class AnsweringReplica(Protocol):
    """What dispatch needs of a replica."""

    @property
    def address(self) -> str:
        """The replica's host:port."""
        ...

    @property
    def model(self) -> str:
        """Name of the model that the replica serves; empty while it is not known."""
        ...

    @property
    def progressed_at(self) -> float:
        """When (monotonic) its engine was last seen at work, for whomever; -inf: not known."""
        ...

    def generate(self, request: GenerationRequest, principal: Principal) -> AsyncGenerator[GenerationEvent, None]:
        """See `Replica.generate`."""
        ...


class ReplicaSilent(BackendUnavailable):
    """A replica wrote nothing for the longest time that is allowed, and did nothing for others meanwhile."""


class FirstFrameTooLate(Exception):
    """No first frame came before the deadline."""


class FrameStream:
    """Frames of one replica, which is asked when this is made. Close the stream, or it goes on for ever."""

    def __init__(self, replica: AnsweringReplica, request: GenerationRequest, principal: Principal) -> None:
        self.replica = replica
        self.requested_at = time.monotonic()
        self.accepted: Accepted | None = None
        self._events = replica.generate(request, principal)
        self._idle_timeout = IdleTimeout()
        self.first: asyncio.Task[Frame | GenerationEnd] = asyncio.create_task(
            self._next(), name=f"first frame from {replica.address}"
        )

    @property
    def seconds_waited(self) -> float:
        """Seconds since the replica was asked."""
        return time.monotonic() - self.requested_at

    @property
    def quiet_since(self) -> float:
        """When (monotonic) the replica was asked, or was last seen at work for whomever: a queue is no silence."""
        return max(self.requested_at, self.replica.progressed_at)

    async def next(self, seconds: float, until: float = _NEVER) -> Frame | GenerationEnd:
        """The next frame, or the end.

        Raises ReplicaSilent after `seconds` in which the replica wrote nothing for anyone, or at `until` (monotonic),
        and the errors of `Replica.generate`.
        """
        try:
            return await self._idle_timeout.wait(
                self._next(), seconds, until=until, alive_at=lambda: self.replica.progressed_at
            )
        except TimeoutError:
            raise ReplicaSilent(f"Replica {self.replica.address} wrote nothing for {seconds:.1f} s.") from None

    async def aclose(self) -> None:
        """Cancel the call at any point."""
        self._idle_timeout.close()
        await cancel_and_wait(self.first)
        if not self.first.cancelled():
            self.first.exception()  # else asyncio warns of an exception that was never retrieved
        await self._events.aclose()

    async def _next(self) -> Frame | GenerationEnd:
        while (event := await anext(self._events, None)) is not None:
            if not isinstance(event, Accepted):
                return event
            self.accepted = event
        raise BackendUnavailable(f"The stream of replica {self.replica.address} ended before the answer did.")


class FirstFrameRace:
    """One attempt to get a first frame, within `first_frame_seconds` of a replica that does nothing for others either.

    Afterwards `failures` holds the replicas that failed with their errors, and `hedged` whether a second one was asked.
    """

    def __init__(self, request: GenerationRequest, principal: Principal, first_frame_seconds: float) -> None:
        self.failures: list[tuple[AnsweringReplica, ServiceError]] = []
        self.hedged = False
        self._request = request
        self._principal = principal
        self._first_frame_seconds = first_frame_seconds
        self._streams: list[FrameStream] = []

    async def first(
        self,
        replica: AnsweringReplica,
        *,
        deadline: float = _NEVER,
        hedging: Hedging | None = None,
        pick_second: Callable[[], AnsweringReplica | None] = lambda: None,
    ) -> FrameStream:
        """The stream whose first frame came. `pick_second` returns the replica to ask too when the first is late.

        Raises FirstFrameTooLate at `deadline` (monotonic), and the error of the last replica when all failed.
        """
        try:
            winner = await self._race(replica, deadline, hedging, pick_second)
            await self._close_all_but(winner)
        except BaseException:
            await self._close_all_but(None)
            raise
        return winner

    async def _race(
        self,
        replica: AnsweringReplica,
        deadline: float,
        hedging: Hedging | None,
        pick_second: Callable[[], AnsweringReplica | None],
    ) -> FrameStream:
        delay = hedging.delay_seconds() if hedging is not None else None
        primary = self._start_stream(replica)
        hedge_at = _NEVER if delay is None else primary.requested_at + delay
        while True:
            wake = min(
                hedge_at, deadline, min(stream.quiet_since for stream in self._streams) + self._first_frame_seconds
            )
            await asyncio.wait(
                {stream.first for stream in self._streams},
                timeout=max(wake - time.monotonic(), 0.0),
                return_when=asyncio.FIRST_COMPLETED,
            )
            winner = await self._winner()
            if winner is not None:
                if winner is not primary and primary in self._streams and hedging is not None:
                    hedging.first_token_times.add(primary.seconds_waited)
                return winner
            if not self._streams:
                _, failure = self.failures[-1]
                raise failure
            if time.monotonic() >= deadline:
                raise FirstFrameTooLate
            if time.monotonic() >= hedge_at:
                hedge_at = _NEVER
                if hedging is not None and hedging.is_allowed and (other := pick_second()) is not None:
                    hedging.record_hedge()
                    self.hedged = True
                    metrics.HEDGED.inc()
                    self._start_stream(other)

    async def _close_all_but(self, winner: FrameStream | None) -> None:
        others = [stream for stream in self._streams if stream is not winner]
        for stream in others:
            stream.first.cancel()  # all at once, and even if this task is cancelled meanwhile
        for stream in sorted(others, key=lambda stream: not stream.first.done()):
            await stream.aclose()

    def _start_stream(self, replica: AnsweringReplica) -> FrameStream:
        stream = FrameStream(replica, self._request, self._principal)
        self._streams.append(stream)
        return stream

    async def _winner(self) -> FrameStream | None:
        """Drop the streams that failed, and return the one that wrote, if any did."""
        for stream in tuple(self._streams):
            if stream.first.done():
                failure = stream.first.exception()
                if failure is None:
                    return stream
            elif time.monotonic() - stream.quiet_since >= self._first_frame_seconds:
                failure = ReplicaSilent(
                    f"Replica {stream.replica.address} wrote nothing for {self._first_frame_seconds:g} s."
                )
            else:
                continue
            await stream.aclose()
            self._streams.remove(stream)
            if not isinstance(failure, ServiceError):
                raise failure
            self.failures.append((stream.replica, failure))
        return None

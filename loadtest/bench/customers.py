"""Simulated customers whose client resumes broken streams, as the contract allows.

A broken stream is resumed at another router: by ResumeTurn from the bytes that the client holds. A client that does
not know the turn yet, or learns that the turn failed, sends the same message with the same request_id.
"""

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import grpc
import grpc.aio

from kefu.common.rpc.status import RpcFailure, failure_of
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from loadtest.bench.records import StreamBreak, TurnRecord
from loadtest.harness.verdicts import VerdictBuilder, is_overload

BURST_SECONDS = 20.0
"""How long a burst lasts."""
_OPTIONS = (
    ("grpc.use_local_subchannel_pool", 1),  # else all channels of this process would share one connection
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)
_GIVE_UP_SECONDS = 30.0
"""A turn without progress for so long has failed."""
_IDLE_SECONDS = 10.0
"""A stream that is silent for so long is dropped and resumed at another router."""
_BACKOFF_SECONDS = (0.1, 1.0)
_AVOID_SECONDS = 2.0
_SILENCE_SECONDS = 0.25
_PAUSE_SECONDS = (0.2, 0.8)
# Few: only the first turn of a session is not drawn to the replica of the one before, and whoever asks the same for the
# third time in a row is passed on to a person.
_TURNS_PER_SESSION = (1, 2)
_HOPELESS = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}


class FailedAttempt(NamedTuple):
    """One failed attempt of a turn: its cause, status, ErrorInfo reason and requested delay in seconds."""

    cause: str
    code: grpc.StatusCode
    reason: str
    retry_after: float | None

    @property
    def is_overload(self) -> bool:
        """Whether the router refused it for load."""
        return is_overload(self.code, self.reason)

    @property
    def stream_break(self) -> StreamBreak:
        """The break of the stream that it was, now."""
        return StreamBreak(time.monotonic(), self.cause, refused=self.is_overload and bool(self.retry_after))

    @property
    def is_final(self) -> bool:
        """Whether to ask again is in vain, or the router did not say when."""
        return self.code in _HOPELESS or (self.is_overload and not self.retry_after)


@dataclass
class RouterChannels:
    """One client's channels to all routers, each over a connection of its own."""

    stubs: Sequence["rpc.ChatServiceAsyncStub"]
    metadata: tuple[tuple[str, str], ...]
    _next: int = 0
    _avoid_until: dict[int, float] = field(default_factory=dict[int, float])

    def choose(self) -> int:
        """The next router in turn that has not just failed."""
        now = time.monotonic()
        order = [(self._next + step) % len(self.stubs) for step in range(len(self.stubs))]
        found = next((one for one in order if self._avoid_until.get(one, 0.0) <= now), order[0])
        self._next = found + 1
        return found

    def avoid(self, router: int) -> None:
        """Do not choose this router for _AVOID_SECONDS."""
        self._avoid_until[router] = time.monotonic() + _AVOID_SECONDS


@asynccontextmanager
async def open_router_channels(
    addresses: Sequence[str], metadata: tuple[tuple[str, str], ...]
) -> AsyncIterator[RouterChannels]:
    """Channels to these routers while the block runs."""
    channels = [grpc.aio.insecure_channel(address, options=_OPTIONS) for address in addresses]
    try:
        yield RouterChannels([rpc.ChatServiceStub(channel) for channel in channels], metadata)
    finally:
        for channel in channels:
            await channel.close()


class CustomerTurn:
    """One turn of a customer, retried and resumed until it ends. `record` is filled on the way."""

    def __init__(self, channels: RouterChannels, question: str, session: str, *, resumable: bool = True) -> None:
        now = time.monotonic()
        self.record = TurnRecord(question, now, session=session)
        self._channels = channels
        self._resumable = resumable
        self._request_id = uuid.uuid4().hex
        self._verdict = VerdictBuilder(now, must_generate=True)
        self._text = bytearray()
        self._resumes = False  # ResumeTurn, rather than the message again
        self._progress = now
        self._last_delta: float | None = None

    async def run(self) -> TurnRecord:
        """Ask until the turn is answered, or made no progress for _GIVE_UP_SECONDS."""
        backoff = _BACKOFF_SECONDS[0]
        while True:
            before = self._progress
            router = self._channels.choose()
            attempt = await self._attempt(router)
            now = time.monotonic()
            if attempt is None:
                return self._end()
            self.record.breaks.append(attempt.stream_break)
            if now - self._progress > _GIVE_UP_SECONDS or attempt.is_final:
                return self._end(attempt)
            self._verdict.connection_lost()
            if attempt.code is not grpc.StatusCode.RESOURCE_EXHAUSTED and attempt.reason != "SESSION_BUSY":
                self._channels.avoid(router)
            self._plan_retry(attempt)
            backoff = _BACKOFF_SECONDS[0] if self._progress > before else min(backoff * 2, _BACKOFF_SECONDS[1])
            await asyncio.sleep(attempt.retry_after or backoff * random.uniform(0.5, 1.5))

    async def run_and_abandon(self, after_bytes: int) -> TurnRecord:
        """Ask, and cancel once the answer has so many bytes. An answer that ends or breaks before is not cancelled."""
        attempt = await self._attempt(self._channels.choose(), leave_at=after_bytes)
        now = time.monotonic()
        if self._verdict.completed:
            return self._end()
        if attempt is not None:
            self.record.breaks.append(attempt.stream_break)
            return self._end(attempt)
        self._finish(now)
        self.record.verdict = self._verdict.abandoned(now)
        return self.record

    def _end(self, failed: FailedAttempt | None = None) -> TurnRecord:
        now = time.monotonic()
        self._finish(now)
        if failed is None:
            self.record.verdict = self._verdict.ended(grpc.StatusCode.OK, now)
        else:
            self.record.verdict = self._verdict.ended(failed.code, now, failed.reason, failed.retry_after)
        return self.record

    def _note_progress(self, now: float) -> None:
        """Note text or the end of the answer, and the silence before it."""
        if self._last_delta is not None and now - self._last_delta > _SILENCE_SECONDS:
            self.record.silences.append((self._last_delta, now))
        self._last_delta = now

    def _finish(self, now: float) -> None:
        self._note_progress(now)
        self.record.ended_at = now
        self.record.text = self._text.decode(errors="replace")

    async def _attempt(self, router: int, leave_at: int | None = None) -> FailedAttempt | None:
        """Read one stream to its end. None: the stream ended well, or was abandoned on purpose."""
        stub, metadata = self._channels.stubs[router], self._channels.metadata
        if self._resumes:
            resuming = pb.ResumeTurnRequest(turn=self.record.turn, offset=len(self._text))
            call = stub.ResumeTurn(resuming, metadata=metadata)
        else:
            request = pb.ConverseRequest(
                session=self.record.session or "sessions/-",
                text=self.record.question,
                request_id=self._request_id,
                resumable=self._resumable,
            )
            call = stub.Converse(request, metadata=metadata)
        try:
            while True:
                async with asyncio.timeout(_IDLE_SECONDS):
                    event = await call.read()
                if not isinstance(event, pb.ConverseEvent):
                    if self._verdict.completed:
                        return None
                    return FailedAttempt("ended without TurnCompleted", grpc.StatusCode.UNKNOWN, "", None)
                self._receive(event, time.monotonic())
                if leave_at is not None and len(self._text) >= leave_at:
                    return None
        except TimeoutError:
            cause = f"silent for {_IDLE_SECONDS:g} s ({'resumed' if self._resumes else 'asked'})"
            return FailedAttempt(cause, grpc.StatusCode.DEADLINE_EXCEEDED, "", None)
        except grpc.aio.AioRpcError as error:
            return _failed_attempt(failure_of(error), joined=self._resumes)
        finally:
            call.cancel()

    def _receive(self, event: pb.ConverseEvent, now: float) -> None:
        self._verdict.receive(event, now)
        match event.WhichOneof("event"):
            case "turn_started":
                self.record.session, self.record.turn = self._verdict.session, self._verdict.turn
            case "text_delta":
                self._progress = now
                self._note_progress(now)
                # What comes lower than where the text ends replaces it from there.
                del self._text[event.text_delta.offset :]
                self._text += event.text_delta.text.encode()
            case "handoff":
                self.record.handoff = event.handoff.message
            case _:
                pass

    def _plan_retry(self, attempt: FailedAttempt) -> None:
        if attempt.code is grpc.StatusCode.NOT_FOUND and attempt.reason == "SESSION_NOT_FOUND":
            # Lost with Redis: nothing of it is known any more, so this is another message in another session.
            self.record.session, self.record.turn, self._request_id = "", "", uuid.uuid4().hex
            self.record.sessions_lost += 1
            self._resumes = False
        elif self._resumes:
            # The message again, unless the router only could not be reached.
            self._resumes = not attempt.reason and attempt.code in _UNREACHED
        else:
            self._resumes = bool(self.record.turn) and self._resumable


_UNREACHED = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNKNOWN}


def _failed_attempt(failure: RpcFailure, *, joined: bool) -> FailedAttempt:
    what = failure.reason or failure.message[:60]
    cause = f"{failure.code.name} {what} ({'resumed' if joined else 'asked'})"
    return FailedAttempt(cause, failure.code, failure.reason, failure.retry_after)


@dataclass
class CustomerLoad:
    """Concurrent conversations with pauses between turns. `abandoned_share` (0 to 1) of the turns are cancelled."""

    addresses: Sequence[str]
    """Addresses of the routers, or of nginx in front of them."""
    metadata: tuple[tuple[str, str], ...]
    questions: Sequence[str]
    conversations: int
    answer_bytes: int
    abandoned_share: float = 0.0
    records: list[TurnRecord] = field(default_factory=list[TurnRecord])
    running: int = 0
    """Turns that have begun and not ended."""
    _stopping: bool = False

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """Customers ask while the block runs. At its end their open turns are awaited."""
        customers = [
            asyncio.create_task(self._customer(number, lambda: self._stopping)) for number in range(self.conversations)
        ]
        try:
            yield
            self._stopping = True
            await asyncio.gather(*customers)
        finally:
            for customer in customers:
                customer.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*customers, return_exceptions=True)

    async def burst(self, times: int, seconds: float) -> None:
        """So many times the customers ask for some seconds, within the block of `asking`.

        Returns when the ones that were added have been answered.
        """
        ends = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for number in range(self.conversations, self.conversations * times):
                group.create_task(self._customer(number, lambda: time.monotonic() >= ends))

    async def _customer(self, number: int, leaves_now: Callable[[], bool]) -> None:
        chance = random.Random(number)
        await asyncio.sleep(chance.uniform(0, 2))
        async with open_router_channels(self.addresses, self.metadata) as channels:
            channels.choose() if number % 2 else None  # half of them begin at each router
            session, turns = "", 0
            while not leaves_now():
                if turns == 0:
                    session, turns = "", chance.randint(*_TURNS_PER_SESSION)
                turns -= 1
                leaves = chance.random() < self.abandoned_share
                asking = CustomerTurn(channels, chance.choice(self.questions), session, resumable=not leaves)
                self.records.append(asking.record)
                self.running += 1
                try:
                    if leaves:
                        record = await asking.run_and_abandon(chance.randrange(1, self.answer_bytes))
                    else:
                        record = await asking.run()
                finally:
                    self.running -= 1
                session = record.session
                await asyncio.sleep(chance.uniform(*_PAUSE_SECONDS))

"""All answers of a replica over one call of GenerateMany, each read as if it had a call of its own."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from contextvars import Context
from typing import Any

import grpc
import grpc.aio
from google.protobuf.duration_pb2 import Duration

from kefu.common.rpc.status import RpcFailure, failure_of
from kefu.generation.v1 import generation_pb2 as pb
from kefu.generation.v1 import generation_pb2_grpc as rpc

Metadata = tuple[tuple[str, str], ...]
_LINE_SECONDS = 60.0
"""A call takes new answers for so long; then another one does, for whoever serves may want its connections renewed."""
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class AnswerFailed(Exception):
    """An answer ended before it was completed; `failure` is what its call would have ended with."""

    def __init__(self, failure: RpcFailure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class MultiplexedAnswer:
    """One answer. Cancel it, or it goes on, unless it was read to its end."""

    def __init__(self, line: "_Call", number: int) -> None:
        self._line = line
        self._number = number
        self._held: deque[pb.AnswerEvent] = deque()
        self._lost: RpcFailure | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._over = False

    async def read(self) -> pb.GenerateEvent | None:
        """The next event; None once it is completed. Raises AnswerFailed. For one reader at a time."""
        while not self._held:
            if self._over:
                return None
            if self._lost is not None:
                raise AnswerFailed(self._lost)
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        outcome = self._held.popleft()
        if outcome.WhichOneof("outcome") == "failure":
            self._end()
            raise AnswerFailed(_failure(outcome.failure))
        if outcome.event.WhichOneof("event") == "completed":
            self._end()
        return outcome.event

    def cancel(self) -> None:
        """Nobody reads this any more."""
        if not self._over:
            self._end()
            self._line.cancel(self._number)

    def take(self, event: pb.AnswerEvent) -> None:
        """For the line: this came."""
        self._held.append(event)
        self._wake()

    def lose(self, failure: RpcFailure) -> None:
        """For the line: nothing comes any more."""
        self._lost = failure
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _end(self) -> None:
        self._over = True
        self._line.ended(self._number)


class AnswerMultiplexer:
    """The way to one replica. Answers begin at once; a call is opened for the first of them, and when one was lost."""

    def __init__(self, stub: "rpc.GenerationServiceAsyncStub", metadata: Metadata) -> None:
        self._stub = stub
        self._metadata = metadata
        self._current: _Call | None = None
        self._lines: set[_Call] = set()

    def begin(
        self, request: pb.GenerateRequest, *, timeout: float | None, metadata: Mapping[str, str]
    ) -> MultiplexedAnswer:
        """Ask for an answer; see BeginAnswer. Fails as a call that does not wait for a connection does."""
        if self._current is None or not self._current.takes_more:
            if self._current is not None:
                self._current.retire()
            self._lines = {line for line in self._lines if not line.is_over}
            self._current = _Call(self._stub.GenerateMany(metadata=self._metadata, wait_for_ready=False))
            self._lines.add(self._current)
        return self._current.begin(request, timeout, metadata)

    async def close(self) -> None:
        """Cancel what is open."""
        await asyncio.gather(*(line.close() for line in self._lines))


class _Call:
    def __init__(self, call: "grpc.aio.StreamStreamCall[pb.GenerateManyRequest, pb.GenerateManyResponse]") -> None:
        self.is_over = False
        self._call = call
        self._until = time.monotonic() + _LINE_SECONDS
        self._retired = False
        self._answers: dict[int, MultiplexedAnswer] = {}
        self._last = 0
        self._unsent = pb.GenerateManyRequest()
        self._changed = asyncio.Event()
        # Not in the context of whichever turn is the first one here.
        self._tasks: tuple[asyncio.Task[Any], ...] = (
            asyncio.create_task(self._read(), name="read a line", context=Context()),
            asyncio.create_task(self._write(), name="write a line", context=Context()),
        )

    @property
    def takes_more(self) -> bool:
        return not self.is_over and time.monotonic() < self._until

    def begin(
        self, request: pb.GenerateRequest, timeout: float | None, metadata: Mapping[str, str]
    ) -> MultiplexedAnswer:
        self._last += 1
        begin = self._unsent.begin.add(answer=self._last, request=request, metadata=metadata)
        if timeout is not None:
            allowed = Duration()
            allowed.FromNanoseconds(round(timeout * 1e9))
            begin.timeout.CopyFrom(allowed)
        answer = self._answers[self._last] = MultiplexedAnswer(self, self._last)
        self._changed.set()
        return answer

    def cancel(self, number: int) -> None:
        self._unsent.cancel.append(number)
        self._changed.set()

    def ended(self, number: int) -> None:
        self._answers.pop(number, None)
        self._changed.set()

    def retire(self) -> None:
        self._retired = True
        self._changed.set()

    async def close(self) -> None:
        self._call.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self) -> None:
        failure = RpcFailure(grpc.StatusCode.UNAVAILABLE, "", "The replica ended the call.", {}, None)
        try:
            while isinstance(message := await self._call.read(), pb.GenerateManyResponse):
                for event in message.events:
                    if answer := self._answers.get(event.answer):
                        answer.take(event)
        except grpc.aio.AioRpcError as error:
            failure = failure_of(error)
        finally:
            self.is_over = True
            self._changed.set()
            for answer in list(self._answers.values()):
                answer.lose(failure)

    async def _write(self) -> None:
        while not self.is_over:
            await self._changed.wait()
            self._changed.clear()
            try:
                if self._unsent.begin or self._unsent.cancel:
                    request, self._unsent = self._unsent, pb.GenerateManyRequest()
                    await self._call.write(request)
                elif self._retired and not self._answers:
                    await self._call.done_writing()
                    return
            except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
                return  # the reader is told why


def _failure(message: pb.Failure) -> RpcFailure:
    retry = message.retry_delay.ToNanoseconds() / 1e9 if message.HasField("retry_delay") else None
    code = _CODES.get(message.code, grpc.StatusCode.UNKNOWN)
    return RpcFailure(code, message.reason, message.message, dict(message.metadata), retry)

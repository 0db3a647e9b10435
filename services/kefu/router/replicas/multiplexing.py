"""Multiplexing: all answers of a replica over one GenerateMany call, each read as if it had a call of its own."""

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
_CALL_SECONDS = 60.0
"""A call takes new answers for so long, and then the next call does: servers may want connections to be renewed."""
_STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}


class AnswerFailed(Exception):
    """An answer ended before it was completed. `failure` is the status that a call of its own would have ended with."""

    def __init__(self, failure: RpcFailure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class MultiplexedAnswer:
    """One answer. It goes on until it is read to its end or cancelled."""

    def __init__(self, call: "_Call", number: int) -> None:
        self._call = call
        self._number = number
        self._events: deque[pb.AnswerEvent] = deque()
        self._failure: RpcFailure | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._has_ended = False

    async def read(self) -> pb.GenerateEvent | None:
        """The next event; None once the answer is completed. Raises AnswerFailed. One task may read at a time."""
        while not self._events:
            if self._has_ended:
                return None
            if self._failure is not None:
                raise AnswerFailed(self._failure)
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        outcome = self._events.popleft()
        if outcome.WhichOneof("outcome") == "failure":
            self._end()
            raise AnswerFailed(_failure_of(outcome.failure))
        if outcome.event.WhichOneof("event") == "completed":
            self._end()
        return outcome.event

    def cancel(self) -> None:
        """Cancel the answer, unless it has ended."""
        if not self._has_ended:
            self._end()
            self._call.cancel(self._number)

    def deliver(self, event: pb.AnswerEvent) -> None:
        """Add an event that came. For the call."""
        self._events.append(event)
        self._wake()

    def fail(self, failure: RpcFailure) -> None:
        """End the answer, after the events that came, with the failure of the call. For the call."""
        self._failure = failure
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _end(self) -> None:
        self._has_ended = True
        self._call.remove(self._number)


class AnswerMultiplexer:
    """Multiplexes all answers of one replica over a single GenerateMany call.

    The call is opened with the first answer, and again after it broke or took answers for `call_seconds`.
    """

    def __init__(
        self, stub: "rpc.GenerationServiceAsyncStub", metadata: Metadata, *, call_seconds: float = _CALL_SECONDS
    ) -> None:
        self._stub = stub
        self._metadata = metadata
        self._call_seconds = call_seconds
        self._current: _Call | None = None
        self._calls: set[_Call] = set()

    def begin(
        self, request: pb.GenerateRequest, *, timeout: float | None, metadata: Mapping[str, str]
    ) -> MultiplexedAnswer:
        """Begin an answer; see BeginAnswer. Fails as a call that does not wait for a connection does."""
        if self._current is None or not self._current.accepts_more:
            if self._current is not None:
                self._current.retire()
            self._calls = {call for call in self._calls if not call.has_ended}
            call = self._stub.GenerateMany(metadata=self._metadata, wait_for_ready=False)
            self._current = _Call(call, self._call_seconds)
            self._calls.add(self._current)
        return self._current.begin(request, timeout, metadata)

    async def close(self) -> None:
        """Cancel all open calls."""
        await asyncio.gather(*(call.close() for call in self._calls))


class _Call:
    """One GenerateMany call, which takes new answers for `seconds`."""

    def __init__(
        self, call: "grpc.aio.StreamStreamCall[pb.GenerateManyRequest, pb.GenerateManyResponse]", seconds: float
    ) -> None:
        self.has_ended = False
        self._call = call
        self._accepts_until = time.monotonic() + seconds
        self._retired = False
        self._answers: dict[int, MultiplexedAnswer] = {}
        self._last_number = 0
        self._unsent = pb.GenerateManyRequest()
        self._changed = asyncio.Event()
        # In an empty context, not in that of the turn that opens the call.
        self._tasks: tuple[asyncio.Task[Any], ...] = (
            asyncio.create_task(self._read(), name="read answers of a replica", context=Context()),
            asyncio.create_task(self._write(), name="write requests to a replica", context=Context()),
        )

    @property
    def accepts_more(self) -> bool:
        return not self.has_ended and time.monotonic() < self._accepts_until

    def begin(
        self, request: pb.GenerateRequest, timeout: float | None, metadata: Mapping[str, str]
    ) -> MultiplexedAnswer:
        self._last_number += 1
        begin = self._unsent.begin.add(answer=self._last_number, request=request, metadata=metadata)
        if timeout is not None:
            allowed = Duration()
            allowed.FromNanoseconds(round(timeout * 1e9))
            begin.timeout.CopyFrom(allowed)
        answer = self._answers[self._last_number] = MultiplexedAnswer(self, self._last_number)
        self._changed.set()
        return answer

    def cancel(self, number: int) -> None:
        self._unsent.cancel.append(number)
        self._changed.set()

    def remove(self, number: int) -> None:
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
                        answer.deliver(event)
        except grpc.aio.AioRpcError as error:
            failure = failure_of(error)
        finally:
            self.has_ended = True
            self._changed.set()
            for answer in list(self._answers.values()):
                answer.fail(failure)

    async def _write(self) -> None:
        while not self.has_ended:
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
                return  # `_read` reports the failure


def _failure_of(message: pb.Failure) -> RpcFailure:
    retry = message.retry_delay.ToNanoseconds() / 1e9 if message.HasField("retry_delay") else None
    code = _STATUS_CODES.get(message.code, grpc.StatusCode.UNKNOWN)
    return RpcFailure(code, message.reason, message.message, dict(message.metadata), retry)

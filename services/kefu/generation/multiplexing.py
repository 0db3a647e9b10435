"""
Multiplexing: many answers over one call. Each answer is written by a task of its own, and frames that are due at about
the same time go out in one message. With thousands of answers open, the message is most of what a frame costs.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager

from google.protobuf.duration_pb2 import Duration

from kefu.common import auth
from kefu.common.errors import BadRequest, DeadlineExceeded, ServiceError
from kefu.common.rpc.interceptor import bind_caller, effective_principal, observe_call
from kefu.generation.v1 import generation_pb2 as pb

Answer = Callable[[pb.GenerateRequest], AsyncGenerator[pb.GenerateEvent, None]]
_METHOD = "kefu.generation.v1.GenerationService/Generate"
_MAX_MESSAGE_BYTES = 256 * 1024
"""Most bytes of one message, but for an event that is larger by itself."""
_MAX_UNSENT_EVENTS = 10_000
"""With more events unsent, answers wait, and their text is coalesced."""


class MultiplexedCall:
    """One GenerateMany call. `answer` serves each answer as a call of its own would be served, errors included.

    A caller that takes nothing for `stall_seconds` is cut off.
    """

    def __init__(self, answer: Answer, stall_seconds: float) -> None:
        self._answer = answer
        self._stall_seconds = stall_seconds
        self._running: dict[int, asyncio.Task[None]] = {}
        self._unsent: list[pb.AnswerEvent] = []
        self._changed = asyncio.Event()
        self._has_room = asyncio.Event()
        self._leaving = False

    def leave(self) -> None:
        """End the call as soon as no answer is open."""
        self._leaving = True
        self._changed.set()

    async def responses(
        self, requests: AsyncIterator[pb.GenerateManyRequest]
    ) -> AsyncGenerator[pb.GenerateManyResponse, None]:
        """Responses to the requests of the call. Raises BadRequest. The end of this iterator ends all answers."""
        reading = asyncio.create_task(self._read(requests), name="requests of GenerateMany")
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                while self._unsent:
                    response = pb.GenerateManyResponse(events=self._take_batch())
                    with cut_when_stalled(self._stall_seconds):
                        yield response
                if reading.done():
                    reading.result()
                if not self._running and (reading.done() or self._leaving):
                    return
        finally:
            tasks = [reading, *self._running.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, requests: AsyncIterator[pb.GenerateManyRequest]) -> None:
        try:
            async for request in requests:
                for begin in request.begin:
                    if not begin.answer or begin.answer in self._running:
                        raise BadRequest("begin.answer", "must be a number above 0 that no open answer has.")
                    self._begin(begin)
                for number in request.cancel:
                    if task := self._running.get(number):
                        task.cancel()
        finally:
            self._changed.set()

    def _begin(self, begin: pb.BeginAnswer) -> None:
        task = asyncio.create_task(self._write(begin), name=f"answer {begin.answer}")
        self._running[begin.answer] = task

        def ended(_: asyncio.Task[None]) -> None:
            del self._running[begin.answer]
            self._changed.set()

        task.add_done_callback(ended)

    async def _write(self, begin: pb.BeginAnswer) -> None:
        seconds = begin.timeout.ToTimedelta().total_seconds() if begin.HasField("timeout") else None
        metadata = dict(begin.metadata)
        try:
            with observe_call(_METHOD, metadata):
                bind_caller(effective_principal(auth.caller(), metadata))
                try:
                    async with asyncio.timeout(seconds), aclosing(self._answer(begin.request)) as events:
                        async for event in events:
                            await self._put(pb.AnswerEvent(answer=begin.answer, event=event))
                except TimeoutError:
                    raise DeadlineExceeded("The answer was not finished in the time that its caller gave it.") from None
        except ServiceError as error:
            await self._put(pb.AnswerEvent(answer=begin.answer, failure=failure_of(error)))

    async def _put(self, event: pb.AnswerEvent) -> None:
        while len(self._unsent) >= _MAX_UNSENT_EVENTS:
            self._has_room.clear()
            await self._has_room.wait()
        self._unsent.append(event)
        self._changed.set()

    def _take_batch(self) -> list[pb.AnswerEvent]:
        size = count = 0
        for event in self._unsent:
            size += event.ByteSize()
            if count and size > _MAX_MESSAGE_BYTES:
                break
            count += 1
        batch, self._unsent = self._unsent[:count], self._unsent[count:]
        self._has_room.set()
        return batch


def failure_of(error: ServiceError) -> pb.Failure:
    """The Failure of an error, with what `status.trailers_of` puts into the trailers of a call."""
    number: int = error.code.value[0]
    failure = pb.Failure(code=number, reason=error.reason, message=error.message, metadata=error.metadata)
    if error.retry_after is not None:
        delay = Duration()
        delay.FromNanoseconds(round(error.retry_after * 1e9))
        failure.retry_delay.CopyFrom(delay)
    return failure


@contextmanager
def cut_when_stalled(seconds: float) -> Iterator[None]:
    """Cancel the call when its caller takes nothing for `seconds`. While a servicer waits at `yield`, gRPC sends."""
    task = asyncio.current_task()
    timer = asyncio.get_running_loop().call_later(seconds, lambda: task and task.cancel())
    try:
        yield
    finally:
        timer.cancel()

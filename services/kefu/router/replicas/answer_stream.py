"""Answer stream of one replica: counted in its load, judged by its circuit breaker, translated from the contract."""

import asyncio
import time
from collections.abc import AsyncGenerator
from types import TracebackType

import grpc

from kefu.common.errors import (
    BackendUnavailable,
    CannotContinue,
    EngineDead,
    PromptTooLong,
    ReplicaFull,
    ServiceError,
)
from kefu.common.rpc.status import RpcFailure
from kefu.generation.v1 import generation_pb2 as pb
from kefu.router.domain.generation import Accepted, Frame, GenerationEnd, GenerationEvent, GenerationRequest, Role
from kefu.router.domain.turn import Usage
from kefu.router.replicas.circuit_breaker import CircuitBreaker
from kefu.router.replicas.load import ReplicaLoad
from kefu.router.replicas.multiplexing import AnswerFailed, MultiplexedAnswer

_NOT_REPLICA_FAULTS = {PromptTooLong.reason, CannotContinue.reason, ReplicaFull.reason}
_FAULTS = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.DATA_LOSS,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.UNIMPLEMENTED,  # something else serves at that address
}
_TIMEOUT_SHARE = 0.9
"""A stream given up after this share of the wait for a first token counts as timed out."""
_ROLES = {
    Role.SYSTEM: pb.ChatMessage.ROLE_SYSTEM,
    Role.USER: pb.ChatMessage.ROLE_USER,
    Role.ASSISTANT: pb.ChatMessage.ROLE_ASSISTANT,
}


class ReplicaStream(AsyncGenerator[GenerationEvent, None]):
    """Events of one answer. Its work is counted from when this is made until it ends, fails, or is closed.

    This is no generator function, for the body of one does not run before its first event is read. Between choosing a
    replica and counting there must be no moment in which other turns choose too.

    A stream that is given up before its first token counts as the replica's failure only when the replica had
    `first_token_seconds` for it, and did nothing for others meanwhile; else the customer left.
    """

    def __init__(
        self,
        answer: MultiplexedAnswer,
        request: GenerationRequest,
        *,
        address: str,
        load: ReplicaLoad,
        breaker: CircuitBreaker,
        first_token_seconds: float,
    ) -> None:
        self._answer = answer
        self._request = request
        self._address = address
        self._load = load
        self._breaker = breaker
        self._first_token_seconds = first_token_seconds
        self._started_at = breaker.clock()
        self._has_ended = False
        self._dispatch = load.record_sent(request.estimated_tokens)
        self._attempt = breaker.begin()

    async def asend(self, value: None) -> GenerationEvent:
        """The next event. Raises as `Replica.generate` says."""
        del value
        if self._has_ended:
            raise StopAsyncIteration
        try:
            while True:
                message = await self._answer.read()
                if message is None:
                    self._breaker.failed(self._attempt)  # no effect after a first token
                    raise StopAsyncIteration
                event = event_of(message)
                if isinstance(event, Accepted):
                    self._load.record_accepted(self._dispatch)
                elif event is not None:
                    self._breaker.succeeded(self._attempt)
                if isinstance(event, Frame) and self._request.choices:
                    continue  # the end says all: without it another replica chooses anew, instead of continuing
                if event is not None:
                    return event
        except AnswerFailed as error:
            if self._is_fault(error.failure):
                self._breaker.failed(self._attempt)
            self._end()
            raise error_of(error.failure, self._address) from error
        except (StopAsyncIteration, asyncio.CancelledError):
            self._end()
            raise

    async def athrow(
        self,
        typ: type[BaseException] | BaseException,
        val: BaseException | object = None,
        tb: TracebackType | None = None,
        /,
    ) -> GenerationEvent:
        """End the stream, and raise the exception."""
        self._end()
        thrown = val if isinstance(val, BaseException) else typ if isinstance(typ, BaseException) else typ()
        raise thrown.with_traceback(tb) if tb is not None else thrown

    async def aclose(self) -> None:
        """Cancel the answer, and with it the work in the replica."""
        self._end()

    def _end(self) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        self._answer.cancel()
        self._load.record_end(self._dispatch)
        quiet_since = max(self._started_at, self._load.progressed_at)
        if self._breaker.clock() - quiet_since >= _TIMEOUT_SHARE * self._first_token_seconds:
            self._breaker.failed(self._attempt)  # no effect after a first token
        else:
            self._breaker.inconclusive(self._attempt)

    def _is_fault(self, failure: RpcFailure) -> bool:
        if failure.reason in _NOT_REPLICA_FAULTS or failure.code not in _FAULTS:
            return False
        deadline = self._request.deadline
        late = deadline is not None and time.monotonic() >= deadline
        return not (failure.code is grpc.StatusCode.DEADLINE_EXCEEDED and late)


def request_message(request: GenerationRequest, caller: str) -> pb.GenerateRequest:
    """A generation request as the contract has it."""
    message = pb.GenerateRequest(
        chat=pb.ChatPrompt(
            messages=[pb.ChatMessage(role=_ROLES[each.role], content=each.content) for each in request.messages]
        ),
        max_tokens=request.max_tokens,
        caller=caller,
        estimated_tokens=request.estimated_tokens,
        choices=request.choices,
    )
    if request.temperature is not None:
        message.temperature = request.temperature
    if request.reasoning_tokens is not None:
        message.reasoning.max_tokens = request.reasoning_tokens
    if request.continuation is not None:
        message.continuation.token_ids.extend(request.continuation.token_ids)
        message.continuation.text = request.continuation.text
        message.continuation.fingerprint = request.continuation.fingerprint
    return message


def event_of(message: pb.GenerateEvent) -> GenerationEvent | None:
    """An event of the contract; None for one that this router does not know."""
    match message.WhichOneof("event"):
        case "accepted":
            return Accepted(message.accepted.prompt_tokens, message.accepted.fingerprint)
        case "delta":
            delta = message.delta
            return Frame(delta.text, tuple(delta.token_ids), reasoning=delta.channel == pb.Delta.CHANNEL_REASONING)
        case "completed":
            done = message.completed
            usage = Usage(done.prompt_tokens, done.cached_prompt_tokens, done.completion_tokens, done.reasoning_tokens)
            cut = done.finish_reason == pb.Completed.FINISH_REASON_LENGTH
            return GenerationEnd(usage, cut, tuple(done.choice_log_probabilities))
        case _:
            return None


def error_of(failure: RpcFailure, address: str) -> ServiceError:
    """The error that a replica's failure means."""
    match failure.reason:
        case PromptTooLong.reason:
            counts = (int(failure.metadata.get(name, "0")) for name in ("prompt_tokens", "max_prompt_tokens"))
            return PromptTooLong(*counts)
        case CannotContinue.reason:
            return CannotContinue(failure.message)
        case ReplicaFull.reason:
            return ReplicaFull(failure.message, retry_after=failure.retry_after)
        case EngineDead.reason:
            return EngineDead(failure.message)
        case _:
            return BackendUnavailable(f"Replica {address} failed ({failure.code.name}: {failure.message}).")

"""Servicer of GenerationService: proto in, proto out."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Any

import grpc.aio
from google.protobuf.duration_pb2 import Duration

from kefu.common.errors import BadRequest, EngineDead, ReplicaFull
from kefu.generation.coalescing import coalesced, paced
from kefu.generation.engine import (
    Channel,
    Continuation,
    Engine,
    Event,
    Finished,
    FinishReason,
    GenerationRequest,
    Message,
    Piece,
    Role,
    Started,
)
from kefu.generation.engine_metrics import EngineMetrics
from kefu.generation.load_account import LoadAccounting
from kefu.generation.metrics import EMPTY_ANSWERS
from kefu.generation.models.catalog import answer_profile_of
from kefu.generation.multiplexing import MultiplexedCall, cut_when_stalled
from kefu.generation.v1 import generation_pb2 as pb
from kefu.generation.v1 import generation_pb2_grpc

SERVICE = "kefu.generation.v1.GenerationService"
_DEFAULT_ANSWER_TOKENS = 512
_MAX_STOP_STRINGS = 4
_MAX_CALLER_LENGTH = 64
_MAX_SCHEMA_LENGTH = 64 * 1024
_CHOICES = range(2, 33)
_MAX_CHOICE_BYTES = 64
_REPORT_SECONDS = 1.0
_DEFAULT_INTERVAL_SECONDS = 0.1
_ROLES: dict[int, Role] = {
    pb.ChatMessage.ROLE_SYSTEM: "system",
    pb.ChatMessage.ROLE_USER: "user",
    pb.ChatMessage.ROLE_ASSISTANT: "assistant",
}
_CHANNELS = {Channel.TEXT: pb.Delta.CHANNEL_TEXT, Channel.REASONING: pb.Delta.CHANNEL_REASONING}
_REASONS = {
    FinishReason.STOP: pb.Completed.FINISH_REASON_STOP,
    FinishReason.LENGTH: pb.Completed.FINISH_REASON_LENGTH,
}
Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True)
class ServingLimits:
    """Limits on requests and frames; times are in seconds."""

    max_requests: int
    frame_seconds: float
    frame_seconds_per_stream: float
    frame_seconds_most: float
    stall_seconds: float


class GenerationServicer(generation_pb2_grpc.GenerationServiceServicer):
    """Serves one engine. `leave()` is called when draining begins; `engine_dead` is set when the engine has died.

    `metrics`: counts the engine's requests; None where the engine counts them itself.
    """

    def __init__(self, engine: Engine, limits: ServingLimits, metrics: EngineMetrics | None = None) -> None:
        self._engine = engine
        self._limits = limits
        self._metrics = metrics
        self.accounting = LoadAccounting()
        self.engine_dead = False
        self._calls: set[MultiplexedCall] = set()

    def register(self, server: grpc.aio.Server) -> None:
        """Add this service to a server."""
        generation_pb2_grpc.add_GenerationServiceServicer_to_server(self, server)

    def leave(self) -> None:
        """Send watchers a last report that says `draining`, and end GenerateMany calls with their last answer."""
        self.accounting.drain()
        for call in self._calls:
            call.leave()

    async def Generate(self, request: pb.GenerateRequest, context: Context) -> AsyncIterator[pb.GenerateEvent]:
        """See generation.proto."""
        async with aclosing(self._generate(request)) as events:
            async for event in events:
                with cut_when_stalled(self._limits.stall_seconds):
                    yield event

    async def GenerateMany(
        self, request_iterator: AsyncIterator[pb.GenerateManyRequest], context: Context
    ) -> AsyncIterator[pb.GenerateManyResponse]:
        """See generation.proto."""
        call = MultiplexedCall(self._generate, self._limits.stall_seconds)
        self._calls.add(call)
        try:
            if self.accounting.draining:
                call.leave()
            async with aclosing(call.responses(request_iterator)) as responses:
                async for response in responses:
                    yield response
        finally:
            self._calls.discard(call)

    async def _generate(self, request: pb.GenerateRequest) -> AsyncGenerator[pb.GenerateEvent, None]:
        began = time.monotonic()
        generation_request = read_request(request, self._engine.describe().max_model_tokens)
        if self.engine_dead:
            raise EngineDead("The engine of this replica has died; try another one.")
        if self.accounting.open_requests >= self._limits.max_requests:
            raise ReplicaFull(f"This replica has {self._limits.max_requests} requests; try another one.")
        first_token: float | None = None
        has_text = False
        with self._observers(generation_request) as observe:
            written = self._engine.generate(generation_request)
            gather = paced if self._engine.coalesces else coalesced
            async with gather(written, self._frame_seconds, observe) as events:
                async for event in events:
                    match event:
                        case Started():
                            self.accounting.accept(request.caller, request.estimated_tokens)
                        case Piece(channel=channel, text=text):
                            first_token = first_token or time.monotonic() - began
                            has_text = has_text or (channel is Channel.TEXT and bool(text.strip()))
                        case Finished(reason=reason):
                            if not has_text and generation_request.continuation is None:
                                EMPTY_ANSWERS.labels(reason.value).inc()
                    yield self._message(event, began, first_token)

    async def WatchLoad(self, request: pb.WatchLoadRequest, context: Context) -> AsyncIterator[pb.LoadReport]:
        """See generation.proto."""
        if not 0 < len(request.caller) <= _MAX_CALLER_LENGTH:
            raise BadRequest("caller", f"must have 1 to {_MAX_CALLER_LENGTH} characters.")
        interval = request.min_interval.ToTimedelta().total_seconds() if request.HasField("min_interval") else None
        if interval is not None and interval < 0:
            raise BadRequest("min_interval", "must not be negative.")
        interval = _DEFAULT_INTERVAL_SECONDS if interval is None else min(interval, _REPORT_SECONDS)
        seen = -1
        while True:
            seen = await self.accounting.wait(seen, _REPORT_SECONDS)
            report = self._report(request.caller)
            yield report
            if report.draining:
                return
            await asyncio.sleep(interval)

    async def DescribeModel(self, request: pb.DescribeModelRequest, context: Context) -> pb.DescribeModelResponse:
        """See generation.proto."""
        description = self._engine.describe()
        return pb.DescribeModelResponse(
            model=description.model,
            engine=description.engine,
            engine_version=description.engine_version,
            fingerprint=description.fingerprint,
            max_model_tokens=description.max_model_tokens,
            supports_reasoning=description.supports_reasoning,
            supports_token_continuation=description.supports_token_continuation,
            simulated=description.simulated,
            device=description.device,
            adapters=description.adapters,
            supports_choices=description.supports_choices,
            answer_profile="unchecked" if description.simulated else answer_profile_of(description.model),
        )

    @contextmanager
    def _observers(self, request: GenerationRequest) -> Iterator[Callable[[Event], None]]:
        """Count a request while the block runs. What is yielded is to be called with each event of its answer."""
        with self.accounting.ticket(request.max_tokens) as ticket:
            if self._metrics is None:
                yield ticket.observe
                return
            metrics = self._metrics.request()

            def observe(event: Event) -> None:
                ticket.observe(event)
                metrics.observe(event)

            try:
                yield observe
            finally:
                metrics.close()

    def _frame_seconds(self) -> float:
        limits = self._limits
        grown = limits.frame_seconds + limits.frame_seconds_per_stream * self.accounting.open_requests
        return max(limits.frame_seconds, min(grown, limits.frame_seconds_most))

    def _report(self, caller: str) -> pb.LoadReport:
        load = self._engine.load()
        return pb.LoadReport(
            boot_id=self.accounting.boot_id,
            owed_tokens=self.accounting.owed_tokens,
            accepted_tokens=self.accounting.accepted_tokens(caller),
            running=load.running,
            waiting=load.waiting,
            kv_cache_usage=load.kv_cache_usage,
            draining=self.accounting.draining,
            max_running=load.max_running,
            done_tokens=self.accounting.done_tokens,
        )

    def _message(self, event: Event, began: float, first_token: float | None) -> pb.GenerateEvent:
        match event:
            case Started(prompt_tokens=tokens):
                fingerprint = self._engine.describe().fingerprint
                accepted = pb.Accepted(prompt_tokens=tokens, boot_id=self.accounting.boot_id, fingerprint=fingerprint)
                return pb.GenerateEvent(accepted=accepted)
            case Piece(channel=channel, text=text, token_ids=ids):
                return pb.GenerateEvent(delta=pb.Delta(channel=_CHANNELS[channel], text=text, token_ids=ids))
            case Finished():
                total = time.monotonic() - began
                return pb.GenerateEvent(
                    completed=pb.Completed(
                        finish_reason=_REASONS[event.reason],
                        prompt_tokens=event.prompt_tokens,
                        cached_prompt_tokens=event.cached_prompt_tokens,
                        completion_tokens=event.completion_tokens,
                        reasoning_tokens=event.reasoning_tokens,
                        first_token=_duration(total if first_token is None else first_token),
                        total=_duration(total),
                        choice_log_probabilities=event.choice_log_probabilities,
                    )
                )


def read_request(request: pb.GenerateRequest, max_model_tokens: int) -> GenerationRequest:
    """A request as the engines take it. Raises BadRequest with the name of the field that is wrong."""
    messages: list[Message] = []
    token_ids: tuple[int, ...] = ()
    match request.WhichOneof("prompt"):
        case "chat":
            for index, message in enumerate(request.chat.messages):
                if message.role not in _ROLES:
                    raise BadRequest(f"chat.messages[{index}].role", "must say who speaks.")
                messages.append(Message(_ROLES[message.role], message.content))
            if not messages or messages[-1].role != "user":
                raise BadRequest("chat.messages", "must end with a message of the user.")
        case "tokens":
            token_ids = tuple(request.tokens.token_ids)
            if not token_ids:
                raise BadRequest("tokens.token_ids", "must hold at least one token.")
        case _:
            raise BadRequest("prompt", "must be set.")
    max_tokens = request.max_tokens if request.HasField("max_tokens") else _DEFAULT_ANSWER_TOKENS
    _check_range("max_tokens", max_tokens, 1 <= max_tokens <= max_model_tokens, f"1 to {max_model_tokens}")
    if request.HasField("temperature"):
        _check_range("temperature", request.temperature, 0 <= request.temperature <= 2, "0 to 2")
    if request.HasField("top_p"):
        _check_range("top_p", request.top_p, 0 < request.top_p <= 1, "above 0 and at most 1")
    if len(request.stop) > _MAX_STOP_STRINGS or not all(request.stop):
        raise BadRequest("stop", f"must hold at most {_MAX_STOP_STRINGS} strings, none of them empty.")
    _check_schema(request.json_schema)
    _check_choices(request)
    continuation = None
    if request.HasField("continuation"):
        continuation = Continuation(
            tuple(request.continuation.token_ids), request.continuation.text, request.continuation.fingerprint
        )
    return GenerationRequest(
        messages=tuple(messages),
        token_ids=token_ids,
        continuation=continuation,
        reasoning_tokens=request.reasoning.max_tokens if request.HasField("reasoning") else None,
        max_tokens=1 if request.choices else max_tokens,
        temperature=request.temperature if request.HasField("temperature") else None,
        top_p=request.top_p if request.HasField("top_p") else None,
        seed=request.seed if request.HasField("seed") else None,
        stop=tuple(request.stop),
        json_schema=request.json_schema,
        adapter=request.adapter,
        choices=tuple(request.choices),
    )


def _check_schema(text: str) -> None:
    if not text:
        return
    if len(text) > _MAX_SCHEMA_LENGTH:
        raise BadRequest("json_schema", f"has {len(text)} characters; at most {_MAX_SCHEMA_LENGTH} are taken.")
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest("json_schema", f"is no JSON: {error}") from error
    if not isinstance(schema, dict):
        raise BadRequest("json_schema", 'must be a JSON object, such as {"type": "object"}.')


def _check_choices(request: pb.GenerateRequest) -> None:
    choices = request.choices
    if not choices:
        return
    if len(choices) not in _CHOICES:
        raise BadRequest("choices", f"are {len(choices)}; they must be {_CHOICES.start} to {_CHOICES.stop - 1}.")
    for index, choice in enumerate(choices):
        if not 1 <= (size := len(choice.encode())) <= _MAX_CHOICE_BYTES:
            raise BadRequest(f"choices[{index}]", f"has {size} bytes; it must have 1 to {_MAX_CHOICE_BYTES}.")
        if choice in choices[:index]:
            raise BadRequest(f"choices[{index}]", f"is {choice!r}, as another choice is; they must be distinct.")
    unfit = {
        "continuation": request.HasField("continuation"),
        "reasoning": request.HasField("reasoning"),
        "stop": bool(request.stop),
        "json_schema": bool(request.json_schema),
    }
    for field, is_set in unfit.items():
        if is_set:
            raise BadRequest(field, "has no meaning together with choices; leave it unset.")


def _check_range(field: str, value: float, fits: bool, bounds: str) -> None:
    if not fits:
        raise BadRequest(field, f"is {value:g}; it must be {bounds}.")


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromNanoseconds(int(seconds * 1e9))
    return duration

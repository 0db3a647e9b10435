"""OpenAI engine: any server of OpenAI's chat completions, such as a vLLM production-stack, llm-d, or a hosted one."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import openai
import structlog

from kefu.common.errors import BackendUnavailable, BadRequest, CannotChoose, CannotContinue, PromptTooLong, StartupError
from kefu.generation.decoding.choice import most_probable, normalise
from kefu.generation.decoding.reasoning import ThinkSplitter
from kefu.generation.engine import (
    Channel,
    EngineLoad,
    Event,
    Finished,
    FinishReason,
    GenerationRequest,
    ModelDescription,
    Piece,
    Started,
)
from kefu.generation.engines.openai_availability import availability
from kefu.generation.engines.openai_stream import deltas
from kefu.generation.engines.openai_thoughts import Closing, Thinking, find_out, request_fields

_log = structlog.stdlib.get_logger()
_BYTES_PER_TOKEN = 3
"""For estimates only: there is no tokenizer here."""
_TOO_LONG = ("context length", "context size")
"""What vLLM and llama.cpp say of a prompt that is too long."""
_TOP_LOGPROBS = 20
"""The most that the interface allows."""
_UNLISTED = 1.0
"""A choice that is not among those is taken for less probable than the least of them by this, as a logarithm."""


@dataclass(frozen=True)
class OpenAISettings:
    """Address and abilities of the server; see GenerationConfig."""

    url: str
    key: str
    model: str
    max_model_tokens: int
    reasoning: bool
    default_reasoning_tokens: int
    max_running: int = 0
    adapters: dict[str, str] = field(default_factory=dict[str, str])
    """Models of the server by the name of the adapter that makes them: vLLM serves adapters so."""
    check_seconds: float = 5.0
    """Between two checks whether the server is there."""


class OpenAIEngine:
    """A remote server; see `open_openai`. It returns no token ids, and cannot continue an answer."""

    coalesces = False

    def __init__(self, client: openai.AsyncOpenAI, settings: OpenAISettings) -> None:
        self._client = client
        self._settings = settings
        self._open = 0
        self._thinking = Thinking()

    def describe(self) -> ModelDescription:
        """See Engine."""
        return ModelDescription(
            model=self._settings.model,
            engine="openai",
            engine_version=openai.__version__,
            fingerprint="",
            max_model_tokens=self._settings.max_model_tokens,
            supports_reasoning=self._settings.reasoning,
            supports_token_continuation=False,
            simulated=False,
            device="remote",
            adapters=tuple(self._settings.adapters),
            supports_choices=True,
        )

    def load(self) -> EngineLoad:
        """Requests of this process at the server, which is not asked. Those beyond `max_running` count as waiting."""
        most = self._settings.max_running
        running = min(self._open, most) if most else self._open
        return EngineLoad(running, self._open - running, max_running=most)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event, None]:
        """See Engine. Token counts are the server's where it sends them, else estimates."""
        if not request.messages:
            raise BadRequest("tokens", "an OpenAI-compatible server takes messages only.")
        if request.continuation is not None and (request.continuation.token_ids or request.continuation.text):
            raise CannotContinue("An OpenAI-compatible server cannot go on with an answer that was begun; start over.")
        if request.adapter and request.adapter not in self._settings.adapters:
            known = ", ".join(self._settings.adapters) or "none"
            raise BadRequest("adapter", f"is {request.adapter!r}, and this replica has these adapters: {known}.")
        estimated_tokens = sum(len(message.content.encode()) for message in request.messages) // _BYTES_PER_TOKEN + 1
        think = request.reasoning_tokens is not None and self._settings.reasoning
        yield Started(estimated_tokens)
        self._open += 1
        try:
            if request.choices:
                written = self._choose(request, estimated_tokens)
            else:
                written = self._answer(request, estimated_tokens, think=think)
            async with aclosing(written) as events:
                async for event in events:
                    yield event
        finally:
            self._open -= 1

    async def died(self) -> str:
        """See Engine. Never returns: the server may come back, which `availability` tells."""
        await asyncio.Event().wait()
        return ""

    async def availability(self) -> AsyncGenerator[bool, None]:
        """See RemoteEngine."""
        async with aclosing(availability(self._client, self._settings.check_seconds, self._learn)) as changes:
            async for there in changes:
                yield there

    async def _learn(self) -> None:
        """Find out how the model answers at once. A server that is back may serve another one."""
        if self._settings.reasoning:
            self._thinking = await find_out(self._client, self._settings.model)
            _log.info("openai.thinking", closing=self._thinking.closing.value, told_apart=self._thinking.is_told_apart)

    async def _answer(
        self, request: GenerationRequest, estimated_tokens: int, *, think: bool
    ) -> AsyncGenerator[Event, None]:
        """The events of an answer. Where thoughts come unasked, the request is made again, with tokens for them."""
        reasons = self._settings.reasoning
        if not think and not (reasons and self._thinking.closing is Closing.NONE):
            has_text = False
            async with aclosing(self._events(request, estimated_tokens, thinks=False)) as events:
                async for event in events:
                    if reasons and not has_text and _is_thought(event):
                        break
                    has_text = has_text or isinstance(event, Piece)
                    yield event
                else:
                    return
            _log.warning("openai.thinks_unasked", url=self._settings.url, closing=self._thinking.closing.value)
        async with aclosing(self._events(request, estimated_tokens, thinks=True)) as events:
            async for event in events:
                yield event

    async def _events(
        self, request: GenerationRequest, estimated_tokens: int, *, thinks: bool
    ) -> AsyncGenerator[Event, None]:
        told_apart = self._thinking.is_told_apart
        opens = thinks and self._thinking.opens_by_template and not request.json_schema
        splitter: ThinkSplitter | None = None
        reasoned = written = 0
        usage: Any = None
        reason = FinishReason.STOP
        try:
            async with aclosing(deltas(self._client, self._arguments(request, think=thinks))) as answer:
                async for delta in answer:
                    usage = delta.usage or usage
                    if delta.reasoning:
                        reasoned += 1
                        told_apart = True
                        yield Piece(Channel.REASONING, delta.reasoning)
                    if delta.content:
                        written += 1
                        splitter = splitter or ThinkSplitter(opened=opens and not told_apart)
                        for piece in splitter.push(delta.content, ()):
                            yield piece
                    if delta.finish == "length":
                        reason = FinishReason.LENGTH
        except openai.BadRequestError as error:
            raise _bad_request(error, estimated_tokens, self._settings.max_model_tokens) from error
        except Exception as error:  # the client lets its transport's own errors through in mid-stream
            raise _unavailable(self._settings.url, error) from error
        if splitter is not None:  # thoughts that the template opened are none of the answer, however they end
            for piece in splitter.finish(by_model=reason is FinishReason.STOP and not opens):
                yield piece
        details = getattr(usage, "completion_tokens_details", None)
        cached = getattr(getattr(usage, "prompt_tokens_details", None), "cached_tokens", None)
        yield Finished(
            reason=reason,
            prompt_tokens=usage.prompt_tokens if usage else estimated_tokens,
            cached_prompt_tokens=cached or 0,
            completion_tokens=usage.completion_tokens if usage else reasoned + written,
            reasoning_tokens=getattr(details, "reasoning_tokens", None) or reasoned,
        )

    async def _choose(self, request: GenerationRequest, estimated_tokens: int) -> AsyncGenerator[Event, None]:
        if self._settings.reasoning and self._thinking.closing is Closing.NONE:
            raise CannotChoose("The model at this server thinks before each answer, so its first token tells nothing.")
        arguments = self._arguments(request, think=False) | {
            "max_tokens": 1,
            "temperature": 1.0,
            "logprobs": True,
            "top_logprobs": _TOP_LOGPROBS,
            "stream": False,
        }
        arguments.pop("top_p", None)
        try:
            create: Any = self._client.chat.completions.create  # no overload takes a dict of arguments
            answer: Any = await create(**arguments)
        except openai.BadRequestError as error:
            raise _bad_request(error, estimated_tokens, self._settings.max_model_tokens) from error
        except openai.OpenAIError as error:
            raise _unavailable(self._settings.url, error) from error
        told = answer.choices[0].logprobs if answer.choices else None
        if told is None or not told.content or not told.content[0].top_logprobs:
            raise CannotChoose("The model server returns no log-probabilities; use one that does, or another engine.")
        listed = {token.token: float(token.logprob) for token in told.content[0].top_logprobs}
        log_probabilities = normalise(_choice_scores(request.choices, listed))
        yield Piece(Channel.TEXT, most_probable(request.choices, log_probabilities))
        usage: Any = answer.usage
        cached = getattr(getattr(usage, "prompt_tokens_details", None), "cached_tokens", None)
        prompt_tokens = usage.prompt_tokens if usage else estimated_tokens
        yield Finished(FinishReason.STOP, prompt_tokens, cached or 0, 1, 0, log_probabilities)

    def _arguments(self, request: GenerationRequest, *, think: bool) -> dict[str, Any]:
        extra = (request.reasoning_tokens or self._settings.default_reasoning_tokens) if think else 0
        arguments: dict[str, Any] = {
            "model": self._settings.adapters.get(request.adapter, self._settings.model),
            "max_tokens": request.max_tokens + extra,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        }
        optional = {"temperature": request.temperature, "top_p": request.top_p, "stop": list(request.stop) or None}
        arguments |= {name: value for name, value in optional.items() if value is not None}
        if request.seed is not None:
            arguments["seed"] = request.seed % 2**63
        if request.json_schema:
            schema: dict[str, Any] = json.loads(request.json_schema)
            described = {"name": "answer", "schema": schema, "strict": True}
            arguments["response_format"] = {"type": "json_schema", "json_schema": described}
        if self._settings.reasoning:
            arguments |= request_fields(request.messages, self._thinking.closing, think=think)
        return arguments


def _is_thought(event: Event) -> bool:
    return isinstance(event, Piece) and event.channel is Channel.REASONING and bool(event.text.strip())


def _choice_scores(choices: Sequence[str], listed: Mapping[str, float]) -> list[float]:
    """A log-probability for each choice: that of the longest listed token with which it begins.

    Raises BadRequest for two choices that begin with the same one.
    """
    found: dict[str, str] = {}
    scores: list[float] = []
    for choice in choices:
        token = max((token for token in listed if token and choice.startswith(token)), key=len, default=None)
        if token is None:
            scores.append(min(listed.values()) - _UNLISTED)
            continue
        if token in found:
            raise BadRequest(
                "choices", f"{found[token]!r} and {choice!r} begin with the same token; one step tells neither."
            )
        found[token] = choice
        scores.append(listed[token])
    return scores


def _unavailable(url: str, error: Exception) -> BackendUnavailable:
    _log.warning("openai.failed", url=url, error=repr(error))
    return BackendUnavailable(f"The model server did not answer ({type(error).__name__}); try again.")


def _bad_request(error: openai.BadRequestError, estimated_tokens: int, limit: int) -> Exception:
    if error.code == "context_length_exceeded" or any(words in error.message for words in _TOO_LONG):
        return PromptTooLong(max(estimated_tokens, limit + 1), limit)
    return BackendUnavailable(f"The model server refused the request: {error.message}")


@asynccontextmanager
async def open_openai(settings: OpenAISettings) -> AsyncIterator[OpenAIEngine]:
    """A client for the server while the block runs. Raises StartupError when it is not configured."""
    if not settings.url or not settings.model:
        raise StartupError("The openai engine needs KEFU_GENERATION_OPENAI_URL and KEFU_GENERATION_MODEL.")
    time_out = openai.Timeout(60.0, connect=5.0)  # between two chunks, not for the whole answer
    async with openai.AsyncOpenAI(
        base_url=settings.url, api_key=settings.key or "none", timeout=time_out, max_retries=1
    ) as client:
        yield OpenAIEngine(client, settings)

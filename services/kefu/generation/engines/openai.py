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
from kefu.generation.decoding.choosing import most_probable, normalise
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

_log = structlog.stdlib.get_logger()
_BYTES_PER_TOKEN = 3
"""For estimates only: there is no tokenizer here."""
_TOO_LONG = ("context length", "context size")
"""What vLLM and llama.cpp say of a prompt that is too long."""
_TOP_LOGPROBS = 20
"""The most that the interface allows."""
_UNLISTED = 1.0
"""A choice that is not among those is taken for less probable than the least of them by this, as a logarithm."""
_REASONING_FIELDS = ("reasoning_content", "reasoning")
"""The older and the newer name of the same field."""


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


class OpenAIEngine:
    """A remote server; see `open_openai`. It returns no token ids, and cannot continue an answer."""

    coalesces = False

    def __init__(self, client: openai.AsyncOpenAI, settings: OpenAISettings) -> None:
        self._client = client
        self._settings = settings
        self._open = 0

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
                written = self._events(request, estimated_tokens, think=think)
            async with aclosing(written) as events:
                async for event in events:
                    yield event
        finally:
            self._open -= 1

    async def died(self) -> str:
        """See Engine. Never returns: each failure is the request's own, for the server may come back."""
        await asyncio.Event().wait()
        return ""

    async def _events(
        self, request: GenerationRequest, estimated_tokens: int, *, think: bool
    ) -> AsyncGenerator[Event, None]:
        splitter = ThinkSplitter(opened=False)
        reasoned = written = 0
        usage: Any = None
        reason = FinishReason.STOP
        try:
            create: Any = self._client.chat.completions.create  # no overload takes a dict of arguments
            stream: Any = await create(**self._arguments(request, think=think))
            async with stream:
                async for chunk in stream:
                    usage = chunk.usage or usage
                    if not chunk.choices:
                        continue
                    choice = chunk.choices[0]
                    for name in _REASONING_FIELDS:
                        if text := getattr(choice.delta, name, None):
                            reasoned += 1
                            yield Piece(Channel.REASONING, text)
                            break
                    if text := choice.delta.content:
                        written += 1
                        for piece in splitter.push(text, ()):
                            yield piece
                    if choice.finish_reason == "length":
                        reason = FinishReason.LENGTH
        except openai.BadRequestError as error:
            raise _bad_request(error, estimated_tokens, self._settings.max_model_tokens) from error
        except Exception as error:  # the client lets its transport's own errors through in mid-stream
            raise _unavailable(self._settings.url, error) from error
        for piece in splitter.finish(by_model=reason is FinishReason.STOP):
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
        arguments = self._arguments(request, think=False) | {
            "max_tokens": 1,
            "temperature": 1.0,
            "logprobs": True,
            "top_logprobs": _TOP_LOGPROBS,
            "stream": False,
        }
        del arguments["stream_options"]
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
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            "max_tokens": request.max_tokens + extra,
            "stream": True,
            "stream_options": {"include_usage": True},
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
            # vLLM and SGLang understand this argument; other servers ignore it.
            arguments["extra_body"] = {"chat_template_kwargs": {"enable_thinking": think}}
        return arguments


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

"""Requests for chat completions: parsed, checked, and mapped to ConverseRequest."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from kefu.common.errors import BadRequest
from kefu.common.resource_names import check_id
from kefu.gateway.openai_api.errors import InvalidRequest
from kefu.router.v1 import chat_pb2 as pb

MODEL = "kefu"
"""The model's name; "kefu/help" answers from the collection `help` alone."""
_MAX_TOKENS = 4096
_SESSION = re.compile(r"(?:sessions/)?([A-Za-z0-9_-]{1,64})")
_REASONING_TOKENS = {"none": None, "minimal": None, "low": 256, "medium": 512, "high": 2048, "xhigh": 4096, "max": 4096}


class _Part(BaseModel):
    type: str
    text: str = ""


class _Message(BaseModel):
    role: str
    content: str | Annotated[list[_Part], Field(max_length=100)] | None = None

    @property
    def text(self) -> str:
        """The text of the message, its parts on lines of their own."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class _KefuOptions(BaseModel):
    footnotes: bool = False
    reasoning: bool = False
    collections: list[str] = Field(default_factory=list[str], max_length=16)
    language: Literal["", "zh", "en"] = ""


class _StreamOptions(BaseModel):
    include_usage: bool = False


class _Body(BaseModel):
    """The fields that are read. All others are ignored, as OpenAI does."""

    model: str
    messages: list[_Message] = Field(min_length=1, max_length=1000)
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    user: str = ""
    reasoning_effort: str | None = None
    n: int | None = None
    tools: list[Any] | None = None
    functions: list[Any] | None = None
    response_format: dict[str, Any] | None = None
    logprobs: bool | None = None
    modalities: list[str] | None = None
    audio: dict[str, Any] | None = None
    kefu: _KefuOptions = Field(default_factory=_KefuOptions)


@dataclass(frozen=True)
class ChatMessage:
    """One message of the conversation."""

    role: str
    text: str


@dataclass(frozen=True)
class ChatRequest:
    """A checked request for a chat completion."""

    converse: pb.ConverseRequest
    """The request to the router, without a session."""
    history: tuple[ChatMessage, ...]
    """The messages before the question."""
    model: str
    streams: bool
    """Whether the answer is sent as a stream."""
    includes_usage: bool
    """Whether the stream ends with token counts."""
    footnotes: bool
    """Whether the cited sources are added below the answer."""


def read_request(body: bytes, request_id: str) -> ChatRequest:
    """The request in a body. Raises InvalidRequest for a wrong field, or one that Kefu does not support.

    `request_id` may be empty; with one, the same request gets the same turn.
    """
    try:
        request = _Body.model_validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in problem["loc"]) or None
        raise InvalidRequest(f"{path or 'The body'}: {problem['msg']}.", path) from None
    _check_supported(request)
    question_index = max(
        (place for place, message in enumerate(request.messages) if message.role == "user"), default=None
    )
    if question_index is None:
        raise InvalidRequest("messages: there is none of the user to answer.", "messages")
    converse = pb.ConverseRequest(
        text=request.messages[question_index].text,
        request_id=request_id,
        collections=_collections(request),
        user=request.user,
        language=request.kefu.language,
        temperature=request.temperature,
    )
    max_tokens = request.max_completion_tokens or request.max_tokens
    if max_tokens is not None:
        converse.max_tokens = min(max_tokens, _MAX_TOKENS)
    _set_reasoning(converse, request)
    return ChatRequest(
        converse=converse,
        history=tuple(ChatMessage(message.role, message.text.strip()) for message in request.messages[:question_index]),
        model=request.model,
        streams=bool(request.stream),
        includes_usage=request.stream_options is not None and request.stream_options.include_usage,
        footnotes=request.kefu.footnotes,
    )


def session_of(header: str | None) -> str:
    """The session that a header names ("sessions/{session}" or the id); empty without one. Raises InvalidRequest."""
    if not header:
        return ""
    match = _SESSION.fullmatch(header.strip())
    if not match:
        raise InvalidRequest("The header x-kefu-session must hold a session that Kefu named.", "x-kefu-session")
    return f"sessions/{match[1]}"


def collection_of(model: str) -> str:
    """The collection in a model's name; empty for all collections. Raises InvalidRequest for an unknown model."""
    name, _, collection = model.partition("/")
    if name != MODEL or (collection and not _is_id(collection)) or model.endswith("/"):
        raise InvalidRequest(
            f"There is no model {model[:100]} here; use {MODEL}, or {MODEL}/COLLECTION.",
            "model",
            code="model_not_found",
            status=404,
        )
    return collection


def _collections(request: _Body) -> list[str]:
    named = request.kefu.collections
    collection = collection_of(request.model)
    if collection:
        named = [collection]
    return [each if "/" in each else f"collections/{each}" for each in named]


def _is_id(value: str) -> bool:
    try:
        check_id("model", value)
    except BadRequest:
        return False
    return True


def _check_supported(request: _Body) -> None:
    """Raise InvalidRequest for a field that asks for an answer which Kefu cannot give. Such fields are not ignored."""
    if request.n is not None and request.n != 1:
        raise InvalidRequest("n: there is one answer to a question here.", "n", code="unsupported_value")
    for name, given in (("tools", request.tools), ("functions", request.functions), ("audio", request.audio)):
        if given:
            raise InvalidRequest(
                f"{name}: Kefu calls no functions of an application; give it actions instead (docs/guides/actions.md).",
                name,
                code="unsupported_parameter",
            )
    if request.logprobs:
        raise InvalidRequest("logprobs: these are not told.", "logprobs", code="unsupported_parameter")
    if request.response_format and request.response_format.get("type", "text") != "text":
        raise InvalidRequest("response_format: answers are text.", "response_format", code="unsupported_value")
    if request.modalities and request.modalities != ["text"]:
        raise InvalidRequest("modalities: answers are text.", "modalities", code="unsupported_value")
    for place, message in enumerate(request.messages):
        if isinstance(message.content, list) and any(part.type != "text" for part in message.content):
            raise InvalidRequest(
                f"messages.{place}.content: only text is understood.", "messages", code="unsupported_value"
            )
    if request.reasoning_effort is not None and request.reasoning_effort not in _REASONING_TOKENS:
        raise InvalidRequest(f"reasoning_effort: must be one of {', '.join(_REASONING_TOKENS)}.", "reasoning_effort")


def _set_reasoning(converse: pb.ConverseRequest, request: _Body) -> None:
    tokens = _REASONING_TOKENS[request.reasoning_effort] if request.reasoning_effort else None
    if tokens is None and request.kefu.reasoning:
        tokens = 0  # the server's default
    if tokens is not None:
        converse.reasoning.max_tokens = tokens
        converse.reasoning.include = True

"""A request for a chat completion, checked."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from kefu.common.errors import BadRequest
from kefu.common.resource_names import check_id
from kefu.gateway.openai_api.errors import Refused
from kefu.router.v1 import chat_pb2 as pb

MODEL = "kefu"
"""The model's name; "kefu/help" answers from the collection `help` alone."""
_MOST_TOKENS = 4096
_SESSION = re.compile(r"(?:sessions/)?([A-Za-z0-9_-]{1,64})")
_EFFORTS = {"none": None, "minimal": None, "low": 256, "medium": 512, "high": 2048, "xhigh": 4096, "max": 4096}


class _Part(BaseModel):
    type: str
    text: str = ""


class _Message(BaseModel):
    role: str
    content: str | list[_Part] | None = None

    @property
    def text(self) -> str:
        """What it says."""
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
    """What is looked at; the rest is ignored, as OpenAI does."""

    model: str
    messages: list[_Message] = Field(min_length=1)
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
class Said:
    """One earlier message."""

    role: str
    text: str


@dataclass(frozen=True)
class ChatRequest:
    """What is asked for."""

    converse: pb.ConverseRequest
    """Without a session."""
    before: tuple[Said, ...]
    """What stands in front of the question."""
    model: str
    streams: bool
    includes_usage: bool
    footnotes: bool


def read_request(body: bytes, request_id: str) -> ChatRequest:
    """Raises Refused for what is wrong, or cannot be done here."""
    try:
        asked = _Body.model_validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in problem["loc"]) or None
        raise Refused(f"{path or 'The body'}: {problem['msg']}.", path) from None
    _check_possible(asked)
    last = max((place for place, message in enumerate(asked.messages) if message.role == "user"), default=None)
    if last is None:
        raise Refused("messages: there is none of the user to answer.", "messages")
    converse = pb.ConverseRequest(
        text=asked.messages[last].text,
        request_id=request_id,
        collections=_collections(asked),
        user=asked.user,
        language=asked.kefu.language,
        temperature=asked.temperature,
    )
    most = asked.max_completion_tokens or asked.max_tokens
    if most is not None:
        converse.max_tokens = min(most, _MOST_TOKENS)
    _set_reasoning(converse, asked)
    return ChatRequest(
        converse=converse,
        before=tuple(Said(message.role, message.text.strip()) for message in asked.messages[:last]),
        model=asked.model,
        streams=bool(asked.stream),
        includes_usage=asked.stream_options is not None and asked.stream_options.include_usage,
        footnotes=asked.kefu.footnotes,
    )


def session_of(header: str | None) -> str:
    """The session that a header names ("sessions/{session}" or its id), or empty. Raises Refused."""
    if not header:
        return ""
    match = _SESSION.fullmatch(header.strip())
    if not match:
        raise Refused("The header x-kefu-session must hold a session that Kefu named.", "x-kefu-session")
    return f"sessions/{match[1]}"


def collection_of(model: str) -> str:
    """The collection in a model's name, empty for all of them. Raises Refused for a model that there is not."""
    name, _, collection = model.partition("/")
    if name != MODEL or (collection and not _is_id(collection)) or model.endswith("/"):
        raise Refused(
            f"There is no model {model[:100]} here; use {MODEL}, or {MODEL}/COLLECTION.",
            "model",
            code="model_not_found",
            status=404,
        )
    return collection


def _collections(asked: _Body) -> list[str]:
    named = asked.kefu.collections
    collection = collection_of(asked.model)
    if collection:
        named = [collection]
    return [each if "/" in each else f"collections/{each}" for each in named]


def _is_id(value: str) -> bool:
    try:
        check_id("model", value)
    except BadRequest:
        return False
    return True


def _check_possible(asked: _Body) -> None:
    """What would change the answer into something that Kefu cannot give is refused, not ignored."""
    if asked.n is not None and asked.n != 1:
        raise Refused("n: there is one answer to a question here.", "n", code="unsupported_value")
    for name, given in (("tools", asked.tools), ("functions", asked.functions), ("audio", asked.audio)):
        if given:
            raise Refused(
                f"{name}: Kefu answers from its knowledge base, and calls nothing.", name, code="unsupported_parameter"
            )
    if asked.logprobs:
        raise Refused("logprobs: these are not told.", "logprobs", code="unsupported_parameter")
    if asked.response_format and asked.response_format.get("type", "text") != "text":
        raise Refused("response_format: answers are text.", "response_format", code="unsupported_value")
    if asked.modalities and asked.modalities != ["text"]:
        raise Refused("modalities: answers are text.", "modalities", code="unsupported_value")
    for place, message in enumerate(asked.messages):
        if isinstance(message.content, list) and any(part.type != "text" for part in message.content):
            raise Refused(f"messages.{place}.content: only text is understood.", "messages", code="unsupported_value")
    if asked.reasoning_effort is not None and asked.reasoning_effort not in _EFFORTS:
        raise Refused(f"reasoning_effort: must be one of {', '.join(_EFFORTS)}.", "reasoning_effort")


def _set_reasoning(converse: pb.ConverseRequest, asked: _Body) -> None:
    tokens = _EFFORTS[asked.reasoning_effort] if asked.reasoning_effort else None
    if tokens is None and asked.kefu.reasoning:
        tokens = 0  # the server's default
    if tokens is not None:
        converse.reasoning.max_tokens = tokens
        converse.reasoning.include = True

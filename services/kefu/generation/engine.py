"""The interface between the generation service and whatever writes its answers."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple, Protocol

Role = Literal["system", "user", "assistant"]


class Message(NamedTuple):
    """One message of a conversation."""

    role: Role
    content: str


class Channel(Enum):
    """An answer, or the thinking before it."""

    TEXT = "text"
    REASONING = "reasoning"


class FinishReason(Enum):
    """Why an answer ended: the model (or a stop string) ended it, or its room was used up."""

    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True)
class Continuation:
    """What was already sent of an answer. `token_ids` count only under this engine's own fingerprint."""

    token_ids: tuple[int, ...] = ()
    text: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class GenerationRequest:
    """What to write. Exactly one of `messages` and `token_ids` is not empty; limits are in tokens."""

    messages: tuple[Message, ...] = ()
    token_ids: tuple[int, ...] = ()
    continuation: Continuation | None = None
    reasoning_tokens: int | None = None
    """None: answer at once. 0: think, up to the engine's default. Above: think, up to this."""
    max_tokens: int = 512
    """Most tokens of visible answer."""
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()


class Started(NamedTuple):
    """The request was read; first of an answer's events."""

    prompt_tokens: int
    """Continuation included. An estimate where the engine has no tokenizer."""


class Piece(NamedTuple):
    """Some whole characters, and the ids that made exactly them; both may be empty (a tag, a remote engine)."""

    channel: Channel
    text: str
    token_ids: tuple[int, ...] = ()


class Finished(NamedTuple):
    """Last of an answer's events; counts are in tokens."""

    reason: FinishReason
    prompt_tokens: int
    cached_prompt_tokens: int
    completion_tokens: int
    """Written in this call, reasoning included."""
    reasoning_tokens: int


Event = Started | Piece | Finished


class EngineLoad(NamedTuple):
    """What the engine's own scheduler says."""

    running: int = 0
    waiting: int = 0
    kv_cache_usage: float = 0.0
    """Share of the key/value cache that requests hold, 0 to 1."""
    max_running: int = 0
    """Most that it runs at once, by its configuration; 0: not known."""


@dataclass(frozen=True)
class ModelDescription:
    """What an engine runs and can do; see DescribeModelResponse."""

    model: str
    engine: Literal["vllm", "openai", "simulated"]
    engine_version: str
    fingerprint: str
    max_model_tokens: int
    supports_reasoning: bool
    supports_token_continuation: bool
    simulated: bool
    device: Literal["cpu", "cuda", "remote", "none"]


class Engine(Protocol):
    """Writes answers. Made by its module's `open_…`, an async context manager that closes it."""

    merges: bool
    """What was written since an answer's last event was taken comes as one Piece, so that reading may pause."""

    def describe(self) -> ModelDescription:
        """What this engine runs; never changes while it is open."""
        ...

    def load(self) -> EngineLoad:
        """The load at this moment."""
        ...

    def generate(self, request: GenerationRequest) -> AsyncGenerator[Event, None]:
        """One Started, any number of Piece, one Finished. Closing the iterator aborts the request in the engine.

        Raises PromptTooLong, CannotContinue, EngineDead, BackendUnavailable.
        """
        ...

    async def died(self) -> str:
        """Return, with what happened, once this engine will never answer again."""
        ...

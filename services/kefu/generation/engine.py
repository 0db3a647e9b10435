"""Engine protocol: what the generation service needs of the software that writes its answers."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple, Protocol, runtime_checkable

Role = Literal["system", "user", "assistant"]


class Message(NamedTuple):
    """One message of a conversation."""

    role: Role
    content: str


class Channel(Enum):
    """Kind of a piece: the answer's text, or the reasoning before it."""

    TEXT = "text"
    REASONING = "reasoning"


class FinishReason(Enum):
    """Why an answer ended: the model or a stop string ended it (STOP), or its tokens were used up (LENGTH)."""

    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True)
class Continuation:
    """The part of an answer that was already sent. `token_ids` are valid under this engine's own fingerprint only."""

    token_ids: tuple[int, ...] = ()
    text: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class GenerationRequest:
    """A request for one answer. Exactly one of `messages` and `token_ids` is not empty; limits are in tokens."""

    messages: tuple[Message, ...] = ()
    token_ids: tuple[int, ...] = ()
    continuation: Continuation | None = None
    reasoning_tokens: int | None = None
    """None: answer at once. 0: reason, up to the engine's default. Above 0: reason, up to this."""
    max_tokens: int = 512
    """Most tokens of visible answer."""
    temperature: float | None = None
    """0 to 2. None: the model's recommendation; `top_p` likewise."""
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    json_schema: str = ""
    """JSON text of a schema that the visible answer obeys; empty: none."""
    adapter: str = ""
    """Name of a LoRA adapter; empty: none."""
    choices: tuple[str, ...] = ()
    """Not empty: the answer is the most probable of these, told by its first token; sampling has no effect."""


class Started(NamedTuple):
    """First of an answer's events: the request was read."""

    prompt_tokens: int
    """Tokens of the prompt and the continuation; an estimate where the engine has no tokenizer."""


class Piece(NamedTuple):
    """Whole characters, and the ids that made exactly them. Either may be empty (a tag, a remote engine)."""

    channel: Channel
    text: str
    token_ids: tuple[int, ...] = ()


class Finished(NamedTuple):
    """Last of an answer's events; counts are in tokens."""

    reason: FinishReason
    prompt_tokens: int
    cached_prompt_tokens: int
    completion_tokens: int
    """Tokens written in this call, reasoning included."""
    reasoning_tokens: int
    choice_log_probabilities: tuple[float, ...] = ()
    """In the order of the request's choices, normalised over them; empty without choices."""


Event = Started | Piece | Finished


class EngineLoad(NamedTuple):
    """Load by the engine's own scheduler, in requests."""

    running: int = 0
    waiting: int = 0
    kv_cache_usage: float = 0.0
    """Share of the key/value cache that requests hold, 0 to 1."""
    max_running: int = 0
    """Most requests that the engine runs at once, by its configuration; 0: not known."""


@dataclass(frozen=True)
class ModelDescription:
    """Model and abilities of an engine; see DescribeModelResponse."""

    model: str
    engine: Literal["llamacpp", "vllm", "openai", "simulated"]
    engine_version: str
    fingerprint: str
    max_model_tokens: int
    supports_reasoning: bool
    supports_token_continuation: bool
    simulated: bool
    device: Literal["cpu", "cuda", "metal", "remote", "none"]
    adapters: tuple[str, ...] = ()
    """Names of the LoRA adapters that a request may ask for."""
    supports_choices: bool = False


class Engine(Protocol):
    """Writes answers. Its module's `open_…` makes it: an async context manager that closes it."""

    coalesces: bool
    """Whether all that was written since an answer's last event comes as one Piece, so that reading may pause."""

    def describe(self) -> ModelDescription:
        """The model and abilities of this engine, which never change while it is open."""
        ...

    def load(self) -> EngineLoad:
        """The load now."""
        ...

    def generate(self, request: GenerationRequest) -> AsyncGenerator[Event, None]:
        """One Started, any number of Piece, one Finished. Closing the iterator aborts the request in the engine.

        Raises PromptTooLong, CannotContinue, CannotChoose, EngineDead, BackendUnavailable; BadRequest for a schema, an
        adapter, or choices.
        """
        ...

    async def died(self) -> str:
        """Wait until this engine can never answer again, and return what happened."""
        ...


@runtime_checkable
class RemoteEngine(Engine, Protocol):
    """An engine whose model runs in a process that is not ours, and that may go away and come back."""

    def availability(self) -> AsyncGenerator[bool, None]:
        """Whether the model can be asked: the state at the start first, then each change. Never ends by itself."""
        ...

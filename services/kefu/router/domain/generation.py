"""Generation requests and the events of an answer: the router's own values for the generation contract."""

import time
from dataclasses import dataclass
from enum import StrEnum

from kefu.router.domain.turn import Usage


class Role(StrEnum):
    """The author of a prompt's message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True)
class Message:
    """One message of a prompt."""

    role: Role
    content: str


_REPLICA_GRACE_SECONDS = 0.5


@dataclass(frozen=True)
class PartialAnswer:
    """The part of an answer that was received already, for another replica to continue."""

    token_ids: tuple[int, ...]
    text: str
    fingerprint: str


@dataclass(frozen=True)
class GenerationRequest:
    """A request for one answer."""

    messages: tuple[Message, ...]
    estimated_tokens: int
    max_tokens: int
    temperature: float | None = None
    reasoning_tokens: int | None = None
    """Most tokens of reasoning. None: no reasoning."""
    continuation: PartialAnswer | None = None
    """The part that another replica wrote; the answer goes on after it."""
    deadline: float | None = None
    """Monotonic time after which the answer is of no use. None: there is no deadline."""
    choices: tuple[str, ...] = ()
    """Texts of which the answer is one, told by the end alone; see `dispatch.choosing`. Empty: the answer is free."""

    def seconds_left(self) -> float | None:
        """Seconds for the replica's own time-out. Slightly more than remain: the router's comes first and says why."""
        return None if self.deadline is None else max(self.deadline - time.monotonic(), 0.0) + _REPLICA_GRACE_SECONDS


@dataclass(frozen=True)
class Accepted:
    """The replica has accepted the request and counted its tokens."""

    prompt_tokens: int
    fingerprint: str


@dataclass(frozen=True)
class Frame:
    """A piece of the answer. Its token ids cover exactly its text."""

    text: str
    token_ids: tuple[int, ...]
    reasoning: bool = False


@dataclass(frozen=True)
class GenerationEnd:
    """The end of the answer. `cut`: a limit ended it."""

    usage: Usage
    cut: bool
    choice_log_probabilities: tuple[float, ...] = ()
    """In the order of the request's choices; empty without them."""


GenerationEvent = Accepted | Frame | GenerationEnd

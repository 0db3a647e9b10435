"""What a replica is asked for and what it sends: the router's own words for the generation contract."""

import time
from dataclasses import dataclass
from enum import StrEnum

from kefu.router.domain.turn import Usage


class Role(StrEnum):
    """Who speaks in a prompt."""

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
    """What was already received of an answer, to be continued elsewhere."""

    token_ids: tuple[int, ...]
    text: str
    fingerprint: str


@dataclass(frozen=True)
class GenerationRequest:
    """One answer to be generated."""

    messages: tuple[Message, ...]
    estimated_tokens: int
    max_tokens: int
    temperature: float | None = None
    reasoning_tokens: int | None = None
    """None: do not think."""
    continuation: PartialAnswer | None = None
    deadline: float | None = None
    """Monotonic: the whole answer is of no use after it. None: none is known."""

    def seconds_left(self) -> float | None:
        """For the replica's own time-out; a little more than there is, so that ours comes first and says why."""
        return None if self.deadline is None else max(self.deadline - time.monotonic(), 0.0) + _REPLICA_GRACE_SECONDS


@dataclass(frozen=True)
class Accepted:
    """The replica counted the request."""

    prompt_tokens: int
    fingerprint: str


@dataclass(frozen=True)
class Frame:
    """A piece of what the model writes; its token ids cover exactly its text."""

    text: str
    token_ids: tuple[int, ...]
    reasoning: bool = False


@dataclass(frozen=True)
class GenerationEnd:
    """The model has ended. `cut`: by a limit."""

    usage: Usage
    cut: bool


Event = Accepted | Frame | GenerationEnd

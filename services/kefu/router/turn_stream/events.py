"""What a reader of a turn is told, in order; see ConverseEvent in the contract."""

from dataclasses import dataclass

from kefu.router.domain.handoff import Handoff
from kefu.router.domain.turn import Completed, Passage


@dataclass(frozen=True)
class Started:
    """The first event."""

    session_id: str
    turn_id: str
    language: str
    replayed: bool = False
    ephemeral: bool = False


@dataclass(frozen=True)
class PassagesFound:
    """What the answer will rest on; `query` when it differs from the question."""

    passages: tuple[Passage, ...]
    query: str


@dataclass(frozen=True)
class Reasoning:
    """A piece of what the model thinks."""

    text: str


@dataclass(frozen=True)
class Text:
    """A piece of the answer; `offset` in UTF-8 bytes."""

    offset: int
    text: str


@dataclass(frozen=True)
class HandedOff:
    """A person should take over."""

    handoff: Handoff


@dataclass(frozen=True)
class StreamEnd:
    """The last event."""

    completed: Completed


Event = Started | PassagesFound | Reasoning | Text | HandedOff | StreamEnd

"""Events of a turn as a reader receives them, in this order; see ConverseEvent in the contract."""

from dataclasses import dataclass

from kefu.router.domain.handoff import Handoff
from kefu.router.domain.turn import Completed, Passage


@dataclass(frozen=True)
class Started:
    """The first event: the turn has begun."""

    session_id: str
    turn_id: str
    language: str
    replayed: bool = False
    ephemeral: bool = False


@dataclass(frozen=True)
class PassagesFound:
    """The passages for the answer. `query` is the question as it was searched, when it differs."""

    passages: tuple[Passage, ...]
    query: str


@dataclass(frozen=True)
class Reasoning:
    """A piece of the model's reasoning."""

    text: str


@dataclass(frozen=True)
class Progress:
    """What is being done for the customer."""

    text: str


@dataclass(frozen=True)
class Text:
    """A piece of the answer. `offset` is in UTF-8 bytes from the answer's start."""

    offset: int
    text: str


@dataclass(frozen=True)
class HandedOff:
    """The handoff to a person."""

    handoff: Handoff


@dataclass(frozen=True)
class StreamEnd:
    """The last event: how the turn ended."""

    completed: Completed


TurnEvent = Started | PassagesFound | Reasoning | Progress | Text | HandedOff | StreamEnd

"""What a turn is made of, from the message to how its answer was rated. Plain values, as in `session`."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

import pydantic

from kefu.router.domain.handoff import Handoff


class TurnState(StrEnum):
    """How far a turn is. RUNNING without a lease means that its router died: readers are told FAILED."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class FinishReason(StrEnum):
    """How a turn ended; see the contract."""

    STOP = "stop"
    LENGTH = "length"
    HANDOFF = "handoff"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    HUMAN = "human"


class AnswerSource(StrEnum):
    """Where an answer's text comes from."""

    NONE = "none"
    GENERATED = "generated"
    CURATED = "curated"
    CANNED = "canned"
    EXTRACTIVE = "extractive"
    CACHED = "cached"
    CLARIFYING = "clarifying"
    REFUSED = "refused"
    PERSON = "person"


class BrownOut(IntEnum):
    """What is left out while more is asked than can be answered; see the contract. Each rung includes those below."""

    NONE = 0
    FEWER_PASSAGES = 1
    SHORTER_ANSWER = 2
    WITHOUT_MODEL = 3
    HANDOFF = 4


class OnBusy(StrEnum):
    """What a message gets while its session answers."""

    REJECT = "reject"
    QUEUE = "queue"
    SUPERSEDE = "supersede"


class Rating(StrEnum):
    """What a customer thought of an answer."""

    NONE = ""
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class Passage:
    """A passage as the customer may see it; `number` is how the answer cites it, from 1."""

    number: int
    name: str
    title: str
    headings: tuple[str, ...]
    text: str
    uri: str
    relevance: float
    language: str
    min_relevance: float = 0.0
    """Its collection's threshold; 0: the collection was not calibrated."""


@dataclass(frozen=True)
class Citation:
    """Ties bytes `start` to `end` (UTF-8, end not included) of the answer to a passage."""

    start: int
    end: int
    number: int
    passage: str
    title: str
    uri: str


@dataclass(frozen=True)
class Supported:
    """How far bytes `start` to `end` of the answer, one sentence, are borne out; see the contract."""

    start: int
    end: int
    number: int
    """Of the passage; 0 for none."""
    share: float
    evidence: str
    """The passage's sentence."""


@dataclass(frozen=True)
class Usage:
    """Tokens, by the model's tokenizer."""

    prompt_tokens: int = 0
    cached_prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True)
class Timings:
    """Seconds; None for a stage that did not run. `first_text` and `total` count from the call's arrival."""

    queue: float | None = None
    search: float | None = None
    first_text: float | None = None
    total: float | None = None


@dataclass(frozen=True)
class Completed:
    """How a turn ended."""

    finish_reason: FinishReason
    source: AnswerSource = AnswerSource.NONE
    citations: tuple[Citation, ...] = ()
    usage: Usage | None = None
    timings: Timings = field(default_factory=Timings)
    text_bytes: int = 0
    model: str = ""
    brown_out: BrownOut = BrownOut.NONE
    supports: tuple[Supported, ...] = ()
    choices: tuple[str, ...] = ()
    """What a question back names."""


@dataclass(frozen=True)
class Turn:
    """One message and its answer, as it is stored. Reasoning is not part of it."""

    id: str
    question: str
    language: str
    as_of: str
    create_time: float
    """Seconds since the epoch."""
    request_id: str = ""
    carried: str = ""
    """Earlier messages that this turn answers too: it superseded their turns."""
    superseded: bool = False
    """A later turn answers this one's message as well; it is no part of the history."""
    text: str = ""
    query: str = ""
    """The question as it was searched, when it differs."""
    passages: tuple[Passage, ...] = ()
    searched: bool = False
    handoff: Handoff | None = None
    completed: Completed | None = None
    agent: str = ""
    """The name of the person who wrote `text`; then there is no question."""
    rewritten_from: int | None = None
    """Byte from which readers of an earlier attempt, on a router that died, may hold another text."""

    @property
    def asked(self) -> str:
        """All that this turn answers."""
        return f"{self.carried}\n{self.question}" if self.carried else self.question


@dataclass(frozen=True)
class TurnRecord:
    """A turn with what may change after its end."""

    turn: Turn
    state: TurnState
    rating: Rating = Rating.NONE
    rating_comment: str = ""


TURN = pydantic.TypeAdapter(Turn)
"""Turns to JSON and back. Unknown fields of a newer release are ignored."""

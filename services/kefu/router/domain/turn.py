"""A turn: one message of a customer, its answer, and its rating. Plain values, as in `session`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

import pydantic

from kefu.common.auth import Priority
from kefu.router.domain.card import Cards
from kefu.router.domain.experiment import Arm, Trial
from kefu.router.domain.handoff import Handoff
from kefu.router.domain.triage import Triage
from kefu.router.domain.turn_request import TurnRequest
from kefu.text.language import AnswerLanguage

_FILES = "📎"


class TurnState(StrEnum):
    """The state of a turn. RUNNING without a lease means that its router died: readers see FAILED."""

    RUNNING = "running"
    """The turn is being answered."""
    FINISHED = "finished"
    """The turn has completed."""
    FAILED = "failed"
    """The turn ended without completing."""


class FinishReason(StrEnum):
    """How a turn ended; see the contract."""

    STOP = "stop"
    """The answer is whole."""
    LENGTH = "length"
    """The answer was cut at its token limit."""
    HANDOFF = "handoff"
    """A person should take over."""
    STOPPED = "stopped"
    """StopTurn, or a superseding message, ended it."""
    INTERRUPTED = "interrupted"
    """The client was gone for longer than the grace period."""
    HUMAN = "human"
    """An agent has claimed the session: the message was stored for the agent."""


class AnswerSource(StrEnum):
    """Where an answer's text comes from; see the contract."""

    NONE = "none"
    """There is no answer."""
    GENERATED = "generated"
    """The model wrote it from the passages."""
    CURATED = "curated"
    """A curated answer, word for word."""
    CANNED = "canned"
    """A canned reply: greeting, thanks, goodbye, handoff."""
    EXTRACTIVE = "extractive"
    """Cut from a passage, without the model."""
    CACHED = "cached"
    """From the answer cache; no model was asked."""
    CLARIFYING = "clarifying"
    """A clarification: a question back."""
    REFUSED = "refused"
    """The tenant refuses the topic; nobody is called."""
    PERSON = "person"
    """An agent wrote it; see `Turn.agent`."""
    ACTION = "action"
    """What the company's own system says of the customer's data, through an action."""


class BrownOut(IntEnum):
    """Brown-out level: what answers do without under load; see the contract. Each level includes those below."""

    NONE = 0
    """Nothing is left out."""
    FEWER_PASSAGES = 1
    """The model sees fewer passages."""
    SHORTER_ANSWER = 2
    """Answers are shorter."""
    WITHOUT_MODEL = 3
    """No model is asked."""
    HANDOFF = 4
    """Every question is handed off."""


class OnBusy(StrEnum):
    """What happens to a message while its session answers another one."""

    REJECT = "reject"
    """The message is refused."""
    QUEUE = "queue"
    """The message waits for the running answer."""
    SUPERSEDE = "supersede"
    """The running answer is stopped, and both messages are answered as one."""


class Rating(StrEnum):
    """A customer's rating of an answer."""

    NONE = ""
    """Not rated, or taken back."""
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class Passage:
    """A passage as the customer may see it. `number`, from 1, is how the answer cites it."""

    number: int
    name: str
    title: str
    headings: tuple[str, ...]
    text: str
    uri: str
    relevance: float
    language: str
    min_relevance: float = 0.0
    """The threshold of its collection, 0 to 1. 0: the collection was not calibrated."""


@dataclass(frozen=True)
class Citation:
    """A citation: ties bytes `start` to `end` (UTF-8, end not included) of the answer to a passage."""

    start: int
    end: int
    number: int
    passage: str
    title: str
    uri: str


@dataclass(frozen=True)
class Support:
    """How far the passages support one sentence, bytes `start` to `end` of the answer; see the contract."""

    start: int
    end: int
    number: int
    """The number of the supporting passage; 0 for none."""
    share: float
    evidence: str
    """The supporting sentence of the passage."""


@dataclass(frozen=True)
class Usage:
    """Token counts, by the model's tokenizer."""

    prompt_tokens: int = 0
    cached_prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True)
class Timings:
    """Durations in seconds; None for a stage that did not run.

    `first_text` and `total` count from the call's arrival.
    """

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
    supports: tuple[Support, ...] = ()
    choices: tuple[str, ...] = ()
    """The choices that a clarification offers."""
    cards: Cards | None = None
    """The answer as cards, where an action has some."""


InputValue = str | tuple[str, ...]
"""The value of an action's input: one, or the several that were chosen."""


@dataclass(frozen=True)
class ProcedureProgress:
    """How far a procedure has been followed. What it looked up is not kept: it is looked up again."""

    procedure: str
    revision: int
    text: str = ""
    """The message that asked for it."""
    given: Mapping[str, InputValue] = field(default_factory=dict[str, InputValue])
    """What the customer named or chose: by "action.input", or by the name of a value of the procedure's own."""
    done: tuple[int, ...] = ()
    """Lines of the steps that said or changed something."""
    at: int = 0
    """The line of the change that the customer was asked about."""
    is_changed: bool = False
    """A change of it was made."""
    ways: Mapping[int, bool] = field(default_factory=dict[int, bool])
    """By the line of an If before that change: whether it held. It may not any more, by that very change."""


@dataclass(frozen=True)
class PendingInput:
    """What an action asked the customer for."""

    action: str
    input: str
    """The input of the action that is missing."""
    values: Mapping[str, str]
    """By what the customer reads: the value. Empty where any value of the input's pattern will do."""
    given: Mapping[str, InputValue] = field(default_factory=dict[str, InputValue])
    """Inputs that are known already, by name."""
    question: str = ""
    all_of_these: str = ""
    """What the customer reads for all of them; empty where one is wanted."""
    procedure: ProcedureProgress | None = None
    """The procedure that asked, where one did."""

    @property
    def choices(self) -> tuple[str, ...]:
        """What the customer reads, in order."""
        return (*self.values, self.all_of_these) if self.all_of_these else tuple(self.values)


@dataclass(frozen=True)
class PendingChange:
    """A change that an action asked the customer to agree to."""

    action: str
    revision: int
    """Of the action, as it was asked by."""
    operation: str
    """Id of this change: its idempotency key."""
    inputs: Mapping[str, InputValue]
    question: str
    """What the customer was told that will be done: a yes is a yes to this."""
    language: AnswerLanguage
    choices: tuple[str, str]
    """The buttons, yes and no."""
    ask_time: float
    """Seconds since the epoch."""
    times_asked: int = 1
    """How often, since what it comes to had changed in between."""
    before: str = "{}"
    """What the audit log keeps of the state before, as JSON."""
    is_settled: bool = False
    """The turn told what came of it: of the change, or of a no. The same yes again is told the same."""
    procedure: ProcedureProgress | None = None
    """The procedure that asked, where one did."""
    cards: Cards | None = None
    """The question as cards. What they show is part of it."""


Pending = PendingInput | PendingChange
"""What an action waits for."""


@dataclass(frozen=True)
class HeldMessage:
    """How a message was asked that an agent is to answer: what Kefu needs to answer it when the agent does not."""

    request: TurnRequest
    """Without its text, which is the turn's question, and without times."""
    collections: frozenset[str] | None
    """Ids of the collections that the key may search; None: all of the tenant's."""
    priority: Priority


@dataclass(frozen=True)
class Turn:
    """One message and its answer, as stored. Reasoning is not part of it."""

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
    """A later turn answers this message as well, so this turn is no part of the history."""
    text: str = ""
    """The answer; after a handoff, its message to the customer."""
    withdrawn: str = ""
    """What the customer saw of an answer before a handoff withdrew it."""
    query: str = ""
    """The question as it was searched, when it differs from `question`."""
    gives_instructions: bool = False
    """The search took the question for one that tells the assistant what to say: its words are no evidence."""
    passages: tuple[Passage, ...] = ()
    searched: bool = False
    handoff: Handoff | None = None
    completed: Completed | None = None
    agent: str = ""
    """The agent who wrote `text`. Then there is no question."""
    held: HeldMessage | None = None
    """With FinishReason.HUMAN: how the message was asked."""
    rewritten_from: int | None = None
    """The byte from which readers of an earlier attempt, on a router that died, may hold another text."""
    pending: Pending | None = None
    """What the answer asks the customer for, for an action."""
    triage: Triage | None = None
    """What was read out of the message, and what the tenant's rules make of it. None: it was not read."""
    draft: str = ""
    """The draft of knowledge, or the staged settings, over which somebody asked it; empty: over what was live."""
    trial: Trial | None = None
    """The conversation's part in an experiment. None: it has none."""
    arm: Arm | None = None
    """What this message was answered over: LIVE in the draft's arm, too, where the draft could not be used."""
    attachments: tuple[str, ...] = ()
    """Ids of the attachments that came with the message."""
    carried_attachments: tuple[str, ...] = ()
    """Ids of those that came with `carried`."""
    attachment_note: str = ""
    """The part of `text` that says what was read off them, or that nothing could be: its end, or before a question that
    is asked again. Nothing rests on it later."""

    @property
    def shown_question(self) -> str:
        """The message as a list of conversations names it: a sign stands for files without a word."""
        return self.question or (_FILES if self.attachments else "")

    @property
    def own_text(self) -> str:
        """The answer without what it says of the files: what anything later may rest on."""
        if not self.attachment_note:
            return self.text
        before, _, behind = self.text.rpartition(self.attachment_note)
        return "\n\n".join(filter(None, (before.rstrip(), behind.lstrip())))

    @property
    def all_attachments(self) -> tuple[str, ...]:
        """Ids of the attachments of all messages that this turn answers."""
        return (*self.carried_attachments, *self.attachments)

    @property
    def full_question(self) -> str:
        """All messages that this turn answers."""
        return f"{self.carried}\n{self.question}" if self.carried else self.question


@dataclass(frozen=True)
class TurnRecord:
    """A turn with its state and rating, which may change after its end."""

    turn: Turn
    state: TurnState
    rating: Rating = Rating.NONE
    rating_comment: str = ""


TURN = pydantic.TypeAdapter(Turn)
"""Turns to JSON and back. Unknown fields of a newer release are ignored."""

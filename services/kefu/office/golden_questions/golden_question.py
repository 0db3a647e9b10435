"""Golden questions, their answers, and the runs over them: values, with what compares two answers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.office.golden_questions.verdict import Verdict
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource

PREFIX = "goldenQuestions/"
RUN_PREFIX = "goldenRuns/"
_MOST_NAMED = 200


@dataclass(frozen=True)
class GoldenQuestion:
    """A question whose answer must stay right."""

    question: ConversationQuestion
    collections: tuple[str, ...] = ()
    """Ids of the collections that are searched; empty: all of the tenant's."""
    author: str = ""
    """The key that stored it."""
    update_time: float = 0.0
    """Seconds since the epoch."""
    revision: int = 0
    turn: str = ""
    """"sessions/{session}/turns/{turn}" that it was made of, and is erased with; empty: none."""

    @property
    def session_id(self) -> str:
        """The session that it was made of; empty: none."""
        return self.turn.split("/")[1] if self.turn else ""

    @property
    def id(self) -> str:
        """Its id in its name."""
        return self.question.id

    def lies_within(self, collections: frozenset[str] | None) -> bool:
        """Whether a key that may search these collections alone may see it. None: all collections."""
        return collections is None or (bool(self.collections) and collections.issuperset(self.collections))

    def is_asked_of(self, draft: str) -> bool:
        """Whether a draft ("collections/{collection}/drafts/{draft}") can change its answer."""
        return not self.collections or draft.split("/")[1] in self.collections


@dataclass(frozen=True)
class GoldenAnswer:
    """An answer to a golden question, as a customer would have seen it."""

    verdict: Verdict | None
    """None: it was not asked, as `why` says."""
    why: str
    text: str = ""
    """Of a hand-over, what was shown before it."""
    source: AnswerSource = AnswerSource.NONE
    handoff: HandoffReason | None = None
    titles: tuple[str, ...] = ()
    model: str = ""
    milliseconds: int = 0
    time: float = 0.0
    """Seconds since the epoch."""

    @property
    def is_right(self) -> bool:
        """Whether it is green."""
        return self.verdict is Verdict.RIGHT


class Change(StrEnum):
    """How an answer compares with the one before."""

    LOST = "lost"
    GAINED = "gained"
    STILL_WRONG = "still_wrong"
    UNKNOWN = ""
    """One of the two was not asked, or there is none before."""
    STILL_RIGHT = "still_right"


def change_of(before: GoldenAnswer | None, now: GoldenAnswer) -> Change:
    """How an answer compares with the one before; None: there is none."""
    if before is None or before.verdict is None or now.verdict is None:
        return Change.UNKNOWN
    if before.is_right:
        return Change.STILL_RIGHT if now.is_right else Change.LOST
    return Change.GAINED if now.is_right else Change.STILL_WRONG


@dataclass(frozen=True)
class GoldenResult:
    """A question's answer in a run, beside the one that it is compared with."""

    question: str
    """Its id."""
    text: str
    language: str
    answer: GoldenAnswer
    before: GoldenAnswer | None
    asked_again: bool = False

    @property
    def change(self) -> Change:
        """How the two compare."""
        return change_of(self.before, self.answer)


class Trigger(StrEnum):
    """What began a run."""

    DEMAND = "demand"
    DRAFT = "draft"
    NIGHT = "night"


class RunState(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"


@dataclass(frozen=True)
class GoldenRun:
    """A run in numbers. Times in seconds since the epoch."""

    id: str
    trigger: Trigger
    draft: str
    """"collections/{collection}/drafts/{draft}"; empty: it was over live."""
    start_time: float
    questions: int
    author: str = ""
    state: RunState = RunState.RUNNING
    end_time: float | None = None
    alive_time: float = 0.0
    """When its router last wrote of it."""
    judged: int = 0
    right: int = 0
    not_asked: int = 0
    changes: dict[Change, int] = field(default_factory=dict[Change, int])
    lost_questions: tuple[str, ...] = ()
    """Ids, at most 200."""

    @property
    def lost(self) -> int:
        """Answers that were right before."""
        return self.changes.get(Change.LOST, 0)


def summed(results: Iterable[GoldenResult]) -> dict[str, object]:
    """The numbers of a run, by the names of `GoldenRun`'s fields."""
    found = list(results)
    changes = [each.change for each in found]
    return {
        "judged": len(found),
        "right": sum(each.answer.is_right for each in found),
        "not_asked": sum(each.answer.verdict is None for each in found),
        "changes": {change: changes.count(change) for change in dict.fromkeys(changes)},
        "lost_questions": tuple(sorted(each.question for each in found if each.change is Change.LOST)[:_MOST_NAMED]),
    }

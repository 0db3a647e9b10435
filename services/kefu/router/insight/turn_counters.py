"""
What one turn adds to its tenant's numbers: names of counters, none of which holds a word of the customer's.

A question that was answered from the knowledge base has one outcome: confirmed, assumed or reopened, or none any more
once its customer called for a person. Small talk, questions back, refusals and answers that were broken off are counted
as questions and have none.
"""

import hashlib
import json
import math
import time
from dataclasses import dataclass

import pydantic

from kefu.common.text.question_equivalence import reduce_question
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource, Completed, FinishReason, Turn, TurnState

QUESTIONS, REPLIES = "questions", "replies"
CONFIRMED, ASSUMED, REOPENED = "confirmed", "assumed", "reopened"
RATED = "rated:"
HANDOFF, SOURCE, LANGUAGE = "handoff:", "source:", "language:"
FIRST_TEXT, TOTAL = "first:", "total:"
WIDENING = 1.25
"""A bucket of durations is wider than the one below by this factor; the first ends at 1 ms."""
_ANSWERS = frozenset(
    {AnswerSource.GENERATED, AnswerSource.CURATED, AnswerSource.EXTRACTIVE, AnswerSource.CACHED},
)
_WHOLE = (FinishReason.STOP, FinishReason.LENGTH, FinishReason.HANDOFF)
_OF_THE_ANSWER_BEFORE = frozenset(
    {HandoffReason.CUSTOMER_ASKED, HandoffReason.ABUSE, HandoffReason.REPEATED_FAILURE},
)
"""Hand-overs that tell that the answer before did not help."""


@dataclass(frozen=True)
class TurnCounters:
    """What a turn adds. `hour` as in the names of keys, "2026112518"."""

    hour: str
    counters: tuple[str, ...]
    cited: tuple[str, ...] = ()
    """Documents, each once: "collections/{collection}/documents/{document}"."""
    answered: bool = False
    """It has an outcome: see the module."""
    tried: bool = False
    """It is a question, or a call for a person: the one before it was asked again if this asks the same."""
    asked: str = ""
    """A hash of what was asked: equal ones are the same question."""
    leaves: bool = False
    """It calls for a person, and the answer before it did not help."""


TALLY = pydantic.TypeAdapter(TurnCounters)


def counters_of(turn: Turn, state: TurnState) -> TurnCounters | None:
    """What a stored turn adds; None for one that failed, or that was said to a person or by one."""
    done = turn.completed
    if state is not TurnState.FINISHED or done is None or done.finish_reason is FinishReason.HUMAN or not turn.question:
        return None
    if turn.superseded:
        return TurnCounters(hour_of(turn.create_time), ())  # its message is answered with the next one
    counters = [QUESTIONS, f"{LANGUAGE}{turn.language}"]
    if turn.handoff is not None:
        counters.append(f"{HANDOFF}{turn.handoff.reason}")
    if done.source is not AnswerSource.NONE:
        counters.append(f"{SOURCE}{done.source}")
    whole = done.finish_reason in _WHOLE
    counters += _durations(done, whole=whole)
    answered = whole and turn.handoff is None and done.source in _ANSWERS
    return TurnCounters(
        hour_of(turn.create_time),
        tuple(counters),
        cited=tuple(dict.fromkeys(citation.passage.partition("/passages/")[0] for citation in done.citations)),
        answered=answered,
        tried=answered or turn.handoff is not None,
        asked=_asked(turn.question),
        leaves=turn.handoff is not None and turn.handoff.reason in _OF_THE_ANSWER_BEFORE,
    )


def counters_of_reply(turn: Turn) -> TurnCounters:
    """What a person's reply adds."""
    return TurnCounters(hour_of(turn.create_time), (REPLIES,))


def hour_of(seconds: float) -> str:
    """The hour, UTC, of a time since the epoch."""
    return time.strftime("%Y%m%d%H", time.gmtime(seconds))


def bucket_of(seconds: float) -> int:
    """The bucket that holds a duration."""
    milliseconds = seconds * 1000
    return max(0, math.ceil(math.log(milliseconds, WIDENING) - 1e-9)) if milliseconds > 1 else 0


def upper_bound(bucket: int) -> float:
    """The longest duration of a bucket, in milliseconds."""
    return WIDENING**bucket


def _durations(done: Completed, *, whole: bool) -> list[str]:
    first, total = done.timings.first_text, done.timings.total
    told = [] if first is None else [f"{FIRST_TEXT}{bucket_of(first)}"]
    return told + ([f"{TOTAL}{bucket_of(total)}"] if whole and total is not None else [])


def _asked(question: str) -> str:
    return hashlib.sha256(json.dumps(reduce_question(question).key).encode()).hexdigest()[:16]

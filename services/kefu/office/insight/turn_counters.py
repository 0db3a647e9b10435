"""
Turn counters: what one turn adds to its tenant's numbers. No name of a counter holds a word of the customer's.

A question that was answered from the knowledge base has one outcome: confirmed, assumed or reopened. Once its customer
calls for a person, it has none any more. Small talk, clarifications, refusals and answers that broke off count as
questions and have no outcome.
"""

import hashlib
import json
import math
import time
from dataclasses import dataclass

import pydantic

from kefu.router.domain.experiment import Arm
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource, Completed, FinishReason, Turn, TurnState
from kefu.text.question_equivalence import reduce_question

QUESTIONS, REPLIES = "questions", "replies"
CONFIRMED, ASSUMED, REOPENED = "confirmed", "assumed", "reopened"
RATED = "rated:"
HANDOFF, SOURCE, LANGUAGE = "handoff:", "source:", "language:"
FIRST_TEXT, TOTAL = "first:", "total:"
BUCKET_GROWTH = 1.25
"""Each bucket of durations is wider than the one below by this factor. The first ends at 1 ms."""
_ANSWERS = frozenset(
    {AnswerSource.GENERATED, AnswerSource.CURATED, AnswerSource.EXTRACTIVE, AnswerSource.CACHED},
)
_WHOLE = (FinishReason.STOP, FinishReason.LENGTH, FinishReason.HANDOFF)
_ANSWER_BEFORE_FAILED = frozenset(
    {HandoffReason.CUSTOMER_ASKED, HandoffReason.ABUSE, HandoffReason.REPEATED_FAILURE},
)
"""Handoffs that show that the answer before did not help."""


@dataclass(frozen=True)
class TurnCounters:
    """The counters of one turn. `hour` is written as in the names of keys: "2026112518"."""

    hour: str
    counters: tuple[str, ...]
    cited: tuple[str, ...] = ()
    """Cited documents, each once: "collections/{collection}/documents/{document}"."""
    answered: bool = False
    """Whether the turn has an outcome: see the module."""
    tried: bool = False
    """Whether the turn is a question or a human request: one that asks the same as the turn before reopens it."""
    asked: str = ""
    """A hash of the question. Equal hashes are the same question."""
    leaves: bool = False
    """Whether the turn is a handoff because the answer before it did not help."""
    experiment: str = ""
    """The id of the experiment that the conversation is part of. Empty: of none."""
    arm: str = ""
    """Its arm there: "live" or "draft"."""
    person: str = ""
    """See `Trial.person`."""
    fell_back: bool = False
    """Whether the turn was answered over live in the draft's arm: the draft could not be used, or it named others."""


TURN_COUNTERS = pydantic.TypeAdapter(TurnCounters)
"""Turn counters to JSON and back."""


def turn_counters(turn: Turn, state: TurnState) -> TurnCounters | None:
    """The counters of a stored turn. None for a failed turn, and for a message to an agent or from one."""
    done = turn.completed
    if state is not TurnState.FINISHED or done is None or done.finish_reason is FinishReason.HUMAN or not turn.question:
        return None
    if turn.superseded:
        return TurnCounters(hour_of(turn.create_time), ())  # the next turn answers its message
    counters = [QUESTIONS, f"{LANGUAGE}{turn.language}"]
    if turn.handoff is not None:
        counters.append(f"{HANDOFF}{turn.handoff.reason}")
    if done.source is not AnswerSource.NONE:
        counters.append(f"{SOURCE}{done.source}")
    whole = done.finish_reason in _WHOLE
    counters += _durations(done, whole=whole)
    answered = whole and turn.handoff is None and done.source in _ANSWERS
    trial = turn.trial
    return TurnCounters(
        hour_of(turn.create_time),
        tuple(counters),
        cited=tuple(dict.fromkeys(citation.passage.partition("/passages/")[0] for citation in done.citations)),
        answered=answered,
        tried=answered or turn.handoff is not None,
        asked=question_hash(turn.question),
        leaves=turn.handoff is not None and turn.handoff.reason in _ANSWER_BEFORE_FAILED,
        experiment="" if trial is None else trial.experiment,
        arm="" if trial is None else trial.arm,
        person="" if trial is None else trial.person,
        fell_back=trial is not None and trial.arm is Arm.DRAFT and turn.arm is Arm.LIVE,
    )


def reply_counters(turn: Turn) -> TurnCounters:
    """The counters of an agent's reply."""
    return TurnCounters(hour_of(turn.create_time), (REPLIES,))


def hour_of(seconds: float) -> str:
    """The hour in UTC of a time in seconds since the epoch."""
    return time.strftime("%Y%m%d%H", time.gmtime(seconds))


def bucket_of(seconds: float) -> int:
    """The bucket that holds a duration in seconds."""
    milliseconds = seconds * 1000
    return max(0, math.ceil(math.log(milliseconds, BUCKET_GROWTH) - 1e-9)) if milliseconds > 1 else 0


def upper_bound(bucket: int) -> float:
    """The longest duration of a bucket, in milliseconds."""
    return BUCKET_GROWTH**bucket


def _durations(done: Completed, *, whole: bool) -> list[str]:
    first, total = done.timings.first_text, done.timings.total
    counters = [] if first is None else [f"{FIRST_TEXT}{bucket_of(first)}"]
    return counters + ([f"{TOTAL}{bucket_of(total)}"] if whole and total is not None else [])


def question_hash(question: str) -> str:
    """A hash of what a question asks: equal for questions that ask the same by their words."""
    return hashlib.sha256(json.dumps(reduce_question(question).key).encode()).hexdigest()[:16]

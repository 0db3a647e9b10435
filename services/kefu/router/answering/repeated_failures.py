"""Repeated failures in a session: where the same is about to be tried a third time, a person is called instead."""

import re
from collections.abc import Sequence, Set

from kefu.router.domain.handoff import FAILURES
from kefu.router.domain.turn import AnswerSource, FinishReason, Turn
from kefu.router.nlu.message import CustomerMessage

_NO_ANSWERS = (AnswerSource.CANNED, AnswerSource.CLARIFYING, AnswerSource.REFUSED, AnswerSource.PERSON)
_IN_A_ROW = 2
_NO_WORD = re.compile(r"[\W_]+")


def has_failed_again(message: CustomerMessage, history: Sequence[Turn], disliked: Set[str]) -> bool:
    """Whether the last two answers were to this very question, or were rated down (`disliked`: ids of such turns)."""
    tried = _tried(history)
    if len(tried) < _IN_A_ROW:
        return False
    return all(turn.id in disliked for turn in tried) or all(
        _is_same(CustomerMessage(turn.full_question), message) for turn in tried
    )


def has_handed_over_again(history: Sequence[Turn]) -> bool:
    """Whether both of the last two questions were tried, and handed over."""
    tried = _tried(history)
    return len(tried) == _IN_A_ROW and all(
        turn.handoff is not None and turn.handoff.reason in FAILURES for turn in tried
    )


def _tried(history: Sequence[Turn]) -> list[Turn]:
    """The last two questions that were answered, or handed over for want of an answer."""
    return [turn for turn in history if _was_tried(turn)][-_IN_A_ROW:]


def _was_tried(turn: Turn) -> bool:
    done = turn.completed
    if done is None or done.finish_reason not in (FinishReason.STOP, FinishReason.LENGTH, FinishReason.HANDOFF):
        return False  # what was stopped failed nobody
    if turn.handoff is not None:
        return turn.handoff.reason in FAILURES
    return done.source not in _NO_ANSWERS


def _is_same(one: CustomerMessage, other: CustomerMessage) -> bool:
    return _NO_WORD.sub("", one.normalized) == _NO_WORD.sub("", other.normalized) != ""

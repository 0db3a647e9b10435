"""What did not help in this session: when the same is about to be tried again, a person is called instead."""

import re
from collections.abc import Sequence, Set

from kefu.router.domain.handoff import FAILURES
from kefu.router.domain.turn import AnswerSource, FinishReason, Turn
from kefu.router.nlu.normalization import normalize

_NO_ANSWERS = (AnswerSource.CANNED, AnswerSource.CLARIFYING, AnswerSource.REFUSED, AnswerSource.PERSON)
_IN_A_ROW = 2
_NO_WORD = re.compile(r"[\W_]+")


def has_failed_again(text: str, history: Sequence[Turn], disliked: Set[str]) -> bool:
    """The last two answers were to this very question, or were rated down (`disliked` has the ids of such turns)."""
    tried = _tried(history)
    if len(tried) < _IN_A_ROW:
        return False
    return all(turn.id in disliked for turn in tried) or all(_same(turn.full_question, text) for turn in tried)


def has_handed_over_again(history: Sequence[Turn]) -> bool:
    """Both of the last two questions were tried, and handed over."""
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


def _same(one: str, other: str) -> bool:
    return _NO_WORD.sub("", normalize(one)) == _NO_WORD.sub("", normalize(other)) != ""

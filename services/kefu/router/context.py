"""What a question may lean on: "and how long for furniture?", "那退款呢"."""

from collections.abc import Sequence

from kefu.router.model import AnswerSource, Turn

_NOT_LOOKED_UP = (AnswerSource.CANNED, AnswerSource.REFUSED)


def question_before(history: Sequence[Turn]) -> str:
    """The last question that was looked up, or nothing. Search decides whether the present one leans on it."""
    for turn in reversed(history):
        if turn.completed is None or turn.completed.source not in _NOT_LOOKED_UP:
            return turn.asked
    return ""

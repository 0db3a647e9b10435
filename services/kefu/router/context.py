"""What a question may lean on: "and how long for furniture?", "那退款呢"."""

from collections.abc import Sequence

from kefu.router.model import AnswerSource, Turn


def question_before(history: Sequence[Turn]) -> str:
    """The last question that was looked up, or nothing. Search decides whether the present one leans on it."""
    for turn in reversed(history):
        canned = turn.completed is not None and turn.completed.source is AnswerSource.CANNED
        if not canned:
            return turn.asked
    return ""

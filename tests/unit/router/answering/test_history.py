"""The question that another may lean on."""

import pytest

from kefu.router.answering.history import previous_question
from kefu.router.domain.turn import AnswerSource, Completed, FinishReason, Turn


def turn(text: str, query: str = "", source: AnswerSource = AnswerSource.EXTRACTIVE) -> Turn:
    done = Completed(FinishReason.STOP, source=source)
    return Turn("t", text, "en", "2026-11-25", 0.0, query=query, completed=done)


@pytest.mark.parametrize(
    ("history", "question"),
    [
        ([], ""),
        ([turn("Do you repair lamps?")], "Do you repair lamps?"),
        (
            [turn("Do you repair lamps?"), turn("And kettles?", "Do you repair lamps? And kettles?")],
            "Do you repair lamps? And kettles?",
        ),
        ([turn("Do you repair lamps?"), turn("Thanks!", source=AnswerSource.CANNED)], "Do you repair lamps?"),
    ],
    ids=["none", "one", "one that leaned on another", "small talk in between"],
)
def test_the_question_before_is_the_last_that_was_searched_with_what_it_leaned_on(
    history: list[Turn], question: str
) -> None:
    assert previous_question(history) == question

"""The question that another may lean on, and what of earlier turns' files goes on."""

from dataclasses import replace

import pytest

from kefu.router.answering.attachments.words import superseded_attachments, without_note
from kefu.router.answering.history import previous_question
from kefu.router.domain.turn import AnswerSource, Completed, FinishReason, Turn
from tests.support.table import table


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


NOTE = "In your file I read: “500 EUR”."


@table(
    ("text", "own"),
    [
        (f"It takes 9 days [1].\n\n{NOTE}", "It takes 9 days [1]."),
        (f"{NOTE}\n\nDo you want to cancel it?\n1. Yes\n2. No", "Do you want to cancel it?\n1. Yes\n2. No"),
        (f"It takes 9 days.\n\n{NOTE}\n\nDo you want it?", "It takes 9 days.\n\nDo you want it?"),
        (NOTE, ""),
        ("A colleague comes.", "A colleague comes."),
    ],
)
def test_what_was_said_of_files_is_in_no_history_wherever_it_stands(text: str, own: str) -> None:
    assert without_note(replace(turn("How long?"), text=text, attachment_note=NOTE)).text == own


def test_the_files_of_all_superseded_messages_go_on() -> None:
    first = replace(turn("This"), attachments=("a",), superseded=True)
    second = replace(turn("And this"), carried_attachments=superseded_attachments([first]), superseded=True)
    third = replace(turn("Now"), attachments=("b",), carried_attachments=superseded_attachments([second]))
    assert third.all_attachments == ("a", "b")
    assert superseded_attachments([first, second, third]) == ()

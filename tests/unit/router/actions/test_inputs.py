"""What a reply to an action's question names, and what it does not."""

import pytest

from kefu.router.actions.action import ActionInput, Choice
from kefu.router.actions.inputs import named_value, value_of_reply
from kefu.router.domain.turn import PendingInput

REASON = ActionInput(
    "reason",
    options={
        "no longer needed": {"en": "I no longer need it", "zh": "不想要了"},
        "ordered by mistake": {"en": "I ordered it by mistake", "zh": "拍错了"},
    },
    questions={"en": "Why?"},
)
ITEMS = ActionInput("items", choice=Choice("order", "items", "id", {"en": "{{en}}"}, {"en": "What?"}, many=True))
LABELS = {"SL-N1 notebook, 12": "N1", "SL-B2 bookshelf, 300": "B2", "SL-L2 desk lamp, 168": "L2"}
PENDING = PendingInput("return-items", "items", LABELS, {}, "What?", "All of them")


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        *(("mistake", "ordered by mistake"), ("By mistake!", "ordered by mistake"), ("拍错", "ordered by mistake")),
        *(("我不想要了", "no longer needed"), ("it", ""), ("no", ""), ("了", ""), ("whatever", ""), ("", "")),
    ],
)
def test_part_of_an_options_text_is_enough_in_whole_words(reply: str, value: str) -> None:
    assert named_value(REASON, reply, is_reply=True) == value


def test_a_message_names_an_option_by_all_of_its_text() -> None:
    assert named_value(REASON, "Cancel it, I ordered it by mistake.") == "ordered by mistake"
    assert named_value(REASON, "by mistake") == ""
    assert named_value(REASON, "I no longer need it. I ordered it by mistake") == ""


@pytest.mark.parametrize(
    ("choice", "reply", "value"),
    [
        ("", "the desk lamp", ""),  # not a part of a label
        ("", "desk lamp", ("L2",)),
        ("", "1 and 3", ("N1", "L2")),
        ("", "3, 1, 3", ("L2", "N1")),
        ("", "1 and 9", ""),
        ("", "all", ("N1", "B2", "L2")),
        ("All of them", "4", ("N1", "B2", "L2")),
        ("SL-B2 bookshelf, 300", "2", ("B2",)),
        *(("", reply, "") for reply in ("no", "ok", "note", "book", "SL", "")),
    ],
)
def test_several_things_are_named_by_numbers_and_whole_words(choice: str, reply: str, value: object) -> None:
    assert value_of_reply(ITEMS, PENDING, choice, reply) == value

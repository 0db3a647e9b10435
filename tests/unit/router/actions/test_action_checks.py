"""What cannot work is refused with the field that is wrong."""

from dataclasses import replace
from typing import Any

import pytest

from kefu.router.actions.action import Action, ActionInput, Change, Choice, HttpCall
from kefu.router.actions.action_checks import check
from kefu.router.domain.risk import Risk
from tests.support.table import table

MANY = Choice("items", "items", "id", {"en": "{{id}}"}, {"en": "Which?"}, many=True)
ONE = replace(MANY, many=False)
CUSTOMER = ActionInput("customer", "customer.sub")
ITEM, OTHER = ActionInput("item", choice=MANY), ActionInput("other", choice=MANY)
NEW = ActionInput("new_item", choice=ONE, for_each="item")
BODY = '{"items": [{"old": "{item}", "new": "{new_item}"}]}'


def exchange(*inputs: ActionInput, body: str = BODY, **more: Any) -> Action:
    call = HttpCall("https://shop.example.com/", "POST", body=body)
    change = Change(Risk.WRITE, {"en": "Shall I?"})
    return Action("exchange", call, {}, {"en": "Done."}, inputs=(CUSTOMER, *inputs), change=change, **more)


def test_one_for_each_of_several_may_stand_in_an_object_of_a_list() -> None:
    check(exchange(ITEM, NEW, titles={"en": "Exchange", "zh": "换货"}))
    check(exchange(ITEM, OTHER, NEW, body='{"a": "{other}", "items": [{"old": "{item}", "new": "{new_item}"}]}'))


@table(
    ("action", "says"),
    [
        (exchange(NEW, ITEM), "for_each must be an input before it"),
        (exchange(replace(ITEM, choice=ONE), NEW), "for_each must be an input before it of which many"),
        (exchange(ITEM, replace(NEW, choice=MANY)), "for_each needs a choice that is not many"),
        (exchange(ITEM, replace(NEW, pattern="[0-9]")), "and no pattern"),
        (exchange(ITEM, NEW, body='{"items": ["of {item}"]}'), "item is a list, which may only stand alone"),
        (exchange(ITEM, OTHER, NEW, body='{"x": [{"a": "{item}", "b": "{other}"}]}'), "lists of their own"),
        (exchange(ITEM, OTHER, NEW, body='{"x": {"y": [[{"a": {"c": "{item}"}, "b": "{other}"}]]}}'), "of their own"),
        (exchange(ActionInput("text", max_characters=501, questions={"en": "?"})), "must be at most 500"),
        (exchange(ActionInput("text", max_characters=50)), "text.questions: must be by language"),
        (exchange(ActionInput("text", max_characters=50, options={"a": {"en": "A"}})), "needs either from"),
        (exchange(ITEM, NEW, titles={"en": ""}), "titles: must have 1 to 200"),
        (exchange(ITEM, NEW, titles={"fr": "Échange"}), "titles: must be by language"),
        (exchange(replace(ITEM, choice=replace(MANY, nothing={"xx": "?"}))), "choice.nothing: must be by language"),
    ],
)
def test_what_cannot_work_is_refused(action: Action, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        check(action)

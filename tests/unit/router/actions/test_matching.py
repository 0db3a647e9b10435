"""Which action a message asks for."""

from dataclasses import replace

import pytest

from kefu.router.actions.action import Action, ActionInput, HttpCall
from kefu.router.actions.matching import (
    LEAST_LIKELIHOOD,
    LEAST_WITH_VALUE,
    RULES,
    ActionSet,
    intents,
    known_messages,
    likelihood,
)


def action(name: str, *examples: str, intents: tuple[str, ...] = ()) -> Action:
    call = HttpCall("https://shop.example.com/")
    return Action(name, call, {"a": "a"}, {"en": "{{a}}"}, intents=intents, examples=examples)


def compared(of: ActionSet, near: set[str]) -> list[float]:
    return [0.95 if text in near else 0.8 for text in of.texts]


def test_the_action_with_the_nearest_messages_is_asked_for() -> None:
    actions = [action("orders", "my orders", "all I bought"), action("status", "where is it", "track it", "any news")]
    of = ActionSet.of(actions)
    assert of.texts[-5:] == ("my orders", "all I bought", "where is it", "track it", "any news")
    assert of.asked_for("x", compared(of, {"where is it", "track it", "any news"}), own_case=0.5) == "status"
    assert of.asked_for("x", compared(of, set()), own_case=0.5) == ""


def test_messages_of_an_intent_are_for_the_action_that_names_it_and_against_all_others() -> None:
    of = ActionSet.of([action("a", intents=("order_status",)), action("b", "bb")])
    assert of.asked_for("x", compared(of, set(known_messages()["order_status"])), 0.5) == "a"
    alone = ActionSet.of([action("b", "bb", "cc", "dd")])
    assert alone.asked_for("x", compared(alone, {"bb", *known_messages()["order_status"]}), 0.5) == ""


def test_an_example_that_is_a_known_message_of_another_intent_is_not_against_its_action() -> None:
    text = known_messages()["cancel_order"][0]
    of = ActionSet.of([action("a", text)])
    assert of.asked_for("x", compared(of, {text}), 0.5) == "a"


def test_a_value_that_is_named_lets_less_be_enough() -> None:
    wants = replace(action("a", "aa", "bb", "cc"), inputs=(ActionInput("order", pattern="SL[0-9]+"),))
    of = ActionSet.of([wants])
    near = [0.868 if text in ("aa", "bb", "cc") else 0.86 for text in of.texts]
    assert LEAST_WITH_VALUE <= likelihood(0.868, 0.86, 0.0) < LEAST_LIKELIHOOD
    assert of.asked_for("hm", near, 0.0) == ""
    assert of.asked_for("hm SL12", near, 0.0) == "a"
    assert of.without_values("where is  SL12, SL12?") == "where is , ?"
    assert of.asked_for("hm SL12", compared(of, set(known_messages()["complaint"])), 0.0) == ""


def test_without_intents_and_examples_there_is_nothing_to_compare() -> None:
    only_chosen_from = ActionSet.of([action("a")])
    assert (list(only_chosen_from.actions), only_chosen_from.texts, only_chosen_from.parts) == (["a"], (), [])
    assert only_chosen_from.asked_for("x", [], 1.0) == ""


@pytest.mark.parametrize("own_case", [0.0, 1.0])
def test_what_is_as_near_to_other_messages_asks_for_nothing(own_case: float) -> None:
    assert likelihood(0.8, 0.85, own_case) < LEAST_LIKELIHOOD


def test_the_known_messages_are_of_both_languages_and_no_action_may_name_the_rules() -> None:
    assert RULES in known_messages()
    assert RULES not in intents()
    assert len(intents()) == 19
    for intent, texts in known_messages().items():
        assert any(text.isascii() for text in texts), intent
        assert not all(text.isascii() for text in texts), intent

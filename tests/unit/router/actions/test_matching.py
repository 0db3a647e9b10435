"""Which action a message asks for."""

from dataclasses import replace

import pytest

from kefu.router.actions.action import Action, ActionInput, HttpCall
from kefu.router.actions.asked_action import (
    LEAST_BEFORE_PERSON,
    LEAST_LIKELIHOOD,
    LEAST_TO_OFFER,
    LEAST_WITH_VALUE,
    RULES,
    ActionSet,
    Asked,
    ComparedMessage,
    Signs,
    intents,
    known_messages,
    likelihood,
    log_odds,
)


def action(name: str, *examples: str, intents: tuple[str, ...] = ()) -> Action:
    call = HttpCall("https://shop.example.com/")
    return Action(name, call, {"a": "a"}, {"en": "{{a}}"}, intents=intents, examples=examples)


def compared(of: ActionSet, near: set[str]) -> list[float]:
    return [0.95 if text in near else 0.8 for text in of.texts]


def ids(of: ActionSet, text: str, cosines: list[float], own_case: float, **intents: float) -> list[str]:
    """Of the action that is clearly asked for; of several that may be with "?" before them."""
    found = of.asked_for(ComparedMessage(text, cosines, own_case, intents))
    mark = {Asked.CLEARLY: "", Asked.BY_VALUE: "?", Asked.PERHAPS: "??"}
    return [] if found is None else [f"{mark[found.asked]}{each.id}" for each in found.wanted]


def test_the_action_with_the_nearest_messages_is_asked_for() -> None:
    actions = [action("orders", "my orders", "all I bought"), action("status", "where is it", "track it", "any news")]
    of = ActionSet.of(actions)
    assert of.texts[-5:] == ("my orders", "all I bought", "where is it", "track it", "any news")
    assert ids(of, "x", compared(of, {"where is it", "track it", "any news"}), 0.5) == ["status"]
    assert ids(of, "x", compared(of, set()), 0.5, rules=0.1) == []


def test_who_takes_a_request_back_does_not_clearly_make_it() -> None:
    wants = replace(action("a", "aa", intents=("return_refund",)), titles={"en": "Return"})
    near = {"aa", *known_messages()["return_refund"]}
    of = ActionSet.of([wants])
    assert ids(of, "x", compared(of, near), 0.5, return_refund=0.4, undo_request=0.3) == ["a"]
    assert ids(of, "x", compared(of, near), 0.5, return_refund=0.3, undo_request=0.4) == ["??a"]
    assert ids(of, "AA!", compared(of, near), 0.5, return_refund=0.3, undo_request=0.4) == ["a"]
    withdraws = ActionSet.of([replace(wants, intents=("undo_request",))])
    near = {"aa", *known_messages()["undo_request"]}
    assert ids(withdraws, "x", compared(withdraws, near), 0.5, undo_request=0.4) == ["a"]


def test_messages_of_an_intent_are_for_the_action_that_names_it_and_against_all_others() -> None:
    of = ActionSet.of([action("a", intents=("order_status",)), action("b", "bb")])
    assert ids(of, "x", compared(of, set(known_messages()["order_status"])), 0.5, order_status=0.8) == ["a"]
    alone = ActionSet.of([action("b", "bb", "cc", "dd")])
    assert ids(alone, "x", compared(alone, {"bb", *known_messages()["order_status"]}), 0.5) == []


def test_an_example_that_is_a_known_message_of_another_intent_is_not_against_its_action() -> None:
    text = known_messages()["cancel_order"][0]
    of = ActionSet.of([action("a", text)])
    assert ids(of, "x", compared(of, {text}), 0.5) == ["a"]


def near_enough(least: float, below: float, *, others_too: bool = False) -> float:
    """A cosine to an action's own examples, others being .86, that makes it so likely at least, and not as `below`.

    `others_too`: the examples of other actions are as near.
    """
    for step in range(2000):
        cosine = 0.7 + step / 10000
        if least <= likelihood(Signs(cosine, 0.86, cosine if others_too else 0.86, 0.5, None, log_odds(0.0))) < below:
            return cosine
    raise AssertionError((least, below))


def test_a_value_that_is_named_lets_less_be_enough() -> None:
    wants = replace(action("a", "aa", "bb", "cc"), inputs=(ActionInput("order", pattern="SL[0-9]+"),))
    of = ActionSet.of([wants])
    cosine = near_enough(LEAST_WITH_VALUE, LEAST_LIKELIHOOD)
    near = [cosine if text in ("aa", "bb", "cc") else 0.86 for text in of.texts]
    assert ids(of, "hm", near, 0.5) == []
    assert ids(of, "hm SL12", near, 0.5) == ["a"]
    assert of.without_values("where is  SL12, SL12?") == "where is , ?"
    assert ids(of, "hm SL12", compared(of, set(known_messages()["complaint"])), 0.0) == []


def test_where_a_value_is_named_and_nothing_is_likely_enough_the_likeliest_with_titles_are_offered() -> None:
    order = (ActionInput("order", pattern="SL[0-9]+"),)
    titles = {"en": "Do it"}
    wants = [
        replace(action(name, f"{name}1", f"{name}2", f"{name}3"), inputs=order, titles=titles)
        for name in ("a", "b", "c", "d")
    ]
    unnamed = replace(action("e", "e1"), titles=titles)
    untitled = replace(action("f", "f1"), inputs=order)
    of = ActionSet.of([*wants, unnamed, untitled])
    best = near_enough(LEAST_TO_OFFER, LEAST_BEFORE_PERSON / 2, others_too=True)
    nearest = {"b": best, "a": best - 0.0001, "d": best - 0.0002, "c": best - 0.0003, "e": best, "f": best}
    cosines = [
        nearest[text[0]] if len(text) == 2 and text[0] in nearest and text[1].isdigit() else 0.86 for text in of.texts
    ]
    assert ids(of, "hm SL12", cosines, 0.5) == ["?b", "?a", "?d"]
    assert ids(of, "hm", cosines, 0.5) == []
    assert ids(of, "hm SL12", [0.7 if len(text) == 2 else 0.9 for text in of.texts], 0.5, rules=0.1) == []


def test_without_a_value_the_likeliest_are_offered_before_a_person_or_below_an_answer() -> None:
    titles = {"en": "Do it"}
    wants = [replace(action(name, f"{name}1"), titles=titles) for name in ("a", "b", "c")]
    of = ActionSet.of([*wants, action("d", "d1")])
    best = near_enough(LEAST_BEFORE_PERSON, LEAST_LIKELIHOOD, others_too=True)
    nearest = {"a1": best - 0.0002, "b1": best, "c1": 0.75, "d1": best - 0.0001}
    cosines = [nearest.get(text, 0.86) for text in of.texts]
    assert ids(of, "hm", cosines, 0.5) == ["??b", "??a"]


def test_who_asks_about_the_rules_wants_nothing_done() -> None:
    of = ActionSet.of([action("a", "aa", "bb", "cc", intents=("exchange",))])
    near = [0.87 if text in {"aa", "bb", "cc"} else 0.86 for text in of.texts]
    assert ids(of, "hm", near, 0.5, exchange=0.95) == ["a"]
    assert ids(of, "hm", near, 0.0, exchange=0.02, rules=0.95) == []


def test_a_reply_that_clearly_asks_for_something_else_is_no_reply() -> None:
    of = ActionSet.of([action("status", "aa", "bb", "cc"), action("cancel", "dd", "ee", "ff")])
    cancels = ComparedMessage("cancel the kettle", compared(of, {"dd", "ee", "ff"}), 0.5)
    assert (found := of.asked_for_instead("status", cancels)) is not None
    assert found.id == "cancel"
    assert of.asked_for_instead("cancel", cancels) is None
    assert of.asked_for_instead("status", ComparedMessage("the kettle", compared(of, set()), 0.0)) is None
    both = ComparedMessage("the kettle", compared(of, {"aa", "bb", "cc", "dd", "ee", "ff"}), 0.5)
    assert of.asked_for_instead("status", both) is None


def test_without_intents_and_examples_there_is_nothing_to_compare() -> None:
    only_chosen_from = ActionSet.of([action("a")])
    assert (list(only_chosen_from.actions), only_chosen_from.texts) == (["a"], ())
    assert ids(only_chosen_from, "x", [], 1.0) == []


@pytest.mark.parametrize("own_case", [0.0, 1.0])
def test_what_is_as_near_to_other_messages_asks_for_nothing(own_case: float) -> None:
    assert likelihood(Signs(0.8, 0.85, 0.85, own_case, None, log_odds(0.0))) < LEAST_LIKELIHOOD


def test_the_known_messages_are_of_both_languages_and_no_action_may_name_the_rules() -> None:
    assert RULES in known_messages()
    assert RULES not in intents()
    assert len(intents()) == 24
    for intent, texts in known_messages().items():
        assert any(text.isascii() for text in texts), intent
        assert not all(text.isascii() for text in texts), intent

"""Sentences of procedures, in both languages: what they mean, and what is said of those that mean nothing."""

from dataclasses import replace
from decimal import Decimal

import pytest

from kefu.router.actions.procedures.procedure import (
    Ask,
    Comparison,
    Condition,
    Do,
    HandOverStep,
    If,
    LookUp,
    Name,
    Operand,
    Operator,
    ProcedureEnd,
    Say,
    Step,
)
from kefu.router.actions.procedures.sentences import (
    MAX_CHARACTERS,
    SentenceError,
    never_of,
    occasion_of,
    option_of,
    step_of,
)
from tests.support.cpu_time import loops
from tests.support.table import table


def condition(
    name: str, operator: Operator, *operands: Operand, negated: bool = False, counts: bool = False, days: bool = False
) -> Condition:
    return Condition(((Comparison(Name(name), operator, operands, negated, counts, days),),))


@table(
    ("sentence", "step"),
    [
        ("Look up `order-status`.", LookUp(1, "", "order-status")),
        ("查询 `order-status`。", LookUp(1, "", "order-status")),
        ("Do `cancel-order`", Do(1, "", "cancel-order")),
        ("办理 cancel-order。", Do(1, "", "cancel-order")),
        ("Ask for the `order` of `cancel-order`.", Ask(1, "", None, "order", "cancel-order")),
        ("询问 `cancel-order` 的 `order`。", Ask(1, "", None, "order", "cancel-order")),
        ('Say "Hi {{id}}" / "你好 {{id}}"', Say(1, "", {"en": "Hi {{id}}", "zh": "你好 {{id}}"})),
        ("回复“你好”。", Say(1, "", {"zh": "你好"})),
        ('Hand over to a person: "large order".', HandOverStep(1, "", "large order")),
        ("转人工。", HandOverStep(1, "", "")),
        ("End here.", ProcedureEnd(1, "")),
        ("结束。", ProcedureEnd(1, "")),
    ],
)
def test_a_step_means_the_same_in_both_languages(sentence: str, step: Step) -> None:
    found, _ = step_of(1, sentence)
    assert found.sentence == sentence
    assert replace(found, sentence="") == step


@table(
    ("sentence", "wanted"),
    [
        ("If `status` is not `pending`:", condition("status", Operator.IS, "pending", negated=True)),
        ("如果 `status` 不是 `pending`：", condition("status", Operator.IS, "pending", negated=True)),
        ("If status is one of `a` / `b`:", condition("status", Operator.ONE_OF, "a", "b")),
        ("如果 status 不属于 `a` / `b`：", condition("status", Operator.ONE_OF, "a", "b", negated=True)),
        ("If order-status.total is more than 500.5:", condition("order-status.total", Operator.MORE, Decimal("500.5"))),
        ("如果 `total` 不少于 500：", condition("total", Operator.AT_LEAST, Decimal(500))),
        ("If the number of `items` is at most 2:", condition("items", Operator.AT_MOST, Decimal(2), counts=True)),
        ("如果数量 `items` 少于 2：", condition("items", Operator.LESS, Decimal(2), counts=True)),
        ("If `sent` is more than 30 days ago:", condition("sent", Operator.MORE, Decimal(30), days=True)),
        ("如果 `sent` 距今不超过 30 天：", condition("sent", Operator.AT_MOST, Decimal(30), days=True)),
        ("If `note` contains `fragile`:", condition("note", Operator.CONTAINS, "fragile")),
        ("如果 `note` 不为空：", condition("note", Operator.EMPTY, negated=True)),
        ("If `city` is {{home}}:", condition("city", Operator.IS, Name("home"))),
    ],
)
def test_a_condition_is_a_comparison_in_both_languages(sentence: str, wanted: Condition) -> None:
    found, above = step_of(1, sentence)
    assert isinstance(found, If)
    assert (found.condition, above) == (wanted, "if")


def test_and_binds_closer_than_or_and_one_sentence_may_hold_what_is_done_then() -> None:
    found, above = step_of(7, 'If a is 1 and b is 2 or c is 3, hand over: "why".')
    assert isinstance(found, If)
    assert [[each.name.text for each in way] for way in found.condition.any_of] == [["a", "b"], ["c"]]
    assert [type(each) for each in found.then] == [HandOverStep]
    assert above == ""


def test_unless_forbids_what_the_condition_does_not_hold_for() -> None:
    found = never_of(1, "Never do `refund` unless total is at most 50 and status is `paid`")
    assert found.condition is not None
    assert [[(each.name.text, each.operator, each.negated) for each in way] for way in found.condition.any_of] == [
        [("total", Operator.MORE, False)],
        [("status", Operator.IS, True)],
    ]


def test_what_is_asked_has_a_question_and_options() -> None:
    found, above = step_of(1, 'Ask for `count`, a number: "How many?" / "几个？"')
    assert isinstance(found, Ask)
    assert found.input is not None
    assert (found.input.questions, bool(found.input.pattern), above) == (
        {"en": "How many?", "zh": "几个？"},
        True,
        "ask",
    )
    assert option_of('`too dear`: "It is too dear" / "太贵了"') == (
        "too dear",
        {"en": "It is too dear", "zh": "太贵了"},
    )
    assert occasion_of('"I want it" / "我要"') == ("", "", ("I want it", "我要"))
    assert occasion_of("intent `cancel_order`") == ("", "cancel_order", ())
    assert occasion_of("`cancel-order`") == ("cancel-order", "", ())


@table(
    ("sentence", "says"),
    [
        ("Refund the customer", "“Refund the customer” is not understood: a step begins with"),
        ("If total is bigger than 5:", "“than 5:” is not understood: a value is compared by"),
        ("如果 `status`：", "after “如果 `status`” “：” is not understood: a value is compared by"),
        ("Say hello", "after “Say” “hello” is not understood"),
        ("Do", "after “Do” something is missing"),
        ('Say "one" / "two"', "one text in each language"),
        ("x" * (MAX_CHARACTERS + 1), "at most"),
    ],
)
def test_what_is_not_understood_is_said_with_what_would_be(sentence: str, says: str) -> None:
    with pytest.raises(SentenceError) as caught:
        step_of(1, sentence)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "hostile", ["If a is 1 and " * 280, "`" * 3_990, '"' * 3_990, "If " + "a" * 3_900, "如果" * 1_900]
)
def test_a_hostile_sentence_is_read_at_once(hostile: str) -> None:
    def read() -> None:
        with pytest.raises(SentenceError):
            step_of(1, hostile)

    assert loops(read) < 100

"""Cards: what a result is shown as. Nothing is cut, and no value leads anywhere else."""

from dataclasses import replace
from typing import Any

import pytest

from kefu.router.actions.action import Action, ActionInput, CardTemplate, Change, Choice, FieldTemplate, HttpCall
from kefu.router.actions.action_checks import check
from kefu.router.actions.cards import cards_of
from kefu.router.domain.card import Card, CardField
from kefu.router.domain.risk import Risk
from kefu.testing.hostile_text import hostile_texts
from kefu.text.language import AnswerLanguage
from tests.support.cpu_time import loops
from tests.support.table import table

LINK = "https://shop.example.com/orders/{id}?for={customer}"
ORDERS = CardTemplate(
    {"en": "{{id}}"},
    "orders",
    {"en": "{{status}}", "zh": "{{status}}"},
    (
        FieldTemplate({"en": "Items", "zh": "商品"}, {"en": "{{#items}}{{.}}\n{{/items}}"}),
        FieldTemplate({"en": "Total", "zh": "合计"}, {"en": "{{#total}}{{total}} {{currency}}{{/total}}"}),
    ),
    LINK,
    {"en": "Your orders:", "zh": "您的订单："},
)
ACTION = Action(
    "orders",
    HttpCall("https://shop.example.com/"),
    {"orders": "orders", "currency": "currency"},
    {"en": "{{#orders}}{{id}}{{/orders}}"},
    inputs=(ActionInput("customer", "customer.sub"),),
    words={"pending": {"en": "not packed yet", "zh": "尚未打包"}, "CNY": {"en": "yuan", "zh": "元"}},
    cards=ORDERS,
)


def shown(order: Any, template: CardTemplate = ORDERS, language: AnswerLanguage = "en") -> Card | None:
    """The card of one order; None where there are no cards."""
    found = cards_of(template, ACTION, {"customer": "emma", "currency": "CNY", "orders": [order]}, language)
    return None if found is None else found.cards[0]


def test_a_list_is_a_card_for_each_of_its_objects_in_words() -> None:
    values = {
        "customer": "emma",
        "currency": "CNY",
        "orders": [{"id": "A 1", "status": "pending", "items": ["kettle", "lamp"], "total": 388.0}, {"id": "B2"}],
    }
    found = cards_of(ORDERS, ACTION, values, "en")
    assert found is not None
    assert found.text == "Your orders:"
    first, second = found.cards
    assert (first.title, first.status) == ("A 1", "not packed yet")
    assert first.fields == (CardField("Items", "kettle\nlamp"), CardField("Total", "388 yuan"))
    assert first.link == "https://shop.example.com/orders/A%201?for=emma"
    assert second == Card("B2", link="https://shop.example.com/orders/B2?for=emma")  # what is empty is left out


def test_a_card_is_in_the_customers_language() -> None:
    card = shown({"id": "A1", "status": "pending", "total": 5}, language="zh")
    assert card is not None
    assert (card.status, card.fields) == ("尚未打包", (CardField("合计", "5 元"),))


@pytest.mark.parametrize(
    "orders",
    [
        pytest.param([], id="none"),
        pytest.param(None, id="no list"),
        pytest.param("all of them", id="a text"),
        pytest.param(["a", "b"], id="texts"),
        pytest.param([{"id": str(number)} for number in range(21)], id="more than twenty"),
        pytest.param([{"id": "a"}, {"id": "  "}], id="one without a title"),
        pytest.param([{"id": "a" * 201}], id="a title that is too long"),
        pytest.param([{"id": "a", "status": "x" * 101}], id="a status that is too long"),
        pytest.param([{"id": "a", "items": ["x" * 1_001]}], id="a value that is too long"),
    ],
)
def test_there_are_no_cards_that_would_say_less_than_the_text(orders: Any) -> None:
    assert cards_of(ORDERS, ACTION, {"customer": "emma", "currency": "CNY", "orders": orders}, "en") is None


def test_the_result_itself_may_be_one_card() -> None:
    template = replace(ORDERS, list="", link="")
    found = cards_of(template, ACTION, {"id": "A1", "items": ["kettle"], "customer": "emma"}, "en")
    assert found is not None
    assert found.cards == (Card("A1", fields=(CardField("Items", "kettle"),)),)


def test_what_looks_like_html_or_a_template_is_the_text_it_is() -> None:
    name = '<img src=x onerror="alert(1)"> {{customer}} **bold** [x](javascript:alert(1))'
    card = shown({"id": name, "items": [name]})
    assert card is not None
    assert card.title == card.fields[0].value == name.replace("](", "] (")


@table(
    ("value", "link"),
    [
        ("//evil.example", "https://shop.example.com/orders/%2F%2Fevil.example?for=emma"),
        ("@evil.example", "https://shop.example.com/orders/%40evil.example?for=emma"),
        ("\\\\evil.example", "https://shop.example.com/orders/%5C%5Cevil.example?for=emma"),
        ("javascript:alert(1)", "https://shop.example.com/orders/javascript%3Aalert%281%29?for=emma"),
        ("../../admin", "https://shop.example.com/orders/..%2F..%2Fadmin?for=emma"),
        ("%2e%2e", "https://shop.example.com/orders/%252e%252e?for=emma"),
        ("a?x=1#y", "https://shop.example.com/orders/a%3Fx%3D1%23y?for=emma"),
        ("..", ""),
        (".", ""),
        ("", ""),
        (None, ""),
        (True, ""),
        (["a"], ""),
        ({"a": 1}, ""),
        ("x" * 3_000, ""),
        (7, "https://shop.example.com/orders/7?for=emma"),
    ],
)
def test_a_link_leads_to_its_own_place_or_nowhere(value: Any, link: str) -> None:
    template = replace(ORDERS, titles={"en": "An order"})
    card = shown({"id": value}, template)
    assert card is not None
    assert card.link == link


def test_a_hostile_result_is_shown_at_once() -> None:
    for text in hostile_texts(900):
        orders = [{"id": text[:100], "items": [text]}] * 20
        values = {"customer": text, "currency": "CNY", "orders": orders, "others": [1] * 5_000}
        assert loops(lambda values=values: cards_of(ORDERS, ACTION, values, "en")) < 30


def refused(says: str, **cards: Any) -> None:
    with pytest.raises(ValueError, match=says):
        check(replace(ACTION, cards=replace(ORDERS, **cards)))


def test_cards_that_cannot_work_are_refused_with_their_field() -> None:
    check(ACTION)
    field = FieldTemplate({"en": "Total"}, {"en": "{{total}}"})
    refused("cards.titles: must be by language", titles={})
    refused("cards.titles: en: it is no Mustache", titles={"en": "{{#a}}"})
    refused("cards.titles: en: it names id", list="")
    refused("cards.list: 'goods' is no name of a result", list="goods")
    refused("cards.texts: en: it names id", texts={"en": "{{id}}"})
    refused("cards.statuses: must be by language", statuses={"fr": "x"})
    refused("cards.fields: must be at most 8", fields=(field,) * 9)
    refused("cards.fields.labels: must have 1 to 200", fields=(replace(field, labels={}),))
    refused("cards.fields.labels: must be by language", fields=(replace(field, labels={"fr": "Total"}),))
    refused("cards.fields.values: must be by language", fields=(replace(field, values={}),))
    with pytest.raises(ValueError, match="progress: must be by language"):
        check(replace(ACTION, progress={"fr": "Un moment"}))  # pyright: ignore[reportArgumentType]


@table(
    ("link", "says"),
    [
        ("http://shop.example.com/{id}", "must be an https address"),
        ("javascript:alert({id})", "must be an http"),
        ("https://{id}.example.com/", "no input may stand in host"),
        ("https://shop.example.com{id}", "no input may stand in host"),
        ("https://shop.example.com:{id}/", "must be an http|no input may stand"),
        ("https://emma@shop.example.com/{id}", "without a user name"),
        ("{id}", "must be an http"),
        ("https://shop.example.com/{secret:key}", "a secret belongs into no link"),
        ("https://shop.example.com/{id", "has a brace"),
        ("/orders/{id}", "must be an http"),
    ],
)
def test_a_link_names_its_host_itself(link: str, says: str) -> None:
    refused(f"cards.link: .*({says})", link=link)


def test_the_cards_of_a_question_ask_it_and_those_of_a_choice_do_not() -> None:
    cards = CardTemplate({"en": "{{order}}"}, texts={"en": "Shall I?"})
    change = Change(Risk.WRITE, {"en": "Shall I?"}, cards=cards)
    inputs = (*ACTION.inputs, ActionInput("order", pattern="[A-Z]{2}"))
    action = replace(ACTION, call=HttpCall("https://shop.example.com/", "POST"), inputs=inputs, change=change)
    check(action)
    with pytest.raises(ValueError, match=r"change\.cards\.texts: must ask the question"):
        check(replace(action, change=replace(change, cards=replace(cards, texts={}))))
    choice = Choice("orders", "orders", "id", {"en": "{{id}}"}, {"en": "Which?"}, cards=CardTemplate({"en": "{{id}}"}))
    check(replace(ACTION, inputs=(*ACTION.inputs, ActionInput("order", choice=choice))))
    listed = replace(choice, cards=ORDERS)
    with pytest.raises(ValueError, match=r"order\.choice\.cards: has no list and no texts"):
        check(replace(ACTION, inputs=(*ACTION.inputs, ActionInput("order", choice=listed))))

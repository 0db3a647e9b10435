"""Expressions of tenants over their systems' answers: what they find, and what makes too much."""

import json
from typing import Any

import pytest

from kefu.common.outbound.jmespath_search import MissingKey, NoSuchForm, compiled, missing_keys, searched
from tests.support.cpu_time import loops
from tests.support.table import table

ORDERS: dict[str, Any] = {"orders": [{"id": f"SL{each}", "items": [{"name": "lamp"}] * 20} for each in range(500)]}


@table(
    ("expression", "found"),
    [
        ("orders[0].id", "SL0"),
        ("orders[].items[].name | length(@)", 10_000),
        ("orders[?id=='SL7'].items[] | [0].name", "lamp"),
        ("orders[:2].{id: id, first: items[0].name}", [{"id": "SL0", "first": "lamp"}, {"id": "SL1", "first": "lamp"}]),
        ("items(orders[0])[0]", ["id", "SL0"]),
        ("join(' ', [orders[0].id, orders[1].id])", "SL0 SL1"),
        ("nothing", None),
    ],
)
def test_what_an_expression_finds(expression: str, found: Any) -> None:
    assert searched(expression, ORDERS) == found


@pytest.mark.parametrize("wrong", ["[", "a..b", "f(", "(" * 2000])
def test_what_is_no_expression(wrong: str) -> None:
    with pytest.raises(ValueError, match="no JMESPath"):
        compiled(wrong)


@pytest.mark.parametrize("document", [{"a": 1}, ORDERS])
@pytest.mark.parametrize(
    "expression",
    [
        "[@]" + "|[@,@][]" * 60,
        "[@]" + "|[@,@]" * 80,
        "@" + "|{a:@,b:@}" * 45,
        "@" + "|[@,@]|to_string(@)" * 25,
        "to_string(@)" + "|join('',[@,@])" * 30,
        "[@]" + "|[[@,@][],[@,@][]][][]" * 20,
    ],
)
def test_what_doubles_ends_in_a_second(expression: str, document: Any) -> None:
    def work() -> None:
        compiled(expression)
        with pytest.raises(NoSuchForm):
            searched(expression, document)

    assert loops(work) < 1_000


def test_the_longest_work_ends_in_seconds() -> None:
    document = list(range(100_000))

    def work() -> None:
        with pytest.raises(NoSuchForm):
            searched("|".join(["[*].[@][]"] * 40), document)

    assert loops(work) < 5_000


def test_what_is_found_can_be_written_out() -> None:
    found = searched("[@]" + "|[@,@]" * 10, {"a": 1})
    assert len(json.dumps(found)) < 20_000


_SHOP: dict[str, Any] = {
    "orders": [{"id": "SL1", "gift": "card"}, {"id": "SL2", "paid": True}],
    "total": 2,
    "none": [],
    "address": None,
}


@table(
    ("expression", "missing"),
    [
        ("orders[].id", []),
        ("orders[].gift", []),  # one of them has it
        ("orders[].ids", [MissingKey("ids", ("id", "gift", "paid"), "")]),
        ("orders[].{order: nr, paid: paid}", [MissingKey("nr", ("id", "gift", "paid"), "")]),
        ("order[].id", [MissingKey("order", ("orders", "total", "none", "address"), "")]),
        ("orders.id", [MissingKey("id", (), "a list")]),
        ("total.sum", [MissingKey("sum", (), "a number")]),
        ("join(', ', orders[].name)", [MissingKey("name", ("id", "gift", "paid"), "")]),
        ("join(', ', nothing)", [MissingKey("nothing", ("orders", "total", "none", "address"), "")]),
        ("nothing || total", []),
        ("none[].id", []),  # nobody can tell
        ("address.street", []),
    ],
)
def test_keys_that_an_expression_names_and_the_document_has_not(expression: str, missing: list[MissingKey]) -> None:
    assert missing_keys(expression, _SHOP) == missing

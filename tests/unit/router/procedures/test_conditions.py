"""Conditions are compared in code; what cannot be compared is said to be so."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kefu.router.actions.procedures.conditions import NotComparable, holds
from kefu.router.actions.procedures.procedure import If
from kefu.router.actions.procedures.sentences import step_of
from tests.support.table import table

DAY = 86_400
VALUES: dict[str, Any] = {
    "status": "Pending",
    "total": 388.0,
    "price": "19.90",
    "items": [{"id": "a"}, {"id": "b"}],
    "tags": ["fragile", "big"],
    "note": "Please ring twice",
    "empty": [],
    "nothing": None,
    "open": True,
    "placed": datetime.fromtimestamp(time.time() - 10 * DAY, UTC).isoformat(),
    "day": (datetime.now(UTC) - timedelta(days=10)).date().isoformat(),
    "home": "pending",
    "order-status": {"status": "delivered"},
}


def compared(condition: str) -> bool:
    found, _ = step_of(1, f"If {condition}:")
    assert isinstance(found, If)
    return holds(found.condition, VALUES)


@table(
    "condition",
    [
        "status is `pending`",
        "status is {{home}}",
        "order-status.status is `delivered`",
        "status is not `delivered`",
        "status is one of `paid` / `pending`",
        "status is none of `paid` / `sent`",
        "total is 388",
        "total is at least 388",
        "total is at most 388",
        "total is more than 387.99",
        "price is less than 20",
        "price is 19.9",
        "the number of items is at least 2",
        "the number of nothing is less than 1",
        "tags contains `fragile`",
        "tags does not contain `small`",
        "note contains `RING`",
        "empty is empty",
        "nothing is empty",
        "items is not empty",
        "open is `yes`",
        "open is not `no`",
        "placed is more than 9 days ago",
        "placed is at most 11 days ago",
        "day is at least 10 days ago",
        "total is 1 or status is `pending` and open is `true`",
    ],
)
def test_what_holds(condition: str) -> None:
    assert compared(condition)


@table(
    "condition",
    [
        "status is `delivered`",
        "total is more than 388",
        "total is less than 388",
        "placed is more than 11 days ago",
        "items is empty",
        "open is `false`",
        "total is 1 or status is `pending` and open is `false`",
    ],
)
def test_what_does_not_hold(condition: str) -> None:
    assert not compared(condition)


@table(
    ("condition", "says"),
    [
        ("colour is `red`", "colour is not known"),
        ("orders.status is `red`", "orders.status is not known"),
        ("status is more than 5", "status is compared with a number, and one of the two is none"),
        ("nothing is at least 5", "nothing is compared with a number"),
        ("status is more than 5 days ago", "status is no date"),
        ("the number of status is at least 5", "status is no list"),
        ("total contains `3`", "total is neither a list nor a text"),
    ],
)
def test_what_cannot_be_compared_is_no_silent_no(condition: str, says: str) -> None:
    with pytest.raises(NotComparable, match=says):
        compared(condition)

"""The tasks of tau-bench's retail domain: the order book ends each in the state that its tools end it in.

KEFU_TEST_RETAIL_ACTIONS names a folder with its users.jsonl, orders.jsonl, products.jsonl and tasks.jsonl.
"""

import json
import os
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from kefu.evaluation.actions.tasks import call_of, performed
from kefu.order_system.domain.failures import Refused
from kefu.order_system.domain.order_book import OrderBook
from kefu.order_system.domain.records import Record
from kefu.order_system.memory_records import MemoryRecords
from kefu.order_system.seed import Seed, read_folder
from tests.unit.order_system import tau_bench_tools

FOLDER = Path(os.environ.get("KEFU_TEST_RETAIL_ACTIONS", "nowhere"))
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="KEFU_TEST_RETAIL_ACTIONS names no folder")


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def seed() -> Seed:
    return read_folder(FOLDER)


def attempt(records: MemoryRecords, customer: str, action: dict[str, Any]) -> str | None:
    """Perform one of a task's calls. Returns None, or why it was refused."""
    try:
        records.save(performed(OrderBook(records), customer, call_of(action["name"], action["kwargs"])))
    except Refused as error:
        return error.code
    return None


def plain(record: Record | None) -> dict[str, Any]:
    assert record is not None
    fields = record.model_dump(mode="json", exclude_none=True)
    fields["user_id"] = fields.pop("customer_id")
    fields.pop("delivery_fee", None)
    return fields


def test_each_task_ends_in_the_state_that_tau_benchs_tools_end_it_in(seed: Seed) -> None:
    original = {
        "users": {each["user_id"]: each for each in lines("users.jsonl")},
        "orders": {each["order_id"]: each for each in lines("orders.jsonl")},
        "products": {each["product_id"]: each for each in lines("products.jsonl")},
    }
    tasks, calls = lines("tasks.jsonl"), 0
    refused: list[str] = []
    for task in tasks:
        user = task["user_id"]
        theirs = original["users"][user]["orders"]
        data = {
            "users": {user: deepcopy(original["users"][user])},
            "orders": {order_id: deepcopy(original["orders"][order_id]) for order_id in theirs},
            "products": original["products"],
        }
        records = MemoryRecords(list(seed.customers), list(seed.orders), list(seed.products))
        for action in task["actions"]:
            calls += 1
            why = tau_bench_tools.call(data, action["name"], **action["kwargs"])
            refusal = attempt(records, user, action)
            assert (refusal is None) == (why is None), (task["_id"], why, refusal)
            if refusal is not None:
                refused.append(f"{task['_id']} {refusal}")
        assert plain(records.customer(user)) == data["users"][user], task["_id"]
        for order_id in theirs:
            assert plain(records.order(order_id)) == data["orders"][order_id], task["_id"]
    print(f"{len(tasks)} tasks, {calls} calls, refused by both: {refused}")  # noqa: T201 - read with pytest -s
    assert calls > 300

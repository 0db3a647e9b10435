"""Tasks of `kefu eval actions`: how they are read, and what they come to."""

import json
from pathlib import Path
from typing import Any

import pytest

from kefu.evaluation.actions.tasks import Kind, load_tasks, state_after
from kefu.evaluation.dataset import BadQuestionSet
from kefu.order_system.domain.records import OrderStatus, Shop
from kefu.order_system.seed import Seed
from tests.unit.order_system.small_shop import small_shop

CANCEL = {"name": "cancel_pending_order", "kwargs": {"order_id": "#W1", "reason": "no longer needed"}}


def written(folder: Path, *tasks: Any) -> Path:
    (folder / "tasks.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in tasks), "utf-8")
    return folder


def task(*calls: Any, task_id: str = "t-1") -> dict[str, Any]:
    return {"_id": task_id, "user_id": "ada", "actions": calls}


def test_calls_that_change_nothing_and_tasks_of_none_are_left_out(tmp_path: Path) -> None:
    look = {"name": "get_order_details", "kwargs": {"order_id": "#W1"}}
    [found] = load_tasks(written(tmp_path, task(look, CANCEL), task(look, task_id="t-2")))
    assert (found.id, found.customer, found.kinds) == ("t-1", "ada", (Kind.CANCEL,))
    assert (found.calls[0].order, found.calls[0].text("reason")) == ("#W1", "no longer needed")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("nonsense", "line 1: this is no task"),
        ("[]", "line 1: this is no task"),
        ('{"_id": "t", "actions": []}', "user_id"),
        ('{"_id": "t", "user_id": "a", "actions": [{"name": "cancel_pending_order", "kwargs": {}}]}', "order_id"),
        ("", "has no task with a call"),
    ],
)
def test_what_is_no_task_is_refused_with_its_line(tmp_path: Path, line: str, says: str) -> None:
    (tmp_path / "tasks.jsonl").write_text(f"{line}\n", "utf-8")
    with pytest.raises(BadQuestionSet, match=says):
        load_tasks(tmp_path)


def test_a_folder_without_tasks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadQuestionSet, match="cannot be read"):
        load_tasks(tmp_path)


def test_a_call_that_the_rules_refuse_changes_nothing(tmp_path: Path) -> None:
    shop = small_shop()
    ada = shop.customer("ada")
    assert ada is not None
    seed = Seed(Shop(), (ada,), tuple(shop.orders_of("ada")), tuple(shop.products()))
    wrong = {"name": "cancel_pending_order", "kwargs": {"order_id": "#W1", "reason": "because"}}
    [refused] = load_tasks(written(tmp_path, task(wrong)))
    assert state_after(seed, refused).orders[0].status is OrderStatus.PENDING
    [twice] = load_tasks(written(tmp_path, task(CANCEL, CANCEL)))
    assert state_after(seed, twice).orders[0].status is OrderStatus.CANCELLED

"""`kefu eval actions` with a shop and a suite of its own: customers are played, services are killed."""

import json
import shutil
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from kefu.order_system.config import DEMO_FOLDER
from kefu.testing.suite import clean_environment
from tests.support.shop_actions import EMMAS

PENDING, _, DELIVERED = EMMAS
NEW = {"address1": "2 Oak Road", "address2": "", "city": "Suzhou", "state": "Jiangsu", "country": "China", "zip": "215"}
CALLS: dict[str, dict[str, Any]] = {
    "exchange_delivered_order_items": {
        "order_id": DELIVERED,
        "item_ids": ["SL-A1-GREY", "SL-L2-BLACK"],
        "new_item_ids": ["SL-A1-WHITE", "SL-L2-WHITE"],
        "payment_method_id": "gift_card_7715",
    },
    "modify_pending_order_address": {"order_id": PENDING, **NEW},
    "cancel_pending_order": {"order_id": PENDING, "reason": "no longer needed"},
}


def write_folder(folder: Path) -> Path:
    """The demo's shop, and a task of each call."""
    folder.mkdir()
    for name in ("users", "orders", "products"):
        shutil.copy(DEMO_FOLDER / f"{name}.jsonl", folder)
    tasks = [
        {"_id": f"t-{number}", "user_id": "emma_clarke", "actions": [{"name": name, "kwargs": arguments}]}
        for number, (name, arguments) in enumerate(CALLS.items())
    ]
    (folder / "tasks.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in tasks), "utf-8")
    return folder


async def run(tmp_path: Path, *arguments: str) -> tuple[int | None, str, str]:
    (tmp_path / "tmp").mkdir(exist_ok=True)
    environment = clean_environment() | {"TMPDIR": str(tmp_path / "tmp")}
    command = (sys.executable, "-m", "kefu.cli", "eval", "actions", *arguments)
    process = await create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, env=environment, cwd=tmp_path)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


@pytest.mark.timeout(300)
async def test_customers_are_played_and_what_must_not_be_is_counted(tmp_path: Path) -> None:
    write_folder(tmp_path / "shop")
    arguments = ("shop", "--model", "none", "--hostile", "1", "--json", "--texts", "texts.jsonl")
    status, out, err = await run(tmp_path, *arguments)
    assert status == 0, err
    found = json.loads(out)
    assert (found["tasks"], found["right"], found["wrong"]) == (3, 3, {})
    counts = ("foreign_reads", "unconfirmed_writes", "double_executions", "unheld_figures")
    assert [found[each] for each in counts] == [0, 0, 0, 0]
    played = [json.loads(line) for line in (tmp_path / "texts.jsonl").read_text("utf-8").splitlines()]
    assert [each["why"] for each in played] == [""] * len(played)
    deaths = {each["name"] for each in played if "mid-write" in each["name"]}
    assert deaths == {f"{name} dies in mid-write" for name in ("redis", "retrieval", "router")}
    assert found["hostile"] == len(played) - 3
    assert list((tmp_path / "tmp").glob("kefu-eval-*")) == []


async def test_a_folder_that_is_none_is_refused_before_anything_starts(tmp_path: Path) -> None:
    status, _, err = await run(tmp_path, ".")
    assert status == 2
    assert "tasks.jsonl cannot be read" in err
    folder = write_folder(tmp_path / "shop")
    (folder / "tasks.jsonl").write_text((folder / "tasks.jsonl").read_text("utf-8").replace("emma_clarke", "nobody"))
    status, _, err = await run(tmp_path, "shop")
    assert status == 2
    assert "nobody in users.jsonl is nobody" in err

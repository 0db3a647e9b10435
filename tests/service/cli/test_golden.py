"""`kefu golden`: questions imported, asked, compared; ends with 1 where one was lost or not asked."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kefu.common.errors import CollectionNotFound
from kefu.testing.redis_server import RedisServer
from tests.support.cli_harness import CliHarness
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, golden_hour=-1) as opened:
        say(opened, "7 days")
        yield opened


def say(harness: RouterHarness, days: str) -> None:
    """Have the model and the pages say so."""
    harness.replica.frames = [f"Refunds take {days} [1]."]
    harness.knowledge.hits = [make_hit(f"Refunds take {days}.")]


async def test_golden_questions_are_added_run_shown_and_lost_ends_with_1(
    harness: RouterHarness, tmp_path: Path
) -> None:
    kefu = CliHarness(tmp_path, harness.routers[0].port)
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"_id": "x"}\n')
    refused = await kefu("golden", "import", str(bad))
    told = ("line 1, has no text." in refused.err, "Nothing was stored." in refused.err)
    assert (refused.status, *told) == (1, True, True)
    added = await kefu(
        *("golden", "add", "How long do refunds take?", "--name", "refunds", "--must", "7 days|seven days"),
        *("--must-not", "9 days"),
    )
    assert added.out == "Stored refunds as revision 1.\n"
    exported = await kefu("golden", "export")
    assert json.loads(exported.out)["must"] == [["7 days", "seven days"]]
    first = await kefu("golden", "run")
    assert (first.status, "1 of 1 right: 0 lost" in first.out) == (0, True)
    say(harness, "9 days")
    second = await kefu("golden", "run", "refunds")
    assert second.status == 1
    assert "LOST (asked twice): How long do refunds take?" in second.out
    assert "before, right: Refunds take 7 days [1]." in second.out
    assert "Of 1 question 1 lost, 0 not asked." in second.err
    shown = json.loads((await kefu("golden", "show-run", "--json")).out)
    assert [each["change"] for each in shown["results"]] == ["CHANGE_LOST"]
    harness.knowledge.error = CollectionNotFound("There is no such collection.")
    third = await kefu("golden", "run")
    assert third.status == 1
    assert "Of 1 question 0 lost, 1 not asked." in third.err

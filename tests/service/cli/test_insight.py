"""`kefu numbers`, `unanswered` and `webhooks`, as processes that call a real router."""

import csv
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kefu.common.auth import Scope
from kefu.router.v1 import chat_pb2 as chat
from kefu.testing.redis_server import RedisServer
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.shell import Shell
from tests.support.waiting import wait_until_async
from tests.support.webhook_receiver import open_webhook_receiver


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, webhook_private=True, webhook_retry_seconds=0.2) as opened:
        opened.knowledge.by_word = {"refund": [make_hit("Refunds take 7 days.")]}
        opened.replica.frames = ["Refunds take 7 days [1]."]
        yield opened


@pytest.fixture
async def shell(harness: RouterHarness, tmp_path: Path) -> Shell:
    return Shell(harness, await harness.create_key("acme", Scope.OPERATOR), tmp_path / "data")


@pytest.fixture
async def customer(harness: RouterHarness) -> RouterClient:
    return await harness.client(await harness.create_key("acme", Scope.CHAT))


async def test_numbers_are_shown_by_day_as_json_and_as_csv(
    shell: Shell, customer: RouterClient, tmp_path: Path
) -> None:
    assert "questions" in await shell.ok("numbers")
    answer = await customer.ask("How long does a refund take?")
    rating = chat.RateTurnRequest(turn=answer.started.turn, rating=chat.RATING_UP)
    await customer.chat.RateTurn(rating, metadata=customer.metadata)
    await customer.ask("Do you sell submarines?")

    async def counted() -> bool:
        total = json.loads(await shell.ok("numbers", "--json"))["total"]
        return (total["questions"], total["rated_up"]) == ("2", "1")

    await wait_until_async(counted, 90)
    shown = await shell.ok("numbers", "--days", "2", "--csv", str(tmp_path / "hours.csv"))
    assert "Resolved 50% of 2" in shown
    assert "nothing relevant 1" in shown
    assert "First text: half within" in shown
    with (tmp_path / "hours.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["questions"]) for row in rows) == 2
    assert rows[0]["hour_utc"].endswith(":00Z")


async def test_unanswered_questions_are_shown_in_groups_and_dismissed(shell: Shell, customer: RouterClient) -> None:
    assert "Nothing went unanswered" in await shell.ok("unanswered")
    asked = await customer.ask("Do you sell \x1b[2Jsubmarines?")

    async def kept() -> bool:
        return json.loads(await shell.ok("unanswered", "--json"))["total_questions"] == 1

    await wait_until_async(kept, 90)
    shown = await shell.ok("unanswered", "--days", "1")
    assert "submarines" in shown
    assert "(nothing relevant)" in shown
    assert "\x1b[2J" not in shown
    dismissed = await shell.run("unanswered", "--dismiss", asked.started.turn)
    assert "Dismissed 1 of 1" in dismissed.err
    assert "Nothing went unanswered" in dismissed.out


async def test_webhooks_are_added_listed_sent_again_and_removed(shell: Shell, customer: RouterClient) -> None:
    async with open_webhook_receiver() as receiver:
        secret = (await shell.ok("webhooks", "add", receiver.url, "-e", "turn,handoff")).strip()
        assert secret.startswith("whsec_")
        [webhook] = json.loads(await shell.ok("webhooks", "--json"))
        assert webhook["events"] == ["WEBHOOK_EVENT_TURN", "WEBHOOK_EVENT_HANDOFF"]
        await customer.ask("How long does a refund take?")

        async def delivered() -> bool:
            return "delivered" in await shell.ok("webhooks", "deliveries", webhook["name"])

        await wait_until_async(delivered, 90)
        assert receiver.received[0].verify(secret)["type"] == "turn"
        [delivery] = json.loads(await shell.ok("webhooks", "deliveries", webhook["name"], "--json"))
        await shell.ok("webhooks", "redeliver", delivery["name"])

        async def twice() -> bool:
            return len(receiver.received) == 2

        await wait_until_async(twice)
        await shell.ok("webhooks", "remove", webhook["name"], "--yes")
        assert "There are no webhooks" in await shell.ok("webhooks")
        gone = await shell.run("webhooks", "deliveries", webhook["name"])
        assert (gone.status, "kefu webhooks" in gone.err) == (1, True)
        wrong = await shell.run("webhooks", "add", receiver.url, "-e", "nothing")
        assert "There is no event nothing" in wrong.err


async def test_what_kefu_said_is_found_explained_and_judged_at_the_command_line(
    shell: Shell, customer: RouterClient
) -> None:
    answer = await customer.ask("How long does a refund take?")

    async def found() -> bool:
        return "How long does a refund take?" in await shell.ok("conversations", "list", "REFUND")

    await wait_until_async(found, 90)
    turn = answer.started.turn.removeprefix("sessions/").replace("/turns/", "/")
    assert "Decided: " in await shell.ok("conversations", "why", turn)
    assert "1 answer, 1 drawn, 0 judged" in await shell.ok("review", "sample", "today")
    assert "Judged half." in await shell.ok("review", "judge", turn, "half", "--reviewer", "Mei")
    assert "judged half" in await shell.ok("conversations", "show", answer.session)
    numbers = json.loads(await shell.ok("review", "numbers", "--json"))
    assert numbers["judged"] == 1
    assert (numbers["half"]["share"], numbers["half"]["low"]) == (1.0, 1.0)

"""What agents see of triage: who is looked at first, by keyboard and in words, and that customers see none of it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from kefu.router.answering import turn_actions
from kefu.router.v1 import triage_pb2 as pb
from kefu.testing.ports import free_port
from kefu.testing.redis_server import RedisServer
from tests.service.router.test_triage import HACKED, near, rule
from tests.support.browser_harness import BrowserHarness, find_violations, open_browser_harness, send_message
from tests.support.grpc_calls import BOOTSTRAP_KEY

FRAUD = pb.TriageRule(
    name="fraud-suspected",
    intents=["account_security"],
    at_least="high",
    priority="urgent",
    queue="fraud",
    needs_person=True,
)


@pytest_asyncio.fixture(loop_scope="session")
async def harness(
    own_redis: RedisServer, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[BrowserHarness]:
    """The pages, without a knowledge base for the desk to suggest from. A message is read on a busy machine, too."""
    monkeypatch.setattr(turn_actions, "_COMPARED_SECONDS", 30.0)
    async with open_browser_harness(own_redis, browser, retrieval=f"127.0.0.1:{free_port()}") as opened:
        yield opened


async def at_desk(harness: BrowserHarness) -> Page:
    """The desk, signed in."""
    page = await harness.open_page("/desk")
    await page.locator("input[type=password]").fill(BOOTSTRAP_KEY)
    await page.locator("button[type=submit]").click()
    await page.locator("input[autocomplete=name]").fill("Li Wei")
    await page.locator("button[type=submit]").click()
    await expect(page.locator(".shell")).to_be_visible()
    return page


async def test_the_most_pressing_conversation_stands_first_and_says_why(harness: BrowserHarness) -> None:
    harness.router.knowledge.cosines = {HACKED: near("account_security")}
    await rule(await harness.router.client(), FRAUD)
    patient, hacked = await harness.open_page(), await harness.open_page()
    await send_message(patient, "Let me talk to a person")
    await expect(patient.locator("body")).to_contain_text("passing you on")
    await send_message(hacked, HACKED)
    await expect(hacked.locator("body")).to_contain_text("a matter for a person")

    desk = await at_desk(harness)
    items = desk.locator(".conversation-item")
    await expect(items).to_have_count(2)
    await expect(items.first).to_contain_text("Priority: urgent")
    await expect(items.nth(1)).not_to_contain_text("Priority")
    queue = desk.get_by_role("combobox", name="Queue")
    await queue.focus()
    await desk.keyboard.type("fraud")
    await expect(items).to_have_count(1)
    await items.first.focus()
    await desk.keyboard.press("Enter")
    facts = desk.locator(".context")
    for words in ("A triage rule", "help with fraud", "critical", "fraud-suspected", "Priority", "urgent"):
        await expect(facts).to_contain_text(words)
    assert await find_violations(desk) == []

    await hacked.reload()
    await expect(hacked.locator("body")).to_contain_text("a matter for a person")
    for told in (await hacked.content(), await patient.content()):
        assert "fraud" not in told
    assert [error for error in harness.page_errors if error.startswith("threw")] == []

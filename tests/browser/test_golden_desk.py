"""A support lead keeps golden questions at the desk: imports, asks, reads both answers, makes one of an answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.router.config import Timing
from kefu.testing.redis_server import RedisServer
from tests.support.browser_harness import PHONE, BrowserHarness, find_violations, open_browser_harness, overflows
from tests.support.grpc_calls import BOOTSTRAP_KEY
from tests.support.scripted_services import make_hit

QUESTION = "How long do refunds take?"
LINE = {
    "_id": "refunds",
    "language": "en",
    "text": QUESTION,
    "kind": "direct",
    "person": "no",
    "must": [["7 days"]],
    "must_not": ["9 days"],
}
DRAFT = "collections/help/drafts/d1"


@pytest_asyncio.fixture(loop_scope="session")
async def harness(own_redis: RedisServer, browser: Browser) -> AsyncIterator[BrowserHarness]:
    timing = Timing(golden_check_seconds=0.05)
    async with open_browser_harness(own_redis, browser, router={"timing": timing, "golden_hour": -1}) as opened:
        say(opened, "7 days")
        yield opened


def say(harness: BrowserHarness, days: str) -> None:
    """Have the model and the pages say so."""
    harness.router.replica.frames = [f"Refunds take {days} [1]."]
    harness.router.knowledge.hits = [make_hit(f"Refunds take {days}.")]


async def sign_in(harness: BrowserHarness, address: str, **options: Any) -> Page:
    page = await harness.open_page(f"/desk#/{address}", **options)
    await page.locator("input[type=password], input#key").first.fill(BOOTSTRAP_KEY)
    await page.keyboard.press("Enter")
    await page.locator("input#name, input[autocomplete=name]").first.fill("Li Wei")
    await page.keyboard.press("Enter")
    await expect(page.locator("h1").first).to_be_visible()
    return page


async def import_lines(page: Page, button: str, text: str) -> None:
    await page.get_by_role("button", name=button).click()
    payload = {"name": "questions.jsonl", "mimeType": "application/jsonl", "buffer": text.encode()}
    await page.locator("dialog input[type=file]").set_input_files(payload)  # pyright: ignore[reportArgumentType]


async def test_a_lead_imports_asks_and_reads_what_a_draft_would_lose(harness: BrowserHarness) -> None:
    desk = await sign_in(harness, "golden")
    await expect(desk.get_by_text("No golden questions yet")).to_be_visible()
    found = {"empty": await find_violations(desk)}
    await import_lines(desk, "Import", '{"_id": "x"}\n')
    await expect(desk.get_by_role("dialog")).to_contain_text("Line 1 has no text.")
    found["refused"] = await find_violations(desk)
    await desk.keyboard.press("Escape")
    await import_lines(desk, "Import", json.dumps(LINE))
    await expect(desk.get_by_role("dialog")).to_contain_text("1 question stored.")
    await desk.keyboard.press("Escape")
    await expect(desk.locator("tbody tr")).to_contain_text("Not asked yet")
    await desk.get_by_role("button", name="Ask all").click()
    await expect(desk.get_by_text("1 of 1 right.")).to_be_visible()
    await expect(desk.locator("tbody tr")).to_contain_text("Right")
    say(harness, "9 days")
    await desk.get_by_role("button", name="Ask all").click()
    await expect(desk.get_by_text("0 of 1 right. Lost: 1")).to_be_visible()
    await expect(desk.get_by_role("region", name="Before")).to_contain_text("Refunds take 7 days")
    await expect(desk.get_by_role("region", name="Now")).to_contain_text("it says “9 days”")
    found["lost"] = await find_violations(desk)
    say(harness, "7 days")
    await desk.get_by_role("button", name="Ask all").click()
    await expect(desk.get_by_text("gained: 1")).to_be_visible()

    wrong = kb.CuratedMatch(curated_answer=kb.CuratedAnswer(answer="In 9 days."), applies=True)
    harness.router.knowledge.curated_by_draft[DRAFT] = wrong
    harness.router.knowledge.drafts.add(DRAFT)
    async with asyncio.timeout(30):
        while not harness.router.knowledge.drafts.reports:
            await asyncio.sleep(0.05)
    await desk.get_by_role("link", name="Runs").click()
    row = desk.locator("tbody tr").first
    await expect(row).to_contain_text(DRAFT)
    found["runs"] = await find_violations(desk)
    await row.get_by_role("link").click()
    await expect(desk.get_by_role("region", name="Live")).to_contain_text("Refunds take 7 days")
    await expect(desk.get_by_role("region", name="Draft")).to_contain_text("In 9 days.")
    found["run"] = await find_violations(desk)
    assert found == {state: [] for state in found}


_NAMES = """names => names.map(one => {
    const lines = document.createRange();
    lines.selectNodeContents(one);
    return [one.textContent, lines.getClientRects().length, one.scrollWidth > one.clientWidth];
})"""


async def test_no_entry_of_the_menu_wraps_or_moves_whichever_is_shown(harness: BrowserHarness) -> None:
    desk = await sign_in(harness, "golden", viewport={"width": 1280, "height": 480})
    chromium = await desk.context.new_cdp_session(desk)  # the page is so low that the rail scrolls
    await chromium.send("Emulation.setScrollbarsHidden", {"hidden": False})  # pyright: ignore[reportUnknownMemberType]
    rail = desk.locator(".side")
    widths: set[float] = set()
    for section in ("inbox", "golden", "numbers"):
        await desk.goto(f"{harness.origin}/desk#/{section}")
        await expect(desk.locator(f'.main-nav a[href="#/{section}"]')).to_have_attribute("aria-current", "page")
        names = await desk.locator(".main-nav .nav-name").evaluate_all(_NAMES)
        assert [one for one in names if one[1] != 1 or one[2]] == [], section
        widths.add(await rail.evaluate("one => one.getBoundingClientRect().width"))
    assert len(widths) == 1


async def test_an_answer_becomes_a_golden_question_on_a_dark_phone_in_chinese(harness: BrowserHarness) -> None:
    client = await harness.router.client()
    answered = await client.ask(QUESTION)
    turn = f"{answered.session}/turns/{answered.started.turn.rpartition('/')[2]}"
    desk = await sign_in(harness, f"golden/new?turn={turn}", color_scheme="dark", locale="zh-CN", viewport=PHONE)
    await expect(desk.get_by_role("textbox", name="问题", exact=True)).to_have_value(QUESTION)
    await expect(desk.get_by_role("textbox", name="必须说到", exact=True)).to_have_value("7 days")
    found = {"proposed": await find_violations(desk)}
    must = desk.get_by_role("textbox", name="必须说到", exact=True)
    await must.fill("")
    await desk.get_by_role("button", name="保存").click()
    await expect(desk.get_by_role("alert")).to_contain_text("否则任何回答都算正确")
    await must.fill("7 days | seven days")
    await desk.get_by_role("textbox", name="不得说到").fill("9 days")
    await must.press("Tab")
    await desk.get_by_role("button", name="保存").press("Enter")
    await expect(desk.get_by_text("已保存，从下次运行起计入。")).to_be_visible()
    await desk.get_by_role("button", name="只问这一个").click()
    await expect(desk.get_by_text("1 个中 1 个正确")).to_be_visible()
    found["saved"] = await find_violations(desk)
    assert not await overflows(desk)
    for address in ("golden", "golden/runs"):
        await desk.goto(f"{harness.origin}/desk#/{address}")
        await expect(desk.locator("tbody tr")).to_have_count(1)
        found[address] = await find_violations(desk)
        assert not await overflows(desk), address
    assert found == {state: [] for state in found}

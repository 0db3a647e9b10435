"""The desk after a day of questions: what went unanswered, the numbers and the webhooks are there to work with."""

import csv
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.support.browser_harness import send_message
from tests.support.busy_day import REPLY, play_busy_day
from tests.support.suite_browser import TEXT, SuiteBrowser, open_suite_browser, upload_file
from tests.support.waiting import wait_until_async
from tests.support.webhook_receiver import WebhookReceiver, open_webhook_receiver

pytestmark = pytest.mark.timeout(600)


@pytest_asyncio.fixture(loop_scope="session")
async def suite_browser(tmp_path: Path, browser: Browser) -> AsyncIterator[SuiteBrowser]:
    """A suite that may call webhooks of this machine."""
    async with open_suite_browser(
        tmp_path, browser, KEFU_ROUTER_WEBHOOK_PRIVATE="true", KEFU_ROUTER_ESCALATE_SECONDS="0"
    ) as opened:
        yield opened


async def test_a_busy_day_is_told_and_a_reply_becomes_an_answer(suite_browser: SuiteBrowser) -> None:
    async with open_webhook_receiver() as good, open_webhook_receiver() as bad:
        bad.answer = lambda _: (500, "")
        desk = await suite_browser.sign_in("Li Wei", "#/knowledge/help/documents")
        await upload_file(desk, "repairs.md", TEXT.encode())
        await play_busy_day(suite_browser, [good.url, bad.url])
        await numbers_are_shown(desk, suite_browser)
        await deliveries_are_shown(desk, suite_browser, good, bad)
        await what_nobody_cites_is_listed(desk, suite_browser)
        await a_reply_becomes_an_answer(desk, suite_browser)
        await a_document_is_edited_and_deleted(desk, suite_browser)
        await the_desk_is_closed(desk, suite_browser)
    assert suite_browser.page_errors == []


async def numbers_are_shown(desk: Page, suite_browser: SuiteBrowser) -> None:
    await desk.goto(f"{suite_browser.origin}/desk#/numbers")

    async def are_whole() -> bool:  # they are written a moment after the answers
        await desk.reload()
        async with desk.expect_download() as coming:
            await desk.get_by_role("button", name="Export CSV").click()
        [*rows] = csv.DictReader((await (await coming.value).path()).read_text("utf-8-sig").splitlines())
        return [sum(int(row[name]) for row in rows) for name in ("questions", "rated_down")] == [17, 1]

    await wait_until_async(are_whole)
    await expect(desk.locator("main")).to_contain_text("17")


async def deliveries_are_shown(
    desk: Page, suite_browser: SuiteBrowser, good: WebhookReceiver, bad: WebhookReceiver
) -> None:
    await desk.goto(f"{suite_browser.origin}/desk#/settings/webhooks")
    await desk.get_by_role("button", name=f"Deliveries to {good.url}").click()
    await expect(desk.locator(".delivery").first).to_contain_text("Delivered · 204")
    told = await desk.locator(".delivery").count()
    await desk.locator(".delivery").first.get_by_role("button", name="Send again").click()
    await expect(desk.locator(".delivery")).to_have_count(told)  # the same deliveries, one of them anew
    await desk.keyboard.press("Escape")
    await desk.get_by_role("button", name=f"Deliveries to {bad.url}").click()
    await expect(desk.locator(".delivery").first).to_contain_text(re.compile(r"Attempt \d+ · 500.*next at"))


async def what_nobody_cites_is_listed(desk: Page, suite_browser: SuiteBrowser) -> None:
    await desk.goto(f"{suite_browser.origin}/desk#/knowledge/help/attention")
    await expect(desk.locator(".panel-card").last).to_contain_text("Kettle repairs")


async def a_reply_becomes_an_answer(desk: Page, suite_browser: SuiteBrowser) -> None:
    await desk.goto(f"{suite_browser.origin}/desk#/unanswered")
    group = desk.locator(".group").filter(has_text="gift")
    await group.locator("summary").click()
    await expect(group.locator(".example-reply")).to_contain_text(REPLY)
    await group.get_by_role("button", name="Save as a curated answer").click()
    form = desk.get_by_role("dialog")
    await expect(form.get_by_role("textbox", name="Answer")).to_have_value(REPLY)
    await form.get_by_role("button", name="Save").click()
    await expect(desk.locator(".notice")).to_contain_text("whoever asks this gets your answer")
    await expect(desk.locator(".group").filter(has_text="gift")).to_have_count(0)
    customer = await suite_browser.open_chat_page()
    await send_message(customer, "How much is gift wrapping?")
    await expect(customer.locator("body")).to_contain_text(REPLY)


async def a_document_is_edited_and_deleted(desk: Page, suite_browser: SuiteBrowser) -> None:
    await desk.goto(f"{suite_browser.origin}/desk#/knowledge/help/documents")
    await desk.get_by_role("link", name="Kettle repairs").click()
    await desk.get_by_role("button", name="Edit").click()
    text = desk.get_by_role("textbox", name="Text")
    await text.fill((await text.input_value()).replace("19 euros", "21 euros"))
    await desk.get_by_role("textbox", name="Valid until").fill("2020-01-01")
    await desk.get_by_role("button", name="Save").click()
    await expect(desk.get_by_role("dialog")).to_have_count(1)
    await expect(desk.get_by_role("dialog")).to_contain_text("Outside the warranty it costs 21 euros.")
    await desk.keyboard.press("Escape")
    await desk.get_by_role("link", name="Needs attention").click()
    await expect(desk.locator(".panel-card").first).to_contain_text("Kettle repairs")
    await desk.locator(".panel-card").first.get_by_role("link", name="Kettle repairs").click()
    await desk.get_by_role("button", name="Delete").click()
    await expect(desk.get_by_role("dialog")).to_have_count(2)  # the document, and whether it is meant
    await desk.get_by_role("dialog").last.get_by_role("button", name="Delete").click()
    await expect(desk.get_by_role("dialog")).to_have_count(0)
    await expect(desk.locator("main")).not_to_contain_text("Kettle repairs")


async def the_desk_is_closed(desk: Page, suite_browser: SuiteBrowser) -> None:
    await desk.goto(f"{suite_browser.origin}/desk#/settings/hours")
    await desk.get_by_role("textbox", name="Business hours", exact=True).fill("Mon-Sun closed")
    await desk.get_by_role("button", name="Save").click()
    await expect(desk.locator(".notice.good")).to_be_visible()
    customer = await suite_browser.open_chat_page()
    await send_message(customer, "I want to talk to a person, please.")
    await expect(customer.locator(".handoff")).to_contain_text("We are closed right now")

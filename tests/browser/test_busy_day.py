"""The desk after a day of questions: what went unanswered, numbers and webhooks show it, and are worked with."""

import csv
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.busy_day import REPLY, have_a_busy_day
from tests.support.office import TEXT, Office, open_office, upload
from tests.support.pages import ask
from tests.support.webhook_receiver import Receiver, webhook_receiver

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """A suite that may call webhooks of this machine."""
    async with open_office(tmp_path, KEFU_ROUTER_WEBHOOK_PRIVATE="true", KEFU_ROUTER_ESCALATE_SECONDS="0") as opened:
        yield opened


async def test_a_busy_day_is_told_and_a_reply_becomes_an_answer(office: Office) -> None:
    async with webhook_receiver() as good, webhook_receiver() as bad:
        bad.answer = lambda _: (500, "")
        desk = await office.colleague("Li Wei", "#/knowledge/help/documents")
        await upload(desk, "repairs.md", TEXT.encode())
        await have_a_busy_day(office, [good.url, bad.url])
        await numbers_are_shown(desk, office)
        await deliveries_are_shown(desk, office, good, bad)
        await what_nobody_cites_is_listed(desk, office)
        await a_reply_becomes_an_answer(desk, office)
    assert office.complaints == []


async def numbers_are_shown(desk: Page, office: Office) -> None:
    await desk.goto(f"{office.origin}/desk#/numbers")
    await expect(desk.locator("main")).to_contain_text("17")
    async with desk.expect_download() as coming:
        await desk.get_by_role("button", name="Export CSV").click()
    [*rows] = csv.DictReader((await (await coming.value).path()).read_text("utf-8-sig").splitlines())
    assert sum(int(row["questions"]) for row in rows) == 17
    assert sum(int(row["rated_down"]) for row in rows) == 1


async def deliveries_are_shown(desk: Page, office: Office, good: Receiver, bad: Receiver) -> None:
    await desk.goto(f"{office.origin}/desk#/settings/webhooks")
    await desk.get_by_role("button", name=f"Deliveries to {good.url}").click()
    await expect(desk.locator(".delivery").first).to_contain_text("Delivered · 204")
    told = len(good.received)
    await desk.locator(".delivery").first.get_by_role("button", name="Send again").click()
    await expect(desk.locator(".delivery")).to_have_count(told)  # the same deliveries, one of them anew
    await desk.keyboard.press("Escape")
    await desk.get_by_role("button", name=f"Deliveries to {bad.url}").click()
    await expect(desk.locator(".delivery").first).to_contain_text("It answered with status 500. Next at")


async def what_nobody_cites_is_listed(desk: Page, office: Office) -> None:
    await desk.goto(f"{office.origin}/desk#/knowledge/help/attention")
    await expect(desk.locator(".panel-card").last).to_contain_text("Kettle repairs")


async def a_reply_becomes_an_answer(desk: Page, office: Office) -> None:
    await desk.goto(f"{office.origin}/desk#/unanswered")
    group = desk.locator(".group").filter(has_text="gift")
    await group.locator("summary").click()
    await expect(group.locator(".example-reply")).to_contain_text(REPLY)
    await group.get_by_role("button", name="Make it a curated answer").click()
    form = desk.get_by_role("dialog")
    await expect(form.get_by_role("textbox", name="Answer")).to_have_value(REPLY)
    await form.get_by_role("button", name="Save").click()
    await expect(desk.locator(".notice")).to_contain_text("Whoever asks this from now on gets your answer")
    await expect(desk.locator(".group").filter(has_text="gift")).to_have_count(0)
    customer = await office.customer()
    await ask(customer, "Can you wrap my order as a gift?")
    await expect(customer.locator("body")).to_contain_text(REPLY)

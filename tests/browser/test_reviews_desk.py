"""A support lead reads what Kefu said by itself and why, writes a better answer, and judges the day's sample."""

import re

import pytest
from playwright.async_api import expect

from tests.support.browser_harness import PHONE, find_violations, overflows, send_message
from tests.support.suite_browser import SuiteBrowser

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]
ASKED = "How long do refunds take to reach my card?"


async def test_an_answer_is_found_explained_corrected_and_judged_on_every_kind_of_screen(leads: SuiteBrowser) -> None:
    chat = await leads.open_chat_page()
    await send_message(chat, ASKED)
    await chat.locator(".rating").wait_for()
    desk = await leads.sign_in("Li Wei", "#/conversations")
    await desk.get_by_role("searchbox").fill("REFUNDS card")
    await desk.get_by_role("button", name="Search").click()
    found = desk.locator(".found-conversation").first
    await expect(found).to_contain_text(ASKED)
    violations = {"list": await find_violations(desk)}
    await found.get_by_role("link").first.click()
    await desk.get_by_role("button", name=re.compile("^Why")).first.click()
    why = desk.get_by_role("region", name="Why?")
    await expect(why).to_contain_text("Relevance")
    await expect(why.get_by_role("row")).not_to_have_count(1)
    violations["why"] = await find_violations(desk)
    await desk.get_by_role("button", name="Write a curated answer").first.click()
    dialog = desk.get_by_role("dialog")
    await dialog.get_by_role("button", name="Which questions would it answer?").click()
    await expect(dialog.get_by_role("link", name=ASKED)).to_be_visible()
    violations["curated"] = await find_violations(desk)
    await desk.keyboard.press("Escape")

    await desk.goto(f"{leads.origin}/desk#/review")
    await desk.get_by_label("Day (UTC)").fill(await desk.get_by_label("Day (UTC)").get_attribute("max") or "")
    await expect(desk.locator(".review-sample > li").first).to_be_visible()
    await desk.keyboard.press("Escape")
    await desk.locator("h1").click()
    await desk.keyboard.press("j")
    await desk.keyboard.press("1")
    await expect(desk.locator(".review-sample > li").first).to_contain_text("Right, by Li Wei")
    await expect(desk.get_by_text(re.compile(r"Resolved, of all questions"))).to_be_visible()
    violations["review"] = await find_violations(desk)
    await desk.goto(f"{leads.origin}/desk#/numbers")
    await expect(desk.get_by_text("Resolved by review")).to_be_visible()

    phone = await leads.sign_in("Li Wei", color_scheme="dark", locale="zh-CN", viewport=PHONE)
    for address in ("conversations", "review"):
        await phone.goto(f"{leads.origin}/desk#/{address}")
        await expect(phone.locator("h1").first).to_be_visible()
        await expect(phone.locator(".busy")).to_have_count(0)
        violations[f"{address} phone"] = [
            *await find_violations(phone),
            *await phone.locator(".notice.danger").all_inner_texts(),
        ]
        assert not await overflows(phone), address
    assert violations == {state: [] for state in violations}
    assert leads.page_errors == []

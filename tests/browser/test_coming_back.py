"""What a browser goes back to, and what it does not get: others' sessions, tokens of long ago, people after hours."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.async_api import expect

from kefu.gateway.auth.visitor_tokens import VisitorTokens
from tests.browser.test_chat_page import ENGLISH, stored_session
from tests.support.browser_harness import VISITOR_SECRET, BrowserHarness, send_message
from tests.support.tenant_fixtures import replace_settings


async def test_an_earlier_conversation_is_gone_back_to_from_a_new_one(harness: BrowserHarness) -> None:
    page = await harness.open_page()
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("button", name="Earlier conversations").click()
    await expect(page.get_by_role("dialog")).to_contain_text("There are none")
    await page.keyboard.press("Escape")
    await send_message(page, ENGLISH)
    await expect(page.locator(".sources")).to_be_visible()
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("button", name="New conversation").click()
    await expect(page.locator(".hello")).to_be_visible()
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("button", name="Earlier conversations").click()
    await page.get_by_role("dialog").get_by_role("button", name=ENGLISH).click()
    await expect(page.locator(".asked p")).to_have_text(ENGLISH)
    await send_message(page, "And how long is a refund?")
    await expect(page.locator(".sources")).to_have_count(2)
    assert harness.page_errors == []


async def test_a_dialog_that_closes_leaves_the_focus_to_who_writes_already(harness: BrowserHarness) -> None:
    page = await harness.open_page()
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("button", name="Earlier conversations").click()
    await expect(page.get_by_role("dialog")).to_contain_text("There are none")
    await page.evaluate("document.querySelector('dialog').close(); document.querySelector('textarea').focus()")
    await expect(page.locator("dialog")).to_have_count(0)
    await expect(page.get_by_role("textbox", name="Your message")).to_be_focused()


async def test_a_visitor_who_names_another_ones_session_begins_a_new_one(harness: BrowserHarness) -> None:
    page = await harness.open_page()
    await send_message(page, ENGLISH)
    await expect(page.locator(".sources")).to_be_visible()
    session = await stored_session(page)
    other = await harness.open_page()
    await send_message(other, "Hello")  # a visitor with a token, and a session of their own
    await expect(other.locator(".answered")).to_contain_text("How can I help you?")  # the page knows its session
    await other.evaluate(f"localStorage.setItem('kefu.session', '{session}')")
    await other.reload()
    await expect(other.locator(".hello")).to_be_visible()
    await expect(other.locator(".asked")).to_have_count(0)
    await send_message(other, ENGLISH)
    await expect(other.locator(".sources")).to_be_visible()
    assert await stored_session(other) != session


async def test_a_token_of_long_ago_is_of_no_use_and_its_browser_begins_anew(harness: BrowserHarness) -> None:
    page = await harness.open_page()
    ago = VisitorTokens([VISITOR_SECRET], "default", clock=lambda: time.time() - 9 * 86_400).issue()
    await page.evaluate(
        f"""localStorage.setItem("kefu.visitor", JSON.stringify({{ token: "{ago}", renewAt: 9e15 }}));
            localStorage.setItem("kefu.session", "sessions/0b5f5b1e-8d1c-4d2e-9a57-2f3f4b6c7d8e")"""
    )
    await page.reload()
    await expect(page.locator(".hello")).to_be_visible()
    await send_message(page, ENGLISH)
    await expect(page.locator(".sources")).to_be_visible()
    assert ago not in await page.evaluate("localStorage.getItem('kefu.visitor')")


async def test_outside_business_hours_the_page_says_when_somebody_is_there(harness: BrowserHarness) -> None:
    day = datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=20)
    await replace_settings(
        await harness.router.client(), business_hours=[f"{day} 10:00-12:00"], time_zone="Asia/Shanghai"
    )
    page = await harness.open_page(timezone_id="Europe/London")
    await page.get_by_role("button", name="Talk to a person").click()
    notice = page.locator(".handoff")
    await expect(notice).to_contain_text("We are closed right now")
    opening = f"on {day.day} {day:%B} at 10:00 (UTC+8)"  # the customer's clock shows another time
    await expect(page.locator("body")).to_contain_text(opening)
    await expect(notice).not_to_contain_text("Somebody will be here again")  # the message has said when
    chinese = await harness.open_page(locale="zh-CN", timezone_id="Asia/Shanghai")
    await chinese.get_by_role("button", name="转人工客服").click()
    await expect(chinese.locator("body")).to_contain_text(f"{day.month}月{day.day}日 10:00")
    await expect(chinese.locator("body")).not_to_contain_text("UTC")  # it is the customer's own zone
    await expect(chinese.locator(".handoff")).to_contain_text("现在是非工作时间")

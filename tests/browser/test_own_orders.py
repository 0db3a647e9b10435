"""A customer of the sample shop asks for their orders and cancels one: a page of another origin, a phone, the desk."""

import re

import pytest
from playwright.async_api import Browser, FrameLocator, Locator, Page, ViewportSize, expect

from kefu.testing.suite import Suite
from tests.support.browser_harness import find_violations
from tests.support.suite_browser import SuiteBrowser

SLOW = 60_000
PHONE: ViewportSize = {"width": 360, "height": 740}


def order_system(demo: Suite) -> str:
    """The address of the shop."""
    return next(one.address for one in demo.state().services if one.name == "orders")


async def open_chat(page: Page, button: str) -> FrameLocator:
    await page.get_by_role("button", name=button).click()
    chat = page.frame_locator("iframe")
    await expect(chat.locator("textarea")).to_be_visible(timeout=SLOW)
    return chat


def said(chat: FrameLocator, text: str) -> Locator:
    """Where the conversation shows a text, the last time."""
    return chat.get_by_role("main").get_by_text(text).last


async def ask(chat: FrameLocator, text: str) -> None:
    await chat.locator("textarea").fill(text)
    await chat.locator("textarea").press("Enter")


@pytest.mark.model
@pytest.mark.timeout(600)
async def test_a_customer_signs_in_at_the_shop_and_learns_where_an_order_is(demo: Suite, browser: Browser) -> None:
    context = await browser.new_context(locale="en-GB", viewport=PHONE, has_touch=True)
    page = await context.new_page()
    await page.goto(f"{order_system(demo)}/?lang=en")
    chat = await open_chat(page, "Open the chat")
    await ask(chat, "Where is my order?")
    await expect(said(chat, "I need to know who you are")).to_be_visible(timeout=SLOW)

    await page.reload()  # the chat covers a phone's page
    await page.get_by_role("button", name="Sign in as Emma Clarke").click()
    await expect(page.get_by_role("heading", name="My orders")).to_be_visible(timeout=SLOW)
    chat = await open_chat(page, "Open the chat")
    await expect(chat.get_by_text("Emma Clarke").first).to_be_visible(timeout=SLOW)
    await ask(chat, "Where is my order?")
    on_its_way = chat.get_by_role("button", name="SL700411902853")
    await expect(on_its_way).to_be_visible(timeout=SLOW)
    await on_its_way.press("Enter")  # by keyboard
    await expect(said(chat, "770000365433")).to_be_visible(timeout=SLOW)
    foreign = "Where is my order SL700412650183?"  # of Wang Lina
    await ask(chat, foreign)
    await expect(said(chat, "I can't find that in your account.")).to_be_visible(timeout=SLOW)

    await ask(chat, "Cancel order SL700399450621")  # delivered: the procedure says so before it asks for a reason
    await expect(said(chat, "SL700399450621 can't be cancelled")).to_be_visible(timeout=SLOW)
    await ask(chat, "Please cancel my order SL700412697734, I ordered it by mistake")
    yes = chat.get_by_role("button", name="Yes, please do it").last
    await expect(yes).to_be_visible(timeout=SLOW)
    await expect(said(chat, "388 yuan go back within a few working days to your credit card.")).to_be_visible()
    await yes.press("Enter")  # by keyboard
    await expect(said(chat, "is cancelled.")).to_be_visible(timeout=SLOW)

    await ask(chat, "Please connect me to a human agent")
    await expect(said(chat, "passing you on to a colleague")).to_be_visible(timeout=SLOW)

    desk = await SuiteBrowser(demo, browser).sign_in("Li Wei", "#/inbox")
    await desk.get_by_text("Please connect me to a human agent").first.click()
    await expect(desk.get_by_role("article", name="SL700412697734").first).to_be_visible(timeout=SLOW)
    await expect(desk.get_by_text("Emma Clarke").first).to_be_visible(timeout=SLOW)
    await expect(desk.locator(".tick").first).to_be_visible(timeout=SLOW)
    await desk.goto(f"{desk.url.partition('#')[0]}#/settings/audit")
    change = desk.get_by_text("action.change").first
    await expect(change).to_be_visible(timeout=SLOW)
    await expect(desk.get_by_text("actions/cancel-order").first).to_be_visible()
    await context.close()


@pytest.mark.model
@pytest.mark.timeout(600)
async def test_an_order_is_chosen_among_cards_by_keyboard_alone(demo: Suite, browser: Browser) -> None:
    context = await browser.new_context(locale="en-GB", viewport=PHONE)
    page = await context.new_page()
    await page.goto(f"{order_system(demo)}/?lang=en")
    await page.get_by_role("button", name="Sign in as Daniel Novak").press("Enter")
    await page.get_by_role("button", name="Open the chat").press("Enter")
    chat = page.frame_locator("iframe")
    await expect(chat.get_by_text("Daniel Novak").first).to_be_visible(timeout=SLOW)
    await expect(chat.locator("textarea")).to_be_focused(timeout=SLOW)
    await page.keyboard.type("Where is my order?")
    await page.keyboard.press("Enter")
    cards = chat.get_by_role("listitem").get_by_role("article")
    await expect(cards).to_have_count(2, timeout=SLOW)
    await expect(cards.first).to_contain_text("1. SL700409217340")
    chosen = chat.get_by_role("button", name="Choose SL700409217340")
    await expect(chosen).to_have_accessible_description(re.compile("on its way.*yuan"))
    for _ in range(3):  # back from the message box: the paper clip, the last card's button, then this one
        await page.keyboard.press("Shift+Tab")
    await expect(chosen).to_be_focused()
    await page.keyboard.press("Enter")
    order = chat.get_by_role("article", name="SL700409217340").last
    await expect(order).to_contain_text("770000373352", timeout=SLOW)
    await expect(order.get_by_role("term").last).to_have_text("Tracking number")
    await expect(order).to_be_in_viewport()
    await expect(chat.get_by_role("button", name="Choose")).to_have_count(0)
    await expect(chat.locator(".turn").last).to_be_focused()  # from here the keyboard goes on
    await expect(chat.get_by_role("log")).to_contain_text("Looking up your order")
    frame = page.frames[-1]
    assert await frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await find_violations(frame) == []
    await context.close()


@pytest.mark.model
@pytest.mark.timeout(600)
async def test_the_same_in_chinese(demo: Suite, browser: Browser) -> None:
    context = await browser.new_context(locale="zh-CN", viewport=PHONE, has_touch=True)
    page = await context.new_page()
    await page.goto(f"{order_system(demo)}/?lang=zh")
    await page.get_by_role("button", name="林晓雯").click()
    chat = await open_chat(page, "打开在线客服")
    await expect(chat.get_by_text("林晓雯").first).to_be_visible(timeout=SLOW)
    await ask(chat, "我的快递到哪了")
    delivered = chat.get_by_role("button", name="SL700405338902")
    await expect(delivered).to_be_visible(timeout=SLOW)
    await delivered.click()
    await expect(said(chat, "已送达")).to_be_visible(timeout=SLOW)
    await expect(said(chat, "770000341676")).to_be_visible(timeout=SLOW)

    await ask(chat, "取消订单SL700405338902，不想要了")  # delivered
    await expect(said(chat, "SL700405338902 无法取消")).to_be_visible(timeout=SLOW)
    await ask(chat, "帮我取消订单SL700412604471")
    await chat.get_by_role("button", name="拍错了").last.click()
    await expect(said(chat, "577 元立即退回您的礼品卡")).to_be_visible(timeout=SLOW)
    await ask(chat, "嗯？")
    await expect(said(chat, "需要您明确回答")).to_be_visible(timeout=SLOW)
    await ask(chat, "好的，确认")
    await expect(said(chat, "已取消")).to_be_visible(timeout=SLOW)
    await context.close()

"""The built pages in front of the whole suite with a real model, as `kefu up --demo` starts it."""

from collections.abc import Callable

import pytest
from playwright.async_api import Browser, Page, expect

from kefu.testing.suite import Suite
from tests.browser.test_first_word import WATCH, painted_at
from tests.support.browser_harness import send_message
from tests.support.suite_browser import TEXT, SuiteBrowser, upload_file
from tests.support.tcp_proxy import TcpProxy, open_tcp_proxy

ASKED = {"en-GB": "How long do I have to return a product?", "zh-CN": "退货期限是多少天？"}
OF_THE_UPLOADED = "What does it cost to repair a kettle outside the warranty?"
SLOW = 120_000


@pytest.mark.model
@pytest.mark.timeout(1200)
async def test_visitors_and_a_colleague_at_the_desk_do_together_what_a_front_desk_is_for(
    demo: Suite, browser: Browser, record_property: Callable[[str, object], None]
) -> None:
    port = int(demo.state().gateway.rpartition(":")[2].rstrip("/"))
    async with open_tcp_proxy(port) as proxy:
        for locale, question in ASKED.items():
            await reads_a_cited_answer(browser, proxy, locale, question)
        desk = await SuiteBrowser(demo, browser).sign_in("Li Wei", "#/knowledge/help/documents")
        await upload_file(desk, "repairs.md", TEXT.encode())
        after = await is_answered_from_the_upload(browser, proxy)
        await is_corrected(desk, browser, proxy)
        await talks_to_a_person(desk, browser, proxy)
        record_property("first_word_seconds", after)
        print(f"first word painted {after * 1000:.0f} ms after the gateway had sent it")  # noqa: T201 - pytest -s shows it


async def reads_a_cited_answer(browser: Browser, proxy: TcpProxy, locale: str, question: str) -> None:
    context = await browser.new_context(locale=locale)
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{proxy.port}/")
    await send_message(page, question)
    await expect(page.locator(".markdown")).to_be_visible(timeout=SLOW)
    proxy.cut()
    proxy.restore()
    await expect(page.locator(".sources")).to_be_visible(timeout=SLOW)
    before = await page.locator(".markdown").inner_text()
    await page.reload()  # what the server keeps is what was read
    await expect(page.locator(".sources")).to_be_visible(timeout=SLOW)
    assert await page.locator(".markdown").inner_text() == before
    await page.locator(".markdown .footnote").first.click()
    await expect(page.locator("dialog mark").first).to_be_visible()
    await context.close()


async def is_answered_from_the_upload(browser: Browser, proxy: TcpProxy) -> float:
    """Returns the seconds between the first word's leaving the gateway and its standing on the page."""
    context = await browser.new_context(locale="en-GB")
    await context.add_init_script(WATCH)
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{proxy.port}/")
    before = len(proxy.forwarded)
    await send_message(page, OF_THE_UPLOADED)
    await expect(page.locator(".sources")).to_contain_text("Kettle repairs", timeout=SLOW)
    await expect(page.locator(".markdown")).to_contain_text("19 euros")
    first_word = (await page.locator(".markdown").inner_text()).split()[0].encode()
    passed = proxy.forwarded[before:]
    searched = next(index for index, (_, chunk) in enumerate(passed) if b"Kettle repairs" in chunk)
    sent = next(at for at, chunk in passed[searched + 1 :] if first_word in chunk)
    painted = await painted_at(page)
    await page.locator(".source").filter(has_text="Kettle repairs").click()
    await expect(page.get_by_role("dialog").locator("mark").filter(has_text="19 euros")).to_be_visible()
    await context.close()
    return painted - sent


async def is_corrected(desk: Page, browser: Browser, proxy: TcpProxy) -> None:
    await desk.get_by_role("link", name="Curated answers").click()
    await desk.get_by_role("button", name="New curated answer").click()
    await desk.get_by_role("textbox", name="Question 1").fill(OF_THE_UPLOADED)
    await desk.get_by_role("textbox", name="Answer").fill("Since November it costs 25 euros.")
    await desk.get_by_role("button", name="Save").click()
    await expect(desk.locator(".cards")).to_contain_text("Since November it costs 25 euros.")
    page = await visitor(browser, proxy)
    await send_message(page, OF_THE_UPLOADED)
    await expect(page.locator(".markdown")).to_contain_text("Since November it costs 25 euros.", timeout=SLOW)
    await page.context.close()


async def talks_to_a_person(desk: Page, browser: Browser, proxy: TcpProxy) -> None:
    page = await visitor(browser, proxy)
    await page.get_by_role("button", name="Talk to a person").click()
    await desk.get_by_role("link", name="Inbox").click()
    await desk.locator(".conversation-item").filter(has_text="I want to talk to a person").click()
    await desk.get_by_role("button", name="Take over", exact=True).click()
    await desk.get_by_role("textbox", name="Reply").fill("Good morning, this is Li Wei.")
    await desk.get_by_role("button", name="Send").click()
    await expect(page.locator(".answered.person")).to_contain_text("Good morning, this is Li Wei.")
    await send_message(page, "My kettle leaks")
    await expect(desk.locator(".messages")).to_contain_text("My kettle leaks")
    await desk.get_by_role("button", name="Return to Kefu").click()
    await expect(page.get_by_text("The assistant is answering again").first).to_be_visible()
    await send_message(page, ASKED["en-GB"])  # the one that nobody replied to was answered when it came back
    await expect(page.locator(".sources").last).to_contain_text("Return policy", timeout=SLOW)
    await page.context.close()


async def visitor(browser: Browser, proxy: TcpProxy) -> Page:
    context = await browser.new_context(locale="en-GB")
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{proxy.port}/")
    return page

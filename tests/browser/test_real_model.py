"""The built pages in front of the whole suite with a real model, as `kefu up --demo` starts it."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.support.line import Line, open_line
from tests.support.pages import ask, chromium_or_skip, open_browser
from tests.support.suite import starting_suite, until

ASKED = {"en-GB": "How long do I have to return a product?", "zh-CN": "退货期限是多少天？"}
SLOW = 120_000


@pytest.mark.model
@pytest.mark.timeout(1200)
async def test_a_visitor_reads_cited_answers_in_both_languages_also_through_a_cut_network(tmp_path: Path) -> None:
    chromium_or_skip()
    async with starting_suite(tmp_path, "--demo") as suite:
        await until(lambda: "kefu chat" in suite.printed() or suite.process.returncode is not None, 800, suite.printed)
        assert suite.process.returncode is None, suite.printed()
        port = int(suite.state().gateway.rpartition(":")[2].rstrip("/"))
        async with open_line(port) as line, open_browser() as browser:
            for locale, question in ASKED.items():
                await reads_a_cited_answer(browser, line, locale, question)


async def reads_a_cited_answer(browser: Browser, line: Line, locale: str, question: str) -> None:
    context = await browser.new_context(locale=locale)
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{line.port}/")
    await ask(page, question)
    await expect(page.locator(".markdown")).to_be_visible(timeout=SLOW)
    line.cut()
    line.mend()
    await expect(page.locator(".sources")).to_be_visible(timeout=SLOW)
    before = await page.locator(".markdown").inner_text()
    await page.reload()  # what the server keeps is what was read
    await expect(page.locator(".sources")).to_be_visible(timeout=SLOW)
    assert await page.locator(".markdown").inner_text() == before
    await page.locator(".markdown .footnote").first.click()
    await expect(page.locator("dialog mark").first).to_be_visible()
    await context.close()

"""The shop's page in a browser: what it tells Kefu's widget, before and after the widget has loaded."""

from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from playwright.async_api import Page, Route, async_playwright, expect

from tests.service.order_system.harness import Shop
from tests.support.browser_harness import find_chromium_or_skip
from tests.support.waiting import wait_until_async

BROUGHT = """
Promise.all(window.told.map(async ([command, value]) => [command, typeof value === "function" ? await value() : value]))
"""
KEFU = "https://kefu.example.com"
WIDGET = """
window.told = Array.from(window.kefu.q || [], (call) => Array.from(call));
window.kefu = (...call) => window.told.push(call);
"""
"""Makes up for the calls that waited, as a widget does, and takes further ones."""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium_or_skip(), args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 360, "height": 740}, locale="en-GB")

        async def widget(route: Route) -> None:
            await route.fulfill(content_type="text/javascript", body=WIDGET)

        await page.route(f"{KEFU}/widget.js", widget)
        yield page
        await browser.close()


async def told(page: Page, calls: int) -> list[Any]:
    """What the widget was told on this page, once it was so many calls."""

    async def was_told() -> bool:
        return await page.evaluate("(window.told || []).length") >= calls

    await wait_until_async(was_told)
    return await page.evaluate(BROUGHT)


async def test_the_widget_learns_who_signs_in_and_forgets_who_signs_out(shop: Shop, page: Page) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    await page.goto(shop.origin)
    assert await told(page, 0) == []
    await page.get_by_role("button", name="Sign in as Emma Clarke").click()
    await expect(page.get_by_role("heading", name="My orders")).to_be_visible()
    ((command, token),) = await told(page, 1)
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    assert (command, claims["sub"], claims["iss"]) == ("identify", "emma_clarke", shop.origin)
    ((_, again),) = await told(page, 1)
    assert again != token, "a new one each time"
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Who would you like to be?")).to_be_visible()
    assert await told(page, 1) == [["identify", None]]
    await page.reload()
    assert await told(page, 0) == []
    assert problems == []


async def test_who_signed_out_in_another_tab_is_brought_as_nobody(shop: Shop, page: Page) -> None:
    await page.goto(shop.origin)
    await page.get_by_role("button", name="Sign in as Emma Clarke").click()
    await expect(page.get_by_role("heading", name="My orders")).to_be_visible()
    await page.context.clear_cookies()
    assert await told(page, 1) == [["identify", None]]


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_page_fits_a_telephone(shop: Shop, page: Page, language: str) -> None:
    await page.goto(f"{shop.origin}/?lang={language}")
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not await page.evaluate(wide)
    await page.locator(".people button").first.click()
    await expect(page.locator("article").first).to_be_visible()
    assert not await page.evaluate(wide)

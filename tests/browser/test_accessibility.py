"""axe finds nothing serious or critical in any state of the chat page, in both languages, light and dark."""

import asyncio
from typing import Literal

import pytest
from playwright.async_api import expect

from tests.support.browser_harness import ANSWER_ZH, BrowserHarness, find_violations, send_message


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("locale", "question"), [("en-GB", "How long can I return it?"), ("zh-CN", "退货期限是多久？")]
)
async def test_no_state_of_the_chat_page_shuts_anybody_out(
    harness: BrowserHarness, scheme: Literal["light", "dark"], locale: str, question: str
) -> None:
    going_on = asyncio.Event()
    if locale == "zh-CN":
        harness.router.replica.frames = [ANSWER_ZH[:12], going_on, ANSWER_ZH[12:]]
    else:
        harness.router.replica.frames = [
            "**Goods** can be returned ",
            going_on,
            "within 15 days of delivery. [1]\n\n- `one`\n",
        ]
    page = await harness.open_page(locale=locale, color_scheme=scheme)
    await expect(page.locator(".hello")).to_be_visible()
    found = {"empty": await find_violations(page)}
    await send_message(page, question)
    await expect(page.locator(".markdown")).to_be_visible()
    found["answering"] = await find_violations(page)
    harness.proxy.cut()
    await expect(page.locator(".note.warn")).to_be_visible()
    found["reconnecting"] = await find_violations(page)
    going_on.set()
    harness.proxy.restore()
    await expect(page.locator(".rating")).to_be_visible()
    await page.locator(".thumb").last.click()
    await expect(page.locator(".why")).to_be_visible()
    found["rated"] = await find_violations(page)
    await page.locator(".source").first.click()
    await expect(page.locator("dialog[open]")).to_be_visible()
    found["passage"] = await find_violations(page)
    await page.keyboard.press("Escape")
    await page.locator("[popovertarget=menu]").click()
    found["menu"] = await find_violations(page)
    await page.locator(".menu button").last.click()
    await expect(page.locator("dialog[open]")).to_be_visible()
    found["deleting"] = await find_violations(page)
    await page.keyboard.press("Escape")
    await page.locator("button.person").click()
    await expect(page.locator(".handoff")).to_be_visible()
    found["handed over"] = await find_violations(page)
    await page.locator("#message").fill("x" * 4001)
    found["too long"] = await find_violations(page)
    for item in (0, 1):  # a new conversation, then the list of earlier ones
        await page.locator("[popovertarget=menu]").click()
        await page.locator(".menu button").nth(item).click()
    await expect(page.locator("dialog[open] .others")).to_be_visible()
    found["earlier"] = await find_violations(page)
    assert found == {state: [] for state in found}

"""
Draws the pictures of the desk, and what else is to be looked at: python -m tests.browser.desk_pictures [FOLDER]

Over the whole suite with the real model and the sample help centre, after a day of questions. Look at them before you
commit them.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright, expect

from kefu.local.suite import sample_folder
from kefu.testing.suite import Suite, starting_suite
from tests.browser.pictures import DESKTOP, PHONE, shot
from tests.support.browser_harness import find_chromium_or_skip, send_message
from tests.support.busy_day import play_busy_day
from tests.support.suite_browser import SuiteBrowser
from tests.support.webhook_receiver import open_webhook_receiver

PAGES = ("inbox", "unanswered", "numbers", "settings/webhooks", "knowledge/help/documents", "knowledge/help/attention")
LOOKS: dict[str, dict[str, Any]] = {
    "": DESKTOP,
    "-phone": PHONE,
    "-dark": {**DESKTOP, "color_scheme": "dark"},
}


async def main(folder: Path, *options: str) -> None:
    """All of them."""
    folder.mkdir(parents=True, exist_ok=True)
    variables = {"KEFU_ROUTER_WEBHOOK_PRIVATE": "true", "KEFU_GATEWAY_TITLE": "Songlu"}
    with tempfile.TemporaryDirectory() as data:
        async with (
            open_webhook_receiver() as good,
            open_webhook_receiver() as bad,
            starting_suite(Path(data), *options, **variables) as suite,
            async_playwright() as playwright,
        ):
            bad.answer = lambda _: (500, "")
            await suite.until_ready(900)
            await filled(suite)
            expect.set_options(timeout=120_000)
            browser = await playwright.chromium.launch(executable_path=find_chromium_or_skip(), args=["--no-sandbox"])
            suite_browser = SuiteBrowser(suite, browser)
            await play_busy_day(suite_browser, [good.url, bad.url])
            await talk(suite_browser, folder)
            for look, chosen in LOOKS.items():
                desk = await suite_browser.sign_in("Li Wei", **chosen)
                for address in PAGES:
                    await desk.goto(f"{suite_browser.origin}/desk#/{address}")
                    await settled(desk)
                    await shot(desk, folder / f"desk-{address.rpartition('/')[2]}{look}.png")
                await unanswered(desk, folder, look)
                await deliveries(desk, suite_browser, folder, look, bad.url)
            await browser.close()


async def filled(suite: Suite) -> None:
    """A part of the sample help centre."""
    sample = [str(sample_folder() / "help_center" / path) for path in ("en/delivery", "en/warranty", "zh/delivery")]
    done = await suite.kefu("import", *sample, "--collection", "help", "--create", seconds=600)
    assert done.status == 0, done


async def talk(suite_browser: SuiteBrowser, folder: Path) -> None:
    """A conversation that is taken over."""
    customer = await suite_browser.open_chat_page()
    await send_message(customer, "How long does a parcel stay in a parcel locker?")
    await customer.locator(".rating").wait_for()
    await send_message(customer, "Mine was sent back after one day. I want to talk to a person, please.")
    await customer.locator(".handoff").wait_for()
    desk = await suite_browser.sign_in("Li Wei", **DESKTOP)
    await desk.locator(".conversation-item").filter(has_text="parcel locker").click()
    await desk.get_by_role("button", name="Take over", exact=True).click()
    await desk.get_by_role("textbox", name="Reply").fill("Good morning, this is Li Wei. Which order is it?")
    await desk.get_by_role("button", name="Send").click()
    await customer.locator(".answered.person").wait_for()
    await send_message(customer, "SL-20261125-7731")
    await expect(desk.locator(".from-customer").last).to_contain_text("7731")
    await settled(desk)
    await shot(desk, folder / "desk-conversation.png")


async def unanswered(desk: Page, folder: Path, look: str) -> None:
    await desk.goto(f"{desk.url.partition('#')[0]}#/unanswered")
    group = desk.locator(".group").filter(has_text="gift")
    await group.locator("summary").click()
    await shot(desk, folder / f"desk-unanswered-open{look}.png")
    await group.get_by_role("button", name="Save as a curated answer").click()
    await desk.get_by_role("dialog").wait_for()
    await shot(desk, folder / f"desk-unanswered-writing{look}.png")
    await desk.keyboard.press("Escape")


async def deliveries(desk: Page, suite_browser: SuiteBrowser, folder: Path, look: str, url: str) -> None:
    await desk.goto(f"{suite_browser.origin}/desk#/settings/webhooks")
    await desk.get_by_role("button", name=f"Deliveries to {url}").click()
    await desk.locator(".delivery").first.wait_for()
    await shot(desk, folder / f"desk-deliveries{look}.png")
    await desk.keyboard.press("Escape")


async def settled(desk: Page) -> None:
    await expect(desk.locator("h1, .conversation-head").first).to_be_visible()
    await expect(desk.locator(".busy")).to_have_count(0)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "desk-pictures"), *sys.argv[2:]))

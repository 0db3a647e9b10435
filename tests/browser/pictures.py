"""Draws docs/pictures: python -m tests.browser.pictures [FOLDER]. Look at them before you commit them."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from kefu.router.v1 import desk_pb2
from kefu.testing.ports import free_port
from kefu.testing.redis_server import redis_server
from tests.browser.test_widget import a_site
from tests.support.browser_harness import BrowserHarness, open_browser, open_browser_harness, send_message
from tests.support.scripted_services import make_hit

DESKTOP: dict[str, Any] = {"viewport": {"width": 1200, "height": 800}, "color_scheme": "light"}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
ENGLISH = (
    "You can return most goods **within 15 days of delivery**, unused and in their packaging. [1]\n\n"
    "1. Open *My orders* and choose the order.\n2. Print the label and send the parcel.\n\n"
    "Refunds reach your account within 3 working days. [1]"
)
CHINESE = (
    "自签收之日起 **15 天内**，未使用且包装完好的商品可以退货。[1]\n\n"
    "1. 打开“我的订单”，选择要退货的订单。\n2. 打印退货单并寄回商品。\n\n退款将在 3 个工作日内退回原支付账户。[1]"
)
PASSAGE = (
    "You can return most goods within 15 days of delivery, unused and in their packaging. Opened software is "
    "excluded.\n\n"
    "Open My orders and choose the order. Print the label and send the parcel.\n\n"
    "Refunds reach your account within 3 working days after we have received the parcel."
)
PASSAGE_ZH = (
    "自签收之日起 15 天内，未使用且包装完好的商品可以退货。已拆封的软件除外。\n\n"
    "打开“我的订单”，选择要退货的订单。打印退货单并寄回商品。\n\n退款将在 3 个工作日内退回原支付账户。"
)
SHOP = """<!doctype html><html lang="en"><title>Shop</title><style>
body { margin: 0; font: 16px/1.6 Georgia, serif; background: #f4efe6; color: #3b3126 }
header { padding: 28px 48px; font-size: 26px; border-bottom: 1px solid #d9cfbe }
main { padding: 48px; max-width: 640px }
h1 { font-weight: 400; font-size: 44px; line-height: 1.15; margin: 0 0 16px }
div { display: flex; gap: 16px; margin-top: 32px }
i { width: 180px; height: 150px; background: #e2d7c3 }
</style><header>Alder &amp; Finch</header><main><h1>Lamps that outlast the sofa</h1>
<p>Made of oak and brass in a small workshop, and repaired there for as long as you keep them.</p>
<div><i></i><i></i><i></i></div></main>
<script src="%s/widget.js" data-lang="en" data-title="Help" data-theme="light" data-accent="#8a4b2a"></script></html>"""


async def main(folder: Path) -> None:
    """All of them."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        async with (
            redis_server(Path(data)) as redis,
            open_browser() as browser,
            open_browser_harness(
                redis, browser, frame_ancestors=f"http://localhost:{port}", title="Acme Support"
            ) as harness,
        ):
            harness.router.knowledge.hits = [make_hit(PASSAGE, title="Returns and refunds")]
            harness.router.knowledge.by_word = {
                "退货": [make_hit(PASSAGE_ZH, title="退货与退款政策", language="zh", n=2)]
            }
            harness.router.replica.frames = [ENGLISH]
            await english(harness, folder)
            await widget(harness, folder, port)
            harness.router.replica.frames = [CHINESE]
            await chinese(harness, folder)


async def english(harness: BrowserHarness, folder: Path) -> None:
    page = await harness.open_page(**DESKTOP)
    await shot(page, folder / "chat-empty.png")
    await answered(page, "How do I return something?")
    await shot(page, folder / "chat.png")
    await page.locator(".markdown .footnote").first.click()
    await page.locator("dialog[open]").wait_for()
    await shot(page, folder / "chat-source.png")
    await page.keyboard.press("Escape")
    dark = await harness.open_page(**{**DESKTOP, "color_scheme": "dark"})
    await answered(dark, "How do I return something?")
    await dark.locator(".thumb").last.click()
    await dark.locator(".why").wait_for()
    await shot(dark, folder / "chat-dark.png")


async def chinese(harness: BrowserHarness, folder: Path) -> None:
    page = await harness.open_page(locale="zh-CN", **PHONE)
    await answered(page, "怎么退货？")
    await shot(page, folder / "chat-phone.png")
    await page.locator("button.person").click()
    await page.locator(".handoff").wait_for()
    await shot(page, folder / "chat-phone-handover.png")
    staff = await harness.router.client()
    session = await page.evaluate("localStorage.getItem('kefu.session')")
    claim = desk_pb2.ClaimSessionRequest(session=session, agent="林梅")
    claimed = await staff.desk.ClaimSession(claim, metadata=staff.metadata)
    text = "您好，我是林梅，已经看过您的问题。请问是哪一个订单？"
    reply = desk_pb2.ReplyRequest(session=session, claim=claimed.claim, text=text)
    await staff.desk.Reply(reply, metadata=staff.metadata)
    await page.locator(".answered.person").wait_for()
    await send_message(page, "订单 20261125")
    await page.locator(".delivered").wait_for()
    await page.emulate_media(color_scheme="dark")
    await shot(page, folder / "chat-phone-dark.png")


async def widget(harness: BrowserHarness, folder: Path, port: int) -> None:
    async with a_site(port, SHOP % harness.origin):
        page = await (await harness.open_context(**DESKTOP)).new_page()
        await page.goto(f"http://localhost:{port}")
        await page.get_by_role("button", name="Open the chat").click()
        chat = page.frame_locator("iframe")
        await chat.locator("#message").fill("How do I return something?")
        await page.keyboard.press("Enter")
        await chat.locator(".sources").wait_for()
        await shot(page, folder / "widget.png")


async def answered(page: Page, question: str) -> None:
    await send_message(page, question)
    await page.locator(".sources").wait_for()


async def shot(page: Page, path: Path) -> None:
    await page.screenshot(path=path, animations="disabled")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")))

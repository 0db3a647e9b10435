"""The widget on somebody else's page."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, expect

from kefu.gateway.static_pages import FOLDER
from kefu.testing.ports import free_port
from kefu.testing.redis_server import RedisServer
from tests.support.browser_harness import PHONE, BrowserHarness, find_violations, open_browser_harness, send_message
from tests.support.waiting import wait_until

MOST_BYTES = 60_000
"""Of all that the first view loads, gzipped."""
SITE = """<!doctype html><html lang="en"><head><title>A shop</title><style>
* { color: red !important; font-size: 40px !important; display: block !important; }
button { position: static !important; width: 600px !important; }
</style></head><body><h1>A shop</h1><p><a href="#">A link</a></p>
<script src="%s/widget.js" data-lang="en" data-title="Help" data-accent="#ffdd00"></script></body></html>"""


async def test_a_site_embeds_the_chat_with_one_tag(own_redis: RedisServer, browser: Browser) -> None:
    port = free_port()
    site = f"http://localhost:{port}"
    async with (
        open_browser_harness(own_redis, browser, frame_ancestors=site) as harness,
        a_site(port, SITE % harness.origin),
    ):
        page = await (await harness.open_context(viewport={"width": 1000, "height": 760})).new_page()
        harness.record_errors(page)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if harness.origin in request.url else None)
        await page.goto(site)
        launcher = page.get_by_role("button", name="Open the chat")
        await expect(launcher).to_be_visible()
        assert asked == [f"{harness.origin}/widget.js"]
        assert (
            await launcher.evaluate("(one) => one.getBoundingClientRect().width") == 56
        )  # the site's styles do not reach it
        assert await find_violations(page) == []

        await launcher.click()
        chat = page.frame_locator("iframe")
        await expect(chat.get_by_role("textbox", name="Your message")).to_be_focused()
        loaded = [urlsplit(url).path.lstrip("/") for url in asked]
        files = [FOLDER / (path if "." in path else f"{path}.html") for path in loaded if not path.startswith("api/")]
        size = sum(len(gzip.compress(file.read_bytes(), 9, mtime=0)) for file in files)
        assert size <= MOST_BYTES, f"{size} bytes in {[file.name for file in files]}"

        await page.keyboard.type("How long can I return something?")
        await page.keyboard.press("Enter")
        await expect(chat.locator(".sources")).to_be_visible()
        assert await page.evaluate("document.cookie") == ""
        assert await page.context.cookies() == []
        await page.keyboard.press("Escape")
        await expect(page.locator("iframe")).to_be_hidden()
        await expect(launcher).to_be_focused()
        assert harness.page_errors == []


async def test_the_focus_stays_in_the_open_chat(own_redis: RedisServer, browser: Browser) -> None:
    port = free_port()
    site = f"http://localhost:{port}"
    async with (
        open_browser_harness(own_redis, browser, frame_ancestors=site) as harness,
        a_site(port, SITE % harness.origin),
    ):
        page = await (await harness.open_context()).new_page()
        await page.goto(site)
        await page.get_by_role("button", name="Open the chat").click()
        await expect(page.frame_locator("iframe").get_by_role("textbox")).to_be_focused()
        for _ in range(12):
            await page.keyboard.press("Tab")
            assert (
                await page.evaluate("document.activeElement.shadowRoot?.activeElement?.className ?? 'the site'")
                != "the site"
            )


@pytest.mark.parametrize("side", ["left", "right"])
async def test_on_a_phone_the_chat_takes_the_whole_screen_and_can_be_closed(
    own_redis: RedisServer, browser: Browser, side: str
) -> None:
    port = free_port()
    site = f"http://localhost:{port}"
    html = SITE.replace("data-lang", f'data-side="{side}" data-lang')
    async with (
        open_browser_harness(own_redis, browser, frame_ancestors=site) as harness,
        a_site(port, html % harness.origin),
    ):
        page = await (await harness.open_context(viewport=PHONE)).new_page()
        await page.goto(site)
        await page.get_by_role("button", name="Open the chat").click()
        chat = page.frame_locator("iframe")
        box = chat.get_by_role("textbox", name="Your message")
        await expect(box).to_be_focused()
        whole = {"x": 0, "y": 0, **PHONE}
        assert await page.locator(".panel").bounding_box() == whole
        await box.fill("How long can I return something?")
        await box.press("Enter")
        await expect(chat.locator(".sources")).to_be_visible()
        await chat.get_by_role("button", name="Close the chat").click()
        await expect(page.locator("iframe")).to_be_hidden()
        launcher = await page.get_by_role("button", name="Open the chat").bounding_box()
        assert launcher is not None
        assert (launcher["x"] < PHONE["width"] / 2) == (side == "left")


async def test_a_site_that_is_not_named_cannot_show_the_chat(harness: BrowserHarness) -> None:
    port = free_port()
    async with a_site(port, SITE % harness.origin):
        page = await (await harness.open_context()).new_page()
        harness.record_errors(page)
        await page.goto(f"http://localhost:{port}")
        await page.get_by_role("button", name="Open the chat").click()
        await expect(page.get_by_text("Sorry, the chat is not available here.")).to_be_visible()
        told = f"KEFU_GATEWAY_FRAME_ANCESTORS=http://localhost:{port}"
        await wait_until(lambda: any(told in complaint for complaint in harness.page_errors))
        assert not any("postMessage" in complaint for complaint in harness.page_errors)
        await page.get_by_role("button", name="Close the chat").first.click()
        await expect(page.locator(".panel")).to_be_hidden()
        read = f"fetch('{harness.origin}/api/visitor', {{ method: 'POST' }}).then(() => 'read', () => 'refused')"
        assert await page.evaluate(read) == "refused"


async def test_the_chat_obeys_only_the_page_that_shows_it(harness: BrowserHarness) -> None:
    """A page that is opened on its own is nobody's frame: messages from other windows do nothing."""
    page = await harness.open_page("/widget")
    await send_message(page, "How long can I return something?")
    await expect(page.locator(".sources")).to_be_visible()
    await page.evaluate("""() => new Promise((resolve) => {
        addEventListener("message", () => resolve());
        window.postMessage({ kefu: "focus", where: "first" }, "*");
    })""")
    await expect(page.get_by_role("textbox", name="Your message")).to_be_focused()


@asynccontextmanager
async def a_site(port: int, html: str) -> AsyncIterator[None]:
    """Somebody's page, at every path of another origin."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = html.encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()

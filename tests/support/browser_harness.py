"""A browser in front of a real gateway, a real router and scripted services: what a visitor sees."""

import json
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Frame, Page, ViewportSize, async_playwright, expect
from pydantic import SecretStr

from kefu.gateway.config import GatewayConfig
from kefu.gateway.service import gateway
from kefu.testing.ports import free_port
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import INTERNAL_KEY
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.tcp_proxy import TcpProxy, open_tcp_proxy

expect.set_options(timeout=20_000)  # a busy machine draws slowly
PHONE: ViewportSize = {"width": 390, "height": 844}
WEB = Path(__file__).parents[2] / "services/kefu/gateway/web"
VISITOR_SECRET = "a secret of the browser tests alone"
RETURNS = (
    "You may return most goods.\n\nGoods can be returned within 15 days of delivery, unused and in their packaging.\n\n"
    "Refunds reach your account within 3 working days."
)
RETURNS_ZH = "自签收之日起 15 天内，未使用且包装完好的商品可以退货。\n\n退款将在 3 个工作日内退回原支付账户。"
ANSWER = "Goods can be returned within 15 days of delivery. [1] Refunds reach your account within 3 working days. [1]"
ANSWER_ZH = "自签收之日起 15 天内，未使用的商品可以退货。[1]退款将在 3 个工作日内退回。[1]"


def find_chromium_or_skip() -> str:
    """Path of Chromium. Without it a test is skipped on a developer's machine, and fails in CI."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail("CI has to have chromium")
        pytest.skip("there is no chromium here: apt-get install chromium")
    return path


def read_axe_or_skip() -> str:
    """Source of axe-core, as `npm ci` installs it. Without it a test is skipped, and fails in CI."""
    path = WEB / "node_modules/axe-core/axe.min.js"
    if not path.exists():
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail("CI has to have axe-core: run make web")
        pytest.skip("axe-core is not installed: run make web")
    return path.read_text()


_FINISH_ANIMATIONS = """() => {
    for (const animation of document.getAnimations()) {
        if (Number.isFinite(animation.effect?.getComputedTiming().endTime)) animation.finish();
    }
}"""


class BrowserHarness:
    """The suite as a browser reaches it: `router` behind a gateway, behind a proxy that can be cut."""

    def __init__(self, harness: RouterHarness, proxy: TcpProxy, gateway_port: int, browser: Browser) -> None:
        self.router = harness
        self.proxy = proxy
        self.gateway_port = gateway_port
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.page_errors: list[str] = []
        """Console errors and uncaught exceptions of all pages."""

    @property
    def origin(self) -> str:
        """Origin of the pages: the proxy's."""
        return f"http://127.0.0.1:{self.proxy.port}"

    async def open_context(self, **options: Any) -> BrowserContext:
        """A new browser context: `locale`, `color_scheme`, `viewport` as playwright takes them."""
        chosen: dict[str, Any] = {"locale": "en-GB", "reduced_motion": "reduce", **options}
        context = await self._browser.new_context(**chosen)
        self._contexts.append(context)
        context.set_default_timeout(30_000)
        return context

    async def close_pages(self) -> None:
        """Close all contexts: the browser itself is for all tests."""
        for context in self._contexts:
            await context.close()

    async def open_page(self, path: str = "/", **options: Any) -> Page:
        """A loaded page in a new browser context."""
        page = await (await self.open_context(**options)).new_page()
        self.record_errors(page)
        await page.goto(f"{self.origin}{path}")
        return page

    def record_errors(self, page: Page) -> None:
        """Record the page's console errors and exceptions."""
        page.on("pageerror", lambda error: self.page_errors.append(f"threw {error}"))
        page.on(
            "console",
            lambda message: self.page_errors.append(message.text) if message.type == "error" else None,
        )


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """A browser while the block runs; skips the test where there is none."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_chromium_or_skip(), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def open_browser_harness(
    redis: RedisServer, browser: Browser, *, router: Mapping[str, Any] | None = None, **config: object
) -> AsyncIterator[BrowserHarness]:
    """Router, gateway, proxy and pages while the block runs. `config` are fields of GatewayConfig, `router` of
    `open_router_harness`."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        harness = await enter(
            open_router_harness(redis, session_turns=0, **(router or {}))
        )  # conversations of any length
        harness.knowledge.hits = [make_hit(RETURNS, title="Returns and refunds")]
        harness.knowledge.by_word = {"退货": [make_hit(RETURNS_ZH, title="退货与退款政策", language="zh", n=2)]}
        harness.replica.frames = [ANSWER]
        chosen: dict[str, Any] = {
            "listen": f"127.0.0.1:{free_port()}",
            "internal_key": SecretStr(INTERNAL_KEY),
            "router": f"127.0.0.1:{harness.routers[0].port}",
            "retrieval": "127.0.0.1:1",  # nobody: the scripted one takes no keys of people
            "visitor_secret": SecretStr(VISITOR_SECRET),
            "visitor_questions_per_minute": 1000.0,
            "address_questions_per_minute": 0.0,
            "title": "Acme Support",
            **config,
        }
        port = await enter(gateway(GatewayConfig(**chosen)))
        proxy = await enter(open_tcp_proxy(port))
        pages = BrowserHarness(harness, proxy, port, browser)
        stack.push_async_callback(pages.close_pages)
        yield pages


async def send_message(page: Page, text: str) -> None:
    """Write a message and send it."""
    await page.get_by_role("textbox", name="Your message").or_(page.get_by_role("textbox", name="您的消息")).fill(text)
    await page.keyboard.press("Enter")


async def find_violations(page: Page | Frame) -> list[str]:
    """Serious and critical violations of WCAG 2.2 AA on the page as it is now, found by axe; what fades has faded."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(read_axe_or_skip())
    await page.evaluate(_FINISH_ANIMATIONS)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = await page.evaluate(
        f"axe.run(document, {{runOnly: {json.dumps(tags)}}}).then((result) => result.violations)",
    )
    return [
        f"{one['id']}: {[node['html'][:160] for node in one['nodes']]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


async def overflows(desk: Page) -> bool:
    """Whether a page of the desk is wider than the screen."""
    return await desk.evaluate(
        "document.querySelector('main').scrollWidth > document.querySelector('main').clientWidth"
    )

"""The whole suite over the simulated engine, and pages on it: of customers in the chat, of agents at the desk."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
from playwright.async_api import Browser, BrowserContext, Page, expect

from kefu.router.v1 import admin_pb2, admin_pb2_grpc
from kefu.testing.suite import Suite, starting_suite
from tests.support.grpc_calls import bearer_metadata

READY_SECONDS = 300.0
"""Longer than the suite alone is given: browsers of other tests may be starting beside it."""
TEXT = """# Kettle repairs

Our workshop at Lange Reihe 8 in Hamburg repairs kettles of the EK series. Bring the kettle and the receipt.

## Price

A repair under warranty costs nothing. Outside the warranty it costs 19 euros.
"""


class SuiteBrowser:
    """Browser pages of a running suite."""

    def __init__(self, suite: Suite, browser: Browser) -> None:
        self.suite = suite
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.page_errors: list[str] = []
        """Uncaught exceptions of all pages."""

    @property
    def origin(self) -> str:
        """Origin of the pages."""
        address = self.suite.state().gateway
        return address if "://" in address else f"http://{address}"

    async def open_chat_page(self, **options: Any) -> Page:
        """Open the chat page as a visitor. `options` are the browser context's."""
        page = await self._page(**options)
        await page.goto(self.origin)
        return page

    async def sign_in(self, name: str, address: str = "", key: str = "", **options: Any) -> Page:
        """Sign in at the desk as an agent, with the suite's own key unless another is given."""
        page = await self._page(**options)
        await page.goto(f"{self.origin}/desk{address}")
        await page.locator("input[type=password]").fill(key or self.suite.key)
        await page.locator("button[type=submit]").click()
        await page.locator("input[autocomplete=name]").fill(name)
        await page.locator("button[type=submit]").click()
        await expect(page.locator(".shell")).to_be_visible()
        return page

    async def enter_key(self, key: str) -> Page:
        """Enter a key that the desk refuses."""
        page = await self._page()
        await page.goto(f"{self.origin}/desk")
        await page.locator("input[type=password]").fill(key)
        await page.locator("button[type=submit]").click()
        return page

    async def create_key(self, *scopes: admin_pb2.Scope.ValueType) -> str:
        """Create a key with these scopes."""
        async with grpc.aio.insecure_channel(self.suite.router) as channel:
            admin = admin_pb2_grpc.AdminServiceStub(channel)
            made = await admin.CreateKey(
                admin_pb2.CreateKeyRequest(scopes=scopes, display_name="test"), metadata=bearer_metadata(self.suite.key)
            )
        return made.secret

    async def close_pages(self) -> None:
        """Close all pages: the browser itself is for all tests."""
        for context in self._contexts:
            await context.close()
        self._contexts.clear()

    async def _page(self, **options: Any) -> Page:
        chosen: dict[str, Any] = {"locale": "en-GB", "reduced_motion": "reduce", **options}
        context = await self._browser.new_context(**chosen)
        self._contexts.append(context)
        context.set_default_timeout(60_000)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.page_errors.append(str(error)))
        return page


@asynccontextmanager
async def open_suite_browser(tmp_path: Path, browser: Browser, **environment: str) -> AsyncIterator[SuiteBrowser]:
    """A suite and its pages while the block runs, with an empty collection "help". `environment` is the services'."""
    async with AsyncExitStack() as stack:
        suite = await stack.enter_async_context(starting_suite(tmp_path, "--engine", "simulated", **environment))
        await suite.until_ready(READY_SECONDS)
        expect.set_options(timeout=60_000)
        done = await suite.kefu("collections", "create", "help")
        assert done.status == 0, done
        pages = SuiteBrowser(suite, browser)
        stack.push_async_callback(pages.close_pages)
        yield pages


async def upload_file(desk: Page, name: str, content: bytes, outcome: str = "done") -> None:
    """Import a file by the page, and wait for its outcome."""
    await desk.locator("input[type=file]").set_input_files({"name": name, "mimeType": "", "buffer": content})
    await expect(desk.locator(f".upload-row.{outcome}").filter(has_text=name)).to_be_visible()

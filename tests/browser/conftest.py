"""Fixtures of tests in a browser. They share one Chromium, and so the event loop of the session."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from kefu.testing.redis_server import RedisServer
from kefu.testing.suite import Suite
from tests.support.browser_harness import BrowserHarness, open_browser, open_browser_harness
from tests.support.shared_suites import ending_with_unit
from tests.support.suite_browser import SuiteBrowser, open_suite_browser

_LOOP = pytest.mark.asyncio(loop_scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of this folder where its fixtures are."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(_LOOP, append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, for all tests; each opens contexts of its own."""
    async with open_browser() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def harness(own_redis: RedisServer, browser: Browser) -> AsyncIterator[BrowserHarness]:
    """The pages, with scripted answers behind them."""
    async with open_browser_harness(own_redis, browser) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def leads(demo: Suite, browser: Browser) -> AsyncIterator[SuiteBrowser]:
    """Desks of the demo that all tests share."""
    pages = SuiteBrowser(demo, browser)
    yield pages
    await pages.close_pages()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk_suite(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suite]:
    """One suite with the simulated engine and an empty collection "help", for tests that set nothing."""
    async with open_suite_browser(tmp_path_factory.mktemp("desk"), browser) as opened:
        with ending_with_unit(opened.suite):
            yield opened.suite


@pytest_asyncio.fixture(loop_scope="session")
async def suite_browser(desk_suite: Suite, browser: Browser) -> AsyncIterator[SuiteBrowser]:
    """Pages of that suite. Others leave documents and conversations there: each asks about something of its own."""
    pages = SuiteBrowser(desk_suite, browser)
    yield pages
    await pages.close_pages()

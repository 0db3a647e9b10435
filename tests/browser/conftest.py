"""Fixtures of tests in a browser."""

from collections.abc import AsyncIterator

import pytest

from kefu.testing.redis_server import RedisServer
from kefu.testing.suite import Suite
from tests.support.browser_harness import BrowserHarness, find_chromium_or_skip, open_browser, open_browser_harness
from tests.support.suite_browser import SuiteBrowser


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[BrowserHarness]:
    """The pages, with scripted answers behind them."""
    async with open_browser_harness(own_redis) as opened:
        yield opened


@pytest.fixture
async def leads(demo: Suite) -> AsyncIterator[SuiteBrowser]:
    """Desks of the demo that all tests share."""
    find_chromium_or_skip()
    async with open_browser() as browser:
        yield SuiteBrowser(demo, browser)

"""Fixtures of tests in a browser."""

from collections.abc import AsyncIterator

import pytest

from kefu.testing.redis_server import RedisServer
from tests.support.browser_harness import BrowserHarness, open_browser_harness


@pytest.fixture
async def harness(redis: RedisServer) -> AsyncIterator[BrowserHarness]:
    """The pages, with scripted answers behind them."""
    async with open_browser_harness(redis) as opened:
        yield opened

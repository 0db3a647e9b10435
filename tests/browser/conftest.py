"""Fixtures of tests in a browser."""

from collections.abc import AsyncIterator

import pytest

from kefu.testing.redis_server import RedisServer
from tests.support.pages import Front, open_front


@pytest.fixture
async def front(redis: RedisServer) -> AsyncIterator[Front]:
    """The pages, with scripted answers behind them."""
    async with open_front(redis) as opened:
        yield opened

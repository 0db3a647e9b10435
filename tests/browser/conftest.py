"""Fixtures of tests in a browser."""

from collections.abc import AsyncIterator

import pytest

from tests.support.pages import Front, open_front
from tests.support.redis_server import RedisServer


@pytest.fixture
async def front(redis: RedisServer) -> AsyncIterator[Front]:
    """The pages, with scripted answers behind them."""
    async with open_front(redis) as opened:
        yield opened

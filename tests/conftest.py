"""Fixtures that tests of several kinds share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.redis_server import RedisServer, redis_server


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """A real Redis with an append-only file, empty, for one test."""
    async with redis_server(tmp_path / "redis") as server:
        yield server

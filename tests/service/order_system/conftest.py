"""A shop with the demo's data, new for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.service.order_system.harness import Shop, open_shop


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path, kefu="https://kefu.example.com") as shop:
        yield shop

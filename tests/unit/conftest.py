"""Fixtures that tests of the command line share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.scripted_kefu import Kefu, scripted_kefu


@pytest.fixture
async def kefu(tmp_path: Path) -> AsyncIterator[Kefu]:
    """The command line, pointed at scripted services."""
    async with scripted_kefu(tmp_path) as one:
        yield one

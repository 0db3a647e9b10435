"""Fixtures that tests of the command line share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.cli_harness import CliHarness, open_cli_harness


@pytest.fixture
async def kefu(tmp_path: Path) -> AsyncIterator[CliHarness]:
    """The command line, pointed at scripted services."""
    async with open_cli_harness(tmp_path) as one:
        yield one

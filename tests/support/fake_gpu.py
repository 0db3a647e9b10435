"""
A fake of `FaissDevice`: CPU indexes that take and refuse what FAISS's GPU indexes do. No GPU, and no measure of one.

`fake_gpu_command` runs it in a process of its own, as FAISS on a GPU does, that can end or hang as that one would.
"""

import json
import os
import sys
import time
from collections import Counter
from multiprocessing.connection import Connection
from typing import Any

import faiss  # pyright: ignore[reportMissingTypeStubs]
import numpy as np

from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.embedder import HalfVectors
from kefu.retrieval.vectorstore.faiss_device import MAX_NEAREST, DeviceFull
from kefu.retrieval.vectorstore.gpu_process import GpuLost, serve
from kefu.retrieval.vectorstore.vector_store import Rows


class FakeDevice:
    """See IndexDevice. It may have little memory, and fail at the n-th call of any kind."""

    def __init__(self, memory: float = float("inf"), fail_at: str = "", after: int = 0, how: str = "error") -> None:
        """`memory`: bytes of vectors that it holds. It fails at call number `after` of `fail_at`: with `error`, as
        GpuProcess reports that; or by `abort`, as FAISS does; or by `hang`.
        """
        self.calls = Counter[str]()
        self.sizes: list[int] = []
        """Number of queries of each search."""
        self._indexes: dict[int, Any] = {}
        self._memory = memory
        self._fail_at, self._after, self._how = fail_at, after, how

    def create(self, empty: bytes) -> int:
        self._called("create")
        index: Any = faiss.deserialize_index(np.frombuffer(empty, np.uint8))
        assert index.ntotal == 0
        if isinstance(index, faiss.IndexFlatIP):  # in half precision, as on a GPU
            index = faiss.IndexScalarQuantizer(index.d, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        number = self.calls["create"]
        self._indexes[number] = index
        return number

    def add(self, number: int, vectors: HalfVectors) -> None:
        self._called("add")
        self._memory -= vectors.nbytes
        if self._memory < 0:
            raise DeviceFull("the fake's memory is used up")
        self._indexes[number].add(vectors.astype(np.float32))

    def search(self, number: int, queries: Vectors, count: int) -> Rows:
        self._called("search")
        assert 0 < count <= MAX_NEAREST, "a GPU finds no more"
        self.sizes.append(len(queries))
        rounded = queries.astype(np.float16).astype(np.float32)  # a GPU multiplies half-precision numbers
        return self._indexes[number].search(rounded, count)[1]

    def drop(self, number: int) -> None:
        self._called("drop")
        del self._indexes[number]

    def _called(self, name: str) -> None:
        self.calls[name] += 1
        if name == self._fail_at and self.calls[name] > self._after:
            if self._how == "abort":
                os.abort()
            if self._how == "hang":
                time.sleep(600)
            raise GpuLost("CUDA error 719 unspecified launch failure")


def fake_gpu_command(**options: object) -> list[str]:
    """The command of a process with a FakeDevice, made with some options."""
    return [sys.executable, "-m", "tests.support.fake_gpu", json.dumps(options)]


if __name__ == "__main__":
    serve(Connection(int(sys.argv[2])), FakeDevice(**json.loads(sys.argv[1])))

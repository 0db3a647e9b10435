"""
FAISS on one GPU: all that only a GPU build of FAISS has is used here, in a process of its own (see gpu_process.py).

FAISS ends its process (`abort`) at any CUDA error but a failed allocation. So nothing else lives in that process.
"""

import ctypes
from importlib.util import find_spec
from typing import Any, Protocol

import faiss  # pyright: ignore[reportMissingTypeStubs]
import numpy as np

from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.embedder import HalfVectors
from kefu.retrieval.vectorstore.vector_store import Rows

MAX_NEAREST = 2048
"""Most vectors that a search on a GPU finds, and most inverted lists that it reads."""
_GROWTH = 2.0
"""Memory on the GPU beside that of the vectors themselves: FAISS doubles its buffers, and copies them to do so."""
_MAX_TEMPORARY_BYTES = 256 * 2**20
_ALLOCATION_ERRORS = ("alloc fail", "out of memory", "cudaHostAlloc")


class DeviceFull(Exception):
    """The share of the GPU's memory is used up."""


class IndexDevice(Protocol):
    """Indexes on a GPU. A vector's position is the number of vectors that were added before it.

    Methods raise DeviceFull, or RuntimeError when the GPU fails.
    """

    def create(self, empty: bytes) -> int:
        """A new index on the GPU, like an empty, trained one that faiss.serialize_index wrote. Returns its number."""
        ...

    def add(self, number: int, vectors: HalfVectors) -> None:
        """Add vectors to an index."""
        ...

    def search(self, number: int, queries: Vectors, count: int) -> Rows:
        """Positions of the `count` nearest vectors to each query, best first, and -1 after the last. At most
        MAX_NEAREST."""
        ...

    def drop(self, number: int) -> None:
        """Delete an index, and free its memory."""
        ...


class FaissDevice:
    """See IndexDevice."""

    def __init__(self, share: float) -> None:
        """The first GPU, of which `share` of the memory may be used."""
        untyped: Any = faiss
        if not untyped.get_num_gpus():
            raise RuntimeError("FAISS finds no GPU here.")
        self._faiss = untyped
        budget = int(share * _total_memory(0))
        temporary = min(budget // 4, _MAX_TEMPORARY_BYTES)
        self._resources: Any = untyped.StandardGpuResources()
        self._resources.setTempMemory(temporary)
        self._resources.setPinnedMemory(0)  # serves searches of more than 256 MiB of queries
        self._free = budget - temporary
        self._indexes: dict[int, Any] = {}
        self._bytes: dict[int, int] = {}
        self._next = 0

    def create(self, empty: bytes) -> int:
        """See IndexDevice."""
        template = self._faiss.deserialize_index(np.frombuffer(empty, np.uint8))
        index = self._on_gpu(template)
        number, self._next = self._next, self._next + 1
        self._indexes[number], self._bytes[number] = index, 0
        return number

    def add(self, number: int, vectors: HalfVectors) -> None:
        """See IndexDevice."""
        needed = int(_GROWTH * (vectors.nbytes + 8 * len(vectors)))  # a vector of an inverted list has an id
        if needed > self._free:
            raise DeviceFull(f"{needed / 2**20:.0f} MiB more were needed, and {self._free / 2**20:.0f} MiB are left.")
        self._run(self._indexes[number].add, vectors.astype(np.float32))
        self._free -= needed
        self._bytes[number] += needed

    def search(self, number: int, queries: Vectors, count: int) -> Rows:
        """See IndexDevice."""
        _, positions = self._run(self._indexes[number].search, queries, count)
        return positions

    def drop(self, number: int) -> None:
        """See IndexDevice."""
        del self._indexes[number]
        self._free += self._bytes.pop(number)

    def _on_gpu(self, template: Any) -> Any:
        options = self._faiss.GpuClonerOptions()
        options.useFloat16 = True  # of an exact index: vectors as they are stored
        if _has_cuvs():
            options.use_cuvs = True
            try:
                return self._run(self._faiss.index_cpu_to_gpu, self._resources, 0, template, options)
            except RuntimeError as exc:
                if "not implemented for cuVS" not in str(exc):
                    raise
                options.use_cuvs = False
        return self._run(self._faiss.index_cpu_to_gpu, self._resources, 0, template, options)

    def _run(self, call: Any, *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except RuntimeError as exc:
            if any(words in str(exc) for words in _ALLOCATION_ERRORS):
                raise DeviceFull(str(exc).strip().rpartition("\n")[2]) from exc
            raise


def is_gpu_build() -> bool:
    """Whether the installed FAISS can use a GPU at all. Touches no driver."""
    return hasattr(faiss, "StandardGpuResources")


def _has_cuvs() -> bool:
    return find_spec("faiss._cuvs_build") is not None  # the mark of the package faiss-gpu-cuvs


def _total_memory(device: int) -> int:
    """Bytes of memory of a GPU, from the driver: FAISS does not tell."""
    driver = ctypes.CDLL("libcuda.so.1")
    handle, total = ctypes.c_int(), ctypes.c_size_t()
    statuses = (
        driver.cuInit(0),
        driver.cuDeviceGet(ctypes.byref(handle), device),
        driver.cuDeviceTotalMem_v2(ctypes.byref(total), handle),
    )
    if any(statuses):
        raise RuntimeError(f"The driver did not tell the GPU's memory (CUDA error {max(statuses)}).")
    return total.value

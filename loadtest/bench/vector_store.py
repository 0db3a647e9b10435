"""
What the vector store does in a second: adding vectors, searching one at a time, and 16 searches at once.

    python -m loadtest.bench.vector_store [--vectors 100000] [--exact-up-to 200000] [--json]

It searches where KEFU_RETRIEVAL_DEVICE says, as the service does, and tells where that was in truth. With a GPU, the
CPU is measured in the same run, and how much of what it finds the GPU finds. Vectors are drawn around 500 subjects,
five of them to a document.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Annotated, Any

import numpy as np
import structlog
import typer

from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.embedder import HalfVectors
from kefu.retrieval.ranking.ranker import NEAREST_VECTORS
from kefu.retrieval.vectorstore.faiss_store import EXACT_UP_TO, FaissVectors
from kefu.retrieval.vectorstore.gpu_process import GpuProcess
from kefu.retrieval.vectorstore.vector_store import PassageVectors
from kefu.retrieval.vectorstore.vector_store_factory import start_gpu
from loadtest.harness.environment import describe_environment

_SUBJECTS, _OF_A_DOCUMENT, _AT_ONCE = 500, 5, 16


class Device(StrEnum):
    """See KEFU_RETRIEVAL_DEVICE."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


@dataclass(frozen=True)
class Measurement:
    """What one store did. Times are in milliseconds, of a call that gives the 256 nearest vectors to each query."""

    where: str
    kind: str
    """Exact, or inverted lists."""
    vectors: int
    dimension: int
    added_per_second: float
    first_ms: float
    """The first search, which also sends what the GPU has not yet."""
    one_p50_ms: float
    one_p95_ms: float
    together_p50_ms: float
    together_p95_ms: float
    together_per_second: float
    """Searches a second, 16 in a call."""
    agreement: float | None = None
    """Share of what the CPU finds that this one finds too."""


def measure(
    vectors: HalfVectors, queries: Vectors, exact_up_to: int, gpu: GpuProcess | None
) -> tuple[Measurement, list[list[int]]]:
    """Fill a store and search it. Also gives the numbers that were found for each query."""
    store = FaissVectors(vectors.shape[1], exact_up_to, gpu=gpu)
    began = time.perf_counter()
    for document, at in enumerate(range(0, len(vectors), _OF_A_DOCUMENT)):
        part = vectors[at : at + _OF_A_DOCUMENT]
        passages = [PassageVectors(at + number, str(number), vector[None]) for number, vector in enumerate(part)]
        store.put(str(document), 1, passages)
    first = _milliseconds(lambda: store.nearest(queries[:1], NEAREST_VECTORS))
    added = time.perf_counter() - began
    one = [
        _milliseconds(lambda at=at: store.nearest(queries[at : at + 1], NEAREST_VECTORS)) for at in range(len(queries))
    ]
    groups = [queries[at : at + _AT_ONCE] for at in range(0, len(queries) - _AT_ONCE + 1, _AT_ONCE)]
    together = [_milliseconds(lambda group=group: store.nearest(group, NEAREST_VECTORS)) for group in groups]
    return (
        Measurement(
            where="GPU" if store.is_batched else "CPU",
            kind="inverted lists" if store.is_approximate else "exact",
            vectors=len(store),
            dimension=vectors.shape[1],
            added_per_second=len(vectors) / added,
            first_ms=first,
            one_p50_ms=float(np.percentile(one, 50)),
            one_p95_ms=float(np.percentile(one, 95)),
            together_p50_ms=float(np.percentile(together, 50)),
            together_p95_ms=float(np.percentile(together, 95)),
            together_per_second=1000 * _AT_ONCE * len(together) / sum(together),
        ),
        store.nearest(queries, NEAREST_VECTORS),
    )


def main(
    vectors: Annotated[int, typer.Option(min=_OF_A_DOCUMENT, help="Vectors in the store.")] = 100_000,
    dimension: Annotated[int, typer.Option(min=8, help="Numbers of a vector.")] = 384,
    searches: Annotated[int, typer.Option(min=_AT_ONCE, help="Searches, alone and then 16 at once.")] = 320,
    exact_up_to: Annotated[int, typer.Option(help="Most vectors for exact search.")] = EXACT_UP_TO,
    device: Annotated[Device, typer.Option(envvar="KEFU_RETRIEVAL_DEVICE")] = Device.AUTO,
    share: Annotated[float, typer.Option(envvar="KEFU_RETRIEVAL_GPU_MEMORY_UTILIZATION")] = 0.1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON rather than a table.")] = False,
) -> None:
    """Measure and print."""
    environment = describe_environment()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # standard output is for the outcome
    draw = np.random.default_rng(1)
    subjects = draw.normal(size=(_SUBJECTS, dimension)).astype(np.float32)

    def some(count: int) -> Vectors:
        near = subjects[draw.integers(_SUBJECTS, size=count)]
        rows = near + draw.normal(size=(count, dimension)).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    held, queries = some(vectors).astype(np.float16), some(searches)
    found: list[Measurement] = []
    gpu = start_gpu(device.value, share)
    try:
        on_cpu, expected = measure(held, queries, exact_up_to, None)
        found.append(on_cpu)
        if gpu is not None:
            on_gpu, numbers = measure(held, queries, exact_up_to, gpu)
            same = [len(set(one) & set(other)) / len(other) for one, other in zip(numbers, expected, strict=True)]
            found.append(replace(on_gpu, agreement=float(np.mean(same))))
    finally:
        if gpu is not None:
            gpu.close()
    if as_json:
        print(json.dumps({**environment.as_json(), "measurements": [asdict(one) for one in found]}, indent=2))
        return
    print(f"{environment}; device asked for: {device.value}")
    for one in found:
        print(f"{one.where}, {one.kind}, {one.vectors:,} vectors of {one.dimension}:")
        print(f"  added {one.added_per_second:,.0f} a second, the first search of {one.first_ms:.1f} ms included")
        print(f"  one at a time: p50 {one.one_p50_ms:.2f} ms, p95 {one.one_p95_ms:.2f} ms")
        print(
            f"  {_AT_ONCE} at once: p50 {one.together_p50_ms:.2f} ms, p95 {one.together_p95_ms:.2f} ms, "
            f"{one.together_per_second:,.0f} searches a second"
        )
        if one.agreement is not None:
            print(f"  finds {one.agreement:.2%} of what the CPU finds")


def _milliseconds(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    typer.run(main)

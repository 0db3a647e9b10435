"""
Which part of retrieval computes where, for logs and metrics.

A GPU makes retrieval faster and never decides whether it works. Without one, without enough memory, or when it is lost
while the service runs, the CPU goes on until the service is started anew.
"""

from enum import StrEnum

import structlog
from prometheus_client import Counter, Gauge

ON_GPU = Gauge(
    "kefu_retrieval_on_gpu",
    "1 when this part of retrieval computes on the GPU, 0 when the CPU does, be it for one collection.",
    ("part",),
)
GPU_FALLBACKS = Counter(
    "kefu_retrieval_gpu_fallbacks_total",
    "Times that the CPU took over from the GPU, or began in its place, by part of retrieval and reason.",
    ("part", "reason"),
)
_log = structlog.stdlib.get_logger()


class Part(StrEnum):
    """A part of retrieval that can compute on a GPU."""

    VECTORS = "vectors"
    EMBEDDER = "embedder"
    RERANKER = "reranker"


class Reason(StrEnum):
    """Why the CPU computes in the GPU's place."""

    MISSING = "missing"
    """There is no GPU, no driver, or no build of the library that could use it."""
    MEMORY = "memory"
    """Its share of the GPU's memory is too small."""
    LOST = "lost"
    """The GPU or its driver failed, or did not answer."""


def note_gpu(part: Part, **facts: object) -> None:
    """Say that a part computes on the GPU."""
    ON_GPU.labels(part).set(1)
    _log.info("gpu.used", part=part, **facts)


def note_cpu(part: Part) -> None:
    """Say that a part computes on the CPU because nobody wants it otherwise."""
    ON_GPU.labels(part).set(0)


def note_fallback(part: Part, reason: Reason, cause: str, *, expected: bool = False) -> None:
    """Say that the CPU computes in the GPU's place. `expected`: nobody asked for a GPU by name, and there is none."""
    ON_GPU.labels(part).set(0)
    GPU_FALLBACKS.labels(part, reason).inc()
    log = _log.info if expected else _log.warning
    log("gpu.not_used", part=part, reason=reason, cause=cause, instead="the CPU")

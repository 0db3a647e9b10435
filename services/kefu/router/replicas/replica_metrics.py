"""Metrics of replicas: of each as many series as there are replicas and no more, and how many of them can answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge

from kefu.router.replicas.circuit_breaker import CircuitBreaker
from kefu.router.replicas.load import ReplicaLoad

LOAD_TOKENS = Gauge(
    "kefu_replica_load_tokens",
    "What a replica owes, as this router sees it: owed + sent - accepted. NaN while its reports are stale.",
    ("replica",),
)
OPEN_STREAMS = Gauge("kefu_replica_open_streams", "Answers that come from a replica now.", ("replica",))
BREAKER_STATE = Gauge("kefu_replica_breaker_state", "A replica's breaker: 0 closed, 1 half-open, 2 open.", ("replica",))
BREAKER_OPENED = Counter(
    "kefu_replica_breaker_opened_total", "Times that a replica failed too often before first tokens.", ("replica",)
)
READY = Gauge(
    "kefu_replicas_ready",
    "Replicas that can answer, as this router sees them: connected, and neither loading, draining nor left alone.",
    ("kind",),
)
WATCH_CONNECTED = Gauge(
    "kefu_endpoint_watch_connected",
    "1 while this router follows the EndpointSlices of a service; 0 while it knows no newer addresses than it has.",
    ("endpoints",),
)
_ALL = (LOAD_TOKENS, OPEN_STREAMS, BREAKER_STATE, BREAKER_OPENED)


def export(address: str, load: ReplicaLoad, breaker: CircuitBreaker) -> None:
    """Export a replica's metrics, read at each scrape, until `remove`."""
    LOAD_TOKENS.labels(address).set_function(lambda: float("nan") if load.is_stale else load.owed_tokens)
    OPEN_STREAMS.labels(address).set_function(lambda: load.in_flight)
    BREAKER_STATE.labels(address).set_function(lambda: breaker.state)
    BREAKER_OPENED.labels(address)


def remove(address: str) -> None:
    """Remove a replica's series, so that there are never more of them than replicas."""
    for metric in _ALL:
        metric.remove(address)


@contextmanager
def exported_ready(kind: str, count: Callable[[], int]) -> Iterator[None]:
    """Export how many replicas of a kind (generation, retrieval) can answer, at each scrape, while the block runs.

    `count` is called in the thread that serves the metrics.
    """
    READY.labels(kind).set_function(count)
    try:
        yield
    finally:
        READY.remove(kind)

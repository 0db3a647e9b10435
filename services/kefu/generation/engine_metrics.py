"""
Engine metrics: what vLLM's dashboards show, by vLLM's names (`vllm:…`), for engines that do not count it themselves.

Names, labels and buckets are vLLM's, so that one dashboard and one alert serve every engine. What an engine has no
notion of, such as preemptions, is not exported. Times are those of the engine, without the queue before it.
"""

import time

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from kefu.generation.engine import Engine, Event, Finished, FinishReason, Piece, Started

_LABELS = ("model_name", "engine")
_FIRST_TOKEN_BUCKETS = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75),
    *(1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0, 160.0, 640.0, 2560.0),
)
_REQUEST_BUCKETS = (
    *(0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0),
    *(40.0, 50.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 7680.0),
)
_ABORT = "abort"
"""vLLM's reason of a request that its caller gave up."""


class EngineMetrics:
    """Counts of one engine. Only one at a time can be in a registry."""

    def __init__(self, engine: Engine, registry: CollectorRegistry = REGISTRY) -> None:
        labels = (engine.describe().model, "0")

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"vllm:{name}", text, _LABELS, registry=registry).labels(*labels)

        def counter(name: str, text: str) -> Counter:
            return Counter(f"vllm:{name}", text, _LABELS, registry=registry).labels(*labels)

        def histogram(name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"vllm:{name}", text, _LABELS, registry=registry, buckets=buckets).labels(*labels)

        gauge("num_requests_running", "Requests that the engine runs.").set_function(lambda: engine.load().running)
        gauge("num_requests_waiting", "Requests that wait in the engine.").set_function(lambda: engine.load().waiting)
        gauge("kv_cache_usage_perc", "Share of the key/value cache in use, 0 to 1.").set_function(
            lambda: engine.load().kv_cache_usage
        )
        self.prompt_tokens = counter("prompt_tokens", "Prompt tokens read, those from the prefix cache included.")
        self.generation_tokens = counter("generation_tokens", "Tokens written.")
        self.prefix_queries = counter("prefix_cache_queries", "Prompt tokens looked up in the prefix cache.")
        self.prefix_hits = counter("prefix_cache_hits", "Prompt tokens found in the prefix cache.")
        self.first_token_seconds = histogram(
            "time_to_first_token_seconds", "From a request's arrival to its first token.", _FIRST_TOKEN_BUCKETS
        )
        self.request_seconds = histogram("e2e_request_latency_seconds", "Requests to their end.", _REQUEST_BUCKETS)
        self._success = Counter(
            "vllm:request_success", "Requests ended, by reason.", (*_LABELS, "finished_reason"), registry=registry
        )
        self._labels: tuple[str, ...] = labels
        for reason in (*(reason.value for reason in FinishReason), _ABORT):
            self._success.labels(*labels, reason)  # at 0 from the start, or a first increase would be no rate

    def ended(self, reason: str) -> None:
        """Count a request that has ended."""
        self._success.labels(*self._labels, reason).inc()

    def request(self) -> "RequestMetrics":
        """Begin to count a request."""
        return RequestMetrics(self)


class RequestMetrics:
    """Counts of one request. It is told every event of the answer, and of its end unless the engine has failed."""

    def __init__(self, metrics: EngineMetrics) -> None:
        self._metrics = metrics
        self._began = time.monotonic()
        self._prompt = 0
        self._written: int | None = None
        self._finished = False

    def observe(self, event: Event) -> None:
        """Count an event; to be called as soon as the engine yields it."""
        match event:
            case Started(prompt_tokens=tokens):
                self._prompt = tokens
            case Piece(token_ids=ids):
                self._first_token()
                self._write(len(ids))
            case Finished():
                self._first_token()
                self._write(event.completion_tokens - (self._written or 0))
                self._metrics.prefix_queries.inc(event.prompt_tokens)
                self._metrics.prefix_hits.inc(event.cached_prompt_tokens)
                self._finished = True
                self._metrics.ended(event.reason.value)
                self._metrics.request_seconds.observe(time.monotonic() - self._began)

    def close(self) -> None:
        """Count a request that ended without its last event as given up."""
        if not self._finished:
            self._metrics.ended(_ABORT)

    def _first_token(self) -> None:
        if self._written is None:
            self._written = 0
            self._metrics.first_token_seconds.observe(time.monotonic() - self._began)
            self._metrics.prompt_tokens.inc(self._prompt)

    def _write(self, tokens: int) -> None:
        if tokens > 0:  # a remote engine tells its count at the end, and no ids before
            self._written = (self._written or 0) + tokens
            self._metrics.generation_tokens.inc(tokens)

"""Logs, metrics and traces of a process. They are set up before anything else is opened."""

import logging
import sys
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import structlog
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import Counter, Gauge, Histogram, start_http_server

from kefu.common.errors import StartupError
from kefu.common.listen_addresses import hosts_to_bind
from kefu.text.pii import PersonalKind, redacted

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

RPC_SECONDS = Histogram(
    "kefu_rpc_seconds",
    "Duration of calls served, by method and status code.",
    ("method", "code"),
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120),
)
RPCS_IN_FLIGHT = Gauge("kefu_rpcs_in_flight", "Calls being served, by method.", ("method",))
UNEXPECTED_ERRORS = Counter("kefu_unexpected_errors_total", "Exceptions that no caller may see.", ("method",))
_PROGRAM_FIELDS = frozenset(
    {"timestamp", "trace_id", "level", "service", "method", "code", "tenant", "subject", "logger"}
)
"""Fields of a log line that the program alone writes. All others are redacted."""


def set_up_logging(service: str, level: str, log_format: Literal["auto", "json", "console"]) -> None:
    """Log to standard error. Each line has the time and the service; inside a call, also its trace id and method.

    `level` is the least level that is logged. `log_format` "auto" is "console" on a terminal, else "json".
    """
    as_console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())

    def add_service(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = service
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        add_service,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # Tracebacks without local variables: they hold keys, and what people wrote. What an exception says may quote it.
    plain = structlog.dev.plain_traceback
    renderer: list[structlog.typing.Processor] = (
        [
            structlog.processors.format_exc_info,
            _without_personal_data,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain),
        ]
        if as_console
        else [
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            _without_personal_data,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for noisy in ("httpx", "httpcore", "asyncio", "opentelemetry", "bm25s", "openai", "mcp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _without_personal_data(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: value if name in _PROGRAM_FIELDS else _redacted(value) for name, value in event.items()}


def _redacted(value: Any) -> Any:
    match value:
        case str():
            return redacted(value, keep=(PersonalKind.IP,))  # a replica's address is what an operator looks for
        case dict():
            return {name: _redacted(inner) for name, inner in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case list() | tuple():
            return [_redacted(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return value


@contextmanager
def traces(service: str, otlp_endpoint: str) -> Iterator[None]:
    """Trace ids for every call while the block runs.

    Spans go to `otlp_endpoint` (OTLP over gRPC, such as http://collector:4317); with an empty one they go nowhere.
    """
    provider = TracerProvider(resource=Resource.create({"service.name": f"kefu-{service}"}))
    if otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint)))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()


@contextmanager
def metrics(listen: str) -> Iterator[None]:
    """A Prometheus endpoint at `listen` ("host:port") while the block runs; none with an empty `listen`.

    Raises StartupError when the address cannot be bound.
    """
    if not listen:
        yield
        return
    host, _, port = listen.rpartition(":")
    try:
        # The last of both wildcards is that of IPv6, where a socket takes IPv4 as well.
        server, thread = start_http_server(int(port), hosts_to_bind(host)[-1])
    except (OSError, ValueError) as exc:
        raise StartupError(f"Cannot serve metrics at {listen} ({exc}); choose another address.") from None
    if (app := server.get_app()) is not None:  # it always is one
        server.set_app(_in_plain_text(app))
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _in_plain_text(app: "WSGIApplication") -> "WSGIApplication":
    """The same page in Prometheus' own format, whatever else is asked for.

    In OpenMetrics prometheus_client writes the engines' `vllm:…` as `vllm_…` for a Prometheus before 3.0, which asks
    for no escaping: dashboards and alerts of that name would find nothing.
    """

    def plain(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        return app({**environ, "HTTP_ACCEPT": ""}, start_response)

    return plain

"""How connections between a client and a server of ours are kept, bounded and renewed: both ends, in one place.

Pings. A client pings every CLIENT_PING_SECONDS, also while nothing is in flight, so that a half-open connection is
noticed. A server takes pings as often as every LEAST_PING_SECONDS and ends connections that ping more often
("too_many_pings"), which leaves a factor of two for the clients' timers. nginx answers its clients' pings itself,
bounds them by volume only, and never pings.

Age. A server may end a connection after some time, gracefully, so that its clients resolve its name again and new
replicas get their share. It is off unless configured: behind nginx a connection lasts for one stream, so that there is
nothing to renew, while an age would cut a stream that is longer than age and grace together; nginx renews its own
clients' connections hourly (keepalive_time). Turn it on where clients come straight through a balancer of connections,
such as a Kubernetes Service; then keep the grace above the longest answer.
"""

from dataclasses import dataclass

CLIENT_PING_SECONDS = 20
LEAST_PING_SECONDS = 10
SERVER_PING_SECONDS = 30
PING_TIMEOUT_SECONDS = 10
MAX_MESSAGE_BYTES = 4 * 1024 * 1024

Options = tuple[tuple[str, int | str], ...]

CLIENT_OPTIONS: Options = (
    ("grpc.keepalive_time_ms", CLIENT_PING_SECONDS * 1000),
    ("grpc.keepalive_timeout_ms", PING_TIMEOUT_SECONDS * 1000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),  # no bound: else the pings of an idle connection cease after two
)
"""Channel options for whoever calls a server of ours."""


@dataclass(frozen=True)
class Transport:
    """What an operator decides about a server's connections; see `ServiceConfig` for each."""

    max_streams_per_connection: int = 10_000
    max_connection_age_seconds: float = 0.0
    max_connection_age_grace_seconds: float = 600.0
    settle_seconds: float = 0.0
    listener_grace_seconds: float = 0.0
    """0 leaves the listening socket to gRPC, which closes it in the moment in which it refuses new calls."""

    def server_options(self) -> Options:
        """Options of a gRPC server."""
        options: Options = (
            ("grpc.so_reuseport", 0),  # else a second process would share the port unnoticed
            ("grpc.keepalive_time_ms", SERVER_PING_SECONDS * 1000),
            ("grpc.keepalive_timeout_ms", PING_TIMEOUT_SECONDS * 1000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_ping_interval_without_data_ms", LEAST_PING_SECONDS * 1000),
            ("grpc.max_concurrent_streams", self.max_streams_per_connection),
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        )
        if self.max_connection_age_seconds:
            options += (
                ("grpc.max_connection_age_ms", round(self.max_connection_age_seconds * 1000)),  # gRPC adds ±10 %
                ("grpc.max_connection_age_grace_ms", round(self.max_connection_age_grace_seconds * 1000)),
            )
        return options


DEFAULT = Transport()

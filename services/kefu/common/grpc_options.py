"""gRPC options of clients and servers: keepalive pings, bounds, and the age of connections.

Pings. A client pings every CLIENT_PING_SECONDS, also while no call is in flight, so that a half-open connection is
noticed. A server accepts pings as often as every MIN_PING_INTERVAL_SECONDS. It ends connections that ping more often
("too_many_pings"), which leaves a factor of two for the clients' timers. nginx answers its clients' pings itself,
bounds them by volume only, and never pings.

Age. A server may end a connection gracefully after some time. Its clients then resolve its name again, and new
replicas get their share. The age is off unless configured. Behind nginx a connection lasts for one stream, so that
there is nothing to renew. There an age would only cut a stream that is longer than age and grace together; nginx renews
its own clients' connections hourly (keepalive_time). Turn the age on where clients come straight through a balancer of
connections, such as a Kubernetes Service. Then keep the grace above the longest answer.
"""

from dataclasses import dataclass

CLIENT_PING_SECONDS = 20
MIN_PING_INTERVAL_SECONDS = 10
SERVER_PING_SECONDS = 30
PING_TIMEOUT_SECONDS = 10
"""A connection is closed when a ping is not answered for this long."""
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
"""The largest message that a server receives."""

Options = tuple[tuple[str, int | str], ...]
"""Names and values of gRPC channel arguments."""

CLIENT_OPTIONS: Options = (
    ("grpc.keepalive_time_ms", CLIENT_PING_SECONDS * 1000),
    ("grpc.keepalive_timeout_ms", PING_TIMEOUT_SECONDS * 1000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),  # no bound: else the pings of an idle connection cease after two
)
"""Channel options for every client of Kefu's servers."""


@dataclass(frozen=True)
class Transport:
    """Connection settings of a server, see the variables of the same names in `ServiceConfig`."""

    max_streams_per_connection: int = 10_000
    max_connection_age_seconds: float = 0.0
    max_connection_age_grace_seconds: float = 600.0
    settle_seconds: float = 0.0
    listener_grace_seconds: float = 0.0
    """0 leaves the listening socket to gRPC, which closes it in the moment in which it refuses new calls."""
    ping_seconds: float = SERVER_PING_SECONDS
    """Seconds between the server's pings on an idle connection."""

    def server_options(self) -> Options:
        """The options of a gRPC server with these settings."""
        options: Options = (
            ("grpc.so_reuseport", 0),  # else a second process would share the port unnoticed
            ("grpc.keepalive_time_ms", round(self.ping_seconds * 1000)),
            ("grpc.keepalive_timeout_ms", PING_TIMEOUT_SECONDS * 1000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_ping_interval_without_data_ms", MIN_PING_INTERVAL_SECONDS * 1000),
            ("grpc.max_concurrent_streams", self.max_streams_per_connection),
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        )
        if self.max_connection_age_seconds:
            options += (
                ("grpc.max_connection_age_ms", round(self.max_connection_age_seconds * 1000)),  # gRPC adds ±10 %
                ("grpc.max_connection_age_grace_ms", round(self.max_connection_age_grace_seconds * 1000)),
            )
        return options


DEFAULT_TRANSPORT = Transport()

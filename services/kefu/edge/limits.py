"""nginx's limits, all derived from one figure: the most streams that may be open at once."""

import resource
from dataclasses import dataclass

from kefu.common.errors import StartupError

DEFAULT_STREAMS = 5000
_CONNECTIONS_PER_STREAM = 2
_SPARE_CONNECTIONS = 64  # listening sockets, the resolver, the channel to the master
_SPARE_DESCRIPTORS = 256  # log files, epoll, and connections that are closed and not yet swept
_REQUESTS_PER_STREAM = 200


@dataclass(frozen=True)
class Limits:
    """Limits that fit together. Connections and descriptors are counted per worker process, as nginx does."""

    streams: int
    """Most streams open at once over all workers, and on one client's connection."""
    workers: int
    connections: int
    descriptors: int
    requests_per_connection: int
    idle_seconds: int = 3600
    """A client's connection without calls is kept for this long."""
    silent_seconds: int = 900
    """A stream in which neither side sends anything for this long is ended. The router's own time-outs, which know why
    an answer is late, are much shorter: this one is a last resort."""
    watch_silent_seconds: int = 3600
    """The same for a browser's stream, which is silent while no message is written. The page then reconnects."""
    import_silent_seconds: int = 3600
    """The same for an import."""
    request_seconds: int = 30
    """Longest pause between two parts of a request, but for an import."""
    send_seconds: int = 60
    """A client that takes nothing for this long is cut off; the router's `slow_reader_seconds` comes first."""


def limits_for(streams: int, *, cores: int, descriptors: int) -> Limits:
    """The limits for `streams`, with so many `cores`, and so many `descriptors` per process.

    One worker has to carry all streams, since a chat backend may send them over one connection. It needs a connection
    to a router for each stream, and as many from clients. Over all workers, two at least, that leaves room for twice as
    many clients as there are streams. Raises StartupError when the descriptors do not suffice.
    """
    connections = _CONNECTIONS_PER_STREAM * streams + _SPARE_CONNECTIONS
    needed = connections + _SPARE_DESCRIPTORS
    if needed > descriptors:
        raise StartupError(
            f"{streams} open streams need {needed} descriptors in each nginx worker, and a process may have "
            f"{descriptors} here: ask for at most {most_streams(descriptors)} streams, or raise the limit "
            "(ulimit -Hn, LimitNOFILE=)."
        )
    return Limits(
        streams=streams,
        workers=max(2, min(cores, 32)),
        connections=connections,
        descriptors=needed,
        requests_per_connection=max(10_000, _REQUESTS_PER_STREAM * streams),
    )


def most_streams(descriptors: int) -> int:
    """Most streams that `limits_for` accepts with so many descriptors per process."""
    return max(0, (descriptors - _SPARE_DESCRIPTORS - _SPARE_CONNECTIONS) // _CONNECTIONS_PER_STREAM)


def descriptors_here() -> int:
    """Most descriptors that a child of this process may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 20 if hard == resource.RLIM_INFINITY else hard

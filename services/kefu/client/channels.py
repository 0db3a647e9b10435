"""gRPC channels to an address as people write it: host:port, http://host:port, or https://host:port for TLS."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import grpc.aio

from kefu.common.grpc_options import CLIENT_OPTIONS

SECONDS_PER_CALL = 30
"""The deadline of every call that is no stream."""
_LONG_CALLS = (
    ("kefu.router.v1.ChatService", "Converse"),
    ("kefu.router.v1.ChatService", "ResumeTurn"),
    ("kefu.router.v1.ChatService", "WatchSession"),
    ("kefu.router.v1.DeskService", "WatchDesk"),
    ("kefu.router.v1.GoldenQuestionService", "RunGoldenQuestions"),
    ("kefu.retrieval.v1.KnowledgeService", "ImportDocuments"),
)


@asynccontextmanager
async def open_channel(address: str, root_certificate: str = "") -> AsyncIterator[grpc.aio.Channel]:
    """A channel while the block runs. Calls other than streams end after SECONDS_PER_CALL.

    For the arguments see `channel_to`.
    """
    service_config: dict[str, object] = {
        "methodConfig": [
            {"name": [{}], "timeout": f"{SECONDS_PER_CALL}s"},
            {"name": [{"service": service, "method": method} for service, method in _LONG_CALLS]},
        ]
    }
    options = (
        ("grpc.service_config", json.dumps(service_config)),
        ("grpc.initial_reconnect_backoff_ms", 200),
        ("grpc.max_reconnect_backoff_ms", 1000),
        *CLIENT_OPTIONS,
    )
    async with channel_to(address, root_certificate, options) as channel:
        yield channel


def channel_to(
    address: str, root_certificate: str = "", options: Sequence[tuple[str, int | str]] = ()
) -> grpc.aio.Channel:
    """A channel to `address`, with TLS if its scheme is https or grpcs; the port is then 443 by default.

    `root_certificate` is the path of a PEM file with the certificates to trust in place of the system's.
    """
    target, credentials = _parts(address, root_certificate)
    if credentials is None:
        return grpc.aio.insecure_channel(target, options=options)
    return grpc.aio.secure_channel(target, credentials, options=options)


def blocking_channel_to(
    address: str, root_certificate: str = "", options: Sequence[tuple[str, int | str]] = ()
) -> grpc.Channel:
    """A channel as from `channel_to`, for a thread without an event loop."""
    target, credentials = _parts(address, root_certificate)
    if credentials is None:
        return grpc.insecure_channel(target, options=options)
    return grpc.secure_channel(target, credentials, options=options)


def _parts(address: str, root_certificate: str) -> tuple[str, grpc.ChannelCredentials | None]:
    scheme, _, rest = address.rpartition("://")
    if scheme not in ("https", "grpcs"):
        return (rest if scheme == "http" else address), None
    roots = Path(root_certificate).read_bytes() if root_certificate else None
    return (rest if ":" in rest else f"{rest}:443"), grpc.ssl_channel_credentials(roots)

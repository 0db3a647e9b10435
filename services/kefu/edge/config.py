"""nginx's configuration, from the templates in deploy/nginx."""

import base64
import getpass
import grp
import os
import string
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from kefu.common.errors import (
    AddressLimit,
    BackendUnavailable,
    BadRequest,
    DeadlineExceeded,
    MethodUnknown,
    RequestTooLarge,
    ServiceError,
)
from kefu.common.status import trailers_of
from kefu.edge.limits import Limits
from kefu.edge.nginx import Nginx

_TEMPLATES = Path(__file__).parent / "templates"
_CHAT = "/kefu.router.v1.ChatService/"
_ADMIN = "/kefu.router.v1.AdminService/"
_STAFF = tuple(f"/kefu.router.v1.{service}/" for service in ("DeskService", "InsightService", "WebhookService"))
_KNOWLEDGE = "/kefu.retrieval.v1.KnowledgeService/"
_IMPORT = f"= {_KNOWLEDGE}ImportDocuments"


@dataclass(frozen=True)
class Certificate:
    """Files in PEM: a certificate with its chain, and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Inside:
    """TLS between nginx and the services: both ends show a certificate of one authority."""

    shown: Certificate
    authority: Path
    router_name: str
    """Has to be in the routers' certificate."""
    retrieval_name: str


@dataclass(frozen=True)
class Edge:
    """What nginx shall do."""

    listen: str
    """host:port of ChatService, health and reflection."""
    routers: Sequence[str]
    folder: Path
    """An absolute path: nginx's pid and temporary files."""
    limits: Limits
    retrieval: Sequence[str] = ()
    """Retrieval services, when KnowledgeService is to be served as well."""
    admin: bool = False
    """AdminService, and what the support team calls of the router, is to be served as well."""
    operations_listen: str = ""
    """host:port of KnowledgeService and AdminService, when that is another one than `listen`."""
    certificate: Certificate | None = None
    inside: Inside | None = None
    access_log: str = "/dev/stdout"
    error_log: str = "stderr"
    shutdown_seconds: float = 20.0
    """After SIGQUIT, streams have this long to end."""
    keyless_per_second: int = 50
    """Calls without a key per second and address: health and reflection."""
    started_by_root: bool | None = None
    """nginx will be; None: as this process is."""


def render(edge: Edge, nginx: Nginx) -> str:
    """The text of nginx.conf."""
    public = [_location(edge, _CHAT), *_open_locations(edge)]
    operations = [_location(edge, path) for path in (_ADMIN, *_STAFF)] if edge.admin else []
    if edge.retrieval:
        operations += [_location(edge, _IMPORT), _location(edge, _KNOWLEDGE)]
    if edge.operations_listen:
        servers = [
            _server(edge, nginx, edge.listen, public),
            _server(edge, nginx, edge.operations_listen, [*operations, *_open_locations(edge)]),
        ]
    else:
        servers = [_server(edge, nginx, edge.listen, [*public, *operations])]
    limits = edge.limits
    return _fill(
        "nginx.conf",
        user=_user() if edge.started_by_root is not False else "",
        folder=edge.folder,
        error_log=edge.error_log,
        access_log=edge.access_log,
        streams=limits.streams,
        workers=limits.workers,
        connections=limits.connections,
        descriptors=limits.descriptors,
        requests_per_connection=limits.requests_per_connection,
        idle_seconds=limits.idle_seconds,
        send_seconds=limits.send_seconds,
        shutdown_seconds=round(edge.shutdown_seconds),
        keyless_per_second=edge.keyless_per_second,
        keyless_burst=4 * edge.keyless_per_second,
        keyless_open=2 * edge.keyless_per_second,
        routers=_servers_of(edge.routers),
        retrieval_upstream=_retrieval_upstream(edge.retrieval),
        inside=_inside(edge.inside),
        servers="\n".join(servers),
    )


def _server(edge: Edge, nginx: Nginx, listen: str, locations: Sequence[str]) -> str:
    words = [listen, *(["ssl"] if edge.certificate else []), *([] if nginx.has_http2_directive else ["http2"])]
    # Without reuseport one worker gets most connections. nginx sends no pings: TCP's own find clients that are gone.
    words += ["reuseport", "backlog=4096", "so_keepalive=60s:20s:3"]
    options = ["http2 on;"] if nginx.has_http2_directive else []
    if edge.certificate:
        options += [
            f'ssl_certificate "{edge.certificate.certificate}";',
            f'ssl_certificate_key "{edge.certificate.key}";',
            "ssl_protocols TLSv1.2 TLSv1.3;",
            "ssl_session_cache shared:edge:16m;",
            "ssl_session_timeout 1h;",
            "ssl_buffer_size 4k;  # a delta is small, and must not wait for a larger record",
        ]
    return _fill(
        "server",
        listen=" ".join(words),
        listen_options="\n".join(f"        {option}" for option in options),
        locations="\n".join(locations),
        refusals="\n".join(_refusal(name, error) for name, error in _REFUSALS.items()),
    )


def _location(edge: Edge, path: str) -> str:
    limits = edge.limits
    is_import = path == _IMPORT
    to_retrieval = path in (_IMPORT, _KNOWLEDGE)
    upstream = "kefu_retrieval" if to_retrieval else "kefu_router"
    passing = [f"grpc_pass grpc{'s' if edge.inside else ''}://{upstream};"]
    if edge.inside:
        passing.append(f"grpc_ssl_name {edge.inside.retrieval_name if to_retrieval else edge.inside.router_name};")
    return _fill(
        "location",
        path=path,
        body=_BODIES[path],
        body_seconds=limits.import_silent_seconds if is_import else limits.request_seconds,
        silent_seconds=limits.import_silent_seconds if is_import else limits.silent_seconds,
        passing="\n            ".join(passing),
    )


def _open_locations(edge: Edge) -> list[str]:
    return [_location(edge, path) for path in ("/grpc.health.v1.Health/", "/grpc.reflection.")]


_BODIES = {
    _CHAT: "64k",
    _ADMIN: "256k",
    **dict.fromkeys(_STAFF, "256k"),
    _KNOWLEDGE: "4m",
    _IMPORT: "0",  # no limit: the service bounds each document
    "/grpc.health.v1.Health/": "4k",
    "/grpc.reflection.": "64k",
}
"""client_max_body_size: of a whole request stream, not of a message."""

_REFUSALS: dict[str, ServiceError] = {
    "@unavailable": BackendUnavailable("No router or service behind this address answered; try again."),
    "@too_large": RequestTooLarge(
        "The request is larger than this method takes (64 KiB for a turn); send less at once."
    ),
    "@keyless": AddressLimit(
        "Too many calls without a key come from this address; send one, or slow down.", retry_after=1.0
    ),
    "@too_slow": DeadlineExceeded("The request did not arrive in time; send it again."),
    "@unknown": MethodUnknown("There is no such method at this address."),
    "@malformed": BadRequest("request", "is not one that can be read here."),
}


def _refusal(name: str, error: ServiceError) -> str:
    """A location that answers with an error as a service of ours would: status, message and details, and no body."""
    [(_, details)] = trailers_of(error)
    return _fill(
        "refusal",
        name=name,
        status=error.code.value[0],
        # https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md: messages are percent-encoded, binary is base64
        message=quote(error.message, safe=" !#&'()*+,-./:;<=>?@[]^_`{|}~"),
        details=base64.b64encode(details).decode().rstrip("="),
    )


def _servers_of(addresses: Sequence[str]) -> str:
    return "\n".join(f"        server {address} max_fails=0;" for address in addresses)


def _retrieval_upstream(addresses: Sequence[str]) -> str:
    if not addresses:
        return ""
    return (
        "    upstream kefu_retrieval {\n        zone kefu_retrieval 128k;\n        least_conn;\n"
        f"{_servers_of(addresses)}\n    }}\n"
    )


def _inside(inside: Inside | None) -> str:
    if inside is None:
        return ""
    directives = (
        f'grpc_ssl_certificate "{inside.shown.certificate}";',
        f'grpc_ssl_certificate_key "{inside.shown.key}";',
        f'grpc_ssl_trusted_certificate "{inside.authority}";',
        "grpc_ssl_verify on;",
        "grpc_ssl_server_name on;",
        "grpc_ssl_protocols TLSv1.2 TLSv1.3;",
    )
    return "".join(f"\n    {directive}" for directive in directives)


def _user() -> str:
    # nginx started by root gives its workers to "nobody", who may not enter a private folder.
    return f"user {getpass.getuser()} {grp.getgrgid(os.getgid()).gr_name};\n" if os.geteuid() == 0 else ""


class _Template(string.Template):
    """`%{name}`: nginx has its own use for the dollar."""

    delimiter = "%"


def _fill(template: str, /, **values: object) -> str:
    return _Template((_TEMPLATES / f"{template}.template").read_text("utf-8")).substitute(values).rstrip("\n") + "\n"

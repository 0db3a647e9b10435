"""nginx's configuration, rendered from the templates in this package."""

import getpass
import grp
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kefu.edge.limits import Limits
from kefu.edge.nginx_binary import Nginx
from kefu.edge.proxies import TrustedProxies, client_address_directives
from kefu.edge.refusals import refusals
from kefu.edge.templates import fill
from kefu.edge.tls import Certificate, InternalTls, certificate_maps, internal_directives, listen_directives

_CHAT = "/kefu.router.v1.ChatService/"
_OPERATIONS = tuple(
    f"/kefu.router.v1.{name}Service/"
    for name in ("Admin", "Audit", "Desk", "Experiment", "GoldenQuestion", "Insight", "Review", "Webhook")
)
_KNOWLEDGE = "/kefu.retrieval.v1."
_ATTACHMENTS = "/kefu.router.v1.AttachmentService/"
_UPLOAD = f"= {_ATTACHMENTS}UploadAttachment"
_IMPORT = f"= {_KNOWLEDGE}KnowledgeService/ImportDocuments"
_HEALTH = "= /grpc.health.v1.Health/Check"
"""Not Watch, which needs no key either and never ends."""
_REFLECTION = "/grpc.reflection."
_KEYED_PER_KEYLESS = 40
"""Calls that an address with a key may make for each that it may make without one."""
_OPENAI = "/v1/"
_WEB_IMPORT = "= /api/import"
_WEB_UPLOAD = "= /api/attachments"
_WEB_OPERATIONS = ("/kefu.", "= /desk", "/desk/", "= /mcp", _WEB_IMPORT)
"""Paths of the gateway for support teams and operators: blocked for customers when operations have another address."""
_WEB_SUFFIX = "$edge_kind"
"""A suffix of locations: empty for gRPC, `_web` for all else; see web.template."""
_GRPC_AND_WEB = """\
        error_page 418 = @gateway;
        recursive_error_pages on;  # for nginx the way to the gateway is an error already"""
_GRPC_ONLY = """\
        if ($content_type !~ ^application/grpc) {
            return 415 "This is a gRPC service.\\n";
        }"""


@dataclass(frozen=True)
class Edge:
    """Settings of an nginx."""

    listen: str
    """host:port of ChatService, health and reflection; with a gateway also of its page, widget and `/v1`."""
    routers: Sequence[str]
    folder: Path
    """Absolute path of the folder for nginx's pid and temporary files."""
    limits: Limits
    retrieval: Sequence[str] = ()
    """host:port of retrieval services; with any, what they serve is served too."""
    gateways: Sequence[str] = ()
    """host:port of gateways; with any, browsers and OpenAI clients are served too. All that is not gRPC goes there."""
    admin: bool = False
    """Whether the routers' services for support teams and operators are served too."""
    operations_listen: str = ""
    """host:port of those services and of KnowledgeService, when it differs from `listen`."""
    certificate: Certificate | None = None
    internal_tls: InternalTls | None = None
    proxies: TrustedProxies | None = None
    """Proxies in front that tell the clients' addresses; None: clients connect to nginx themselves. The PROXY protocol
    is spoken at `listen` alone."""
    ipv6: bool = False
    """Whether nginx listens at [::] as well where it is to listen at 0.0.0.0. It does not start where the kernel has no
    IPv6."""
    metrics_listen: str = ""
    """host:port of nginx's own figures for Prometheus, over HTTP without TLS. Empty: none."""
    refusals_to: str = ""
    """host:port of UDP where a gateway counts what a limit refused (KEFU_GATEWAY_EDGE_REFUSALS_LISTEN). Empty: in the
    log alone."""
    access_log: str = "/dev/stdout"
    error_log: str = "stderr"
    shutdown_seconds: float = 20.0
    """Time for streams to end after SIGQUIT."""
    keyless_per_second: int = 50
    """Calls without a key per second and address: health and reflection, and again as many of browsers. With what looks
    like a key it may make forty times as many, and have `limits.streams` open."""
    browsers_open: int = 200
    """Browsers' calls that one address may have open, each page's stream included."""
    started_by_root: bool | None = None
    """Whether root starts nginx; None: when this process runs as root."""


def render(edge: Edge, nginx: Nginx) -> str:
    """The text of nginx.conf. Raises StartupError where this nginx cannot serve browsers beside gRPC."""
    if edge.gateways and edge.certificate is None:
        nginx.need_both_protocols()
    for_customers = [_location(edge, path) for path in (_CHAT, _ATTACHMENTS, _UPLOAD)]
    public = [*for_customers, *_open_locations(edge)]
    operations = [_location(edge, path) for path in _OPERATIONS] if edge.admin else []
    if edge.retrieval:
        operations += [_location(edge, path) for path in (_IMPORT, _KNOWLEDGE)]
    if edge.gateways:
        public += [_gateway_location(_OPENAI), _upload_location(edge, _WEB_UPLOAD)]
        operations += [_upload_location(edge, _WEB_IMPORT)]
    if edge.operations_listen:
        operations_locations = [*operations, *_open_locations(edge)]
        if edge.gateways:
            public += [_blocked_location(path) for path in _WEB_OPERATIONS]
            operations_locations += [_gateway_location(path) for path in (_OPENAI, _CHAT, _ATTACHMENTS)]
            operations_locations += [_upload_location(edge, _WEB_UPLOAD)]
        servers = [
            _server(edge, nginx, edge.listen, public),
            _server(edge, nginx, edge.operations_listen, operations_locations),
        ]
    else:
        servers = [_server(edge, nginx, edge.listen, [*public, *operations])]
    limits = edge.limits
    return fill(
        "nginx.conf",
        certificates=certificate_maps(edge.certificate, edge.internal_tls, nginx),
        client_address=client_address_directives(edge.proxies),
        user=_user() if edge.started_by_root is not False else "",
        folder=edge.folder,
        error_log=edge.error_log,
        access_log=edge.access_log,
        refusals_log=fill("refusals-log", address=edge.refusals_to) if edge.refusals_to else "",
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
        keyed_per_second=_KEYED_PER_KEYLESS * edge.keyless_per_second,
        keyed_burst=4 * _KEYED_PER_KEYLESS * edge.keyless_per_second,
        kind=_WEB_SUFFIX if edge.gateways else "",
        routers=_servers_of(edge.routers),
        retrieval_upstream=_retrieval_upstream(edge.retrieval),
        inside=internal_directives("grpc", edge.internal_tls, nginx),
        web=_web(edge, nginx) if edge.gateways else "",
        servers="\n".join(servers),
        metrics=_metrics(edge),
    )


def _server(edge: Edge, nginx: Nginx, listen: str, locations: Sequence[str]) -> str:
    words = ["proxy_protocol"] if edge.proxies and edge.proxies.speak_proxy_protocol and listen == edge.listen else []
    words += [*(["ssl"] if edge.certificate else []), *([] if nginx.has_http2_directive else ["http2"])]
    # Without reuseport one worker gets most connections. nginx sends no pings: TCP's own find clients that are gone.
    words += ["reuseport", "backlog=4096", "so_keepalive=60s:20s:3"]
    options = ["http2 on;"] if nginx.has_http2_directive else []
    options += listen_directives(edge.certificate)
    return fill(
        "server",
        listen=_listen(edge, listen, *words),
        listen_options="\n".join(f"        {option}" for option in options),
        dispatch=_GRPC_AND_WEB if edge.gateways else _GRPC_ONLY,
        elsewhere="\n".join(_fallback_locations(edge)),
        kind=_WEB_SUFFIX if edge.gateways else "",
        locations="\n".join(locations),
        refusals=refusals(web=bool(edge.gateways)),
    )


def _listen(edge: Edge, listen: str, *words: str) -> str:
    host, _, port = listen.rpartition(":")
    # Two sockets, not one for both: there all of IPv4 would have addresses of one /64, and be limited as one customer.
    addresses = [listen, *([f"[::]:{port}"] if edge.ipv6 and host == "0.0.0.0" else [])]
    return "\n".join(f"        listen {' '.join([address, *words])};" for address in addresses)


def _metrics(edge: Edge) -> str:
    if not edge.metrics_listen:
        return ""
    limits = edge.limits
    return fill(
        "metrics",
        listen=_listen(edge, edge.metrics_listen),
        connections_limit=limits.workers * limits.connections,
        streams=limits.streams,
    )


def _location(edge: Edge, path: str) -> str:
    limits = edge.limits
    is_import = path == _IMPORT
    to_retrieval = path in (_IMPORT, _KNOWLEDGE)
    upstream = "kefu_retrieval" if to_retrieval else "kefu_router"
    passing = ["if ($edge_kind) {", "    return 418;", "}"] if edge.gateways else []
    passing.append(f"grpc_pass grpc{'s' if edge.internal_tls else ''}://{upstream};")
    if edge.internal_tls:
        passing.append(
            f"grpc_ssl_name {edge.internal_tls.retrieval_name if to_retrieval else edge.internal_tls.router_name};"
        )
    return fill(
        "location",
        path=path,
        body=_BODIES[path],
        body_seconds=limits.import_silent_seconds if is_import else limits.request_seconds,
        silent_seconds=limits.import_silent_seconds if is_import else limits.silent_seconds,
        passing="\n            ".join(passing),
    )


def _open_locations(edge: Edge) -> list[str]:
    return [_location(edge, path) for path in (_HEALTH, _REFLECTION)]


def _gateway_location(path: str) -> str:
    return fill("location-web", path=path, body=_BODIES[path])


def _fallback_locations(edge: Edge) -> list[str]:
    if not edge.gateways:
        return [_blocked_location("/")]
    limits = edge.limits
    gateway = fill(
        "gateway",
        body_seconds=limits.request_seconds,
        silent_seconds=limits.watch_silent_seconds,
        passing=_proxy_pass(edge),
    )
    return [_gateway_location("/"), gateway]


def _blocked_location(path: str) -> str:
    return f"        location {path} {{\n            client_max_body_size 64k;\n            return 419;\n        }}\n"


def _upload_location(edge: Edge, path: str) -> str:
    """A path of the gateway that takes whole files, and passes them on as they come."""
    limits = edge.limits
    return fill(
        "location-import",
        path=path,
        body=_BODIES[path],
        body_seconds=limits.import_silent_seconds if path == _WEB_IMPORT else limits.request_seconds,
        silent_seconds=limits.import_silent_seconds,
        passing=_proxy_pass(edge),
    )


def _web(edge: Edge, nginx: Nginx) -> str:
    return fill(
        "web",
        browsers_per_second=edge.keyless_per_second,
        browsers_burst=4 * edge.keyless_per_second,
        browsers_open=edge.browsers_open,
        gateways=_servers_of(edge.gateways),
        inside=internal_directives("proxy", edge.internal_tls, nginx),
    )


def _proxy_pass(edge: Edge) -> str:
    if edge.internal_tls is None:
        return "proxy_pass http://kefu_gateway;"
    return f"proxy_pass https://kefu_gateway;\n            proxy_ssl_name {edge.internal_tls.gateway_name};"


_BODIES = {
    _CHAT: "64k",
    _ATTACHMENTS: "64k",
    _UPLOAD: "70m",  # the longest file that an installation may allow, and a little: the router says what is too large
    _WEB_UPLOAD: "70m",
    _WEB_IMPORT: "0",
    **dict.fromkeys(_OPERATIONS, "256k"),
    _KNOWLEDGE: "4m",
    _IMPORT: "0",  # no limit: the service bounds each document
    _OPENAI: "4m",  # a whole conversation, or many texts to be embedded
    _HEALTH: "4k",
    _REFLECTION: "64k",
    "/": "64k",
}
"""client_max_body_size by path. It bounds a whole request stream, not a message."""


def _servers_of(addresses: Sequence[str]) -> str:
    servers = [f"        server {address} max_fails=0;" for address in addresses]
    # From 1.29.7 on nginx keeps connections by itself. This says no; `keepalive 0` would not be taken by older ones.
    return "\n".join([*servers, "        keepalive_requests 1;"])


def _retrieval_upstream(addresses: Sequence[str]) -> str:
    if not addresses:
        return ""
    return (
        "    upstream kefu_retrieval {\n        zone kefu_retrieval 128k;\n        least_conn;\n"
        f"{_servers_of(addresses)}\n    }}\n"
    )


def _user() -> str:
    # An nginx started by root runs its workers as "nobody", which may not enter a private folder.
    return f"user {getpass.getuser()} {grp.getgrgid(os.getgid()).gr_name};\n" if os.geteuid() == 0 else ""

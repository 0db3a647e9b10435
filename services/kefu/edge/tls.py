"""TLS of nginx: the files, and the directives that name them."""

from dataclasses import dataclass
from pathlib import Path

from kefu.edge.nginx_binary import Nginx

_CERTIFICATE = "$edge_certificate"
_KEY = "$edge_key"
_INSIDE_CERTIFICATE = "$inside_certificate"
_INSIDE_KEY = "$inside_key"


@dataclass(frozen=True)
class Certificate:
    """Files in PEM: a certificate with its chain, and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class InternalTls:
    """TLS between nginx and the services: both ends have a certificate of one authority."""

    own_certificate: Certificate
    authority: Path
    router_name: str
    """Name that the routers' certificate must hold."""
    retrieval_name: str
    gateway_name: str


def certificate_maps(certificate: Certificate | None, inside: InternalTls | None, nginx: Nginx) -> str:
    """Variables that hold the files' paths. nginx reads a file whose path has a variable at each handshake, so that a
    renewed certificate needs no reload, which would cut browsers' streams.
    """
    paths: dict[str, Path] = {}
    if certificate is not None:
        paths |= {_CERTIFICATE: certificate.certificate, _KEY: certificate.key}
    if inside is not None and nginx.has_variable_upstream_certificates:
        paths |= {_INSIDE_CERTIFICATE: inside.own_certificate.certificate, _INSIDE_KEY: inside.own_certificate.key}
    if not paths:
        return ""
    maps = (f'    map $ssl_server_name {name} {{\n        default "{path}";\n    }}\n' for name, path in paths.items())
    return (
        "    # A path in a variable is read at each handshake: a renewed certificate is shown without a reload.\n"
        + "".join(maps)
    )


def listen_directives(certificate: Certificate | None) -> list[str]:
    """Directives of a server that serves TLS; none without a certificate."""
    if certificate is None:
        return []
    return [
        f"ssl_certificate {_CERTIFICATE};",
        f"ssl_certificate_key {_KEY};",
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "ssl_session_cache shared:edge:16m;",
        "ssl_session_timeout 1h;",
        "ssl_buffer_size 4k;  # a delta is small, and must not wait for a larger record",
    ]


def internal_directives(module: str, inside: InternalTls | None, nginx: Nginx) -> str:
    """Directives for the calls of a module, "grpc" or "proxy", to the services."""
    if inside is None:
        return ""
    own = inside.own_certificate
    certificate, key = f'"{own.certificate}"', f'"{own.key}"'
    if nginx.has_variable_upstream_certificates:
        certificate, key = _INSIDE_CERTIFICATE, _INSIDE_KEY
    directives = (
        f"{module}_ssl_certificate {certificate};",
        f"{module}_ssl_certificate_key {key};",
        f'{module}_ssl_trusted_certificate "{inside.authority}";',
        f"{module}_ssl_verify on;",
        f"{module}_ssl_server_name on;",
        f"{module}_ssl_protocols TLSv1.2 TLSv1.3;",
    )
    return "".join(f"\n    {directive}" for directive in directives)

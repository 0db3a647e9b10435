"""TLS of nginx: the files, and the directives that name them."""

from dataclasses import dataclass
from pathlib import Path


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


def internal_directives(module: str, inside: InternalTls | None) -> str:
    """Directives for the calls of a module, "grpc" or "proxy", to the services."""
    if inside is None:
        return ""
    directives = (
        f'{module}_ssl_certificate "{inside.own_certificate.certificate}";',
        f'{module}_ssl_certificate_key "{inside.own_certificate.key}";',
        f'{module}_ssl_trusted_certificate "{inside.authority}";',
        f"{module}_ssl_verify on;",
        f"{module}_ssl_server_name on;",
        f"{module}_ssl_protocols TLSv1.2 TLSv1.3;",
    )
    return "".join(f"\n    {directive}" for directive in directives)

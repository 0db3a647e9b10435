"""
nginx's configuration for deploy/compose.yaml: python -m kefu.edge.compose [--inside-tls] > deploy/compose/nginx.conf

The file is rendered when the configuration changes and not when a container starts, as for Kubernetes: nginx's image
needs no Python. nginx looks names up when it reads its configuration. deploy/compose/nginx.sh reloads it when a name
has another address.
"""

import argparse
import sys
from pathlib import Path

from kefu.common.errors import StartupError
from kefu.edge.kubernetes import CUSTOMERS_PORT, METRICS_PORT, OPERATIONS_PORT, REFUSALS_PORT, SHUTDOWN_SECONDS
from kefu.edge.limits import limits_for
from kefu.edge.nginx_binary import Nginx
from kefu.edge.nginx_config import Edge, render
from kefu.edge.options import add_client_options, with_client_options
from kefu.edge.tls import Certificate, InternalTls

STREAMS = 5000
DESCRIPTORS = 16_384
"""`ulimits` in deploy/compose.yaml."""
_SECRETS = Path("/run/secrets")
_NGINX = Nginx(Path("nginx"), (1, 26, 0))
_INTERNAL_TLS = InternalTls(
    own_certificate=Certificate(_SECRETS / "inside_certificate", _SECRETS / "inside_key"),
    authority=_SECRETS / "inside_authority",
    router_name="kefu-router",
    retrieval_name="kefu-retrieval",
    gateway_name="kefu-gateway",
)


def compose_edge(*, inside_tls: bool = False) -> Edge:
    """nginx beside the other containers: TLS, a separate address for operations, and services by name."""
    return Edge(
        listen=f"0.0.0.0:{CUSTOMERS_PORT}",
        operations_listen=f"0.0.0.0:{OPERATIONS_PORT}",
        metrics_listen=f"0.0.0.0:{METRICS_PORT}",
        routers=["kefu-router:50051"],
        retrieval=["kefu-retrieval:50052"],
        gateways=["kefu-gateway:8080"],
        refusals_to=f"kefu-gateway:{REFUSALS_PORT}",
        admin=True,
        folder=Path("/run/kefu-nginx"),
        limits=limits_for(STREAMS, cores=2, descriptors=DESCRIPTORS),
        certificate=Certificate(_SECRETS / "edge_certificate", _SECRETS / "edge_key"),
        internal_tls=_INTERNAL_TLS if inside_tls else None,
        shutdown_seconds=SHUTDOWN_SECONDS,
        started_by_root=False,
    )


def render_compose(*, inside_tls: bool = False) -> str:
    """nginx.conf, with or without TLS between nginx and the services."""
    return render(compose_edge(inside_tls=inside_tls), _NGINX)


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(
        prog="python -m kefu.edge.compose", description="nginx.conf for deploy/compose.yaml."
    )
    parser.add_argument("--inside-tls", action="store_true", help="call the services over TLS (compose.tls.yaml)")
    add_client_options(parser)
    options = parser.parse_args()
    try:
        edge = compose_edge(inside_tls=options.inside_tls)
        sys.stdout.write(render(with_client_options(edge, options), _NGINX))
    except StartupError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(78)  # sysexits.h: EX_CONFIG


if __name__ == "__main__":
    main()

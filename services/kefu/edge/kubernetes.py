"""
nginx's configuration for the manifests in k8s/: python -m kefu.edge.kubernetes --streams 5000 > OVERLAY/nginx.conf

The file is rendered when an overlay is written and not when a pod starts. So the configuration can be read and compared
there, a change of it rolls the pods (its ConfigMap's name ends in a hash), and nginx's image needs no Python.
"""

import argparse
import sys
from pathlib import Path

from kefu.common.errors import StartupError
from kefu.edge.limits import DEFAULT_STREAMS, Limits, limits_for
from kefu.edge.nginx_binary import Nginx
from kefu.edge.nginx_config import Edge, render
from kefu.edge.options import add_client_options, with_client_options
from kefu.edge.tls import Certificate, InternalTls

CUSTOMERS_PORT = 8443
OPERATIONS_PORT = 8444
METRICS_PORT = 9090
REFUSALS_PORT = 5514
SHUTDOWN_SECONDS = 60.0
"""Longest time that an answer may go on through an nginx that is leaving; the pod's grace period is longer."""
DESCRIPTORS = 524_288
"""The limit that container runtimes give a process (systemd's DefaultLimitNOFILE); nginx takes what it needs."""
_CERTIFICATE = Certificate(Path("/etc/kefu-tls/tls.crt"), Path("/etc/kefu-tls/tls.key"))
_INTERNAL_TLS = InternalTls(
    own_certificate=Certificate(Path("/etc/kefu-inside/tls.crt"), Path("/etc/kefu-inside/tls.key")),
    authority=Path("/etc/kefu-inside/ca.crt"),
    router_name="kefu-router",
    retrieval_name="kefu-retrieval",
    gateway_name="kefu-gateway",
)
_CONNECTION_ATTEMPTS = 3
_NGINX = Nginx(Path("nginx"), (1, 30, 5))
"""The version of nginx's image; from 1.25.1 on the configuration is the same."""


def kubernetes_edge(limits: Limits, *, inside_tls: bool = False, ipv6: bool = True) -> Edge:
    """nginx in a cluster: TLS, a separate address for operations, and each service behind one address."""
    return Edge(
        listen=f"0.0.0.0:{CUSTOMERS_PORT}",
        operations_listen=f"0.0.0.0:{OPERATIONS_PORT}",
        metrics_listen=f"0.0.0.0:{METRICS_PORT}",
        # kube-proxy chooses a router for each connection. A router that just left refuses, and another one is drawn.
        routers=["kefu-router:50051"] * _CONNECTION_ATTEMPTS,
        retrieval=["kefu-knowledge:50052"] * _CONNECTION_ATTEMPTS,
        gateways=["kefu-gateway:8080"] * _CONNECTION_ATTEMPTS,
        refusals_to=f"kefu-gateway:{REFUSALS_PORT}",
        admin=True,
        folder=Path("/run/kefu-nginx"),
        limits=limits,
        certificate=_CERTIFICATE,
        internal_tls=_INTERNAL_TLS if inside_tls else None,
        ipv6=ipv6,  # the kubelet and balancers of a cluster that has IPv6 alone call by it
        shutdown_seconds=SHUTDOWN_SECONDS,
        started_by_root=False,
    )


def render_pod(streams: int, cores: int = 2, *, inside_tls: bool = False) -> str:
    """nginx.conf of one pod. Raises StartupError when `streams` need more descriptors than DESCRIPTORS."""
    limits = limits_for(streams, cores=cores, descriptors=DESCRIPTORS)
    return render(kubernetes_edge(limits, inside_tls=inside_tls), _NGINX)


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(prog="python -m kefu.edge.kubernetes", description="nginx.conf for k8s/.")
    parser.add_argument("--streams", type=int, default=DEFAULT_STREAMS, help="most streams open at once (%(default)s)")
    parser.add_argument("--cores", type=int, default=2, help="the container's limit of CPUs (%(default)s)")
    parser.add_argument("--inside-tls", action="store_true", help="for the component inside-tls")
    parser.add_argument("--ipv4-only", action="store_true", help="for nodes whose kernel has no IPv6 (ipv6.disable=1)")
    add_client_options(parser)
    options = parser.parse_args()
    try:
        limits = limits_for(options.streams, cores=options.cores, descriptors=DESCRIPTORS)
        edge = kubernetes_edge(limits, inside_tls=options.inside_tls, ipv6=not options.ipv4_only)
        sys.stdout.write(render(with_client_options(edge, options), _NGINX))
    except StartupError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(78)  # sysexits.h: EX_CONFIG


if __name__ == "__main__":
    main()

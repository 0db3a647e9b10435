"""
nginx's configuration for the manifests in k8s/: python -m kefu.edge.kubernetes --streams 5000 > OVERLAY/nginx.conf

Rendered when an overlay is written and not when a pod starts: what nginx will do can be read and compared there, a
change of it rolls the pods (its ConfigMap's name ends in a hash), and nginx's image needs no Python.
"""

import argparse
import sys
from pathlib import Path

from kefu.common.errors import StartupError
from kefu.edge.config import Certificate, Edge, render
from kefu.edge.limits import DEFAULT_STREAMS, Limits, limits_for
from kefu.edge.nginx import Nginx

CUSTOMERS_PORT = 8443
OPERATIONS_PORT = 8444
SHUTDOWN_SECONDS = 60.0
"""Longest that an answer may go on through an nginx that leaves; the pod's grace period is longer."""
DESCRIPTORS = 524_288
"""What container runtimes give a process (systemd's DefaultLimitNOFILE); nginx takes what its streams need of it."""
_CERTIFICATE = Certificate(Path("/etc/kefu-tls/tls.crt"), Path("/etc/kefu-tls/tls.key"))
_CONNECTION_ATTEMPTS = 3
_NGINX = Nginx(Path("nginx"), (1, 28, 0))
"""The image's; from 1.25.1 on the configuration is the same."""


def kubernetes_edge(limits: Limits) -> Edge:
    """What nginx does in a cluster: TLS, operations apart, the routers behind their service's one address."""
    return Edge(
        listen=f"0.0.0.0:{CUSTOMERS_PORT}",
        operations_listen=f"0.0.0.0:{OPERATIONS_PORT}",
        # kube-proxy chooses a router for each connection. One that just left refuses; then another is drawn.
        routers=["kefu-router:50051"] * _CONNECTION_ATTEMPTS,
        retrieval=["kefu-knowledge:50052"] * _CONNECTION_ATTEMPTS,
        admin=True,
        folder=Path("/run/kefu-nginx"),
        limits=limits,
        certificate=_CERTIFICATE,
        shutdown_seconds=SHUTDOWN_SECONDS,
        started_by_root=False,
    )


def text_for(streams: int, cores: int = 2) -> str:
    """nginx.conf of one pod. Raises StartupError when so many streams need more descriptors than there are."""
    return render(kubernetes_edge(limits_for(streams, cores=cores, descriptors=DESCRIPTORS)), _NGINX)


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m kefu.edge.kubernetes", description="nginx.conf for k8s/.")
    parser.add_argument("--streams", type=int, default=DEFAULT_STREAMS, help="most streams open at once (%(default)s)")
    parser.add_argument("--cores", type=int, default=2, help="the container's limit of CPUs (%(default)s)")
    options = parser.parse_args()
    try:
        sys.stdout.write(text_for(options.streams, options.cores))
    except StartupError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(78)  # sysexits.h: EX_CONFIG


if __name__ == "__main__":
    main()

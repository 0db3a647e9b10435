"""nginx in front of the local suite's routers."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from signal import SIGQUIT

from kefu.edge.certificate import self_signed
from kefu.edge.limits import DEFAULT_STREAMS, descriptors_here, limits_for, most_streams
from kefu.edge.nginx_binary import find_nginx
from kefu.edge.nginx_config import Edge, render
from kefu.edge.tls import Certificate
from kefu.local import process_group_guard
from kefu.local.data_dir import DataDir
from kefu.local.health_probes import grpc_probe
from kefu.local.ports import HOST
from kefu.local.processes import RUN_VARIABLE
from kefu.local.supervisor import Service


@dataclass(frozen=True)
class NginxFront:
    """nginx as a service of the suite, and its address for clients."""

    service: Service
    address: str
    """host:port, or https://host:port."""
    root_certificate: str = ""
    """Path of the certificate that clients have to trust; empty without TLS."""


def prepare_nginx(
    folder: DataDir,
    port: int,
    routers: dict[str, str],
    retrieval: Sequence[str],
    gateway: str,
    run_id: str,
    *,
    streams: int | None,
    tls: bool,
    drain_seconds: float,
    cores: int,
) -> NginxFront:
    """Write nginx's configuration, have nginx check it, and return the service to run.

    Args:
        folder: the data folder.
        port: the port of loopback at which nginx listens.
        routers: addresses of the routers, by their names.
        retrieval: addresses of the retrieval services.
        gateway: address of the gateway, which serves the pages.
        run_id: value of KEFU_RUN.
        streams: most streams open at once; None: the usual number, or as many as the descriptors allow.
        tls: serve TLS with a self-signed certificate.
        drain_seconds: how long streams may go on after the stop.
        cores: number of CPU cores.

    Raises StartupError without an nginx, or when a limit does not fit.
    """
    nginx = find_nginx()
    home = folder.path / "nginx"
    home.mkdir(mode=0o700, exist_ok=True)
    descriptors = descriptors_here()
    max_streams = streams if streams is not None else min(DEFAULT_STREAMS, most_streams(descriptors))
    certificate: Certificate | None = self_signed(home) if tls else None
    edge = Edge(
        listen=f"{HOST}:{port}",
        routers=list(routers.values()),
        folder=home,
        limits=limits_for(max_streams, cores=cores, descriptors=descriptors),
        retrieval=retrieval,
        gateways=[gateway],
        admin=True,
        certificate=certificate,
        shutdown_seconds=drain_seconds,
    )
    config = home / "nginx.conf"
    DataDir.write_private(config, render(edge, nginx))
    nginx.check(config)
    address = f"https://{HOST}:{port}" if tls else f"{HOST}:{port}"
    root = str(certificate.certificate) if certificate else ""
    service = Service(
        name="nginx",
        command=(sys.executable, "-I", "-S", process_group_guard.__file__, *nginx.command(config)),
        environment={RUN_VARIABLE: run_id},
        address=address,
        log=folder.logs / "nginx.log",
        ready=grpc_probe(address, root),
        after=tuple(routers),
        stop_signal=SIGQUIT,  # SIGTERM would cut the streams
        grace_seconds=drain_seconds + 5,
    )
    return NginxFront(service, address, root)

"""Print or check nginx's configuration: python -m kefu.edge --router HOST:PORT ... > nginx.conf"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from kefu.common.errors import StartupError
from kefu.common.resource_limits.cpu_budget import usable_cores
from kefu.edge.certificate import self_signed
from kefu.edge.limits import DEFAULT_STREAMS, descriptors_here, limits_for
from kefu.edge.nginx_binary import find_nginx
from kefu.edge.nginx_config import Edge, render
from kefu.edge.options import add_client_options, with_client_options
from kefu.edge.tls import Certificate

_EXIT_CONFIG = 78  # sysexits.h: EX_CONFIG


def main() -> None:
    """Run the program. It exits with 78 and one sentence when nginx, its version or a limit does not fit."""
    options = _parser().parse_args()
    try:
        if options.check:
            _check_all(_edge(options))
        else:
            sys.stdout.write(render(_edge(options), find_nginx()))
    except StartupError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(_EXIT_CONFIG)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kefu.edge", description="nginx's configuration in front of Kefu.")
    parser.add_argument("--listen", default="127.0.0.1:50051", help="host:port for customers")
    parser.add_argument("--router", action="append", metavar="HOST:PORT", help="a router; repeat for each")
    parser.add_argument(
        "--retrieval", action="append", default=[], metavar="HOST:PORT", help="serve KnowledgeService too"
    )
    parser.add_argument(
        "--gateway", action="append", default=[], metavar="HOST:PORT", help="serve browsers and OpenAI clients too"
    )
    parser.add_argument("--admin", action="store_true", help="serve AdminService and the support team's services too")
    parser.add_argument("--operations-listen", default="", help="host:port for those two, if not --listen")
    parser.add_argument("--metrics-listen", default="", help="host:port of nginx's own figures for Prometheus")
    parser.add_argument("--refusals-to", default="", help="host:port (UDP) of the gateway that counts refusals")
    parser.add_argument("--streams", type=int, default=DEFAULT_STREAMS, help="most streams open at once (%(default)s)")
    parser.add_argument("--descriptors", type=int, default=descriptors_here(), help="a process may have (%(default)s)")
    parser.add_argument("--cores", type=int, default=max(1, int(usable_cores())), help="nginx may use (%(default)s)")
    parser.add_argument("--certificate", type=Path, help="PEM, with its chain: serve TLS")
    parser.add_argument("--key", type=Path, help="PEM")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/kefu-nginx"), help="for nginx's own files")  # noqa: S108 - a default to replace
    add_client_options(parser)
    parser.add_argument("--check", action="store_true", help="print nothing; nginx -t on this, with and without TLS")
    return parser


def _edge(options: argparse.Namespace) -> Edge:
    edge = Edge(
        listen=options.listen,
        routers=options.router or ["127.0.0.1:50071", "127.0.0.1:50072"],
        folder=options.folder.absolute(),
        limits=limits_for(options.streams, cores=options.cores, descriptors=options.descriptors),
        retrieval=options.retrieval,
        gateways=options.gateway,
        admin=options.admin,
        operations_listen=options.operations_listen,
        metrics_listen=options.metrics_listen,
        refusals_to=options.refusals_to,
        certificate=Certificate(options.certificate.absolute(), options.key.absolute())
        if options.certificate
        else None,
    )
    return with_client_options(edge, options)


def _check_all(edge: Edge) -> None:
    nginx = find_nginx()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = replace(edge, folder=folder, retrieval=edge.retrieval or ["127.0.0.1:50052"], admin=True)
        secure = replace(
            plain,
            gateways=edge.gateways or ["127.0.0.1:8080"],
            certificate=edge.certificate or self_signed(folder),
            operations_listen="127.0.0.1:50061",
        )
        for what, variant in (("plain", plain), ("TLS, operations apart", secure)):
            config = folder / "nginx.conf"
            config.write_text(render(variant, nginx))
            nginx.check(config)
            sys.stdout.write(f"nginx {'.'.join(map(str, nginx.version))} takes the configuration ({what})\n")


if __name__ == "__main__":
    main()

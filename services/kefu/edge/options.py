"""Options of the command lines that render nginx's configuration, as far as they are the same for all."""

import argparse
from dataclasses import replace

from kefu.common.errors import StartupError
from kefu.edge.nginx_config import Edge
from kefu.edge.proxies import ClientAddressFrom, TrustedProxies


def add_client_options(parser: argparse.ArgumentParser) -> None:
    """Options about who calls, and how much one address may."""
    parser.add_argument(
        "--behind",
        choices=[each.value for each in ClientAddressFrom],
        help="proxies in front tell the client's address so; needs --trusted-proxy",
    )
    parser.add_argument(
        "--trusted-proxy",
        action="append",
        default=[],
        metavar="NETWORK",
        help="where these proxies call from, such as 10.0.0.0/8; repeat for each",
    )
    parser.add_argument(
        "--keyless-per-second",
        type=int,
        default=Edge.keyless_per_second,
        help="calls of one address without a key, and again as many of browsers (%(default)s)",
    )
    parser.add_argument(
        "--browsers-open",
        type=int,
        default=Edge.browsers_open,
        help="open calls of one address' browsers (%(default)s)",
    )


def with_client_options(edge: Edge, options: argparse.Namespace) -> Edge:
    """`edge` with what `add_client_options` read. Raises StartupError for options that do not fit together."""
    if options.trusted_proxy and not options.behind:
        raise StartupError("--trusted-proxy needs --behind: how do these proxies tell the client's address?")
    if min(options.keyless_per_second, options.browsers_open) < 1:
        raise StartupError("--keyless-per-second and --browsers-open are at least 1.")
    return replace(
        edge,
        proxies=TrustedProxies(ClientAddressFrom(options.behind), tuple(options.trusted_proxy))
        if options.behind
        else None,
        keyless_per_second=options.keyless_per_second,
        browsers_open=options.browsers_open,
    )

"""The real nginx in front of routers, which are processes of their own where a test ends them."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import grpc.aio
import pytest

from kefu.client.channels import channel_to
from kefu.common.errors import StartupError
from kefu.common.grpc_options import DEFAULT_TRANSPORT, Transport
from kefu.common.tls import Tls
from kefu.edge.limits import limits_for
from kefu.edge.nginx_binary import Nginx, find_nginx
from kefu.edge.nginx_config import Edge, render
from kefu.local.health_probes import grpc_probe
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from kefu.testing.ports import free_port
from tests.support.echo_router import KEY, echo_router
from tests.support.forked_processes import ForkedProcess, fork
from tests.support.grpc_calls import bearer_metadata

LIMITS = limits_for(100, cores=2, descriptors=4096)
ROOT = Path(__file__).parents[2]


def find_nginx_or_skip() -> Nginx:
    """The nginx on this machine. Without it a test is skipped, and fails in CI."""
    try:
        return find_nginx()
    except StartupError as error:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(f"CI has to have nginx: {error}")
        pytest.skip(str(error))


def skip_without_both_protocols(nginx: Nginx) -> None:
    """Skip what speaks HTTP/1.1 to a port for gRPC without TLS where nginx is too old for that, as Debian 12's is."""
    try:
        nginx.need_both_protocols()
    except StartupError as error:
        pytest.skip(str(error))


@dataclass
class EdgeHarness:
    """A running nginx, and the routers behind it."""

    edge: Edge
    address: str
    root_certificate: str
    ports: Sequence[int]
    """Ports of the routers that nginx knows."""
    routers: dict[int, ForkedProcess] = field(default_factory=dict[int, ForkedProcess])

    async def start_router(self, port: int) -> None:
        """Start a router on this port, and return when it serves."""
        self.routers[port] = await fork("tests.support.echo_router", str(port), environment=os.environ)
        async with asyncio.timeout(60):
            while not await grpc_probe(f"127.0.0.1:{port}")():
                await asyncio.sleep(0.05)

    async def end_router(self, port: int, number: signal.Signals) -> None:
        """Send a router a signal, and wait for its end."""
        process = self.routers[port]
        if process.returncode is None:
            process.send_signal(number)
            await asyncio.wait_for(process.wait(), 30)

    def channel(self) -> grpc.aio.Channel:
        """A channel to nginx."""
        return channel_to(self.address, self.root_certificate)

    async def read_access_log(self, calls: int) -> list[dict[str, Any]]:
        """Wait for so many logged calls: nginx writes a line once the stream is closed on both sides."""
        async with asyncio.timeout(20):
            while True:
                lines = Path(self.edge.access_log).read_text().splitlines(keepends=True)
                whole = [json.loads(line) for line in lines if line.endswith("\n")]
                if len(whole) >= calls:
                    return whole
                await asyncio.sleep(0.02)


@asynccontextmanager
async def open_edge_harness(
    tmp_path: Path,
    edge: Edge | None = None,
    *,
    running: bool = True,
    processes: bool = False,
    transport: Transport = DEFAULT_TRANSPORT,
    tls: Tls | None = None,
    http1: bool = False,
) -> AsyncIterator[EdgeHarness]:
    """nginx and two routers, while the block runs. Of `edge` its ports, its folder and its routers are replaced.

    The routers serve with `tls`, or else with nginx's own certificate where that has one. `http1`: the test speaks it.
    """
    nginx = find_nginx_or_skip()
    if http1 or (edge and edge.gateways and not edge.certificate):
        skip_without_both_protocols(nginx)
    ports = [free_port() for _ in range(2)]
    edge = edge or Edge("", [], tmp_path, LIMITS)
    port = free_port()
    address = f"127.0.0.1:{port}"
    edge = replace(
        edge,
        listen=f"{'0.0.0.0' if edge.ipv6 else '127.0.0.1'}:{port}",
        routers=[f"127.0.0.1:{port}" for port in ports],
        folder=tmp_path,
        access_log=str(tmp_path / "access.log"),
    )
    config = tmp_path / "nginx.conf"
    config.write_text(render(edge, nginx))
    secure = edge.certificate is not None
    root = str(edge.certificate.certificate) if edge.certificate else ""
    harness = EdgeHarness(edge, f"https://{address}" if secure else address, root, ports)
    errors = (tmp_path / "error.log").open("wb")
    process = await asyncio.create_subprocess_exec(*nginx.command(config), stderr=errors)
    try:
        async with AsyncExitStack() as stack:
            if running and processes:
                await asyncio.gather(*(harness.start_router(port) for port in ports))
            elif running:
                for port in ports:
                    await stack.enter_async_context(echo_router(port, transport, tls=tls or upstream_tls(edge)))
            async with asyncio.timeout(20):
                await _wait_for_nginx(harness)
            yield harness
    finally:
        errors.close()
        for port in harness.routers:
            await harness.end_router(port, signal.SIGKILL)
        process.terminate()  # fast, where SIGQUIT waits for streams
        await asyncio.wait_for(process.wait(), 20)


async def _wait_for_nginx(harness: EdgeHarness) -> None:
    if harness.edge.proxies is None:
        async with harness.channel() as channel:
            await channel.channel_ready()
        return
    while True:  # behind proxies the harness is no client
        try:
            _, writer = await asyncio.open_connection(*harness.edge.listen.split(":"))
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.transport.abort()
            return


def upstream_tls(edge: Edge) -> Tls | None:
    """TLS with which the services behind nginx have to serve."""
    inside = edge.internal_tls
    return Tls(inside.own_certificate.certificate, inside.own_certificate.key, inside.authority) if inside else None


async def converse(channel: grpc.aio.Channel, text: str = "") -> Sequence[pb.ConverseEvent]:
    """All events of one turn."""
    request = pb.ConverseRequest(session="sessions/-", text=text)
    return [event async for event in rpc.ChatServiceStub(channel).Converse(request, metadata=bearer_metadata(KEY))]


async def ask_router_port(channel: grpc.aio.Channel) -> int:
    """The port of the router that answers a turn."""
    return int((await converse(channel))[0].turn_started.turn)

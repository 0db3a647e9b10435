"""A service that listens at a wildcard answers over IPv4 and IPv6: clusters may have either alone."""

import socket
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from kefu.common.auth import open_keyring
from kefu.common.listen_addresses import hosts_to_bind, listening_sockets
from kefu.common.permissions import permissions_of
from kefu.common.rpc.server import serving
from kefu.common.telemetry import metrics
from kefu.edge.nginx_config import Edge
from kefu.gateway.config import GatewayConfig
from kefu.gateway.http_server import Readiness, serving_http
from kefu.local.health_probes import grpc_probe
from kefu.testing.ports import free_port
from tests.support.echo_gateway import echo_gateway
from tests.support.echo_router import INTERNAL_KEY, KEY
from tests.support.edge_harness import LIMITS, open_edge_harness

LOOPBACKS = ("127.0.0.1", "[::1]")
every_wildcard = pytest.mark.parametrize("wildcard", ["0.0.0.0", "[::]"])


@pytest.fixture(autouse=True)
def _ipv6() -> None:  # pyright: ignore[reportUnusedFunction] - pytest uses it
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")


@every_wildcard
async def test_the_gateway_answers_over_both_and_knows_an_ipv4_address_for_one(wildcard: str) -> None:
    async def caller(request: Request) -> Response:
        return PlainTextResponse(request.client.host if request.client else "")

    config = GatewayConfig(
        internal_key=INTERNAL_KEY,  # pyright: ignore[reportCallIssue, reportArgumentType] - as the environment gives it
        listen=f"{wildcard}:{free_port()}",
        drain_seconds=0,
    )
    app = Starlette(routes=[Route("/", caller)])
    async with serving_http(config, app, Readiness(), lambda: None) as port, httpx.AsyncClient() as client:
        seen = [(await client.get(f"http://{host}:{port}/")).text for host in LOOPBACKS]
    assert seen == ["127.0.0.1", "::1"], "KEFU_GATEWAY_TRUSTED_PROXIES names networks of IPv4 as such"


@every_wildcard
async def test_metrics_are_served_over_both(wildcard: str) -> None:
    port = free_port()
    with metrics(f"{wildcard}:{port}"):
        async with httpx.AsyncClient() as client:
            for host in LOOPBACKS:
                assert "python_info" in (await client.get(f"http://{host}:{port}/metrics")).text


@every_wildcard
async def test_grpc_is_served_over_both(wildcard: str) -> None:
    async with (
        open_keyring(INTERNAL_KEY, KEY) as keyring,
        serving(
            f"{wildcard}:{free_port()}", lambda _: None, keyring=keyring, permissions=permissions_of(), drain_seconds=0
        ) as running,
    ):
        for host in LOOPBACKS:
            assert await grpc_probe(f"{host}:{running.port}")()


async def test_nginx_listens_at_both_and_limits_ipv4_by_address(tmp_path: Path) -> None:
    gateway_port = free_port()
    edge = Edge("", [], tmp_path, LIMITS, gateways=[f"127.0.0.1:{gateway_port}"], ipv6=True)
    async with (
        open_edge_harness(tmp_path, edge, running=False) as harness,
        echo_gateway(gateway_port),
        httpx.AsyncClient() as client,
    ):
        port = harness.address.rpartition(":")[2]
        answers = [(await client.get(f"http://{host}:{port}/x")).json()["headers"] for host in LOOPBACKS]
        assert [told["x-real-ip"] for told in answers] == ["127.0.0.1", "::1"]


def test_a_machine_without_ipv6_is_listened_to_over_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hosts_to_bind("10.0.0.1") == ("10.0.0.1",)
    assert hosts_to_bind("[::1]") == ("::1",)
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    for wildcard in ("0.0.0.0", "[::]", ""):
        [listener] = listening_sockets(f"{wildcard}:0", 1)
        with listener:
            assert listener.family is socket.AF_INET

"""The real nginx in front of routers and of something that answers HTTP as a gateway does: who gets what, and how."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from kefu.common.rpc.status import failure_of
from kefu.edge.certificate import self_signed
from kefu.edge.nginx_config import Edge
from kefu.gateway.edge_refusals import counting_edge_refusals
from kefu.testing.ports import free_port
from tests.support.echo_gateway import EchoGateway, echo_gateway
from tests.support.echo_router import KEY
from tests.support.edge_harness import LIMITS, EdgeHarness, ask_router_port, converse, open_edge_harness
from tests.support.grpc_calls import bearer_metadata
from tests.support.waiting import wait_until

CHAT = "/kefu.router.v1.ChatService/Converse"


@dataclass
class Web:
    """nginx, the gateway behind it, and a client of both of nginx's addresses."""

    harness: EdgeHarness
    gateway: EchoGateway
    customers: httpx.AsyncClient
    operations: httpx.AsyncClient


@asynccontextmanager
async def web(tmp_path: Path, *, tls: bool = False, running: bool = True, **more: object) -> AsyncIterator[Web]:
    port, operations = free_port(), f"127.0.0.1:{free_port()}"
    certificate = self_signed(tmp_path) if tls else None
    edge = Edge(
        "",
        [],
        tmp_path,
        LIMITS,
        gateways=[f"127.0.0.1:{port}"],
        admin=True,
        retrieval=[f"127.0.0.1:{free_port()}"],
        operations_listen=operations,
        certificate=certificate,
        **more,  # pyright: ignore[reportArgumentType] - fields
    )
    scheme = "https" if tls else "http"
    trusted = ssl.create_default_context(cafile=certificate.certificate) if certificate else False
    async with open_edge_harness(tmp_path, edge) as harness, echo_gateway(port if running else free_port()) as gateway:

        def client(address: str) -> httpx.AsyncClient:
            return httpx.AsyncClient(base_url=f"{scheme}://{address}", verify=trusted, timeout=30)

        async with client(harness.edge.listen) as customers, client(operations) as apart:
            yield Web(harness, gateway, customers, apart)


async def test_grpc_goes_to_a_router_and_all_else_at_the_same_address_to_the_gateway(tmp_path: Path) -> None:
    async with web(tmp_path) as at:
        async with at.harness.channel() as channel:
            assert await ask_router_port(channel) in at.harness.ports
        for content_type in ("application/json", "application/connect+json", "application/proto"):
            answer = await at.customers.post(CHAT, content=b"{}", headers={"content-type": content_type})
            assert (answer.json()["method"], answer.json()["path"]) == ("POST", CHAT)
        grpc_web = {"content-type": "application/grpc-web+proto"}
        assert (await at.customers.post(CHAT, content=b"", headers=grpc_web)).json()["path"] == CHAT
        asked = await at.customers.get(f"{CHAT}?message=%7B%22a%2Fb%22%7D&encoding=json")
        assert asked.json()["query"] == "message=%7B%22a%2Fb%22%7D&encoding=json"
        assert (await at.customers.get("/widget.js")).json()["path"] == "/widget.js"
        assert (await at.customers.post("/v1/chat/completions", json={})).json()["path"] == "/v1/chat/completions"


async def test_the_gateway_learns_the_callers_address_from_nginx_and_not_from_the_caller(tmp_path: Path) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    sent = {
        "x-forwarded-for": "203.0.113.9",
        "x-real-ip": "203.0.113.9",
        "x-forwarded-proto": "gopher",
        "traceparent": f"00-{trace}-00f067aa0ba902b7-01",
        "authorization": "Bearer something",
    }
    async with web(tmp_path, tls=True) as at:
        read = (await at.customers.get("/api/me", headers=sent)).json()["headers"]
        assert (read["x-forwarded-for"], read["x-real-ip"]) == ("127.0.0.1", "127.0.0.1")
        assert read["x-forwarded-proto"] == "https"
        assert read["host"] == at.harness.edge.listen
        assert read["authorization"] == "Bearer something"
        assert trace in read["traceparent"]
        [logged] = await at.harness.read_access_log(1)
        assert (logged["trace_id"], logged["method"], logged["http_status"]) == (trace, "/api/me", "200")
        assert (logged["tls"], logged["grpc_status"]) == ("TLSv1.3", "")


async def test_an_answer_comes_through_as_it_is_written_and_a_reader_who_leaves_is_noticed(tmp_path: Path) -> None:
    async with web(tmp_path) as at:
        async with at.customers.stream("GET", "/stream") as answer:
            lines = answer.aiter_lines()
            assert await asyncio.wait_for(anext(lines), 20) == "first"
            at.gateway.may_continue.set()
            assert await asyncio.wait_for(anext(lines), 20) == "second"
        at.gateway.may_continue.clear()
        at.gateway.client_left.clear()
        async with at.customers.stream("GET", "/stream") as answer:
            assert await asyncio.wait_for(anext(answer.aiter_lines()), 20) == "first"
        await asyncio.wait_for(at.gateway.client_left.wait(), 20)


async def test_an_upload_of_any_size_is_passed_on_while_it_comes(tmp_path: Path) -> None:
    part, parts = b"x" * 512 * 1024, 24

    async with web(tmp_path) as at:

        async def body() -> AsyncIterator[bytes]:
            yield part
            await asyncio.wait_for(at.gateway.request_received.wait(), 20)
            for _ in range(parts - 1):
                yield part

        answer = await at.operations.post("/api/import", content=body())
        assert answer.json()["bytes"] == parts * len(part)


@pytest.mark.parametrize(
    "path",
    [
        "/desk",
        "/desk/inbox",
        "//desk",
        "/x/../desk",
        "/%64esk",
        "/mcp",
        "//mcp",
        "/api/import",
        "/kefu.router.v1.DeskService/WatchDesk",
        "/kefu.router.v1.AdminService/ListTenants",
        "/kefu.retrieval.v1.KnowledgeService/Search",
    ],
)
async def test_what_support_teams_use_is_at_their_address_only(tmp_path: Path, path: str) -> None:
    async with web(tmp_path) as at:
        status, body = await raw(at.harness.edge.listen, path)
        assert (status, body["code"], body["error"]["code"]) == (404, "unimplemented", "METHOD_UNKNOWN")
        status, body = await raw(at.harness.edge.operations_listen, path)
        assert (status, body["method"]) == (200, "POST")


async def raw(address: str, path: str) -> tuple[int, dict[str, Any]]:
    """POST to a path exactly as it is written."""
    reader, writer = await asyncio.open_connection(*address.split(":"))
    request = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
    writer.write(f"{request}Connection: close\r\n\r\n{{}}".encode())
    answer = (await asyncio.wait_for(reader.read(), 20)).decode()
    writer.close()
    head, _, text = answer.partition("\r\n\r\n")
    return int(head.split()[1]), json.loads(text)


async def test_without_a_gateway_the_answer_is_json_and_the_gateways_own_errors_pass(tmp_path: Path) -> None:
    async with web(tmp_path) as at:
        answer = await at.customers.get("/missing")
        assert (answer.status_code, answer.text) == (404, "the gateway's own words")
    folder = tmp_path / "away"
    folder.mkdir()
    async with web(folder, running=False) as at:
        answer = await at.customers.post(CHAT, json={})
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.json()["error"]["code"] == "BACKEND_UNAVAILABLE"
        assert [detail["type"] for detail in answer.json()["details"]] == ["google.rpc.ErrorInfo"]
        assert answer.headers["content-type"] == "application/json"
        assert not any(word in answer.text.lower() for word in ("nginx/", "html", "127.0.0.1"))
        async with at.harness.channel() as channel:
            assert len(await converse(channel)) == 2, "gRPC does not mind"


async def test_bodies_are_bounded_and_the_refusal_is_json(tmp_path: Path) -> None:
    async with web(tmp_path) as at:
        refused = await at.customers.post(CHAT, content=b"0" * 100_000, headers={"content-type": "application/json"})
        assert (refused.status_code, refused.json()["code"]) == (413, "resource_exhausted")
        assert "64 KiB" in refused.json()["message"]
        texts = await at.customers.post("/v1/embeddings", content=b"0" * 100_000)
        assert texts.json()["bytes"] == 100_000


async def test_browsers_are_limited_by_address_and_neither_keys_nor_grpc_by_what_browsers_do(tmp_path: Path) -> None:
    async with web(tmp_path, keyless_per_second=5) as at:
        answers = await asyncio.gather(*(at.customers.get("/") for _ in range(80)))
        assert {answer.status_code for answer in answers} == {200, 429}
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "ADDRESS_LIMIT")
        assert refused.headers["retry-after"] == "1"
        with_key = [at.customers.get("/x", headers={"authorization": f"Bearer {KEY}"}) for _ in range(80)]
        assert {answer.status_code for answer in await asyncio.gather(*with_key)} == {200}
        async with at.harness.channel() as channel:
            assert len(await converse(channel)) == 2


async def test_nginx_counts_the_customers_that_are_connected_in_prometheus_format(tmp_path: Path) -> None:
    figures = f"127.0.0.1:{free_port()}"
    async with web(tmp_path, metrics_listen=figures) as at, httpx.AsyncClient(base_url=f"http://{figures}") as scraper:

        async def scrape() -> dict[str, float]:
            text = (await scraper.get("/metrics")).text
            return {each.name: sample.value for each in text_string_to_metric_families(text) for sample in each.samples}

        before = await scrape()
        assert before["kefu_edge_streams_limit"] == LIMITS.streams
        assert before["kefu_edge_connections_limit"] == LIMITS.workers * LIMITS.connections
        async with AsyncExitStack() as stack:
            for _ in range(3):
                page = await stack.enter_async_context(at.customers.stream("GET", "/stream"))
                assert page.status_code == 200
            async with asyncio.timeout(20):
                while (await scrape())["kefu_edge_connections"] != 4:  # three pages, and whoever asks
                    await asyncio.sleep(0.02)
            assert (await scrape())["kefu_edge_connections_idle"] == 0
        assert (await scraper.get("/")).status_code == 404
        assert (await at.customers.get("/metrics")).json()["path"] == "/metrics", "customers do not get them"


async def test_a_grpc_method_that_is_not_there_is_unimplemented_beside_a_gateway_too(tmp_path: Path) -> None:
    async with web(tmp_path) as at, at.harness.channel() as channel:
        for method in ("/kefu.router.v1.AdminService/ListTenants", "/x/Y", "/v1/chat/completions"):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await channel.unary_unary(method, bytes, bytes)(b"", metadata=bearer_metadata(KEY))
            read = failure_of(caught.value)
            assert (read.code, read.reason) == (grpc.StatusCode.UNIMPLEMENTED, "METHOD_UNKNOWN")


async def test_what_nginx_refuses_is_counted_by_a_gateway_by_caller_and_limit(tmp_path: Path) -> None:
    def refused(caller: str, limit: str = "calls") -> float:
        return REGISTRY.get_sample_value("kefu_edge_refused_total", {"caller": caller, "limit": limit}) or 0.0

    host, port = "127.0.0.1", free_port()
    before = {caller: refused(caller) for caller in ("keyless", "keyed", "browser")}
    async with (
        counting_edge_refusals(f"{host}:{port}"),
        web(tmp_path, refusals_to=f"{host}:{port}", keyless_per_second=1) as at,
    ):
        answers = await asyncio.gather(*(at.customers.get("/") for _ in range(30)))
        of_browsers = sum(answer.status_code == 429 for answer in answers)
        assert of_browsers >= 20
        await wait_until(lambda: refused("browser") - before["browser"] == of_browsers)
        of_keyless = 0
        async with at.harness.channel() as channel:
            check = channel.unary_unary("/grpc.health.v1.Health/Check", bytes, bytes)
            for _ in range(30):
                try:
                    await check(b"")
                except grpc.aio.AioRpcError as error:
                    of_keyless += error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert of_keyless >= 20
        await wait_until(lambda: refused("keyless") - before["keyless"] == of_keyless)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for line in (b"\xff" * 2000, b"keyed calls; more", b"keyed open"):
                stranger.sendto(b"<190>Nov 29 09:00:00 kefu: " + line, (host, port))
        await wait_until(lambda: refused("keyed", "open") == 1)
        assert refused("keyed") == before["keyed"]

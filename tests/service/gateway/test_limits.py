"""What the gateway bounds: work before a key is checked, the work of a request, visitors together, and streams."""

import asyncio
import gzip
import json
import select
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.rpc import error_details_pb2
from prometheus_client import REGISTRY
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route, Router

from kefu.common.auth import Scope
from kefu.gateway.auth.visitor_tokens import VisitorTokens
from kefu.gateway.config import GatewayConfig
from kefu.gateway.http_server import Readiness, serving_http
from kefu.generation.v1 import generation_pb2 as gen
from tests.support.gateway_harness import (
    CHAT,
    VISITOR_SECRET,
    GatewayHarness,
    bearer_header,
    decode_frames,
    detail_of,
    encode_frame,
    open_gateway_harness,
    reason_of,
)
from tests.support.grpc_calls import INTERNAL_KEY
from tests.support.oidc_issuer import AUDIENCE, open_oidc_issuer
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.shared_redis import SharedRedis

QUESTION = "How long does a refund take?"
SEARCH = "/kefu.retrieval.v1.KnowledgeService/Search"
IN_JSON = {"content-type": "application/json"}


@pytest.fixture
async def harness(redis: SharedRedis) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(redis) as harness:
        harness.knowledge.hits = [make_hit("Refunds take 7 days.")]
        yield harness


@pytest.fixture
async def gateway(harness: RouterHarness) -> AsyncIterator[GatewayHarness]:
    async with open_gateway_harness(harness) as gateway:
        yield gateway


def unknown_key(number: int = 0) -> str:
    return f"kefu_nobody_{number:064x}"


def asked_for_identity() -> float:
    """How often the router, which is in this process, was asked whether a key is valid."""
    return sum(
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "kefu_rpc_seconds_count" and sample.labels.get("method", "").endswith("/GetIdentity")
    )


# Before a request is read


async def answer_without_body(port: int, path: str, key: str) -> bytes:
    """What is answered to a request whose body does not come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n"
    writer.write(f"{head}content-type: application/json\r\ncontent-length: 60000\r\n\r\n".encode())
    try:
        return await asyncio.wait_for(reader.readline(), 20)
    finally:
        writer.close()


@pytest.mark.parametrize("path", [f"{CHAT}/ListSessions", SEARCH, "/v1/chat/completions", "/v1/embeddings"])
async def test_the_body_of_a_key_that_is_not_valid_is_not_waited_for(harness: RouterHarness, path: str) -> None:
    async with open_gateway_harness(harness, body_seconds=8.0) as gateway:
        for key in (unknown_key(), "kefu_x"):
            assert (await answer_without_body(gateway.port, path, key)).startswith(b"HTTP/1.1 401"), key
    async with open_gateway_harness(harness, router="127.0.0.1:1", body_seconds=8.0) as gateway:
        assert (await answer_without_body(gateway.port, path, unknown_key())).startswith(b"HTTP/1.1 503")


def answer_read_late(port: int, path: str) -> bytes:
    """What a client reads that sends a body of 1 MiB to its end, although it is refused meanwhile."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {unknown_key()}\r\n"
        head += (
            "connection: close\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n"  # as nginx does
        )
        connection.sendall(head.encode())
        connection.sendall(b"x" * 500_000)
        select.select([connection], [], [], 20)  # the answer is there
        for _ in range(10):
            connection.sendall(b"x" * 50_000)
        return connection.recv(4096)


@pytest.mark.parametrize("path", [SEARCH, "/v1/chat/completions"])
async def test_a_client_that_sends_on_reads_its_refusal(gateway: GatewayHarness, path: str) -> None:
    for _ in range(3):
        answer = await asyncio.to_thread(answer_read_late, gateway.port, path)
        assert answer.startswith(b"HTTP/1.1 401"), answer


async def test_a_key_is_asked_about_once_in_a_while_and_is_revoked_at_once_all_the_same(
    gateway: GatewayHarness, harness: RouterHarness
) -> None:
    key = await harness.create_key(harness.tenant, Scope.CHAT)
    before = asked_for_identity()
    responses = await asyncio.gather(*(gateway.call(f"{CHAT}/ListSessions", key) for _ in range(5)))
    assert [each.status_code for each in responses] == [200] * 5
    assert [(await gateway.call(f"{CHAT}/ListSessions", unknown_key())).status_code for _ in range(5)] == [401] * 5
    assert asked_for_identity() == before + 2

    name = f"tenants/{harness.tenant}/keys/{key.split('_')[1]}"
    revoked = await gateway.call("/kefu.router.v1.AdminService/RevokeKey", name=name)
    assert revoked.status_code == 200, revoked.text
    response = await gateway.call(f"{CHAT}/ListSessions", key)
    assert (response.status_code, reason_of(response.json())) == (401, "UNAUTHENTICATED")


async def test_keys_that_are_tried_are_limited_by_address_and_a_known_one_is_not(harness: RouterHarness) -> None:
    async with open_gateway_harness(harness, anonymous_per_minute=9.0) as gateway:
        assert (await gateway.call(f"{CHAT}/ListSessions")).status_code == 200
        tried = [await gateway.call(f"{CHAT}/ListSessions", unknown_key(number)) for number in range(5)]
        assert [each.status_code for each in tried] == [401, 401, 401, 429, 429]
        assert reason_of(tried[-1].json()) == "ADDRESS_LIMIT"
        assert detail_of(tried[-1].json(), error_details_pb2.RetryInfo()).retry_delay.ToNanoseconds() > 0
        assert (await gateway.call(f"{CHAT}/ListSessions")).status_code == 200


async def test_while_no_router_answers_keys_that_are_tried_are_counted(harness: RouterHarness) -> None:
    async with open_gateway_harness(harness, router="127.0.0.1:1", anonymous_per_minute=9.0) as gateway:
        tried = [await gateway.call(f"{CHAT}/ListSessions", unknown_key(number)) for number in range(5)]
    assert [each.status_code for each in tried] == [503, 503, 503, 429, 429]


# The work that a request may make


async def test_what_unpacks_to_far_more_than_was_sent_is_refused_and_honest_gzip_is_not(
    gateway: GatewayHarness,
) -> None:
    async def post(path: str, body: bytes) -> httpx.Response:
        headers = {**gateway.bearer(), **IN_JSON, "content-encoding": "gzip"}
        return await gateway.http.post(path, content=body, headers=headers)

    bomb = gzip.compress(b'{"filters":[' + b"{}," * 200_000 + b"{}]}")
    members = gzip.compress(b"{}") + gzip.compress(b"") * 100
    for body in (bomb, members, gzip.compress(b"{}")[:-4], b"no gzip"):
        response = await post(SEARCH, body)
        assert (response.status_code, reason_of(response.json())) == (400, "BAD_REQUEST"), response.text
    assert (await post(f"{CHAT}/ListSessions", gzip.compress(json.dumps({"pageSize": 1}).encode()))).status_code == 200


async def test_a_message_of_thousands_of_values_is_refused_before_it_is_built(gateway: GatewayHarness) -> None:
    token = await gateway.create_visitor()
    _, end = decode_frames((await gateway.converse(QUESTION, token, filters=[{}] * 15_000)).content)
    assert reason_of(end["error"]) == "BAD_REQUEST"
    assert "more than 1000 values" in end["error"]["message"]


async def test_a_visitors_conversation_of_v1_is_no_larger_than_a_message(gateway: GatewayHarness) -> None:
    body = {
        "model": "kefu",
        "messages": [{"role": "user", "content": "x" * 70_000}, {"role": "user", "content": QUESTION}],
    }
    token = await gateway.create_visitor()
    refused = await gateway.http.post("/v1/chat/completions", json=body, headers=bearer_header(token))
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "REQUEST_TOO_LARGE")
    taken = await gateway.http.post("/v1/chat/completions", json=body, headers=gateway.bearer())
    assert taken.status_code == 200


# Visitors together


async def test_messages_of_all_visitors_of_an_address_are_limited(harness: RouterHarness) -> None:
    async with open_gateway_harness(harness, address_questions_per_minute=4.0) as gateway:
        tokens = [await gateway.create_visitor() for _ in range(3)]
        ends = [decode_frames((await gateway.converse(QUESTION, token)).content)[1] for token in tokens]
        assert ends[:2] == [{}, {}]
        assert reason_of(ends[2]["error"]) == "ADDRESS_LIMIT"
        assert detail_of(ends[2]["error"], error_details_pb2.RetryInfo()).retry_delay.ToNanoseconds() > 0
        assert (await gateway.ask(QUESTION)).text, "a key is not limited by its address"


async def test_messages_of_all_visitors_are_limited_whatever_their_address(harness: RouterHarness) -> None:
    async with open_gateway_harness(
        harness, all_visitors_questions_per_minute=4.0, trusted_proxies="127.0.0.1"
    ) as gateway:
        ends: list[dict[str, Any]] = []
        for number in range(3):
            headers = {
                **bearer_header(await gateway.create_visitor()),
                "content-type": "application/connect+json",
                "x-forwarded-for": f"203.0.113.{number}",
            }
            content = encode_frame({"session": "sessions/-", "text": QUESTION})
            response = await gateway.http.post(f"{CHAT}/Converse", content=content, headers=headers)
            ends.append(decode_frames(response.content)[1])
        assert ends[:2] == [{}, {}]
        assert reason_of(ends[2]["error"]) == "VISITOR_LIMIT"
        assert detail_of(ends[2]["error"], error_details_pb2.RetryInfo()).retry_delay.ToNanoseconds() > 0


def written_as(request: gen.GenerateRequest) -> tuple[Any, ...]:
    """What decides how an answer is written, and what it costs."""
    options = (request.max_tokens, request.temperature, request.top_p, request.HasField("reasoning"))
    return (*options, request.reasoning.max_tokens)


async def test_a_visitor_chooses_neither_what_an_answer_costs_nor_how_it_is_written(
    gateway: GatewayHarness, harness: RouterHarness
) -> None:
    wishes: dict[str, Any] = {
        "maxTokens": 4096,
        "temperature": 2,
        "reasoning": {"maxTokens": 4096, "include": True},
        "asOf": "2001-01-01",
        "user": "someone",
    }
    await gateway.ask(QUESTION, await gateway.create_visitor(), **wishes)
    of_visitor = harness.replica.calls[-1].request
    await gateway.ask(QUESTION, await gateway.create_visitor())
    plain = harness.replica.calls[-1].request
    assert written_as(of_visitor) == written_as(plain)
    body = {
        "model": "kefu",
        "messages": [{"role": "user", "content": QUESTION}],
        "max_tokens": 4096,
        "temperature": 2,
        "reasoning_effort": "max",
    }
    headers = bearer_header(await gateway.create_visitor())
    assert (await gateway.http.post("/v1/chat/completions", json=body, headers=headers)).status_code == 200
    assert written_as(harness.replica.calls[-1].request) == written_as(plain)

    await gateway.ask(QUESTION, **wishes)
    assert harness.replica.calls[-1].request.max_tokens == 4096, "whoever has a key may"


# Streams


@asynccontextmanager
async def watch(gateway: GatewayHarness, token: str, session: str) -> AsyncIterator[AsyncIterator[bytes]]:
    """What is told to a watch, which lasts as long as the block."""
    content = encode_frame({"session": session, "after": "0"})
    headers = {**bearer_header(token), "content-type": "application/connect+json"}
    async with gateway.http.stream("POST", f"{CHAT}/WatchSession", content=content, headers=headers) as response:
        told = response.aiter_raw()  # kept here: without a reader the response would be closed
        yield told


async def refusal_of(watch: AsyncIterator[bytes]) -> dict[str, Any]:
    """The error of a watch that is refused; empty when it tells something."""
    body = await anext(watch)
    if body[0] == 0:
        return {}
    error: dict[str, Any] = decode_frames(body)[1]["error"]
    return error


async def test_a_visitor_has_a_few_watches_open_at_once(gateway: GatewayHarness) -> None:
    token, other = await gateway.create_visitor(), await gateway.create_visitor()
    session, of_other = (await gateway.ask(QUESTION, token)).session, (await gateway.ask(QUESTION, other)).session
    async with AsyncExitStack() as stack:
        closing = await stack.enter_async_context(AsyncExitStack())
        for number in range(4):
            owner = closing if number == 0 else stack
            response = await owner.enter_async_context(watch(gateway, token, session))
            assert await refusal_of(response) == {}
        async with watch(gateway, token, session) as fifth:
            error = await refusal_of(fifth)
            assert reason_of(error) == "VISITOR_LIMIT"
            assert detail_of(error, error_details_pb2.RetryInfo()).retry_delay.seconds > 0
        async with watch(gateway, other, of_other) as of_another:
            assert await refusal_of(of_another) == {}

        await closing.aclose()
        async with asyncio.timeout(20):
            while True:
                async with watch(gateway, token, session) as again:
                    if await refusal_of(again) == {}:
                        break
                await asyncio.sleep(0.05)


async def test_an_address_has_so_many_streams_of_visitors_and_keys_have_more(harness: RouterHarness) -> None:
    async with open_gateway_harness(harness, address_streams=1) as gateway, AsyncExitStack() as stack:
        token, other = await gateway.create_visitor(), await gateway.create_visitor()
        session, of_other = (await gateway.ask(QUESTION, token)).session, (await gateway.ask(QUESTION, other)).session
        of_key = (await gateway.ask(QUESTION)).session
        first = await stack.enter_async_context(watch(gateway, token, session))
        assert await refusal_of(first) == {}
        async with watch(gateway, other, of_other) as second:
            assert reason_of(await refusal_of(second)) == "ADDRESS_LIMIT"
        for _ in range(2):
            response = await stack.enter_async_context(watch(gateway, gateway.key, of_key))
            assert await refusal_of(response) == {}


async def test_a_watch_ends_with_its_token(gateway: GatewayHarness, harness: RouterHarness) -> None:
    token = VisitorTokens([VISITOR_SECRET], harness.tenant, minutes=3 / 60).issue()
    session = (await gateway.ask(QUESTION, token)).session
    async with watch(gateway, token, session) as told, asyncio.timeout(20):
        _, end = decode_frames(b"".join([part async for part in told]))
    assert (end["error"]["code"], reason_of(end["error"])) == ("unauthenticated", "UNAUTHENTICATED")


async def test_the_desk_is_watched_until_the_operators_token_ends(harness: RouterHarness) -> None:
    async with (
        open_oidc_issuer() as issuer,
        open_gateway_harness(
            harness, oidc_issuer=issuer.url, oidc_audience=AUDIENCE, oidc_tenant=harness.tenant, oidc_leeway_seconds=0.0
        ) as gateway,
    ):
        headers = {
            **bearer_header(issuer.token(exp=int(time.time()) + 3)),
            "content-type": "application/connect+json",
        }
        content = encode_frame({"agent": "ann"})
        response = await gateway.http.post(
            "/kefu.router.v1.DeskService/WatchDesk", content=content, headers=headers, timeout=20
        )
    messages, end = decode_frames(response.content)
    assert messages, "it was watched"
    assert (end["error"]["code"], reason_of(end["error"])) == ("unauthenticated", "UNAUTHENTICATED")


async def test_a_client_that_does_not_read_is_cut_off() -> None:
    ended = asyncio.Event()

    async def endless(_: Request) -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"x" * 65_536
                    await asyncio.sleep(0)
            finally:
                ended.set()

        return StreamingResponse(chunks())

    config = GatewayConfig(
        listen="127.0.0.1:0", internal_key=SecretStr(INTERNAL_KEY), drain_seconds=0.0, send_seconds=0.5
    )
    async with serving_http(config, Router([Route("/", endless)]), Readiness(), lambda: None) as port:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            await asyncio.wait_for(ended.wait(), 20)


async def test_a_client_that_is_gone_without_a_word_is_looked_for(gateway: GatewayHarness) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port)) as connection:
        own = connection.getsockname()[1]
        await gateway.http.get("/healthz")  # the connection has been accepted by then
        at = f"0100007F:{gateway.port:04X} 0100007F:{own:04X} 01 "
        [line] = [each for each in Path("/proc/net/tcp").read_text().splitlines() if at in each]
    assert line.split()[5].startswith("02:"), "the kernel's timer of TCP keepalive"

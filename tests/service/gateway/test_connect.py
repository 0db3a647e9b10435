"""The gateway's Connect and gRPC-Web, in front of a real router and Redis."""

import asyncio
import base64
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import grpc.aio
import httpx
import pytest
from google.rpc import error_details_pb2, status_pb2

from kefu.common.auth import Scope
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc, identity_pb2, identity_pb2_grpc
from kefu.testing.redis_server import RedisServer
from tests.support.gateway_harness import (
    CHAT,
    GatewayHarness,
    decode_frames,
    detail_of,
    encode_frame,
    open_gateway_harness,
    reason_of,
)
from tests.support.grpc_calls import INTERNAL_KEY
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.shared_redis import SharedRedis

QUESTION = "How long does a refund take?"


@pytest.fixture
async def harness(redis: SharedRedis) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(redis) as harness:
        harness.knowledge.hits = [make_hit("Refunds take 7 days.")]
        yield harness


@pytest.fixture
async def gateway(harness: RouterHarness) -> AsyncIterator[GatewayHarness]:
    async with open_gateway_harness(harness) as gateway:
        yield gateway


async def test_a_unary_call_in_json_and_in_binary_says_the_same(gateway: GatewayHarness) -> None:
    session = (await gateway.ask(QUESTION)).session
    in_json = await gateway.call(f"{CHAT}/GetSession", name=session)
    assert in_json.status_code == 200
    assert in_json.json()["session"]["title"] == QUESTION

    in_binary = await gateway.http.post(
        f"{CHAT}/GetSession",
        content=pb.GetSessionRequest(name=session).SerializeToString(),
        headers={**gateway.bearer(), "content-type": "application/proto"},
    )
    assert in_binary.headers["content-type"] == "application/proto"
    assert pb.GetSessionResponse.FromString(in_binary.content).session.name == session


async def test_a_stream_over_connect_has_the_events_of_grpc(gateway: GatewayHarness, harness: RouterHarness) -> None:
    over_connect = await gateway.ask(QUESTION)
    over_grpc = await (await harness.client()).ask(QUESTION)
    assert over_connect.kinds == over_grpc.kinds
    assert over_connect.text == over_grpc.text == "Refunds take 7 days [1]."


async def test_a_stream_over_grpc_web_ends_with_its_status(gateway: GatewayHarness) -> None:
    headers = {**gateway.bearer(), "content-type": "application/grpc-web+proto", "x-grpc-web": "1"}
    request = pb.ConverseRequest(session="sessions/-", text=QUESTION)
    answered = await gateway.http.post(
        f"{CHAT}/Converse", content=encode_frame(request.SerializeToString()), headers=headers
    )
    body, events = answered.content, list[pb.ConverseEvent]()
    while not body[0] & 0x80:
        (length,) = struct.unpack(">I", body[1:5])
        events.append(pb.ConverseEvent.FromString(body[5 : 5 + length]))
        body = body[5 + length :]
    assert events[-1].WhichOneof("event") == "turn_completed"
    assert b"grpc-status: 0" in body

    refused = await gateway.http.post(
        f"{CHAT}/GetSession",
        content=encode_frame(pb.GetSessionRequest(name="nonsense").SerializeToString()),
        headers=headers,
    )
    trailers = dict(line.split(": ", 1) for line in refused.content[5:].decode().split("\r\n") if line)
    status = status_pb2.Status.FromString(base64.b64decode(trailers["grpc-status-details-bin"] + "=="))
    assert int(trailers["grpc-status"]) == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert {each.type_url.rpartition(".")[2] for each in status.details} == {"ErrorInfo", "BadRequest"}


async def test_errors_keep_their_details(gateway: GatewayHarness, harness: RouterHarness) -> None:
    wrong = await gateway.call(f"{CHAT}/GetSession", name="nonsense")
    assert wrong.status_code == 400
    assert reason_of(wrong.json()) == "BAD_REQUEST"
    assert detail_of(wrong.json(), error_details_pb2.BadRequest()).field_violations[0].field == "name"

    absent = await gateway.call(f"{CHAT}/GetSession", name="sessions/00000000-0000-4000-8000-000000000000")
    assert (absent.status_code, reason_of(absent.json())) == (404, "SESSION_NOT_FOUND")


async def test_without_redis_a_call_is_told_when_to_come_back(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis) as harness, open_gateway_harness(harness) as gateway:
        own_redis.kill()
        away = await gateway.call(f"{CHAT}/ListSessions")
        assert (away.status_code, reason_of(away.json())) == (503, "BACKEND_UNAVAILABLE")
        assert detail_of(away.json(), error_details_pb2.RetryInfo()).retry_delay.seconds > 0


async def test_an_error_of_a_stream_is_told_at_its_end(gateway: GatewayHarness) -> None:
    response = await gateway.converse("")
    assert response.status_code == 200  # as the protocol has it
    messages, end = decode_frames(response.content)
    assert messages == []
    assert (end["error"]["code"], reason_of(end["error"])) == ("invalid_argument", "BAD_REQUEST")


async def test_a_request_that_cannot_be_read_is_a_bad_request_that_says_no_more_than_that(
    gateway: GatewayHarness,
) -> None:
    response = await gateway.http.post(
        f"{CHAT}/GetSession",
        content=b'{"name": ',
        headers={**gateway.bearer(), "content-type": "application/json"},
    )
    assert (response.status_code, reason_of(response.json())) == (400, "BAD_REQUEST")
    assert "Traceback" not in response.text


async def test_a_request_that_is_too_large_is_refused_unread(gateway: GatewayHarness) -> None:
    response = await gateway.call(f"{CHAT}/GetSession", name="x" * 70_000)
    assert (response.json()["code"], reason_of(response.json())) == ("resource_exhausted", "REQUEST_TOO_LARGE")
    _, end = decode_frames((await gateway.converse("x" * 70_000)).content)
    assert reason_of(end["error"]) == "REQUEST_TOO_LARGE"


async def test_calls_without_a_valid_key_are_unauthenticated(gateway: GatewayHarness) -> None:
    for token in ("", "nonsense", f"kefu_nobody_{'0' * 64}", INTERNAL_KEY):
        response = await gateway.call(f"{CHAT}/ListSessions", token)
        assert (response.status_code, reason_of(response.json())) == (401, "UNAUTHENTICATED"), token


async def test_a_key_without_the_scope_is_refused_by_the_service(
    gateway: GatewayHarness, harness: RouterHarness
) -> None:
    key = await harness.create_key(harness.tenant, Scope.CHAT)
    response = await gateway.call("/kefu.router.v1.AdminService/ListTenants", key)
    assert (response.status_code, reason_of(response.json())) == (403, "SCOPE_MISSING")


async def test_callers_cannot_name_whom_they_act_for(gateway: GatewayHarness, harness: RouterHarness) -> None:
    """What the gateway tells the services of its callers comes from their key or token alone."""
    headers = {
        **gateway.bearer(),
        "kefu-tenant": "shop",
        "kefu-subject": "someone",
        "kefu-scopes": "operator",
    }
    response = await gateway.http.get("/api/me", headers=headers)
    assert (response.json()["tenant"], response.json()["subject"]) == (harness.tenant, gateway.key.split("_")[1])


async def test_a_deadline_of_the_client_is_kept(gateway: GatewayHarness, harness: RouterHarness) -> None:
    harness.replica.frames = ["Refunds take ", asyncio.Event(), "7 days."]
    response = await gateway.http.post(
        f"{CHAT}/Converse",
        content=encode_frame({"session": "sessions/-", "text": QUESTION}),
        headers={
            **gateway.bearer(),
            "content-type": "application/connect+json",
            "connect-timeout-ms": "1500",
        },
    )
    _, end = decode_frames(response.content)
    # Told by the router, which replaces what cannot be had in time, or by the gateway: never later.
    assert "error" not in end or end["error"]["code"] == "deadline_exceeded"
    await asyncio.wait_for(harness.replica.calls[0].ended.wait(), 10)


async def test_a_turn_stops_when_its_reader_leaves(gateway: GatewayHarness, harness: RouterHarness) -> None:
    harness.replica.frames = ["Refunds take ", asyncio.Event(), "7 days."]
    content = encode_frame({"session": "sessions/-", "text": QUESTION})
    headers = {**gateway.bearer(), "content-type": "application/connect+json"}
    async with gateway.http.stream("POST", f"{CHAT}/Converse", content=content, headers=headers) as response:
        async for part in response.aiter_bytes():
            if b"textDelta" in part:
                break
    await asyncio.wait_for(harness.replica.calls[0].ended.wait(), 10)
    assert harness.replica.calls[0].cancelled


async def test_a_resumable_turn_goes_on_when_its_reader_leaves(gateway: GatewayHarness, harness: RouterHarness) -> None:
    go_on = asyncio.Event()
    harness.replica.frames = ["Refunds take ", go_on, "7 days [1]."]
    content = encode_frame({"session": "sessions/-", "text": QUESTION, "resumable": True})
    headers = {**gateway.bearer(), "content-type": "application/connect+json"}
    turn, seen = "", b""
    async with gateway.http.stream("POST", f"{CHAT}/Converse", content=content, headers=headers) as response:
        async for part in response.aiter_bytes():
            seen += part
            if b"textDelta" in seen:
                turn = seen.split(b'"turn": "')[1].split(b'"')[0].decode()
                break
    go_on.set()
    resumed = await gateway.http.post(f"{CHAT}/ResumeTurn", content=encode_frame({"turn": turn}), headers=headers)
    messages, end = decode_frames(resumed.content)
    assert "error" not in end
    assert b"7 days" in b"".join(messages)
    assert not harness.replica.calls[0].cancelled


async def test_what_is_not_served_is_told_so(gateway: GatewayHarness) -> None:
    assert (await gateway.call(f"{CHAT}/Nothing")).status_code == 404
    assert (await gateway.http.get(f"{CHAT}/ListSessions")).status_code == 405
    plain = await gateway.http.post(f"{CHAT}/ListSessions", headers={"content-type": "application/grpc"})
    assert plain.status_code == 415
    both_ways = await gateway.http.post(
        "/kefu.retrieval.v1.KnowledgeService/ImportDocuments",
        content=encode_frame({}),
        headers={**gateway.bearer(), "content-type": "application/connect+json"},
    )
    assert reason_of(decode_frames(both_ways.content)[1]["error"]) == "METHOD_UNKNOWN"


async def test_a_router_that_is_away_is_unavailable_and_names_no_address(harness: RouterHarness) -> None:
    async with open_gateway_harness(harness, router="127.0.0.1:1") as gateway:
        response = await gateway.call(f"{CHAT}/ListSessions")
    assert (response.status_code, reason_of(response.json())) == (503, "BACKEND_UNAVAILABLE")
    assert "127.0.0.1" not in response.text


async def test_a_drain_lets_answers_finish_and_does_not_wait_for_watchers(harness: RouterHarness) -> None:
    go_on = asyncio.Event()
    harness.replica.frames = ["Refunds take ", go_on, "7 days [1]."]

    class Watching(chat_pb2_grpc.ChatServiceServicer):
        async def WatchSession(self, request: object, context: object) -> AsyncIterator[pb.SessionEvent]:
            yield pb.SessionEvent(id="1")
            await asyncio.Event().wait()

    class EveryKeyIsValid(identity_pb2_grpc.IdentityServiceServicer):
        async def GetIdentity(self, request: object, context: object) -> identity_pb2.GetIdentityResponse:
            return identity_pb2.GetIdentityResponse()

    async with AsyncExitStack() as stack:
        watched = grpc.aio.server()
        chat_pb2_grpc.add_ChatServiceServicer_to_server(Watching(), watched)  # pyright: ignore[reportAbstractUsage]
        identity_pb2_grpc.add_IdentityServiceServicer_to_server(EveryKeyIsValid(), watched)  # pyright: ignore[reportAbstractUsage]
        port = watched.add_insecure_port("127.0.0.1:0")
        await watched.start()
        stack.push_async_callback(watched.stop, 0)
        gateways = AsyncExitStack()
        answering = await gateways.enter_async_context(open_gateway_harness(harness, drain_seconds=20.0))
        watching = await gateways.enter_async_context(
            open_gateway_harness(harness, router=f"127.0.0.1:{port}", drain_seconds=20.0)
        )
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=30))
        headers = {**answering.bearer(), "content-type": "application/connect+json"}
        content = encode_frame({"session": "sessions/-", "text": QUESTION})
        first = asyncio.Event(), asyncio.Event()

        async def read(url: str, body: bytes, begun: asyncio.Event, mark: bytes) -> bytes:
            seen = b""
            async with client.stream("POST", url, content=body, headers=headers) as response:
                async for part in response.aiter_bytes():
                    seen += part
                    if mark in seen:
                        begun.set()
            return seen

        answer = asyncio.create_task(read(f"{answering.url}{CHAT}/Converse", content, first[0], b"textDelta"))
        watch = asyncio.create_task(
            read(f"{watching.url}{CHAT}/WatchSession", encode_frame({"session": "sessions/x"}), first[1], b'"id"')
        )
        await asyncio.gather(*(event.wait() for event in first))
        closing = asyncio.create_task(gateways.aclose())
        _, end = decode_frames(await asyncio.wait_for(watch, 15))  # within less than the drain
        assert reason_of(end["error"]) == "BACKEND_UNAVAILABLE"
        assert not answer.done()
        go_on.set()
        messages, end = decode_frames(await answer)
        assert end == {}
        assert b"7 days" in b"".join(messages)
        await closing

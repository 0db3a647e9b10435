"""The real nginx in front of two processes that serve as routers do, called over real gRPC."""

import asyncio
import re
import signal
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from prometheus_client import REGISTRY

from kefu.client.channels import channel_to
from kefu.common.auth import open_keyring
from kefu.common.grpc_options import Transport
from kefu.common.permissions import permissions_of
from kefu.common.rpc.server import serving
from kefu.common.rpc.status import failure_of
from kefu.edge.certificate import self_signed
from kefu.edge.nginx_config import Edge
from kefu.edge.tls import Certificate
from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.retrieval.v1 import knowledge_pb2_grpc as kb_rpc
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from tests.support.echo_router import INTERNAL_KEY, KEY
from tests.support.edge_harness import LIMITS, ask_router_port, converse, find_nginx_or_skip, open_edge_harness
from tests.support.grpc_calls import bearer_metadata, expect_failure, is_serving
from tests.support.waiting import wait_until

HEALTH_CHECK = "/grpc.health.v1.Health/Check"


async def test_streams_of_one_connection_are_spread_over_the_routers(tmp_path: Path) -> None:
    async with open_edge_harness(tmp_path) as harness, harness.channel() as channel:
        turns = [converse(channel, "1.0") for _ in range(40)]
        answers = Counter(int(events[0].turn_started.turn) for events in await asyncio.gather(*turns))
        assert set(answers) == set(harness.ports)
        assert min(answers.values()) >= 15, answers


async def test_when_a_router_is_killed_new_streams_go_to_the_other_and_come_back_later(tmp_path: Path) -> None:
    async with open_edge_harness(tmp_path, processes=True) as harness, harness.channel() as channel:
        killed, other = harness.ports
        await harness.end_router(killed, signal.SIGKILL)
        assert {await ask_router_port(channel) for _ in range(20)} == {other}
        await harness.start_router(killed)
        assert {await ask_router_port(channel) for _ in range(20)} == {killed, other}


async def test_a_stream_that_is_cut_in_the_middle_fails_and_is_not_sent_to_the_other(tmp_path: Path) -> None:
    async with open_edge_harness(tmp_path, processes=True) as harness, harness.channel() as channel:
        request = pb.ConverseRequest(session="sessions/-", text="30")
        call = rpc.ChatServiceStub(channel).Converse(request, metadata=bearer_metadata(KEY))
        first = await call.read()
        assert isinstance(first, pb.ConverseEvent)
        await harness.end_router(int(first.turn_started.turn), signal.SIGKILL)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call.read()
        assert caught.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL)


@pytest.mark.parametrize(("ping_seconds", "lives"), [(1, True), (600, False)])
async def test_a_stream_in_which_nothing_happens_lives_on_the_routers_pings(
    tmp_path: Path, ping_seconds: int, lives: bool
) -> None:
    edge = Edge("", [], tmp_path, replace(LIMITS, silent_seconds=4))
    transport = Transport(ping_seconds=ping_seconds)
    async with open_edge_harness(tmp_path, edge, transport=transport) as harness, harness.channel() as channel:
        request = pb.ConverseRequest(session="sessions/-", text="9")
        call = rpc.ChatServiceStub(channel).Converse(request, metadata=bearer_metadata(KEY))
        assert isinstance(await call.read(), pb.ConverseEvent)
        if lives:
            assert isinstance(await call.read(), pb.ConverseEvent)
        else:
            with pytest.raises(grpc.aio.AioRpcError):
                await call.read()


async def test_without_a_router_the_answer_is_a_status_of_ours_and_no_page(tmp_path: Path) -> None:
    async with open_edge_harness(tmp_path, running=False) as harness, harness.channel() as channel:
        read = await expect_failure(lambda: converse(channel))
        assert (read.code, read.reason) == (grpc.StatusCode.UNAVAILABLE, "BACKEND_UNAVAILABLE")
        assert "try again" in read.message
        assert not any(word in read.message.lower() for word in ("nginx", "html", "127.0.0.1", "502"))
        [logged] = await harness.read_access_log(1)
        assert logged["grpc_status"] == "14"


async def test_a_turn_of_100_kib_is_refused_with_a_clear_message_and_one_of_60_kib_is_not(tmp_path: Path) -> None:
    async with open_edge_harness(tmp_path) as harness, harness.channel() as channel:
        assert len(await converse(channel, "0." + "0" * 60 * 1024)) == 2
        read = await expect_failure(lambda: converse(channel, "0." + "0" * 100 * 1024))
        assert (read.code, read.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE")
        assert "64 KiB" in read.message
        assert len(await converse(channel)) == 2, "the connection goes on"


async def test_a_request_of_100_mb_is_refused_before_a_hundredth_of_it_is_read(tmp_path: Path) -> None:
    async with open_edge_harness(tmp_path) as harness, harness.channel() as channel:
        read = await expect_failure(lambda: converse(channel, "0" * 100_000_000))
        assert (read.code, read.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE")
        [logged] = await harness.read_access_log(1)
        assert int(logged["received_bytes"]) < 1_000_000
        assert len(await converse(channel)) == 2


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
HEADERS_CUT_OFF = bytes((0, 0, 200, 1, 4, 0, 0, 0, 1)) + b"\x83"


@pytest.mark.parametrize(
    ("opening", "connections"),
    [
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ", 400, id="a header that never ends"),
        pytest.param(PREFACE + HEADERS_CUT_OFF, 400, id="a frame that never ends"),
        pytest.param(PREFACE, 1200, id="connections that say nothing, more than there is room for"),
    ],
)
async def test_slow_clients_do_not_keep_others_out(tmp_path: Path, opening: bytes, connections: int) -> None:
    writers: list[asyncio.StreamWriter] = []
    async with open_edge_harness(tmp_path) as harness:
        try:
            for _ in range(connections):
                _, writer = await asyncio.open_connection(*harness.edge.listen.split(":"))
                writer.write(opening)
                writers.append(writer)
            for _ in range(10):
                for writer in writers[::10]:
                    if not writer.is_closing():
                        writer.write(b"x" if opening != PREFACE else b"")
                async with harness.channel() as channel, asyncio.timeout(30):
                    assert len(await converse(channel)) == 2
        finally:
            for writer in writers:
                writer.transport.abort()


async def test_an_import_of_many_megabytes_streams_through_in_both_directions(tmp_path: Path) -> None:
    part, parts = 512 * 1024, 24
    received = 0

    async def import_documents(
        requests: AsyncIterator[kb.ImportDocumentsRequest], context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[kb.ImportDocumentsResponse]:
        nonlocal received
        async for request in requests:
            received += len(request.SerializeToString())
            yield kb.ImportDocumentsResponse()

    handler = grpc.stream_stream_rpc_method_handler(
        import_documents, kb.ImportDocumentsRequest.FromString, kb.ImportDocumentsResponse.SerializeToString
    )
    service = "kefu.retrieval.v1.KnowledgeService"
    async with AsyncExitStack() as stack:
        keyring = await stack.enter_async_context(open_keyring(INTERNAL_KEY, KEY))
        handlers = grpc.method_handlers_generic_handler(service, {"ImportDocuments": handler})
        retrieval = await stack.enter_async_context(
            serving(
                "127.0.0.1:0",
                lambda server: server.add_generic_rpc_handlers((handlers,)),
                keyring=keyring,
                permissions=permissions_of(service),
            )
        )
        edge = Edge("", [], tmp_path, LIMITS, retrieval=[f"127.0.0.1:{retrieval.port}"])
        harness = await stack.enter_async_context(open_edge_harness(tmp_path, edge))
        channel = await stack.enter_async_context(harness.channel())
        call = kb_rpc.KnowledgeServiceStub(channel).ImportDocuments(metadata=bearer_metadata(KEY))
        for _ in range(parts):
            await call.write(kb.ImportDocumentsRequest(data=b"x" * part))
            assert isinstance(await call.read(), kb.ImportDocumentsResponse), "progress comes while it is sent"
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF
    assert received > parts * part


async def test_a_turn_that_its_customer_leaves_is_cancelled_in_the_router_within_a_second(tmp_path: Path) -> None:
    def in_flight() -> float:
        name = "kefu_rpcs_in_flight"
        return REGISTRY.get_sample_value(name, {"method": "kefu.router.v1.ChatService/Converse"}) or 0.0

    async with open_edge_harness(tmp_path) as harness, harness.channel() as channel:
        request = pb.ConverseRequest(session="sessions/-", text="60")
        call = rpc.ChatServiceStub(channel).Converse(request, metadata=bearer_metadata(KEY))
        assert isinstance(await call.read(), pb.ConverseEvent)
        assert in_flight() == 1
        call.cancel()
        async with asyncio.timeout(10):  # a second on a machine that is not busy
            while in_flight():
                await asyncio.sleep(0.01)


async def test_a_method_that_is_not_there_is_unimplemented(tmp_path: Path) -> None:
    async with open_edge_harness(tmp_path) as harness, harness.channel() as channel:
        for method in (
            "/kefu.router.v1.AdminService/ListTenants",
            "/kefu.retrieval.v1.KnowledgeService/Search",
            "/x/Y",
        ):
            call = channel.unary_unary(method, bytes, bytes)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(b"", metadata=bearer_metadata(KEY))
            read = failure_of(caught.value)
            assert (read.code, read.reason) == (grpc.StatusCode.UNIMPLEMENTED, "METHOD_UNKNOWN")


async def test_something_that_is_no_grpc_gets_one_plain_sentence(tmp_path: Path) -> None:
    async with open_edge_harness(tmp_path, http1=True) as harness:
        reader, writer = await asyncio.open_connection(*harness.edge.listen.split(":"))
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = (await reader.read()).decode()
        writer.close()
        assert " 415 " in answer.splitlines()[0]
        assert "This is a gRPC service." in answer
        assert "<html" not in answer
        assert not re.search(r"nginx/\d", answer)


async def test_calls_without_a_key_are_limited_by_address_and_those_with_one_are_not(tmp_path: Path) -> None:
    edge = Edge("", [], tmp_path, LIMITS, keyless_per_second=5)
    async with open_edge_harness(tmp_path, edge) as harness, harness.channel() as channel:
        port = int(harness.edge.listen.rpartition(":")[2])
        refused = None
        for _ in range(200):
            try:
                assert await is_serving(port)
            except grpc.aio.AioRpcError as error:
                refused = failure_of(error)
                break
        assert refused is not None
        assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "ADDRESS_LIMIT")
        assert refused.retry_after == 1
        answers = await asyncio.gather(*(converse(channel) for _ in range(100)))
        assert all(len(events) == 2 for events in answers)


async def test_what_needs_no_key_is_not_called_more_often_with_something_like_one(tmp_path: Path) -> None:
    edge = Edge("", [], tmp_path, LIMITS, keyless_per_second=5)
    async with open_edge_harness(tmp_path, edge) as harness, harness.channel() as channel:
        check = channel.unary_unary(HEALTH_CHECK, bytes, bytes)
        codes = Counter[grpc.StatusCode]()
        for _ in range(60):
            try:
                await check(b"", metadata=bearer_metadata(f"kefu_x_{'0' * 64}"))
                codes[grpc.StatusCode.OK] += 1
            except grpc.aio.AioRpcError as error:
                codes[error.code()] += 1
        assert codes[grpc.StatusCode.OK] > 0
        assert codes[grpc.StatusCode.RESOURCE_EXHAUSTED] > 0


async def test_an_address_that_sends_keys_is_limited_too_if_later(tmp_path: Path) -> None:
    edge = Edge("", [], tmp_path, LIMITS, keyless_per_second=1)
    async with open_edge_harness(tmp_path, edge) as harness, harness.channel() as channel:
        ask = channel.unary_unary("/kefu.router.v1.ChatService/GetSession", bytes, bytes)
        metadata = bearer_metadata(f"kefu_x_{'0' * 64}")
        failures = [failure_of(each) for each in await asyncio.gather(*(refused(ask, metadata) for _ in range(300)))]
        reasons = Counter(failure.reason for failure in failures)
        assert reasons["ADDRESS_LIMIT"] > 0
        assert reasons.total() - reasons["ADDRESS_LIMIT"] >= 160, "the burst of an address with a key"


async def refused(call: Any, metadata: Any) -> grpc.aio.AioRpcError:
    try:
        await call(b"", metadata=metadata)
    except grpc.aio.AioRpcError as error:
        return error
    raise AssertionError("the echo router knows no such method")


async def test_health_is_checked_through_nginx_and_not_watched(tmp_path: Path) -> None:
    async with open_edge_harness(tmp_path) as harness, harness.channel() as channel:
        assert await channel.unary_unary(HEALTH_CHECK, bytes, bytes)(b"")
        read = failure_of(
            await refused(channel.unary_unary("/grpc.health.v1.Health/Watch", bytes, bytes), bearer_metadata(KEY))
        )
        assert (read.code, read.reason) == (grpc.StatusCode.UNIMPLEMENTED, "METHOD_UNKNOWN")


async def test_the_access_log_is_json_with_the_callers_trace_and_without_its_key(tmp_path: Path) -> None:
    async with open_edge_harness(tmp_path) as harness, harness.channel() as channel:
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        request = pb.ConverseRequest(session="sessions/-", text="0")
        metadata = bearer_metadata(KEY, ("traceparent", f"00-{trace}-00f067aa0ba902b7-01"))
        async for _ in rpc.ChatServiceStub(channel).Converse(request, metadata=metadata):
            pass
        await converse(channel)
        named, made = await harness.read_access_log(2)
        assert named["trace_id"] == trace
        assert re.fullmatch("[0-9a-f]{32}", made["trace_id"])
        assert (named["grpc_status"], named["method"]) == ("0", "/kefu.router.v1.ChatService/Converse")
        assert int(named["upstream"].rpartition(":")[2]) in harness.ports
        assert KEY not in Path(harness.edge.access_log).read_text()


async def test_a_router_that_drains_under_a_trickle_of_calls_fails_none(tmp_path: Path) -> None:
    async with open_edge_harness(tmp_path, processes=True) as harness, harness.channel() as channel:
        stop, answers, failures = asyncio.Event(), Counter[int](), list[str]()

        async def customer() -> None:
            while not stop.is_set():
                try:
                    events = await converse(channel, "0.05")
                    assert [event.WhichOneof("event") for event in events] == ["turn_started", "turn_completed"]
                    answers[int(events[0].turn_started.turn)] += 1
                except grpc.aio.AioRpcError as error:
                    failures.append(f"{error.code()}: {error.details()}")

        customers = [asyncio.create_task(customer()) for _ in range(10)]
        for _ in range(2):
            for port in harness.ports:
                before = answers[port]
                await wait_until(lambda port=port, before=before: answers[port] > before + 3)  # customers are at it
                await harness.end_router(port, signal.SIGTERM)
                await harness.start_router(port)
        stop.set()
        await asyncio.gather(*customers)
        assert failures == []
        assert set(answers) == set(harness.ports)


async def test_over_tls_with_a_certificate_made_here(tmp_path: Path) -> None:
    folder = tmp_path / "certificate"
    folder.mkdir()
    certificate = self_signed(folder)
    assert self_signed(folder) == certificate, "made once"
    assert certificate.key.stat().st_mode & 0o077 == 0
    edge = Edge("", [], tmp_path, LIMITS, certificate=certificate)
    async with open_edge_harness(tmp_path, edge) as harness:
        async with harness.channel() as channel:
            assert await ask_router_port(channel) in harness.ports
        [logged] = await harness.read_access_log(1)
        assert logged["tls"] == "TLSv1.3"
        async with grpc.aio.insecure_channel(harness.edge.listen) as channel:
            with pytest.raises(grpc.aio.AioRpcError):
                await asyncio.wait_for(converse(channel), 20)


async def test_a_certificate_replaced_under_load_is_shown_to_the_next_connection_and_no_call_fails(
    tmp_path: Path,
) -> None:
    before, after = (self_signed_in(tmp_path / name) for name in ("before", "after"))
    data = tmp_path / "..data"  # as Kubernetes mounts a secret: both files change at once, by one link
    data.symlink_to("before")
    roots = tmp_path / "roots.pem"
    roots.write_bytes(before.certificate.read_bytes() + after.certificate.read_bytes())
    edge = Edge("", [], tmp_path, LIMITS, certificate=Certificate(data / "certificate.pem", data / "key.pem"))
    async with open_edge_harness(tmp_path, edge) as harness, harness.channel() as kept:
        stop, calls, failures = asyncio.Event(), Counter[str](), list[str]()

        async def customer(channel: grpc.aio.Channel | None) -> None:
            """Calls over one connection, or over a new one each."""
            while not stop.is_set():
                try:
                    if channel is not None:
                        await converse(channel)
                    else:
                        async with channel_to(harness.address, str(roots), OWN_CONNECTION) as new:
                            await new.channel_ready()  # tries again, should nginx read one file before and one after
                            await converse(new)
                    calls["kept" if channel else "new"] += 1
                except grpc.aio.AioRpcError as error:
                    failures.append(f"{error.code()}: {error.details()}")

        customers = [asyncio.create_task(customer(channel)) for channel in (kept, kept, None)]
        in_flight = asyncio.create_task(converse(kept, "2"))
        await wait_until(lambda: min(calls["kept"], calls["new"]) > 5)
        assert await certificate_shown(harness.edge.listen) == der(before)
        (tmp_path / "..new").symlink_to("after")
        (tmp_path / "..new").rename(data)
        assert await certificate_shown(harness.edge.listen) == der(after), "with the next handshake"
        counted = Counter(calls)
        await wait_until(lambda: min(calls[kind] - counted[kind] for kind in ("kept", "new")) > 5)
        assert len(await in_flight) == 2
        stop.set()
        await asyncio.gather(*customers)
        assert failures == []


OWN_CONNECTION = (("grpc.use_local_subchannel_pool", 1),)


def self_signed_in(folder: Path) -> Certificate:
    folder.mkdir()
    return self_signed(folder)


def der(certificate: Certificate) -> bytes:
    return ssl.PEM_cert_to_DER_cert(certificate.certificate.read_text())


async def certificate_shown(address: str) -> bytes:
    host, _, port = address.partition(":")
    shown = await asyncio.to_thread(ssl.get_server_certificate, (host, int(port)))
    return ssl.PEM_cert_to_DER_cert(shown)


async def test_nginx_takes_the_configuration_as_make_nginx_check_renders_it() -> None:
    find_nginx_or_skip()
    command = [sys.executable, "-m", "kefu.edge", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("takes the configuration") == 2

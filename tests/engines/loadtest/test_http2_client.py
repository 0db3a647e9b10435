"""The load tests' own HTTP/2 client against a real gRPC server: it has to see what grpc.aio's would."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest

from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from loadtest.generator.connection_pool import ConnectionPool
from loadtest.generator.http2_client import Connection, ConnectionLost, request_headers
from loadtest.generator.turn_client import TurnClient
from loadtest.harness.statistics import Timeline

DELTA = "一" * 20_000
"""60 kB: larger than an HTTP/2 frame."""


class Chat(rpc.ChatServiceServicer):
    """Answers as the text of the question says."""

    def __init__(self) -> None:
        self.hangs = asyncio.Event()

    async def Converse(self, request: pb.ConverseRequest, context: Any) -> AsyncIterator[pb.ConverseEvent]:
        metadata = dict(context.invocation_metadata())
        if metadata.get("authorization") != "Bearer the-key":
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "no key: 钥匙")
        if request.text == "refuse":
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "later")
        yield pb.ConverseEvent(turn_started=pb.TurnStarted(session="sessions/a", turn="sessions/a/turns/b"))
        size = 0
        for _ in range(50 if request.text == "long" else 2):
            yield pb.ConverseEvent(text_delta=pb.TextDelta(offset=size, text=DELTA))
            size += len(DELTA.encode())
            if request.text == "hang":
                self.hangs.set()
                await asyncio.Event().wait()
        if request.text != "break off":
            completed = pb.TurnCompleted(
                finish_reason=pb.FINISH_REASON_STOP, text_bytes=size, source=pb.ANSWER_SOURCE_GENERATED
            )
            yield pb.ConverseEvent(turn_completed=completed)


@asynccontextmanager
async def chat(servicer: Chat | None = None) -> AsyncIterator[tuple[str, grpc.aio.Server]]:
    server = grpc.aio.server()
    rpc.add_ChatServiceServicer_to_server(servicer or Chat(), server)  # pyright: ignore[reportAbstractUsage] - no other method is called
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}", server
    finally:
        await server.stop(0)


def asker_of(address: str, key: str = "the-key") -> TurnClient:
    return TurnClient(address, key, Timeline(time.monotonic()))


async def test_many_answers_at_once_over_one_connection_are_whole() -> None:
    async with chat() as (address, _):
        asker, pool = asker_of(address), ConnectionPool(address)
        turns = [asker.ask(await pool.acquire(), pb.ConverseRequest(text="long")) for _ in range(20)]
        verdicts = await asyncio.gather(*(turn.verdict() for turn in turns))
        assert [verdict.failure for verdict in verdicts] == [""] * 20
        assert {verdict.text_bytes for verdict in verdicts} == {50 * len(DELTA.encode())}
        assert (pool.count, pool.messages) == (1, 20 * 52)
        assert asker.open == 0
        pool.close()


async def test_the_servers_status_reaches_the_judge() -> None:
    async with chat() as (address, _):
        connection = await Connection.connect(address)
        asker = asker_of(address)
        refused = asker.ask(connection, pb.ConverseRequest(text="refuse"))
        broken = asker.ask(connection, pb.ConverseRequest(text="break off"))
        stranger = asker_of(address, "x").ask(connection, pb.ConverseRequest(text="?"))
        failures = [(await turn.verdict()).failure for turn in (refused, broken, stranger)]
        assert failures == ["RESOURCE_EXHAUSTED", "no TurnCompleted", "UNAUTHENTICATED"]
        connection.close()


async def test_a_server_that_never_says_its_settings_is_given_up_and_the_connection_closed() -> None:
    ended = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            pass
        ended.set()
        writer.close()

    async with await asyncio.start_server(mute, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TimeoutError):
            await Connection.connect(f"127.0.0.1:{port}", seconds=0.3)
        await asyncio.wait_for(ended.wait(), 30)


async def test_a_connection_that_is_lost_fails_its_streams_and_takes_no_more() -> None:
    servicer = Chat()  # pyright: ignore[reportAbstractUsage] - no other method is called
    async with chat(servicer) as (address, server):
        connection = await Connection.connect(address)
        turn = asker_of(address).ask(connection, pb.ConverseRequest(text="hang"))
        await asyncio.wait_for(servicer.hangs.wait(), 30)
        await server.stop(0)
        verdict = await asyncio.wait_for(turn.verdict(), 10)
        assert not verdict.good
        with pytest.raises(ConnectionLost):
            asker_of(address).ask(connection, pb.ConverseRequest(text="?"))
        connection.close()  # the server has said that it leaves, and may not have left yet


async def test_a_client_without_a_window_is_sent_nothing_and_its_call_stays_open() -> None:
    async with chat() as (address, _):
        reader, stalled = await Connection.connect(address), await Connection.connect(address, window=0)
        asker = asker_of(address)
        asker.ask(stalled, pb.ConverseRequest(text="long"))
        assert (await asker.ask(reader, pb.ConverseRequest(text="long")).verdict()).good
        assert (stalled.messages, stalled.open_calls) == (0, 1)
        reader.close()
        stalled.close()


async def test_more_streams_than_a_connection_takes_open_another_one() -> None:
    async with chat() as (address, _):
        asker, pool = asker_of(address), ConnectionPool(address, streams_each=2)
        turns = [asker.ask(await pool.acquire(), pb.ConverseRequest(text="hang")) for _ in range(5)]
        assert pool.count == 3
        for turn in turns:
            turn.give_up("enough")
        assert [(await turn.verdict()).failure for turn in turns] == ["enough"] * 5
        pool.close()


async def test_a_cancelled_call_ends_at_the_server_and_is_told_nothing_more() -> None:
    ended = asyncio.Event()

    class Watched(Chat):
        async def Converse(self, request: pb.ConverseRequest, context: Any) -> AsyncIterator[pb.ConverseEvent]:
            try:
                async for event in super().Converse(request, context):
                    yield event
            finally:
                ended.set()

    server = grpc.aio.server()
    servicer = Watched()  # pyright: ignore[reportAbstractUsage] - as above
    rpc.add_ChatServiceServicer_to_server(servicer, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        connection = await Connection.connect(address)
        told: list[str] = []

        class Quiet:
            def message(self, data: bytes, now: float) -> None:
                told.append("message")

            def ended(self, status: grpc.StatusCode, detail: str, now: float) -> None:
                told.append("ended")

        headers = request_headers(
            "/kefu.router.v1.ChatService/Converse", address, [("authorization", "Bearer the-key")]
        )
        number = connection.call(headers, pb.ConverseRequest(text="hang").SerializeToString(), Quiet())
        await asyncio.wait_for(servicer.hangs.wait(), 30)
        connection.cancel(number)
        await asyncio.wait_for(ended.wait(), 30)
        assert "ended" not in told
        assert connection.open_calls == 0
        connection.close()
    finally:
        await server.stop(0)

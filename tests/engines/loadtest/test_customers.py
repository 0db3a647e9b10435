"""The customers of the fault table take up what broke, as the contract allows: against routers that play a script."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio

from kefu.common.errors import BackendUnavailable, ServiceError, SessionNotFound
from kefu.common.rpc.status import trailers_of
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from loadtest.bench.customers import CustomerTurn, open_router_channels
from loadtest.bench.drain import Drain
from loadtest.bench.records import Outcome

Context = grpc.aio.ServicerContext[Any, Any]
Step = pb.ConverseEvent | ServiceError
STARTED = pb.ConverseEvent(turn_started=pb.TurnStarted(session="sessions/s", turn="sessions/s/turns/t"))


def text(offset: int, words: str) -> pb.ConverseEvent:
    return pb.ConverseEvent(text_delta=pb.TextDelta(offset=offset, text=words))


def completed(text_bytes: int) -> pb.ConverseEvent:
    stop, generated = pb.FINISH_REASON_STOP, pb.ANSWER_SOURCE_GENERATED
    return pb.ConverseEvent(
        turn_completed=pb.TurnCompleted(finish_reason=stop, source=generated, text_bytes=text_bytes)
    )


class Script(rpc.ChatServiceServicer):
    """Plays `converse` to each message in turn, the last one again, and `resume` to ResumeTurn."""

    def __init__(self, converse: list[list[Step]], resume: list[Step]) -> None:
        self.messages: list[pb.ConverseRequest] = []
        self.resumed: list[pb.ResumeTurnRequest] = []
        self._converse, self._resume = converse, resume

    async def Converse(self, request: pb.ConverseRequest, context: Context) -> AsyncIterator[pb.ConverseEvent]:
        steps = self._converse[min(len(self.messages), len(self._converse) - 1)]
        self.messages.append(request)
        async for event in _play(steps, context):
            yield event

    async def ResumeTurn(self, request: pb.ResumeTurnRequest, context: Context) -> AsyncIterator[pb.ConverseEvent]:
        self.resumed.append(request)
        async for event in _play(self._resume, context):
            yield event


def script(converse: list[list[Step]], resume: list[Step]) -> Script:
    return Script(converse, resume)  # pyright: ignore[reportAbstractUsage] - customers call nothing else


async def _play(steps: list[Step], context: Context) -> AsyncIterator[pb.ConverseEvent]:
    for step in steps:
        if isinstance(step, ServiceError):
            context.set_trailing_metadata(trailers_of(step))
            await context.abort(step.code, step.message)
        else:
            yield step


@asynccontextmanager
async def routers(*scripts: Script) -> AsyncIterator[list[str]]:
    servers: list[grpc.aio.Server] = []
    addresses: list[str] = []
    for script in scripts:
        server = grpc.aio.server()
        rpc.add_ChatServiceServicer_to_server(script, server)
        addresses.append(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
        await server.start()
        servers.append(server)
    try:
        yield addresses
    finally:
        for server in servers:
            await server.stop(0)


async def test_a_broken_stream_is_resumed_at_the_other_router_from_the_bytes_held() -> None:
    first = script([[STARTED, text(0, "Refunds take a"), BackendUnavailable("gone")]], [])
    other = script([], [STARTED, text(8, "take seven days."), completed(24)])
    async with routers(first, other) as addresses, open_router_channels(addresses, ()) as edges:
        record = await CustomerTurn(edges, "How long?", "").run()
    assert (record.outcome, record.text) == (Outcome.ANSWERED, "Refunds take seven days.")
    assert [(one.turn, one.offset) for one in other.resumed] == [("sessions/s/turns/t", 14)]
    assert [one.cause for one in record.breaks] == ["UNAVAILABLE BACKEND_UNAVAILABLE (asked)"]


async def test_a_turn_that_failed_is_asked_again_with_the_same_request_id() -> None:
    played = script(
        [[STARTED, text(0, "Ref"), BackendUnavailable("gone")], [STARTED, text(0, "Refunds."), completed(8)]],
        [BackendUnavailable("This turn failed.")],
    )
    async with routers(played) as addresses, open_router_channels(addresses, ()) as edges:
        record = await CustomerTurn(edges, "How long?", "").run()
    assert (record.outcome, record.text) == (Outcome.ANSWERED, "Refunds.")
    assert len({one.request_id for one in played.messages}) == 1
    assert len(played.messages) == 2


async def test_a_session_that_is_gone_is_opened_anew_and_counted() -> None:
    played = script([[SessionNotFound("gone")], [STARTED, text(0, "Refunds."), completed(8)]], [])
    async with routers(played) as addresses, open_router_channels(addresses, ()) as edges:
        record = await CustomerTurn(edges, "How long?", "sessions/old").run()
    assert record.outcome is Outcome.ANSWERED
    assert record.sessions_lost == 1
    assert [one.session for one in played.messages] == ["sessions/old", "sessions/-"]


async def test_a_customer_who_leaves_has_not_failed() -> None:
    played = script([[STARTED, text(0, "Refunds "), text(8, "take"), completed(12)]], [])
    async with routers(played) as addresses, open_router_channels(addresses, ()) as edges:
        record = await CustomerTurn(edges, "How long?", "", resumable=False).run_and_abandon(4)
    assert record.outcome is Outcome.ABANDONED
    assert not played.messages[0].resumable


def test_a_process_drains_well_when_it_is_unready_at_once_takes_nothing_more_and_leaves_with_0() -> None:
    assert not Drain("router-1", 0, 3.0, unready=0.1, late=0).problem
    assert Drain("router-1", None, 30.0, unready=0.1, late=0).problem
    assert Drain("router-1", 0, 3.0, unready=2.0, late=0).problem
    assert Drain("router-1", 0, 3.0, unready=0.1, late=2).problem

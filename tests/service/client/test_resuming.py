"""What `kefu.client` makes of streams that break: a scripted server says what comes after each break."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest

from kefu.client import NEW_SESSION, Answer, Client
from kefu.common.errors import BackendUnavailable, ServiceError, SessionBusy, TurnNotFound
from kefu.common.rpc.status import trailers_of
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc

TURN = "sessions/s/turns/t"
Step = tuple[int, str] | pb.Progress | ServiceError | None
"""A piece of text at an offset, a progress, an error, or the end of the stream without the end of the turn."""


class Chat(rpc.ChatServiceServicer):
    """Plays one script for each call, the last one to the end of the turn."""

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.scripts = list(scripts)
        self.calls: list[str] = []
        self.ids = set[str]()

    async def Converse(self, request: pb.ConverseRequest, context: Any) -> AsyncIterator[pb.ConverseEvent]:
        self.calls.append("asked")
        self.ids.add(request.request_id)
        async for event in self._play(context):
            yield event

    async def ResumeTurn(self, request: pb.ResumeTurnRequest, context: Any) -> AsyncIterator[pb.ConverseEvent]:
        assert request.turn == TURN
        self.calls.append(f"resumed at {request.offset}")
        async for event in self._play(context):
            yield event

    async def _play(self, context: Any) -> AsyncIterator[pb.ConverseEvent]:
        script, size = self.scripts.pop(0), 0
        if not (script and isinstance(script[0], ServiceError)):
            yield pb.ConverseEvent(turn_started=pb.TurnStarted(session="sessions/s", turn=TURN))
            yield pb.ConverseEvent(passages_found=pb.PassagesFound(query="returns"))
        for step in script:
            if isinstance(step, ServiceError):
                context.set_trailing_metadata(trailers_of(step))
                await context.abort(step.code, step.message)
            elif step is None:
                return
            elif isinstance(step, pb.Progress):
                yield pb.ConverseEvent(progress=step)
            else:
                size = step[0] + len(step[1].encode())
                yield pb.ConverseEvent(text_delta=pb.TextDelta(offset=step[0], text=step[1]))
        cards = pb.Cards(cards=[pb.Card(title="A1")]) if any(isinstance(step, pb.Progress) for step in script) else None
        completed = pb.TurnCompleted(finish_reason=pb.FINISH_REASON_STOP, text_bytes=size, cards=cards)
        yield pb.ConverseEvent(turn_completed=completed)


def scripted(*scripts: Sequence[Step]) -> Chat:
    return Chat(*scripts)  # pyright: ignore[reportAbstractUsage] - no other method is called


@asynccontextmanager
async def asking(chat: Chat) -> AsyncIterator[Client]:
    server = grpc.aio.server()
    rpc.add_ChatServiceServicer_to_server(chat, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with Client(f"127.0.0.1:{port}", patience=5.0) as kefu:
            yield kefu
    finally:
        await server.stop(0)


LOST = BackendUnavailable("It went away.")
HELD = (0, "退货 30 天")  # 13 bytes


@pytest.mark.parametrize(
    ("scripts", "text", "pieces", "calls"),
    [
        ([[HELD, LOST], [(13, "内。")]], "退货 30 天内。", 2, ["asked", "resumed at 13"]),
        ([[HELD, LOST], [(7, "15 天内。")]], "退货 15 天内。", 2, ["asked", "resumed at 13"]),
        # 货 and 贵 share two bytes of three
        ([[HELD, LOST], [(0, "退贵"), (6, "了。")]], "退贵了。", 3, ["asked", "resumed at 13"]),
        ([[HELD, LOST], [(0, "退货")]], "退货", 2, ["asked", "resumed at 13"]),
        ([[HELD, (20, "lost a piece")], [(13, "内。")]], "退货 30 天内。", 2, ["asked", "resumed at 13"]),
        ([[HELD, None], [(13, "内。")]], "退货 30 天内。", 2, ["asked", "resumed at 13"]),
        (
            [[HELD, LOST], [TurnNotFound("Gone.")], [(0, "退货 30"), (9, " 天内。")]],
            "退货 30 天内。",
            2,
            ["asked", "resumed at 13", "asked"],
        ),
        ([[LOST], [HELD]], "退货 30 天", 1, ["asked", "asked"]),
    ],
    ids=["went on", "rewritten", "inside a character", "shorter", "gap", "no end", "asked again", "at first"],
)
async def test_what_was_told_is_told_once_and_replaced_from_where_it_differs(
    scripts: list[list[Step]], text: str, pieces: int, calls: list[str]
) -> None:
    chat, joined, kinds = scripted(*scripts), b"", list[type[object]]()
    async with asking(chat) as kefu:
        async for event in kefu.converse(NEW_SESSION, "How long?"):
            kinds.append(type(event))
            if isinstance(event, pb.TextDelta):
                assert event.offset <= len(joined)
                joined = joined[: event.offset] + event.text.encode()
    assert joined.decode() == text
    assert chat.calls == calls
    assert len(chat.ids) == 1
    assert kinds.count(pb.TextDelta) == pieces
    assert [kind for kind in kinds if kind is not pb.TextDelta] == [
        pb.TurnStarted,
        pb.PassagesFound,
        pb.TurnCompleted,
    ]


async def test_progress_is_told_once_and_the_answer_has_its_cards() -> None:
    orders, order = pb.Progress(text="Looking up your orders"), pb.Progress(text="Looking up your order")
    chat, told, answer = scripted([orders, LOST], [orders, order, HELD]), list[str](), Answer()
    async with asking(chat) as kefu:
        async for event in kefu.converse(NEW_SESSION, "Where is it?"):
            answer.add(event)
            if isinstance(event, pb.Progress):
                told.append(event.text)
                assert answer.progress == event.text
    assert told == ["Looking up your orders", "Looking up your order"]
    assert answer.progress == ""
    assert answer.text == HELD[1]
    assert answer.cards is not None
    assert [card.title for card in answer.cards.cards] == ["A1"]
    async with asking(scripted([HELD])) as kefu:
        assert (await kefu.ask("How long?")).cards is None


async def test_what_would_not_help_is_raised_at_once() -> None:
    chat = scripted([HELD, SessionBusy("It answers another message.")])
    async with asking(chat) as kefu:
        with pytest.raises(SessionBusy) as caught:
            await kefu.ask("How long?")
    assert (caught.value.message, caught.value.code) == ("It answers another message.", grpc.StatusCode.ABORTED)
    assert chat.calls == ["asked"]

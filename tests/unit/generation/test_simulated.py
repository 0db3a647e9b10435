"""The simulated engine: the arithmetic of a server with continuous batching, and what it says of itself."""

import asyncio
import math
from contextlib import aclosing

import pytest

from kefu.common.errors import CannotContinue
from kefu.generation.coalescing import paced
from kefu.generation.engine import (
    Channel,
    Continuation,
    Event,
    Finished,
    FinishReason,
    GenerationRequest,
    Message,
    Piece,
    Started,
)
from kefu.generation.engines.simulated import SimulatedEngine, SimulatedSettings, open_simulated


def settings(*, running: int = 8, kv_tokens: int = 10_000) -> SimulatedSettings:
    return SimulatedSettings(
        prefill_tokens_per_second=1e6,
        step_seconds=0.001,
        step_seconds_per_request=0.0,
        kv_tokens=kv_tokens,
        answer_tokens=40,
        max_model_tokens=4096,
        max_running=running,
    )


def asking(text: str = "how long?", continuation: Continuation | None = None) -> GenerationRequest:
    return GenerationRequest(messages=(Message("user", text),), continuation=continuation)


async def read(engine: SimulatedEngine, request: GenerationRequest) -> list[Event]:
    async with aclosing(engine.generate(request)) as events:
        return [event async for event in events]


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Piece))


async def test_an_answer_has_its_tokens_once_and_says_what_it_is() -> None:
    async with open_simulated("", settings()) as engine:
        first, *pieces, last = await read(engine, asking())
    assert isinstance(first, Started)
    assert isinstance(last, Finished)
    assert [token for piece in pieces if isinstance(piece, Piece) for token in piece.token_ids] == list(range(40))
    assert "simulated answer: no model wrote this" in text_of(pieces)
    assert (last.completion_tokens, engine.load().running, engine.load().kv_cache_usage) == (40, 0, 0.0)


@pytest.mark.parametrize("sent", [0, 1, 17, 39, 40])
async def test_a_continuation_repeats_and_loses_nothing(sent: int) -> None:
    async with open_simulated("", settings()) as engine:
        whole = text_of(await read(engine, asking()))
        before = Continuation(tuple(range(sent)), whole[: 3 * sent], "simulated")
        rest = text_of(await read(engine, asking(continuation=before)))
        assert whole[: 3 * sent] + rest == whole
        with pytest.raises(CannotContinue):
            await read(engine, asking(continuation=Continuation((1,), "", "another")))


async def test_what_was_written_while_nobody_read_comes_as_one_piece() -> None:
    async with open_simulated("", settings()) as engine, aclosing(engine.generate(asking())) as events:
        await anext(events)
        first = await anext(events)
        await asyncio.sleep(0.2)
        second = await anext(events)
    assert isinstance(first, Piece)
    assert isinstance(second, Piece)
    assert first.token_ids + second.token_ids == tuple(range(40))
    assert len(second.token_ids) > 1


async def test_pauses_gather_and_lose_nothing() -> None:
    async with (
        open_simulated("", settings()) as engine,
        paced(engine.generate(asking()), lambda: 0.01, lambda _: None) as events,
    ):
        seen = [event async for event in events]
    pieces = [event for event in seen if isinstance(event, Piece)]
    assert [token for piece in pieces for token in piece.token_ids] == list(range(40))
    assert len(pieces) < 40


@pytest.mark.parametrize("limits", [{"running": 1}, {"kv_tokens": 50}])
async def test_requests_beyond_its_room_wait_and_a_stop_gives_the_room_back(limits: dict[str, int]) -> None:
    async with open_simulated("", settings(**limits)) as engine:
        first = engine.generate(asking())
        await anext(first)
        await anext(first)
        waiting = asyncio.create_task(read(engine, asking("and then?")))
        gone = asyncio.create_task(read(engine, asking("never mind")))
        while engine.load().waiting < 2:
            await asyncio.sleep(0)
        assert (engine.load().running, engine.load().max_running) == (1, limits.get("running", settings().max_running))
        gone.cancel()
        await first.aclose()
        assert len(text_of(await asyncio.wait_for(waiting, 10))) == 120
        assert engine.load()[:3] == (0, 0, 0.0)


async def test_of_several_choices_the_one_is_answered_whose_characters_the_message_holds() -> None:
    request = GenerationRequest(
        (Message("user", "Was it the blue one?"),), choices=("XYZ", "blue", "bXYZ"), max_tokens=1
    )
    async with open_simulated("", settings()) as engine:
        first, piece, last = await read(engine, request)
        assert engine.load()[:3] == (0, 0, 0.0)
    assert isinstance(first, Started)
    assert piece == Piece(Channel.TEXT, "blue")
    assert isinstance(last, Finished)
    assert (last.reason, last.completion_tokens) == (FinishReason.STOP, 1)
    blank, whole, part = last.choice_log_probabilities
    assert blank < part < whole
    assert (whole - blank, part - blank) == pytest.approx((1.0, 0.25))
    assert sum(math.exp(each) for each in last.choice_log_probabilities) == pytest.approx(1.0)

"""Load: what is owed, whose tokens were accepted, and frames that gather while nobody reads."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from kefu.generation.coalescing import coalesced
from kefu.generation.engine import Channel, Event, Finished, FinishReason, Piece, Started
from kefu.generation.load_account import LoadAccounting


def piece(text: str, *ids: int) -> Piece:
    return Piece(Channel.TEXT, text, ids)


def test_tokens_are_owed_from_acceptance_until_the_stream_ends_by_any_road() -> None:
    ledger = LoadAccounting()

    def fail_in_the_middle() -> None:
        with ledger.ticket(max_tokens=50) as ticket:
            ticket.observe(Started(1000))
            assert ledger.owed_tokens == 1050
            ticket.observe(piece("a", 1, 2, 3))
            assert ledger.owed_tokens == 47
            raise RuntimeError("any road")

    with pytest.raises(RuntimeError):
        fail_in_the_middle()
    assert (ledger.owed_tokens, ledger.open_requests) == (0, 0)


def test_what_was_read_and_written_is_done_for_good_and_what_was_cancelled_is_not() -> None:
    ledger = LoadAccounting()
    with ledger.ticket(max_tokens=50) as ticket:
        ticket.observe(Started(1000))
        assert ledger.done_tokens == 0
        ticket.observe(piece("a", 1, 2, 3))
        ticket.observe(piece("sechs!"))  # a server that gives no ids
        assert ledger.done_tokens == 1005
    with ledger.ticket(max_tokens=50) as ticket:
        ticket.observe(Started(400))
    assert ledger.done_tokens == 1005
    with ledger.ticket(max_tokens=1) as ticket:
        ticket.observe(Started(400))
        ticket.observe(Finished(FinishReason.STOP, 400, 0, 0, 0, choice_log_probabilities=(-0.1, -2.0)))
    assert ledger.done_tokens == 1405


def test_accepted_tokens_are_counted_by_caller() -> None:
    ledger = LoadAccounting()
    ledger.accept("router-a", 100)
    ledger.accept("router-a", 11)
    ledger.accept("router-b", 5)
    assert [ledger.accepted_tokens(caller) for caller in ("router-a", "router-b", "router-c")] == [111, 5, 0]


def test_callers_that_come_and_go_do_not_fill_the_memory() -> None:
    ledger = LoadAccounting()
    for number in range(3000):
        ledger.accept(f"router-{number}", 1)
    assert ledger.accepted_tokens("router-0") == 0
    assert ledger.accepted_tokens("router-2999") == 1


def test_the_guess_of_an_answers_length_learns() -> None:
    ledger = LoadAccounting()
    for _ in range(200):
        ledger.learn_answer_length(20)
    assert 19 < ledger.mean_answer < 22


async def test_a_watcher_wakes_at_a_change_and_otherwise_after_its_time() -> None:
    ledger = LoadAccounting()
    seen = await ledger.wait(-1, 10)
    assert await ledger.wait(seen, 0.01) == seen
    waiting = asyncio.create_task(ledger.wait(seen, 60))
    await asyncio.sleep(0)
    ledger.drain()
    assert await asyncio.wait_for(waiting, 10) != seen


async def test_the_engine_is_read_while_the_client_is_not_and_text_merges() -> None:
    read_to_the_end = asyncio.Event()

    async def engine() -> AsyncGenerator[Event, None]:
        yield Started(3)
        for number in range(500):
            yield piece("x", number)
        read_to_the_end.set()
        yield Finished(FinishReason.STOP, 3, 0, 500, 0)

    async with coalesced(engine(), lambda: 0.01, lambda _: None) as events:
        assert isinstance(await anext(events), Started)
        await asyncio.wait_for(read_to_the_end.wait(), 10)
        rest = [event async for event in events]
    frames = [event for event in rest if isinstance(event, Piece)]
    assert len(frames) <= 2
    assert "".join(frame.text for frame in frames) == "x" * 500
    assert [token for frame in frames for token in frame.token_ids] == list(range(500))


async def test_the_first_text_is_not_held_back_and_the_next_is_gathered() -> None:
    more = asyncio.Event()

    async def engine() -> AsyncGenerator[Event, None]:
        yield piece("first", 1)
        await more.wait()
        for number in range(5):
            yield piece(".", number)
            await asyncio.sleep(0.001)
        yield Finished(FinishReason.STOP, 0, 0, 6, 0)

    async with coalesced(engine(), lambda: 30.0, lambda _: None) as events:
        assert await asyncio.wait_for(anext(events), 10) == piece("first", 1)
        more.set()
        # 30 s have not passed, but the end does not wait for them.
        assert await asyncio.wait_for(anext(events), 10) == piece(".....", 0, 1, 2, 3, 4)


async def test_leaving_early_closes_the_engines_stream() -> None:
    closed = asyncio.Event()

    async def engine() -> AsyncGenerator[Event, None]:
        try:
            yield Started(1)
            await asyncio.Event().wait()
        finally:
            closed.set()

    async with coalesced(engine(), lambda: 0.0, lambda _: None) as events:
        await anext(events)
    assert closed.is_set()


async def test_an_engines_error_comes_after_the_text_before_it() -> None:
    async def engine() -> AsyncGenerator[Event, None]:
        yield piece("half", 1)
        raise OSError("gone")

    async with coalesced(engine(), lambda: 0.0, lambda _: None) as events:
        assert await anext(events) == piece("half", 1)
        with pytest.raises(OSError, match="gone"):
            await anext(events)

"""What nobody foresaw while a turn ends is in the log, also when no reader is there to be told: with a real Redis."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from kefu.router.config import Timing
from kefu.router.storage.turns import TurnStore
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until

ASK = "How long does a refund take?"


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, resume_grace_seconds=0.1) as opened:
        opened.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        yield opened


def causes(lines: list[Any], event: str) -> list[str]:
    return [repr(line["exc_info"]) for line in lines if line["event"] == event]


async def test_a_turn_that_fails_with_no_reader_left_is_in_the_log(
    harness: RouterHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def finish(*_: object, **__: object) -> str:
        raise RuntimeError("boom")

    monkeypatch.setattr(TurnStore, "finish", finish)
    harness.replica.frames = ["Refunds arrive within 7 business days [1]. ", asyncio.Event()]
    with capture_logs() as lines:
        call = (await harness.client()).converse(ASK, resumable=True)
        async for event in call:
            if event.WhichOneof("event") == "text_delta":
                break
        call.cancel()
        await wait_until(lambda: causes(lines, "turn.failed") == ["RuntimeError('boom')"])


async def test_a_turn_that_fails_once_its_readers_were_told_of_its_end_is_in_the_log(
    harness: RouterHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = asyncio.Event()

    async def finish(*_: object, **__: object) -> str:
        await told.wait()
        raise RuntimeError("boom")

    monkeypatch.setattr(TurnStore, "finish", finish)
    await harness.start_router(Timing(store_wait_seconds=0.01))
    with capture_logs() as lines:
        answer = await (await harness.client(at=1)).ask(ASK)
        assert answer.completed.finish_reason == pb.FINISH_REASON_STOP
        told.set()
        await wait_until(lambda: any(line["event"] == "turn.failed_after_its_end" for line in lines))

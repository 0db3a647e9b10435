"""Which questions are embedded first when more wait than fit a batch, and which are not embedded again."""

import asyncio
import threading
from collections.abc import Sequence

import numpy as np
import pytest

from kefu.retrieval.embedders import BatchingEmbedder, Vectors


class Slow:
    """Embeds when it is let, and notes what it was asked."""

    id = "slow"
    dimension = 2
    passage_batch_size = 1
    concurrent = False

    def __init__(self) -> None:
        self.go = threading.Event()
        self.batches: list[list[str]] = []

    def queries(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        assert self.go.wait(10)
        return np.ones((len(texts), 2), np.float32)

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self.queries(texts)


async def test_the_latest_go_first_and_nobody_waits_for_ever() -> None:
    slow = Slow()
    async with BatchingEmbedder.open(slow, max_batch=2) as embedder:
        asked = [asyncio.ensure_future(embedder.query("first"))]
        while not slow.batches:
            await asyncio.sleep(0.01)
        asked += [asyncio.ensure_future(embedder.query(str(number))) for number in range(5)]
        await asyncio.sleep(0.01)
        slow.go.set()
        await asyncio.gather(*asked)
    assert slow.batches == [["first"], ["3", "4"], ["1", "2"], ["0"]]


async def test_long_texts_go_one_at_a_time_and_let_others_pass() -> None:
    slow = Slow()
    async with BatchingEmbedder.open(slow, max_batch=8) as embedder:
        asked = [asyncio.ensure_future(embedder.query("first"))]
        while not slow.batches:
            await asyncio.sleep(0.01)
        asked += [asyncio.ensure_future(embedder.query(text)) for text in ("a" * 4000, "b" * 4000, "short", "other")]
        await asyncio.sleep(0.01)
        slow.go.set()
        await asyncio.gather(*asked)
    assert [[text[:5] for text in batch] for batch in slow.batches] == [
        ["first"],
        ["short", "other"],
        ["bbbbb"],
        ["aaaaa"],
    ]


async def test_a_question_waits_for_no_passage_where_the_embedder_allows_that() -> None:
    class Apart(Slow):
        concurrent = True

        def queries(self, texts: Sequence[str]) -> Vectors:
            return np.ones((len(texts), 2), np.float32)

        def passages(self, texts: Sequence[str]) -> Vectors:
            return Slow.queries(self, texts)

    apart = Apart()
    async with BatchingEmbedder.open(apart) as embedder:
        importing = asyncio.ensure_future(anext(embedder.passages(["passage"])))
        while not apart.batches:
            await asyncio.sleep(0.01)
        assert len(await asyncio.wait_for(embedder.query("question"), 10)) == 2
        assert not importing.done()
        apart.go.set()
        await importing


async def test_a_question_whose_caller_left_costs_nothing() -> None:
    slow = Slow()
    async with BatchingEmbedder.open(slow, max_batch=2) as embedder:
        first = asyncio.ensure_future(embedder.query("first"))
        while not slow.batches:
            await asyncio.sleep(0.01)
        left, stays = (asyncio.ensure_future(embedder.query(text)) for text in ("left", "stays"))
        await asyncio.sleep(0.01)
        left.cancel()
        slow.go.set()
        await asyncio.gather(first, stays)
    assert slow.batches == [["first"], ["stays"]]


async def test_parts_of_several_imports_share_a_batch_that_is_large_enough() -> None:
    class Large(Slow):
        passage_batch_size = 8

    large = Large()

    async def imported(embedder: BatchingEmbedder, name: str, count: int) -> int:
        texts = [f"{name}{number}" for number in range(count)]
        return sum([len(rows) async for rows in embedder.passages(texts)])

    async with BatchingEmbedder.open(large) as embedder:
        first = asyncio.ensure_future(imported(embedder, "a", 1))
        while not large.batches:
            await asyncio.sleep(0.01)
        counts = {"b": 3, "c": 5, "d": 12}
        rest = [asyncio.ensure_future(imported(embedder, name, count)) for name, count in counts.items()]
        await asyncio.sleep(0.01)
        large.go.set()
        assert await asyncio.gather(first, *rest) == [1, 3, 5, 12]
    assert ["".join(text[0] for text in batch) for batch in large.batches] == ["a", "bbbccccc", "dddddddd", "dddd"]


async def test_equal_questions_are_embedded_once_while_they_wait_and_not_again_later() -> None:
    slow = Slow()
    async with BatchingEmbedder.open(slow, max_batch=4) as embedder:
        first = asyncio.ensure_future(embedder.query("first"))
        while not slow.batches:
            await asyncio.sleep(0.01)
        rest = asyncio.ensure_future(embedder.queries(["Same", "other", "same"]))
        again = asyncio.ensure_future(embedder.query("FIRST"))  # while the first one is being embedded
        await asyncio.sleep(0.01)
        slow.go.set()
        await asyncio.gather(first, rest, again)
        assert np.array_equal(await embedder.queries(["other", "first", "new"]), np.ones((3, 2)))
    assert slow.batches == [["first"], ["same", "other"], ["new"]]


async def test_the_questions_remembered_are_bounded_and_no_caller_can_change_them() -> None:
    slow = Slow()
    slow.go.set()
    async with BatchingEmbedder.open(slow, most_remembered=2) as embedder:
        for text in ("a", "b", "a", "c", "a", "b"):
            vector = await embedder.query(text)
        assert slow.batches == [["a"], ["b"], ["c"], ["b"]]
        with pytest.raises(ValueError, match="read-only"):
            vector[0] = 0


async def test_what_failed_is_embedded_again() -> None:
    class Failing(Slow):
        def queries(self, texts: Sequence[str]) -> Vectors:
            if not self.batches:
                self.batches.append([])
                raise RuntimeError("no memory")
            return super().queries(texts)

    failing = Failing()
    failing.go.set()
    async with BatchingEmbedder.open(failing) as embedder:
        with pytest.raises(RuntimeError, match="no memory"):
            await embedder.query("a")
        await embedder.query("a")
    assert failing.batches == [[], ["a"]]

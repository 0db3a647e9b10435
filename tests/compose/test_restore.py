"""All of Redis is lost, and comes back from a backup that was made while it ran."""

import asyncio
from pathlib import Path

import grpc
import grpc.aio
import pytest

from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.retrieval.v1 import knowledge_pb2_grpc as kb_rpc
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from tests.compose.asking import ENGLISH, ask
from tests.compose.containers import PROJECT, Containers, docker
from tests.support.grpc_calls import bearer_metadata

pytestmark = pytest.mark.timeout(900)
LATER = "The Zanzibar office opens at noon."


async def test_a_backup_restored_into_an_empty_redis_is_searchable_and_conversations_go_on(
    kefu: Containers, tmp_path: Path
) -> None:
    backup = tmp_path / "kefu.tar"
    async with kefu.customers() as channel:
        before = await ask(channel, kefu.key, ENGLISH)
    await asyncio.to_thread(kefu.script, "backup.sh", str(backup))
    assert backup.stat().st_mode & 0o077 == 0
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "later.md").write_text(f"# Later\n\n{LATER}\n")
    imported = await asyncio.to_thread(
        kefu.command_line, "import", str(tmp_path / "later"), "--collection", "later", "--create"
    )
    assert imported.returncode == 0, imported.stderr
    await asyncio.to_thread(lose_everything, kefu)
    await asyncio.to_thread(kefu.script, "restore.sh", str(backup))
    await asyncio.to_thread(kefu.until_healthy)

    async with kefu.operations() as operations, kefu.customers() as channel:
        knowledge, metadata = kb_rpc.KnowledgeServiceStub(operations), bearer_metadata(kefu.key)
        found = await found_again(knowledge, kefu.key)
        assert any("3 years" in hit.passage.text for hit in found)
        collections = await knowledge.ListCollections(kb.ListCollectionsRequest(), metadata=metadata)
        assert [one.name for one in collections.collections] == ["collections/help"], "what came later is not in it"
        assert not any(
            LATER in hit.passage.text
            for hit in (await knowledge.Search(kb.SearchRequest(query=LATER), metadata=metadata)).hits
        )
        session = before.turn.partition("/turns/")[0]
        turns = await rpc.ChatServiceStub(channel).ListTurns(pb.ListTurnsRequest(session=session), metadata=metadata)
        assert [one.text.encode() for one in turns.turns] == [before.text]
        assert (await ask(channel, kefu.key, ENGLISH, session)).text


def lose_everything(kefu: Containers) -> None:
    kefu.compose("rm", "--stop", "--force", "redis")
    docker("volume", "rm", f"{PROJECT}_redis")
    kefu.up("--no-recreate")


async def found_again(knowledge: "kb_rpc.KnowledgeServiceAsyncStub", key: str) -> list[kb.SearchHit]:
    """What a search finds, once retrieval has built its index and nginx knows its address."""
    async with asyncio.timeout(120):
        while True:
            try:
                answer = await knowledge.Search(kb.SearchRequest(query=ENGLISH), metadata=bearer_metadata(key))
                if answer.hits:
                    return list(answer.hits)
            except grpc.aio.AioRpcError as error:
                if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNIMPLEMENTED):
                    raise
            await asyncio.sleep(0.5)

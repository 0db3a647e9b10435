"""All of Redis is lost, and comes back from a backup that was made while it ran."""

import asyncio
import os
import re
import sys
from collections.abc import Callable
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


def of_redis_own_files(kefu: Containers, folder: Path) -> Callable[[], None]:
    """deploy/compose/backup.sh; what brings the copy back."""
    backup = folder / "kefu.tar"
    kefu.script("backup.sh", str(backup))
    assert backup.stat().st_mode & 0o077 == 0
    return lambda: say(kefu.script("restore.sh", str(backup)))


def checked_and_counted(kefu: Containers, folder: Path) -> Callable[[], None]:
    """deploy/compose/kefu-backup.sh; what brings the copy back."""
    os.chown(folder, 10001, 10001)
    variables = {"KEFU_BACKUPS": str(folder)}
    say(kefu.script_with_options("kefu-backup.sh", "create", **variables))
    assert kefu.script_with_options("kefu-backup.sh", "list", **variables).count("documents") == 1

    def restore() -> None:
        kefu.compose("stop", "router", "retrieval")
        say(kefu.script_with_options("kefu-backup.sh", "restore", "latest", "--dry-run", **variables))
        say(kefu.script_with_options("kefu-backup.sh", "restore", "latest", "--force", **variables))
        kefu.up("--no-recreate")

    return restore


@pytest.mark.parametrize("back_up", [of_redis_own_files, checked_and_counted])
async def test_a_backup_restored_into_an_empty_redis_is_searchable_and_conversations_go_on(
    kefu: Containers, tmp_path: Path, back_up: Callable[[Containers, Path], Callable[[], None]]
) -> None:
    async with kefu.customers() as channel:
        before = await ask(channel, kefu.key, ENGLISH)
    (tmp_path / "backups").mkdir()
    restore = await asyncio.to_thread(back_up, kefu, tmp_path / "backups")
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "later.md").write_text(f"# Later\n\n{LATER}\n")
    imported = await asyncio.to_thread(
        kefu.command_line, "import", str(tmp_path / "later"), "--collection", "later", "--create"
    )
    assert imported.returncode == 0, imported.stderr
    await asyncio.to_thread(lose_everything, kefu)
    await asyncio.to_thread(restore)
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


def test_the_data_s_schema_and_kinds_are_told_in_a_container(kefu: Containers) -> None:
    told = kefu.script_with_options("data.sh", "check")
    assert re.search(r"conversations +\d", told), told
    assert "unknown" not in told
    assert "There is nothing to migrate." in kefu.script_with_options("data.sh", "migrate", "--dry-run")


def say(text: str) -> None:
    """For whoever runs it with -s, or when it fails."""
    sys.stderr.write(f"{text}\n")


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

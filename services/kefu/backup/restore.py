"""Restoring a backup: into a Redis that holds nothing, by commands that every Redis takes, a managed one too."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import redis.exceptions
from redis.asyncio import Redis

from kefu.backup.census import PATTERN, Census, take_census
from kefu.backup.config import BackupConfig
from kefu.backup.encryption import unseal
from kefu.backup.errors import BackupFailed
from kefu.backup.scratch import Scratch, open_scratch
from kefu.backup.vault import Manifest, Vault
from kefu.common.redis.schema.version import SCHEMA, SCHEMA_KEY
from kefu.common.redis.url import redis_client

OF_A_NEW_INSTALLATION = frozenset({"schema", "backup"})
"""Kinds of lasting keys that services write by themselves, before anybody has used them."""
_BATCH = 200
_PORTION_BYTES = 16 * 2**20
_COMMAND_SECONDS = 60.0
_COPIES_AT_ONCE = 8


@dataclass(frozen=True)
class Wishes:
    """How a restore is to be done."""

    dry_run: bool = False
    """Say what is in the backup and whether it can be restored, and change nothing."""
    force: bool = False
    """Delete what Kefu has in that Redis before."""
    without_deliveries: bool = False
    """Leave out what waits to be told to webhooks: another cluster has told it since."""


async def restore_backup(config: BackupConfig, name: str, wishes: Wishes, say: Callable[[str], None]) -> Manifest:
    """Restore a backup (`latest` is the newest good one) and return what it is. `say` is told of each step.

    Raises BackupFailed, before anything is changed, for a copy that is damaged or cannot be opened, a newer schema, a
    Redis that holds something, and services that run on it.
    """
    vault = await asyncio.to_thread(Vault, config.to, config.access)
    manifest = await asyncio.to_thread(vault.manifest, name)
    async with (
        redis_client(config.redis_url.get_secret_value(), _COMMAND_SECONDS, config.redis_tls) as target,
        open_scratch(config.scratch) as scratch,
    ):
        await _fetch(config, vault, manifest, scratch)
        found = await take_census(scratch.client)
        _check_against(manifest, found)
        say(f"{manifest.name}, made from {manifest.redis} by Kefu {manifest.kefu}, {manifest.files} files of customers")
        if manifest.doubt:
            say(f"it is in doubt: {manifest.doubt}")
        for line in found.lines():
            say(line)
        before = await take_census(target)
        reasons = await _objections(target, before, wishes)
        if wishes.dry_run:
            say("it would be refused: " + " ".join(reasons) if reasons else "it can be restored; nothing was changed")
            return manifest
        if reasons:
            raise BackupFailed(" ".join(reasons) + " Nothing was changed.")
        await _delete_all(target)
        await _copy_keys(scratch.client, target, wishes)
        await _wait_for_disk(target, say)
        _check_arrived(found, await take_census(target), wishes)
        say(f"restored {found.keys} keys")
        files = await asyncio.to_thread(_copy_files, config, vault, manifest)
        say(f"restored {files} files of customers")
    return manifest


async def _fetch(config: BackupConfig, vault: Vault, manifest: Manifest, scratch: Scratch) -> None:
    stored = scratch.folder / "fetched"
    try:
        got = await asyncio.to_thread(vault.fetch, f"backups/{manifest.name}/{manifest.stored}", stored)
        if got != manifest.sha256:
            raise BackupFailed(f"{manifest.name} is damaged: its SHA-256 is not the manifest's. Take another one.")
        if manifest.encrypted:
            if config.identity is None:
                raise BackupFailed(f"{manifest.name} is encrypted: set KEFU_BACKUP_IDENTITY.")
            await asyncio.to_thread(unseal, stored, scratch.file, config.identity.get_secret_value())
        else:
            await asyncio.to_thread(stored.rename, scratch.file)
    finally:
        await asyncio.to_thread(stored.unlink, True)
    await scratch.load()


def _check_against(manifest: Manifest, found: Census) -> None:
    if found.schema_version > SCHEMA:
        raise BackupFailed(f"Its schema is {found.schema_version}, and this release knows {SCHEMA}: take a newer one.")
    if found.lasting != manifest.census.lasting:
        raise BackupFailed(f"{manifest.name} holds other keys than its manifest says. Take another one.")


async def _objections(target: Redis, before: Census, wishes: Wishes) -> list[str]:
    reasons = list[str]()
    held = {kind: count for kind, count in before.lasting.items() if kind not in OF_A_NEW_INSTALLATION}
    held |= {kind: before.passing[kind] for kind in ("session",) if before.passing.get(kind)}
    if held and not wishes.force:
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(held.items())[:8])
        reasons.append(f"That Redis is not empty ({told}): --force deletes what Kefu has there.")
    server: Any = target
    own = await server.client_id()
    others = [each for each in await server.client_list() if _is_of_kefu(each) and int(each["id"]) != own]
    if others:
        reasons.append(f"{len(others)} connections of Kefu's services are open there: stop retrieval and routers.")
    return reasons


def _is_of_kefu(client: dict[str, str]) -> bool:
    return client.get("lib-name", "").startswith("redis-py")


async def _delete_all(target: Redis) -> None:
    server: Any = target
    cursor = None
    while cursor != 0:
        cursor, keys = await server.scan(cursor or 0, match=PATTERN, count=1_000)
        if keys:
            await server.unlink(*keys)


async def _copy_keys(source: Redis, target: Redis, wishes: Wishes) -> None:
    """Copy every key of Kefu's with its end; the schema comes last."""
    scratch: Any = source
    cursor = None
    while cursor != 0:
        cursor, keys = await scratch.scan(cursor or 0, match=PATTERN, count=_BATCH)
        chosen = [key for key in keys if key != SCHEMA_KEY.encode() and not (wishes.without_deliveries and _waits(key))]
        for some in await _in_portions(scratch, chosen):
            await _copy_some(scratch, target, some)
    await _copy_some(scratch, target, [SCHEMA_KEY.encode()])


async def _in_portions(scratch: Any, keys: list[bytes]) -> list[list[bytes]]:
    """The keys in groups that fit into this program's memory; a document's vectors may be megabytes."""
    async with scratch.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.memory_usage(key)
        sizes: list[int | None] = await pipe.execute() if keys else []
    portions, held = [list[bytes]()], 0
    for key, size in zip(keys, sizes, strict=True):
        if portions[-1] and held + (size or 0) > _PORTION_BYTES:
            portions.append([])
            held = 0
        portions[-1].append(key)
        held += size or 0
    return portions


async def _copy_some(scratch: Any, target: Redis, keys: list[bytes]) -> None:
    if not keys:
        return
    async with scratch.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.dump(key)
            pipe.pexpiretime(key)
        answers = await pipe.execute()
    server: Any = target
    async with server.pipeline(transaction=False) as pipe:
        for key, data, end in zip(keys, answers[::2], answers[1::2], strict=True):
            if data is not None:
                pipe.restore(key, max(end, 0), data, absttl=end > 0)
        try:
            await pipe.execute()
        except redis.exceptions.RedisError as error:
            raise BackupFailed(
                f"Redis took only a part ({error}). BUSYKEY: a service writes there, stop it. Bad data format: it is "
                "older than the one that was copied. Then restore again with --force."
            ) from error


def _waits(key: bytes) -> bool:
    return b":pending:" in key or key.endswith(b"{webhooks}:due")


async def _wait_for_disk(target: Redis, say: Callable[[str], None]) -> None:
    server: Any = target
    async with server.client() as connection:  # WAITAOF covers the writes of its own connection
        await connection.expire(SCHEMA_KEY, 1, nx=True)
        await connection.persist(SCHEMA_KEY)
        try:
            await connection.execute_command("WAITAOF", 1, 0, 60_000)
        except redis.exceptions.RedisError as error:
            say(f"not waited for the disk: {error}")


def _check_arrived(expected: Census, arrived: Census, wishes: Wishes) -> None:
    left_out = {"webhooks/due", "tenant/pending"} if wishes.without_deliveries else set[str]()
    wanted = {kind: count for kind, count in expected.lasting.items() if kind not in left_out}
    if {kind: arrived.lasting.get(kind, 0) for kind in wanted} != wanted:
        raise BackupFailed("Not every key arrived. Restore again with --force.")


def _copy_files(config: BackupConfig, vault: Vault, manifest: Manifest) -> int:
    names = vault.file_names(manifest.name)
    if not names:
        return 0
    if not config.attachments:
        raise BackupFailed(
            f"Redis is restored, {len(names)} files of customers are not: set KEFU_ROUTER_ATTACHMENTS as the router "
            "has it, and restore again with --force."
        )
    target = Vault(config.attachments, config.attachments_access)
    there = target.listed("")

    def put(name: str) -> None:
        target.write(name, vault.read(f"files/{name}"))

    with ThreadPoolExecutor(_COPIES_AT_ONCE) as pool:
        list(pool.map(put, set(names) - there))
    return len(names)

"""
Making a backup: copy, check, encrypt, keep, read back; only then is it called one, and older ones go.

Where much is gone that the good one before it had, the copy is kept and is no good one: `latest` stays, and so do the
older ones, until a person accepts it.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Any

from redis.asyncio import Redis

from kefu.backup.census import Census, take_census
from kefu.backup.config import BackupConfig
from kefu.backup.encryption import seal
from kefu.backup.errors import BackupFailed
from kefu.backup.scratch import open_scratch
from kefu.backup.snapshot import server_of, take_snapshot
from kefu.backup.vault import Manifest, Vault, sha256_of
from kefu.common.redis.backup_record import BackupRecord, write_record
from kefu.common.redis.client import open_redis

_COPIES_AT_ONCE = 8
_LEAST_TO_HALVE = 10
"""Of fewer, half may be gone on an ordinary day."""


async def create_backup(config: BackupConfig, say: Callable[[str], None]) -> Manifest:
    """Make a backup and return what it is. `say` is told of each step.

    Redis is copied first and customers' files after it: a file is there before Redis knows of it.
    Raises BackupFailed, also for one that is kept and in doubt; what was kept before stays.
    """
    began = time.time()
    name = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(began))
    vault = await asyncio.to_thread(Vault, config.to, config.access)
    before = await asyncio.to_thread(vault.latest)
    async with (
        open_redis(config.redis_url.get_secret_value(), tls=config.redis_tls) as client,
        open_scratch(config.scratch) as scratch,
    ):
        server = await server_of(client)
        size = await asyncio.to_thread(take_snapshot, server, scratch.file)
        say(f"copied Redis: {size} bytes")
        await scratch.load()
        census = await take_census(scratch.client)
        _check_not_empty(census, before)
        say(f"loaded the copy into an empty Redis: {census.keys} keys, schema {census.schema_version}")
        stored, kept = "redis.rdb", scratch.file
        if config.recipient:
            stored, kept = "redis.rdb.age", scratch.folder / "sealed"
            await asyncio.to_thread(seal, scratch.file, kept, config.recipient)
        try:
            folder = f"backups/{name}"
            sha256 = await asyncio.to_thread(sha256_of, kept)
            await asyncio.to_thread(vault.write, f"{folder}/{stored}", kept)
            if await asyncio.to_thread(vault.fetch, f"{folder}/{stored}", None) != sha256:
                raise BackupFailed(f"{config.to} gives back something else than it was given. It is no backup.")
            size = kept.stat().st_size
        finally:
            if config.recipient:
                await asyncio.to_thread(kept.unlink, True)
        files = await asyncio.to_thread(_copy_files, config, vault, folder)
        manifest = Manifest(
            name=name,
            time=began,
            seconds=round(time.time() - began, 3),
            redis=await _server_version(client),
            kefu=version("kefu"),
            stored=stored,
            sha256=sha256,
            size=size,
            files=files,
            census=census,
            doubt=_doubt(census, before),
        )
        await asyncio.to_thread(vault.write_manifest, manifest)
        if not manifest.doubt:
            await write_record(client, BackupRecord(name, began, size, manifest.seconds, census.documents))
    gone = await asyncio.to_thread(_prune, vault, config.keep)
    say(f"kept as {name}: {size} bytes{', encrypted' if manifest.encrypted else ''}, {files} files of customers")
    if gone:
        say(f"deleted older ones: {', '.join(gone)}")
    if manifest.doubt and before is not None:
        raise BackupFailed(
            f"{name} is kept, and is no good backup: {manifest.doubt}. `latest` is {before.name} as before, and no "
            "good one was deleted. Look what became of Redis; if it is so on purpose: "
            f"python -m kefu.backup accept {name}"
        )
    return manifest


def accept_backup(config: BackupConfig, name: str) -> Manifest:
    """Take one that is in doubt for a good one. Raises BackupFailed where it is not there."""
    vault = Vault(config.to, config.access)
    manifest = vault.manifest(name).model_copy(update={"doubt": ""})
    vault.write_manifest(manifest)
    return manifest


def _check_not_empty(census: Census, before: Manifest | None) -> None:
    """An emptied Redis must not push out, day by day, the copies of what it held."""
    if before is None or census.collections + census.sessions + census.api_keys > 0:
        return
    if before.census.collections + before.census.api_keys > 0:
        raise BackupFailed(
            f"Redis holds no collection, no key and no session, and {before.name} does: nothing was kept and nothing "
            "deleted. Restore that one, or take another KEFU_BACKUP_TO if Redis is empty on purpose."
        )


def _doubt(census: Census, before: Manifest | None) -> str:
    """What of the good backup before it is gone: all of a kind, or more than half. Routers write sessions at once."""
    if before is None:
        return ""
    had = before.census
    gone = ["its schema key is gone"] if had.schema_version and not census.schema_version else []
    for kind, now, then in (
        ("collections", census.collections, had.collections),
        ("documents", census.documents, had.documents),
        ("passages", census.passages, had.passages),
        ("API keys", census.api_keys, had.api_keys),
    ):
        if now < then and (now == 0 or (then >= _LEAST_TO_HALVE and now * 2 < then)):
            gone.append(f"it has {now} {kind}, and {before.name} has {then}")
    return "; ".join(gone)


def _copy_files(config: BackupConfig, vault: Vault, folder: str) -> int:
    """Copy customers' files that are not there yet, and write down which belong to this backup."""
    names = set[str]()
    if config.attachments:
        source = Vault(config.attachments, config.attachments_access)
        names, there = source.listed(""), vault.listed("files")

        def copy(name: str) -> str | None:
            data = source.read_if_there(name)
            if data is not None:
                vault.write(f"files/{name}", data)
            return None if data is not None else name

        missing = [name for name in sorted(names) if f"files/{name}" not in there]
        with ThreadPoolExecutor(_COPIES_AT_ONCE) as pool:
            names -= {name for name in pool.map(copy, missing) if name}  # erased meanwhile, with their session
    vault.write_json(f"{folder}/files.json", sorted(names))
    return len(names)


def _prune(vault: Vault, keep: int) -> list[str]:
    """Delete what is older than the newest `keep`, what never became a backup, and files that none of them has.

    Those in doubt are counted apart: they push out no good one.
    """
    names = vault.names()
    doubtful = [name for name in names if vault.manifest(name).doubt]
    good = [name for name in names if name not in doubtful]
    kept = good[-keep:] + doubtful[-keep:]
    gone = [name for name in names if name not in kept]
    # The manifest goes first: what is half deleted is no backup.
    vault.delete(f"backups/{name}/manifest.json" for name in gone)
    newest = max(kept)
    found = {path: path.split("/")[1] for path in vault.listed("backups")}
    vault.delete(path for path, name in found.items() if name not in kept and name < newest)
    wanted = {f"files/{name}" for each in kept for name in vault.file_names(each)}
    vault.delete(vault.listed("files") - wanted)
    return gone


async def _server_version(client: Redis) -> str:
    redis: Any = client
    info: dict[str, Any] = await redis.info("server")
    return f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {info['redis_version']}"

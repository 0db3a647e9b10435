"""Making a backup: copy, check, encrypt, keep, read back; only then is it called one, and older ones go."""

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


async def create_backup(config: BackupConfig, say: Callable[[str], None]) -> Manifest:
    """Make a backup and return what it is. `say` is told of each step.

    Redis is copied first and customers' files after it: a file is there before Redis knows of it.
    Raises BackupFailed; what was kept before stays.
    """
    began = time.time()
    name = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(began))
    vault = await asyncio.to_thread(Vault, config.to, config.access)
    earlier = await asyncio.to_thread(vault.names)
    async with (
        open_redis(config.redis_url.get_secret_value(), tls=config.redis_tls) as client,
        open_scratch(config.scratch) as scratch,
    ):
        server = await server_of(client)
        size = await asyncio.to_thread(take_snapshot, server, scratch.file)
        say(f"copied Redis: {size} bytes")
        await scratch.load()
        census = await take_census(scratch.client)
        _check_not_empty(census, vault, earlier)
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
        )
        await asyncio.to_thread(vault.write, f"{folder}/manifest.json", manifest.model_dump_json(indent=1).encode())
        await write_record(client, BackupRecord(name, began, size, manifest.seconds))
    gone = await asyncio.to_thread(_prune, vault, config.keep)
    say(f"kept as {name}: {size} bytes{', encrypted' if manifest.encrypted else ''}, {files} files of customers")
    if gone:
        say(f"deleted older ones: {', '.join(gone)}")
    return manifest


def _check_not_empty(census: Census, vault: Vault, earlier: list[str]) -> None:
    """An emptied Redis must not push out, day by day, the copies of what it held."""
    if not earlier or census.collections + census.sessions + census.api_keys > 0:
        return
    before = vault.manifest(earlier[-1]).census
    if before.collections + before.api_keys > 0:
        raise BackupFailed(
            f"Redis holds no collection, no key and no session, and {earlier[-1]} does: nothing was kept and nothing "
            "deleted. Restore that one, or take another KEFU_BACKUP_TO if Redis is empty on purpose."
        )


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
    """Delete what is older than the newest `keep`, what never became a backup, and files that none of them has."""
    names = vault.names()
    kept, gone = names[-keep:], names[:-keep]
    # The manifest goes first: what is half deleted is no backup.
    vault.delete(f"backups/{name}/manifest.json" for name in gone)
    newest = kept[-1]
    found = {path: path.split("/")[1] for path in vault.listed("backups")}
    vault.delete(path for path, name in found.items() if name not in kept and name < newest)
    wanted = {f"files/{name}" for each in kept for name in vault.file_names(each)}
    vault.delete(vault.listed("files") - wanted)
    return gone


async def _server_version(client: Redis) -> str:
    redis: Any = client
    info: dict[str, Any] = await redis.info("server")
    return f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {info['redis_version']}"

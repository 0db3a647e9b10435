"""Scratch Redis: an empty server beside this program, into which a copy is loaded to see what it is worth."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import redis.exceptions
from redis.asyncio import Redis

from kefu.backup.errors import BackupFailed
from kefu.local.redis_server import server_binary

SERVER_ARGUMENTS = (
    *("--port", "0", "--save", "", "--appendonly", "no", "--dbfilename", "dump.rdb"),
    *("--enable-debug-command", "local", "--daemonize", "no"),
)
"""What such a server is started with, beside `--dir FOLDER --unixsocket FOLDER/redis.sock`: no port, no file of its
own, and the command that reads a file anew."""
_START_SECONDS = 60.0
_LOAD_SECONDS = 1_800.0


class Scratch:
    """A scratch Redis: its client, and the folder that it shares with this program."""

    def __init__(self, client: Redis, folder: Path) -> None:
        self.client = client
        self.folder = folder

    @property
    def file(self) -> Path:
        """What `load` reads."""
        return self.folder / "dump.rdb"

    async def load(self) -> None:
        """Replace what the server holds by the file's content. Raises BackupFailed when it is no whole copy."""
        try:
            await self.client.execute_command("DEBUG", "RELOAD", "NOSAVE")  # pyright: ignore[reportUnknownMemberType]
        except redis.exceptions.RedisError as error:
            raise BackupFailed(
                f"A Redis cannot load the copy ({error}): it is damaged, or of a newer Redis than the one that "
                "loads it (its own log says which)."
            ) from error


@asynccontextmanager
async def open_scratch(path: Path | None) -> AsyncIterator[Scratch]:
    """The scratch Redis at a Unix socket, or without a path one that runs while the block does.

    Its folder's files of ours are deleted at the end.
    """
    if path is not None:
        async with _connected(path) as scratch:
            yield scratch
        return
    binary = server_binary()
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="kefu-scratch-"))
    process: asyncio.subprocess.Process | None = None
    try:
        arguments = [*SERVER_ARGUMENTS, "--dir", str(folder), "--unixsocket", str(folder / "redis.sock")]
        process = await asyncio.create_subprocess_exec(binary, *arguments, stdout=asyncio.subprocess.DEVNULL)
        async with _connected(folder / "redis.sock") as scratch:
            yield scratch
    finally:
        if process is not None:
            process.kill()
            await process.wait()
        await asyncio.to_thread(shutil.rmtree, folder)


@asynccontextmanager
async def _connected(path: Path) -> AsyncIterator[Scratch]:
    client: Any = Redis(unix_socket_path=str(path), socket_timeout=_LOAD_SECONDS)
    scratch = Scratch(client, path.parent)
    try:
        async with asyncio.timeout(_START_SECONDS):
            while not await _answers(client):  # noqa: ASYNC110 - nobody tells when another process listens
                await asyncio.sleep(0.05)
        yield scratch
        await client.flushall()
    except TimeoutError:
        raise BackupFailed(f"No Redis answers at {path} (KEFU_BACKUP_SCRATCH).") from None
    finally:
        await client.aclose()
        await asyncio.to_thread(scratch.file.unlink, True)


async def _answers(client: Any) -> bool:
    try:
        return bool(await client.ping())
    except (redis.exceptions.ConnectionError, redis.exceptions.BusyLoadingError, OSError):
        return False

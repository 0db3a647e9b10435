"""
Snapshot: all of a Redis, of one moment, over its replication protocol, as `redis-cli --rdb` takes it.

Redis forks and sends its file; it goes on serving meanwhile. Managed offers mostly refuse this command.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from redis.asyncio import Redis
from redis.asyncio.connection import SSLConnection
from redis.asyncio.sentinel import SentinelConnectionPool

from kefu.backup.errors import BackupFailed
from kefu.common.redis.redis_tls import RedisTls

_ANSWER_SECONDS = 120.0
"""Redis sends a line end now and then while it forks; a link that is silent for so long is dead."""
_CHUNK = 1 << 20
_MARK_BYTES = 40


@dataclass(frozen=True)
class Server:
    """The server that is copied, and how it is spoken to."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: RedisTls | None


async def server_of(client: Redis) -> Server:
    """The server behind a client, the primary behind Sentinels."""
    pool: Any = client.connection_pool
    options = pool.connection_kwargs
    address: tuple[Any, Any] = (options.get("host", "localhost"), options.get("port", 6379))
    if isinstance(client.connection_pool, SentinelConnectionPool):
        address = await pool.get_master_address()
    tls: RedisTls | None = None
    if issubclass(pool.connection_class, SSLConnection):
        files = [options.get(f"ssl_{file}") for file in ("ca_certs", "certfile", "keyfile")]
        tls = RedisTls(*(Path(file) if file else None for file in files))
    return Server(str(address[0]), int(address[1]), options.get("username"), options.get("password"), tls)


def take_snapshot(server: Server, target: Path) -> int:
    """Write the server's data into a file, and return its bytes. Raises BackupFailed; then there is no file."""
    with _connection(server) as stream:
        if server.password:
            login = (server.user, server.password) if server.user else (server.password,)
            _ask(stream, "AUTH", *login)
        # An older server knows no such replicas, and sends later writes after the file, which nobody reads.
        _ask(stream, "REPLCONF", "rdb-only", "1", must=False)
        _ask(stream, "REPLCONF", "capa", "eof")
        _send(stream, "SYNC")
        header = _line(stream)
        while not header:  # a sign of life
            header = _line(stream)
        if not header.startswith(b"$"):
            raise BackupFailed(
                f"Redis sends no copy of its data ({header[:200].decode(errors='replace')}): a managed one mostly has "
                "backups of its own; the user of another one may lack the right to SYNC."
            )
        part = target.with_name(f"{target.name}.part")
        try:
            with part.open("wb") as file:
                if header.startswith(b"$EOF:"):
                    _copy_until(stream, file, header[5:])
                else:
                    _copy(stream, file, int(header[1:]))
            part.rename(target)
        finally:
            part.unlink(missing_ok=True)
    return target.stat().st_size


@contextmanager
def _connection(server: Server) -> Iterator[BinaryIO]:
    try:
        with socket.create_connection((server.host, server.port), _ANSWER_SECONDS) as plain:
            context = server.tls.context() if server.tls else None
            with (
                context.wrap_socket(plain, server_hostname=server.host) if context else plain as used,
                used.makefile("rwb", buffering=_CHUNK) as stream,
            ):
                yield stream  # pyright: ignore[reportReturnType] - a BufferedRWPair reads and writes
    except OSError as error:
        raise BackupFailed(f"The link to Redis at {server.host}:{server.port} broke: {error}.") from error


def _send(stream: BinaryIO, *words: str) -> None:
    parts = [each.encode() for each in words]
    stream.write(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(each), each) for each in parts))
    stream.flush()


def _ask(stream: BinaryIO, *words: str, must: bool = True) -> None:
    _send(stream, *words)
    answer = _line(stream)
    if must and not answer.startswith(b"+"):
        raise BackupFailed(f"Redis refused {words[0]}: {answer[:200].decode(errors='replace')}.")


def _line(stream: BinaryIO) -> bytes:
    line = stream.readline(_CHUNK)
    if not line.endswith(b"\n"):
        raise BackupFailed("Redis closed the link before its copy was whole.")
    return line.strip()


def _copy(stream: BinaryIO, file: BinaryIO, size: int) -> None:
    while size:
        chunk = stream.read(min(size, _CHUNK))
        if not chunk:
            raise BackupFailed("Redis closed the link before its copy was whole.")
        file.write(chunk)
        size -= len(chunk)


def _copy_until(stream: BinaryIO, file: BinaryIO, mark: bytes) -> None:
    """A copy whose length nobody knows when it begins: its end is a mark that was told before."""
    tail = b""
    read: Any = getattr(stream, "read1", stream.read)
    while True:
        chunk = read(_CHUNK)
        if not chunk:
            raise BackupFailed("Redis closed the link before its copy was whole.")
        tail += chunk
        if tail.endswith(mark):
            file.write(tail[: -len(mark)])
            return
        file.write(tail[:-_MARK_BYTES])
        tail = tail[-_MARK_BYTES:]

"""Where backups go and come from besides a folder and a plain Redis: a bucket that speaks S3, a Redis behind TLS."""

import asyncio
import os
import re
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kefu.backup.config import BackupConfig
from kefu.backup.create import create_backup
from kefu.backup.errors import BackupFailed
from kefu.backup.restore import Wishes, restore_backup
from kefu.backup.snapshot import Server, take_snapshot
from kefu.backup.vault import Vault
from kefu.common.redis.client import open_redis
from kefu.common.redis.redis_tls import RedisTls
from kefu.testing.ports import free_port
from kefu.testing.redis_server import RedisServer, redis_server
from tests.support.s3_bucket import Bucket

AT_ONCE = ("--repl-diskless-sync-delay", "0")
BIG = 12 * 2**20
"""Bytes of a value that does not compress: its copy takes several parts of an upload."""


class BucketOfParts(Bucket):
    """As its base, and uploads in parts."""

    parts: dict[str, bytes]

    def do_POST(self) -> None:
        name, query, _ = self._read() if "delete" not in self.path else ("", {}, b"")
        if "uploads" in query:
            self._answer(200, b"<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>")
        elif "uploadId" in query:
            numbers = sorted(int(key.rpartition("#")[2]) for key in self.parts if key.startswith(f"{name}#"))
            self.objects[name] = b"".join(self.parts.pop(f"{name}#{number}") for number in numbers)
            body = b'<CompleteMultipartUploadResult><ETag>"1"</ETag></CompleteMultipartUploadResult>'
            self._answer(200, body)
        else:
            super().do_POST()

    def do_PUT(self) -> None:
        if "partNumber" not in self.path:
            super().do_PUT()
            return
        name, query, body = self._read()
        self.parts[f"{name}#{query['partNumber'][0]}"] = body
        self._answer(200)


@contextmanager
def bucket() -> Iterator[tuple[dict[str, Any], type[BucketOfParts]]]:
    """The variables of a bucket, and what is in it."""
    handler = type("OneBucket", (BucketOfParts,), {"objects": {}, "unsigned": [], "parts": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield (
            {
                "to": "s3://files/kefu",
                "endpoint": f"http://127.0.0.1:{server.server_port}",
                "access_key": "the-key",
                "secret_key": "the-secret",
            },
            handler,
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def config(url: str, **more: Any) -> BackupConfig:
    return BackupConfig(redis_url=url, **more)  # pyright: ignore[reportArgumentType]


async def test_a_bucket_keeps_a_backup_of_several_parts_and_gives_it_back(tmp_path: Path) -> None:
    value = os.urandom(BIG)
    async with redis_server(tmp_path / "a", *AT_ONCE) as source, redis_server(tmp_path / "b") as target:
        async with open_redis(source.url) as client:
            await client.set("kefu:1:{key:k1}", value)
        with bucket() as (place, found):
            manifest = await create_backup(config(source.jobs_url, **place, keep=1), lambda _: None)
            assert manifest.size > BIG
            assert {
                f"kefu/backups/{manifest.name}/{name}" for name in ("redis.rdb", "files.json", "manifest.json")
            } == (found.objects.keys())
            assert found.unsigned == []
            await restore_backup(config(target.jobs_url, **place), "latest", Wishes(), lambda _: None)
            found.objects[f"kefu/backups/{manifest.name}/redis.rdb"] += b"!"
            with pytest.raises(BackupFailed, match="is damaged"):
                await restore_backup(config(target.jobs_url, **place), "latest", Wishes(force=True), lambda _: None)
        async with open_redis(target.url) as client:
            assert await client.get("kefu:1:{key:k1}") == value


def test_a_bucket_that_is_away_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kefu.backup.vault._RETRIES", 0)
    one = config(
        "redis://h", to="s3://files", endpoint=f"http://127.0.0.1:{free_port()}", access_key="k", secret_key="s"
    )
    with pytest.raises(BackupFailed, match=r"^s3://files: "):
        Vault(one.to, one.access).names()


async def test_a_redis_behind_tls_is_copied_and_one_whose_certificate_is_not_known_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    await asyncio.to_thread(
        subprocess.run,
        ["openssl", *words.split(), "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with redis_server(tmp_path / "a", *AT_ONCE, password="a-password") as source:
        async with open_redis(source.url) as client:
            await client.set("kefu:1:{key:k1}", "a key")

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await relay_to(source, reader, writer)

        serving = await asyncio.start_server(relay, "127.0.0.1", 0, ssl=context)
        async with serving:
            url = re.sub(r"^redis:(.*)@.*", rf"rediss:\1@localhost:{serving.sockets[0].getsockname()[1]}/0", source.url)
            with monkeypatch.context() as trusting:
                trusting.setenv("SSL_CERT_FILE", str(certificate))
                manifest = await create_backup(config(url, to=str(tmp_path / "to")), lambda _: None)
                assert manifest.census.api_keys == 1
            private = config(url, to=str(tmp_path / "to"), redis_authority=certificate)
            assert (await create_backup(private, lambda _: None)).census.api_keys == 1
            unknown = Server("localhost", serving.sockets[0].getsockname()[1], None, "a-password", RedisTls())
            with pytest.raises(BackupFailed, match="certificate verify failed"):
                await asyncio.to_thread(take_snapshot, unknown, tmp_path / "dump.rdb")


async def relay_to(server: RedisServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, unwrapped, to the server and back."""
    to, back = await asyncio.open_connection("127.0.0.1", server.port)

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while chunk := await source.read(65_536):
            target.write(chunk)
            await target.drain()
        target.close()

    await asyncio.gather(copy(reader, back), copy(to, writer), return_exceptions=True)

"""Redis behind TLS with the certificate of a private authority: a real server, and TLS ended in front of it by OpenSSL.

The server that comes with the tests has no TLS of its own; a proxy in front has, as a cloud's offer does.
"""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from kefu.common.errors import StartupError
from kefu.common.redis.client import open_redis
from kefu.common.redis.redis_tls import RedisTls
from kefu.router.config import RouterConfig
from kefu.testing.redis_server import RedisServer, redis_server
from tests.support.redis_waiting import advice_while_waiting

PASSWORD = "a-password"


def openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=30)


@dataclass(frozen=True)
class Authority:
    """A private authority in a folder, and certificates of it."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "ca.crt"

    def found(self) -> None:
        self.folder.mkdir()
        # Without a configuration file no version of openssl adds extensions of its own beside these.
        (self.folder / "empty.cnf").write_text("[req]\ndistinguished_name = dn\n[dn]\n")
        # Python 3.13 takes no authority without a key usage.
        self._make("ca", "CN=x", ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"])

    def certify(self, name: str) -> tuple[Path, Path]:
        """A certificate for this name, and its key."""
        signed = ("-CA", self.file, "-CAkey", self.folder / "ca.key")
        return self._make(name, f"CN={name}", [f"subjectAltName=DNS:{name}", "basicConstraints=CA:FALSE"], *signed)

    def _make(self, name: str, subject: str, extensions: Sequence[str], *more: str | Path) -> tuple[Path, Path]:
        certificate, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "9"),
            *("-config", self.folder / "empty.cnf", "-subj", f"/{subject}", "-keyout", key, "-out", certificate),
            *(word for extension in extensions for word in ("-addext", extension)),
            *more,
        )
        return certificate, key


@asynccontextmanager
async def behind_tls(
    server: RedisServer, authority: Authority, *, wants_certificate: bool = False
) -> AsyncIterator[str]:
    """The rediss:// URL of a server, for the name `localhost`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.file)
    context.load_cert_chain(*authority.certify("localhost"))
    context.verify_mode = ssl.CERT_REQUIRED if wants_certificate else ssl.CERT_NONE

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError):  # left, or refused, by either side
            behind = await asyncio.open_connection("127.0.0.1", server.port)
            await asyncio.gather(pump(reader, behind[1]), pump(behind[0], writer))

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = listening.sockets[0].getsockname()[1]
    try:
        yield f"rediss://:{PASSWORD}@localhost:{port}/0"
    finally:
        listening.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path / "authority")
    made.found()
    return made


async def test_a_certificate_of_a_private_authority_is_taken_when_it_is_named_and_no_other(
    authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger")
    stranger.found()
    async with redis_server(tmp_path / "redis", password=PASSWORD) as server, behind_tls(server, authority) as url:
        async with open_redis(url, tls=RedisTls(authority.file)) as store:
            await store.set("kept", "over TLS")
            assert await store.get("kept") == b"over TLS"
        for tls in (RedisTls(), RedisTls(stranger.file)):
            assert "KEFU_REDIS_AUTHORITY" in await advice_while_waiting(url, tls)


async def test_a_server_that_wants_a_certificate_of_its_callers_gets_one(authority: Authority, tmp_path: Path) -> None:
    certificate, key = authority.certify("kefu")
    async with (
        redis_server(tmp_path / "redis", password=PASSWORD) as server,
        behind_tls(server, authority, wants_certificate=True) as url,
    ):
        async with open_redis(url, tls=RedisTls(authority.file, certificate, key)) as store:
            assert await store.set("kept", "with a certificate")
        assert await advice_while_waiting(url, RedisTls(authority.file))


async def test_what_cannot_work_ends_the_start(authority: Authority, tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="without TLS"):
        async with open_redis("redis://localhost:6379/0", tls=RedisTls(authority.file)):
            pass
    with pytest.raises(StartupError, match="cannot be read"):
        async with open_redis("rediss://localhost:6379/0", tls=RedisTls(tmp_path / "none.crt")):
            pass


def test_the_files_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_INTERNAL_KEY", f"kefu_internal_{'0' * 64}")
    monkeypatch.setenv("KEFU_REDIS_AUTHORITY", "/redis/ca.crt")
    monkeypatch.setenv("KEFU_REDIS_CERTIFICATE", "/redis/tls.crt")
    with pytest.raises(ValueError, match="KEFU_REDIS_KEY"):
        RouterConfig()  # pyright: ignore[reportCallIssue] - from the environment
    monkeypatch.setenv("KEFU_REDIS_KEY", "/redis/tls.key")
    config = RouterConfig()  # pyright: ignore[reportCallIssue] - likewise
    assert config.redis_tls == RedisTls(Path("/redis/ca.crt"), Path("/redis/tls.crt"), Path("/redis/tls.key"))

"""Redis behind Sentinels: the client follows the primary, with real servers and real Sentinels."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kefu.common.errors import BackendUnavailable, StartupError
from kefu.common.redis.client import open_redis, redis_errors
from kefu.common.redis.url import redis_client
from kefu.local.redis_server import server_binary
from tests.support.ports import free_port
from tests.support.redis_server import RedisServer, redis_server

PASSWORD = ("--requirepass", "a-password", "--masterauth", "a-password")


@asynccontextmanager
async def sentinels(folder: Path, primary: RedisServer, count: int = 3) -> AsyncIterator[list[int]]:
    """Ports of Sentinels that watch a primary; two have to agree that it is down."""
    ports = [free_port() for _ in range(count)]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for port in ports:
            conf = folder / f"sentinel-{port}.conf"
            conf.write_text(
                f"bind 127.0.0.1\nport {port}\ndir {folder}\nsentinel monitor kefu 127.0.0.1 {primary.port} 2\n"
                "sentinel auth-pass kefu a-password\nsentinel down-after-milliseconds kefu 500\n"
                "sentinel failover-timeout kefu 5000\n"
            )
            command = [str(server_binary()), str(conf), "--sentinel"]
            processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        yield ports
    finally:
        for process in processes:
            process.kill()
            process.wait()


async def replicated(primary: RedisServer) -> None:
    """Return once the primary has a replica that has read it all."""
    async with redis_client(primary.url.replace("//", "//:a-password@"), 5.0) as client:
        for _ in range(400):
            info: dict[str, Any] = await client.info("replication")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            if info["connected_slaves"] == 1 and info["slave0"]["state"] == "online":
                return
            await asyncio.sleep(0.05)
    pytest.fail("the replica never came")


async def test_a_client_follows_the_primary_when_sentinels_name_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RedisServer, "start", _start_without_asking)
    async with (
        redis_server(tmp_path / "one", *PASSWORD) as one,
        redis_server(tmp_path / "two", *PASSWORD, "--replicaof", "127.0.0.1", str(one.port)),
        sentinels(tmp_path, one) as ports,
    ):
        await replicated(one)
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        async with open_redis(f"redis+sentinel://:a-password@{hosts}/kefu/0") as store:
            await store.set("kept", "before")
            await asyncio.sleep(2)  # the Sentinels find each other by then, and the replica has what was set
            one.kill()
            began = time.monotonic()
            while True:
                try:
                    with redis_errors():
                        await store.set("after", "the primary went")
                        break
                except BackendUnavailable:
                    assert time.monotonic() - began < 30, "no other primary was found"
                    await asyncio.sleep(0.1)
            assert await store.get("kept") == b"before"


async def _start_without_asking(server: RedisServer) -> None:
    """RedisServer asks whether it is there without a password."""
    from kefu.local.redis_server import server_arguments

    server.directory.mkdir(parents=True, exist_ok=True)
    arguments = [*server_arguments(server.directory, server.port), *server._extra]  # pyright: ignore[reportPrivateUsage]
    server._process = subprocess.Popen(  # pyright: ignore[reportPrivateUsage]
        [str(server_binary()), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@pytest.mark.parametrize(
    "url",
    ["redis+sentinel://host:26379", "redis+sentinel:///kefu", "redis+sentinel://host:port/kefu", "http://host/0"],
)
async def test_an_url_that_is_none_is_refused_with_the_two_forms(url: str) -> None:
    with pytest.raises(StartupError, match=r"redis\+sentinel://host:26379,host:26379/service"):
        async with open_redis(url):
            pass

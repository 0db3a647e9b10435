"""Redis behind Sentinels: the client follows the primary, with real servers and real Sentinels."""

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis.exceptions

from kefu.common.errors import BackendUnavailable, StartupError
from kefu.common.redis.client import open_redis, redis_errors
from kefu.common.redis.url import redis_client
from kefu.local.redis_server import server_binary
from kefu.testing.ports import free_port
from kefu.testing.redis_server import RedisServer, redis_server
from tests.support.redis_waiting import advice_while_waiting
from tests.support.waiting import wait_until_async

PASSWORD = "a-password"


@asynccontextmanager
async def sentinels(folder: Path, primary: RedisServer, count: int = 3) -> AsyncIterator[list[int]]:
    """Ports of Sentinels that watch a primary, each knowing its replica and the others; two agree that it is down."""
    ports = [free_port() for _ in range(count)]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for port in ports:
            conf = folder / f"sentinel-{port}.conf"
            conf.write_text(
                f"bind 127.0.0.1\nport {port}\ndir {folder}\nsentinel monitor kefu 127.0.0.1 {primary.port} 2\n"
                f"sentinel auth-pass kefu {PASSWORD}\nsentinel down-after-milliseconds kefu 500\n"
                "sentinel failover-timeout kefu 5000\n"
            )
            command = [str(server_binary()), str(conf), "--sentinel"]
            processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        for port in ports:
            await _knowing(port, others=count - 1)
        yield ports
    finally:
        for process in processes:
            process.kill()
            process.wait()


async def _knowing(port: int, others: int) -> None:
    """Return once a Sentinel answers, and has found the primary's replica and the other Sentinels."""

    async def knows() -> bool:
        try:
            told: dict[str, Any] = await client.sentinel_master("kefu")  # pyright: ignore
        except redis.exceptions.ConnectionError:  # it does not listen yet
            return False
        return told["num-slaves"] == 1 and told["num-other-sentinels"] == others and not told["is_sdown"]

    async with redis_client(f"redis://127.0.0.1:{port}", 5.0) as client:
        await wait_until_async(knows)


async def replicated(primary: RedisServer) -> None:
    """Return once the primary has a replica that has read it all."""

    async def online() -> bool:
        info: dict[str, Any] = await client.info("replication")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return info["connected_slaves"] == 1 and info["slave0"]["state"] == "online"

    async with redis_client(primary.url, 5.0) as client:
        await wait_until_async(online)


async def test_a_client_follows_the_primary_when_sentinels_name_another_one(tmp_path: Path) -> None:
    async with (
        redis_server(tmp_path / "one", "--repl-diskless-sync-delay", "0", password=PASSWORD) as one,
        redis_server(tmp_path / "two", "--replicaof", "127.0.0.1", str(one.port), password=PASSWORD),
    ):
        await replicated(one)
        async with sentinels(tmp_path, one) as ports:
            hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
            async with open_redis(f"redis+sentinel://:{PASSWORD}@{hosts}/kefu/0") as store:

                async def written() -> bool:
                    try:
                        with redis_errors():
                            return bool(await store.set("after", "the primary went"))
                    except BackendUnavailable:
                        return False

                await store.set("kept", "before")
                assert await store.wait(1, 10_000) == 1  # pyright: ignore  # the replica has it
                one.kill()
                await wait_until_async(written, 60)  # another primary was found
                assert await store.get("kept") == b"before"


@pytest.mark.parametrize(
    "url",
    ["redis+sentinel://host:26379", "redis+sentinel:///kefu", "redis+sentinel://host:port/kefu", "http://host/0"],
)
async def test_an_url_that_is_none_is_refused_with_the_two_forms(url: str) -> None:
    with pytest.raises(StartupError, match=r"redis\+sentinel://host:26379,host:26379/service"):
        async with open_redis(url):
            pass


async def test_sentinels_that_want_a_password_are_told_of(tmp_path: Path) -> None:
    async with redis_server(tmp_path, password=PASSWORD) as wants_one:  # any Redis refuses the question alike
        url = f"redis+sentinel://:{PASSWORD}@127.0.0.1:{wants_one.port}/kefu/0"
        assert "sentinel_password" in await advice_while_waiting(url)

"""Opening Redis: waiting for it, and refusing what cannot work. With real servers."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError
from structlog.testing import capture_logs
from structlog.typing import EventDict

from kefu.common.errors import BackendUnavailable, StartupError, StorageFull
from kefu.common.redis.client import open_redis, redis_errors
from kefu.common.redis.commands import RedisCommands
from kefu.common.redis.schema.version import SCHEMA, SCHEMA_KEY
from kefu.testing.redis_server import RedisServer, redis_server


async def test_a_service_waits_for_a_redis_that_comes_later_and_says_so_once_a_cause(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    starting = asyncio.get_running_loop().create_task(_later(server))
    try:
        with capture_logs() as lines:
            async with open_redis(server.admin_url) as client:
                assert await client.get(SCHEMA_KEY) == str(SCHEMA).encode()
        events = [line["event"] for line in lines]
        assert events.count("redis.waiting") == len(
            {line["cause"] for line in lines if line["event"] == "redis.waiting"}
        )
        assert events[0] == "redis.waiting"
        assert events[-1] == "redis.ready"
    finally:
        await starting
        server.kill()


async def test_after_a_while_without_redis_there_is_one_piece_of_advice(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    with capture_logs() as lines:
        starting = asyncio.get_running_loop().create_task(_once_advised(server, lines))
        try:
            async with open_redis(server.admin_url, advice_after_seconds=0.3):
                pass
        finally:
            await starting
            server.kill()
    advice = [line["advice"] for line in lines if line["event"] == "redis.still_waiting"]
    assert advice == ["Is Redis running there, and may this machine reach it? See KEFU_REDIS_URL."]


async def _later(server: RedisServer) -> None:
    await asyncio.sleep(1)
    await server.start()


async def _once_advised(server: RedisServer, lines: list[EventDict]) -> None:
    # The pauses between tries are drawn by chance: a server that came after a fixed time might be found by the first.
    for _ in range(600):
        if any(line["event"] == "redis.still_waiting" for line in lines):
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)  # a second advice would come with the next tries
    await server.start()


async def test_data_of_a_newer_release_is_refused(own_redis: RedisServer) -> None:
    async with open_redis(own_redis.admin_url) as client:
        await client.set(SCHEMA_KEY, SCHEMA + 1)
    with pytest.raises(StartupError, match="run a newer release"):
        async with open_redis(own_redis.admin_url):
            pass


async def test_an_evicting_memory_policy_is_warned_of(tmp_path: Path) -> None:
    async with redis_server(tmp_path, "--maxmemory-policy", "allkeys-lru") as server:
        with capture_logs() as lines:
            async with open_redis(server.admin_url):
                pass
    assert [line["policy"] for line in lines if line["event"] == "redis.evicts"] == ["allkeys-lru"]


async def test_a_wrong_password_ends_the_start_and_is_not_printed(tmp_path: Path) -> None:
    async with redis_server(tmp_path) as server:
        async with open_redis(server.admin_url) as client:
            await client.config_set("requirepass", "right")  # pyright: ignore[reportUnknownMemberType]
        with pytest.raises(StartupError, match="refused the password") as caught:
            async with open_redis(server.admin_url.replace("://", "://:hunter2@")):
                pass
        assert "hunter2" not in str(caught.value)


async def test_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(StartupError, match="KEFU_REDIS_URL"):
        async with open_redis("localhost:6379"):
            pass


async def test_a_lost_redis_is_unavailable_and_comes_back(own_redis: RedisServer) -> None:
    async with open_redis(own_redis.admin_url) as client:
        own_redis.kill()
        with pytest.raises(BackendUnavailable), redis_errors():
            await client.get("x")
        await own_redis.start()
        with redis_errors():
            assert await client.get("x") is None


async def test_a_full_disk_is_told_as_such_and_is_over_with_the_room(own_redis: RedisServer) -> None:
    async with open_redis(own_redis.admin_url) as opened:
        client: Any = opened

        async def in_a_transaction() -> None:
            async with client.pipeline(transaction=True) as pipeline:
                await pipeline.set("a", 1).set("b", 2).execute()

        async def is_refused() -> bool:
            try:
                with redis_errors():
                    await client.set("a", 1)
            except StorageFull:
                return True
            return False

        own_redis.fill_disk()
        await _until(is_refused)  # Redis takes the write that finds the disk full
        for write in (
            lambda: client.set("a", 1),
            lambda: client.eval("return redis.call('SET', KEYS[1], 1)", 1, "a"),
            in_a_transaction,
        ):
            with pytest.raises(StorageFull) as caught, redis_errors():
                await write()
            assert caught.value.metadata == {"what": "write", "limit": "disk"}
            assert caught.value.retry_after
        with redis_errors():
            assert await client.get("a") is not None  # what only reads goes on
        own_redis.make_room()
        await _until(is_refused, wanted=False)


async def _until(ask: Callable[[], Awaitable[bool]], *, wanted: bool = True) -> None:
    async with asyncio.timeout(20):
        while await ask() is not wanted:
            await asyncio.sleep(0.05)


async def test_a_primary_that_no_replica_follows_is_waited_for_and_its_refusals_pass(tmp_path: Path) -> None:
    async with redis_server(tmp_path, "--min-replicas-to-write", "1") as server:
        with capture_logs() as lines:
            opening = asyncio.get_running_loop().create_task(_open_and_write_alone(server.admin_url))
            await _until(lambda: _said(lines, "redis.waiting"))
            async with Redis.from_url(server.admin_url) as plain:  # pyright: ignore[reportUnknownMemberType]
                await plain.config_set("min-replicas-to-write", 0)  # pyright: ignore[reportUnknownMemberType]
            with pytest.raises(BackendUnavailable):
                await opening
    assert "NOREPLICAS" in next(line["cause"] for line in lines if line["event"] == "redis.waiting")


async def _open_and_write_alone(url: str) -> None:
    async with open_redis(url) as client:
        await client.config_set("min-replicas-to-write", 1)  # pyright: ignore[reportUnknownMemberType]
        with redis_errors():
            await client.set("a", 1)


async def _said(lines: list[EventDict], event: str) -> bool:
    return any(line["event"] == event for line in lines)


async def test_an_error_that_only_repeats_the_word_for_a_full_disk_stays_what_it_is(own_redis: RedisServer) -> None:
    async with open_redis(own_redis.admin_url) as opened:
        client: Any = opened
        with pytest.raises(ResponseError), redis_errors():
            await client.eval("return redis.error_reply('ERR no MISCONF here')", 0)


async def test_a_burst_of_commands_waits_for_its_turn_on_a_bounded_number_of_connections(
    own_redis: RedisServer,
) -> None:
    async with open_redis(own_redis.admin_url) as client:
        commands = RedisCommands(client)
        found = await asyncio.gather(*(commands.get(f"key {number}") for number in range(1_500)))
        assert found == [None] * 1_500
        connected: Any = await client.info("clients")  # pyright: ignore[reportUnknownMemberType]
        assert connected["connected_clients"] <= 70


async def test_who_comes_late_gets_no_connection_from_a_client_that_is_closed(own_redis: RedisServer) -> None:
    async with open_redis(own_redis.admin_url) as client:
        late = [asyncio.create_task(_ended_late(client)) for _ in range(20)]
        await asyncio.sleep(0)
    ended = await asyncio.gather(*late, return_exceptions=True)
    assert {type(one) for one in ended} <= {bytes, BackendUnavailable}
    with pytest.raises(BackendUnavailable), redis_errors():
        await client.get("x")
    async with open_redis(own_redis.admin_url) as other, asyncio.timeout(5):
        while len(await other.client_list()) > 1:  # pyright: ignore[reportUnknownMemberType]
            await asyncio.sleep(0.05)  # the server has not seen yet that the others are closed


async def _ended_late(client: Redis) -> bytes:
    with redis_errors():
        return await client.echo("x")  # pyright: ignore

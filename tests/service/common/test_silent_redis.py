"""A Redis that takes connections and says nothing, and what its callers wait for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kefu.common.errors import BackendUnavailable
from kefu.common.redis import client as common_redis
from kefu.common.redis.commands import RedisCommands
from kefu.common.redis.url import redis_client
from kefu.testing.redis_server import RedisServer


class Mute:
    """A server that reads and never answers."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Mute"]:
        server = await asyncio.start_server(self._listen, "127.0.0.1")
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while await reader.read(1024):
            pass
        writer.close()


async def test_a_command_that_is_not_answered_fails_in_bounded_time_and_the_next_ones_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(common_redis, "_COMMAND_SECONDS", 0.2)
    monkeypatch.setattr(common_redis, "_SILENCE_SECONDS", 3600.0)
    async with Mute().running() as mute, redis_client(f"redis://127.0.0.1:{mute.port}/0", 3600.0) as client:
        commands = RedisCommands(client)
        async with asyncio.timeout(60):
            with pytest.raises(BackendUnavailable) as caught:
                await commands.get("x")
            asked = mute.connections
            assert asked
            for ask in (lambda: commands.get("x"), lambda: commands.together([("PING",)])):
                with pytest.raises(BackendUnavailable, match="a moment ago"):
                    await ask()
        assert caught.value.retry_after
        assert mute.connections == asked, "nothing more was sent"


async def test_it_is_asked_again_after_a_while_and_commands_go_on(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common_redis, "_SILENCE_SECONDS", 0.05)
    async with redis_client(redis.url, 5.0) as client:
        commands = RedisCommands(client)
        await commands.set("x", "1", seconds=60)
        monkeypatch.setattr(common_redis, "_COMMAND_SECONDS", 0.2)
        redis.freeze()
        with pytest.raises(BackendUnavailable):
            await commands.get("x")
        redis.thaw()
        monkeypatch.setattr(common_redis, "_COMMAND_SECONDS", 20.0)
        async with asyncio.timeout(60):
            while True:
                try:
                    assert await commands.get("x") == "1"
                    break
                except BackendUnavailable:
                    await asyncio.sleep(0.05)
        assert await commands.get("x") == "1"

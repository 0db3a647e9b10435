"""A Redis that takes connections and says nothing, and what its callers wait for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kefu.common.errors import BackendUnavailable
from kefu.common.redis.client import CommandBreaker
from kefu.common.redis.commands import RedisCommands
from kefu.common.redis.url import redis_client
from kefu.local.health_probes import redis_probe
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


async def test_a_command_that_is_not_answered_fails_in_bounded_time_and_the_next_ones_at_once() -> None:
    breaker = CommandBreaker(command_seconds=0.2, open_seconds=3600.0)
    async with Mute().running() as mute, redis_client(f"redis://127.0.0.1:{mute.port}/0", 3600.0) as client:
        commands = RedisCommands(client, breaker)
        async with asyncio.timeout(60):
            with pytest.raises(BackendUnavailable) as caught:
                await commands.get("kefu:x")
            asked = mute.connections
            assert asked
            for ask in (lambda: commands.get("kefu:x"), lambda: commands.pipeline([("PING",)])):
                with pytest.raises(BackendUnavailable, match="a moment ago"):
                    await ask()
        assert caught.value.retry_after
        assert mute.connections == asked, "nothing more was sent"


async def test_it_is_asked_again_after_a_while_and_commands_go_on(own_redis: RedisServer) -> None:
    async with redis_client(own_redis.url, 5.0) as client:
        await RedisCommands(client).set("kefu:x", "1", seconds=60)
        commands = RedisCommands(client, CommandBreaker(command_seconds=1.0, open_seconds=0.05))
        own_redis.freeze()
        with pytest.raises(BackendUnavailable):
            await commands.get("kefu:x")
        own_redis.thaw()
        async with asyncio.timeout(60):
            while True:
                try:
                    assert await commands.get("kefu:x") == "1"
                    break
                except BackendUnavailable:
                    await asyncio.sleep(0.05)
        assert await commands.get("kefu:x") == "1"


async def test_the_probe_of_kefu_up_takes_seconds_to_tell_that_a_redis_says_nothing() -> None:
    async with Mute().running() as mute:
        async with asyncio.timeout(10):  # redis-py by itself tried for 26 s
            assert await redis_probe(mute.port, "secret")() is None
    assert await redis_probe(mute.port, "secret")() is None, "nobody listens there now"

"""The memory guard: what it refuses at which share of Redis' memory. With a real Redis."""

from collections.abc import AsyncIterator

import grpc
import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from kefu.common.errors import StorageFull
from kefu.common.redis.client import open_redis, redis_errors
from kefu.common.redis.commands import RedisCommands
from kefu.common.redis.memory_guard import GuardStep, MemoryGuard, open_memory_guard
from kefu.testing.redis_server import RedisServer
from tests.support.redis_memory import fill_redis
from tests.support.waiting import wait_until


@pytest.fixture
async def client(own_redis: RedisServer) -> AsyncIterator[Redis]:
    async with open_redis(own_redis.admin_url) as opened:
        yield opened


async def test_the_guard_closes_in_two_steps_and_opens_a_little_below_each(
    own_redis: RedisServer, client: Redis
) -> None:
    guard = MemoryGuard(client, limit=0.85)
    steps: list[tuple[float, GuardStep]] = []
    for share in (0.5, 0.84, 0.86, 0.82, 0.94, 0.96, 0.93, 0.91, 0.78):
        await fill_redis(own_redis, share)
        await guard.look()
        assert guard.ratio == pytest.approx(share, abs=0.02)
        steps.append((share, guard.step))
    closed, full = GuardStep.NO_NEW_WORK, GuardStep.NO_MESSAGES
    assert steps == [
        *((0.5, GuardStep.OPEN), (0.84, GuardStep.OPEN), (0.86, closed), (0.82, closed), (0.94, closed)),
        *((0.96, full), (0.93, full), (0.91, closed), (0.78, GuardStep.OPEN)),
    ]


async def test_a_refusal_says_what_was_refused_and_when_to_come_back(own_redis: RedisServer, client: Redis) -> None:
    await fill_redis(own_redis, 0.9)
    async with open_memory_guard(client, limit=0.85) as guard:
        with pytest.raises(StorageFull, match=r"no curated answer is taken now.*Try again later") as caught:
            guard.check_new("curated_answer")
    error = caught.value
    assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "STORAGE_FULL")
    assert error.metadata == {"what": "curated_answer", "limit": "KEFU_REDIS_MEMORY_LIMIT"}
    assert error.retry_after == 30


async def test_what_is_larger_than_the_room_below_the_limit_is_refused_alone(
    own_redis: RedisServer, client: Redis
) -> None:
    await client.config_set("maxmemory", 100 * 2**20)  # pyright: ignore[reportUnknownMemberType]
    guard = MemoryGuard(client, limit=0.85)
    await guard.look()
    guard.check_new("import", 60 * 2**20)
    with pytest.raises(StorageFull):
        guard.check_new("import", 60 * 2**20)  # both together would not fit, and nobody has looked since
    guard.check_new("import", 1000)
    assert guard.step is GuardStep.OPEN


async def test_an_open_guard_notices_by_itself_and_a_limit_of_zero_refuses_nothing(
    own_redis: RedisServer, client: Redis
) -> None:
    async with open_memory_guard(client, limit=0.85) as guard, open_memory_guard(client, limit=0) as off:
        guard.check_new("session")
        await fill_redis(own_redis, 0.97)
        await wait_until(lambda: guard.step is GuardStep.NO_MESSAGES)
        await wait_until(lambda: off.ratio > 0.9)
        off.check_new("session", 2**40)
        assert not off.refuses_messages


async def test_while_redis_is_away_the_guard_holds_to_what_it_saw(own_redis: RedisServer, client: Redis) -> None:
    await fill_redis(own_redis, 0.9)
    guard = MemoryGuard(client, limit=0.85)
    await guard.look()
    own_redis.kill()
    await guard.look()
    assert guard.step is GuardStep.NO_NEW_WORK


async def test_without_maxmemory_the_share_is_of_the_machine_and_that_is_said_once(client: Redis) -> None:
    guard = MemoryGuard(client, limit=0.85)
    with capture_logs() as lines:
        await guard.look()
        await guard.look()
    assert [line["event"] for line in lines] == ["redis.without_maxmemory"]
    assert 0 < guard.ratio < 0.1


async def test_a_write_that_redis_refuses_for_want_of_memory_is_a_full_storage(
    own_redis: RedisServer, client: Redis
) -> None:
    commands = RedisCommands(client)
    await fill_redis(own_redis, 2.0)
    attempts = (
        lambda: commands.set("key", "value", seconds=60),
        lambda: commands.script("redis.call('SET', KEYS[1], 1)", ["key"]),
        lambda: commands.pipeline([("GET", "key"), ("SADD", "set", "member")]),
    )
    for attempt in attempts:
        with pytest.raises(StorageFull, match="was not kept") as caught:
            await attempt()
        assert caught.value.retry_after == 30
    with pytest.raises(StorageFull), redis_errors():
        await client.set("key", "value")
    assert await commands.get("key") is None, "reads go on"
    await commands.delete("key")


async def test_a_service_starts_on_a_redis_that_is_full(own_redis: RedisServer) -> None:
    async with open_redis(own_redis.admin_url):
        pass
    await fill_redis(own_redis, 2.0)
    async with open_redis(own_redis.admin_url) as client, open_memory_guard(client, limit=0.85) as guard:
        assert guard.step is GuardStep.NO_MESSAGES

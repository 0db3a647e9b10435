"""A migration of the data in Redis, over that of release 0.1.0, by steps that are made up here."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from redis.asyncio import Redis
from typer.testing import CliRunner

from kefu.cli.__main__ import make_app
from kefu.cli.commands.data import data_commands as commands
from kefu.common.errors import StartupError
from kefu.common.redis.client import open_redis, open_unchecked_redis
from kefu.common.redis.schema.migration import CLIENT_NAME, Migration
from kefu.common.redis.schema.steps import Step, rename, rewrite_hash
from kefu.common.redis.schema.version import MIGRATION_KEY, SCHEMA_KEY
from kefu.testing.redis_server import RedisServer
from tests.upgrade.dump import load

DATA = Path(__file__).parents[2] / "data" / "upgrade" / "0.1.0.jsonl.gz"


def _with_a_note(fields: Mapping[str, str]) -> Mapping[str, str]:
    return {**fields, "note": "made up"} if "tenant" in fields else fields  # of keys alone


KEYS = "keys and tenants"


async def _noting(client: Redis, old: str, new: str) -> None:
    await (rewrite_hash(_with_a_note) if "{key:" in old else rename)(client, old, new)


NOTING = Step(1, {KEYS: _noting}, {KEYS: "keys get a note"})


async def test_a_dry_run_says_what_would_change_by_kind_and_changes_nothing(own_redis: RedisServer) -> None:
    count = await load(own_redis.url, DATA)
    async with open_unchecked_redis(own_redis.jobs_url, name=CLIENT_NAME) as client:
        before = {key: value for key, (value, _) in (await _content(client)).items()}
        examined = await Migration(client, 2, (NOTING,)).examine()
        assert {key: value for key, (value, _) in (await _content(client)).items()} == before
    assert (examined.found, examined.wanted, examined.refusal, examined.obstacle) == (1, 2, "", "")
    assert sum(examined.keys.values()) == count - 1  # but for the version itself
    assert examined.to_move == examined.keys
    assert "unknown" not in examined.keys
    assert examined.keys["vectors"] == 5
    assert examined.about == {KEYS: "keys get a note"}


async def test_a_migration_goes_on_where_it_was_interrupted_and_loses_nothing(own_redis: RedisServer) -> None:
    await load(own_redis.url, DATA)
    moved = 0

    async def breaks(client: Redis, old: str, new: str) -> None:
        nonlocal moved
        moved += 1
        if moved == 3:
            raise ConnectionError("pulled out")
        await _noting(client, old, new)

    async with open_unchecked_redis(own_redis.jobs_url, name=CLIENT_NAME) as client:
        before = await _content(client)
        with pytest.raises(ConnectionError, match="pulled out"):
            await Migration(client, 2, (Step(1, {KEYS: breaks}),)).run()
        half = {key.split(b":")[1] for key in await _content(client) if key.count(b":") > 1}
        assert half == {b"1", b"2"}
        assert (await Migration(client, 2, (NOTING,)).examine()).interrupted == 1
    for schema, words in ((1, "run a newer release"), (2, "is not through: run `kefu data migrate`")):
        with pytest.raises(StartupError, match=words):
            async with open_redis(own_redis.url, schema=schema):
                pass
    told: dict[str, int] = {}
    async with open_unchecked_redis(own_redis.jobs_url, name=CLIENT_NAME) as client:
        await Migration(client, 2, (NOTING,)).run(told.__setitem__)
        after = await _content(client)
    assert sum(told.values()) > 0
    assert after.pop(SCHEMA_KEY.encode())[0] == b"2"
    del before[SCHEMA_KEY.encode()]
    for key, (value, life) in before.items():
        if 0 < life < 60_000:
            continue  # a lease, which may have ended meanwhile
        new_value, new_life = after.pop(key.replace(b"kefu:1:", b"kefu:2:", 1))
        if b"{key:" in key:
            assert new_value.pop(b"note") == b"made up"
        assert new_value == value, key
        assert (new_life > 0) == (life > 0), key
        assert life - new_life < 60_000, key
    assert all(0 < life < 60_000 for _, life in after.values()), after
    async with open_redis(own_redis.url, schema=2) as client:
        assert not await client.exists(MIGRATION_KEY)


async def test_no_service_starts_over_data_that_it_would_not_find(own_redis: RedisServer) -> None:
    await load(own_redis.url, DATA)
    async with Redis.from_url(own_redis.admin_url) as client:  # pyright: ignore[reportUnknownMemberType]
        for record in (b"1", b""):  # without a record the names of the keys tell
            await client.set(SCHEMA_KEY, record) if record else await client.delete(SCHEMA_KEY)
            with pytest.raises(StartupError, match="is of schema 1 and this release wants 2: back it up"):
                async with open_redis(own_redis.url, schema=2):
                    pass
        assert not await client.exists(SCHEMA_KEY)


async def test_a_migration_waits_until_every_service_is_gone(own_redis: RedisServer) -> None:
    await load(own_redis.url, DATA)
    async with open_unchecked_redis(own_redis.jobs_url, name=CLIENT_NAME) as client:
        migration = Migration(client, 2, (NOTING,))
        async with open_redis(own_redis.url):
            with pytest.raises(StartupError, match=r"connected to Redis, from 127\.0\.0\.1: stop all services first"):
                await migration.run()
            assert await client.get(SCHEMA_KEY) == b"1"
        await migration.run()
        assert await client.get(SCHEMA_KEY) == b"2"


async def test_older_data_than_it_knows_the_way_from_is_refused(own_redis: RedisServer) -> None:
    await load(own_redis.url, DATA)
    async with open_unchecked_redis(own_redis.jobs_url, name=CLIENT_NAME) as client:
        with pytest.raises(StartupError, match=r"of schema 1; this release migrates from 2 on\. Upgrade to an"):
            await Migration(client, 3, (Step(2),)).run()
        await Migration(client, 3, (NOTING, Step(2))).run()
        assert await client.get(SCHEMA_KEY) == b"3"
        assert await client.hget("kefu:3:tenants", "acme")  # pyright: ignore[reportGeneralTypeIssues]


async def test_the_command_says_what_there_is_and_that_nothing_is_to_be_done(own_redis: RedisServer) -> None:
    await load(own_redis.url, DATA)
    for command in (("check",), ("migrate", "--dry-run"), ("migrate",)):
        status, told = await _kefu(*command, "--redis-url", own_redis.jobs_url)
        assert status == 0
        assert "Schema of the data: 1. This release reads 1." in told
        assert ("There is nothing to migrate." in told) == (command != ("check",))
    async with Redis.from_url(own_redis.admin_url) as client:  # pyright: ignore[reportUnknownMemberType]
        await client.set(SCHEMA_KEY, 7)
    status, told = await _kefu("migrate", "--redis-url", own_redis.jobs_url)
    assert status == 1
    assert "The data is of schema 7, and this release knows 1: use a newer release." in told
    status, told = await _kefu("check", "--redis-url", "http://127.0.0.1")
    assert status == 1
    assert "KEFU_REDIS_URL is not a Redis URL" in told


@pytest.fixture(autouse=True)
def _the_log_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command runs in this process, whose other tests read the log."""
    monkeypatch.setattr(commands, "set_up_logging", Mock())


async def _kefu(*arguments: str) -> tuple[int, str]:
    """The exit status of `kefu data …`, and what it printed."""
    done = await asyncio.to_thread(CliRunner().invoke, make_app(), ["data", *arguments])
    return done.exit_code, done.output


async def _content(client: Redis) -> dict[bytes, tuple[Any, int]]:
    """Every key with its value and what is left of its life in milliseconds."""
    reads = {b"string": ("GET",), b"hash": ("HGETALL",), b"zset": ("ZRANGE", 0, -1), b"stream": ("XRANGE", "-", "+")}
    reads |= {b"list": ("LRANGE", 0, -1), b"set": ("SMEMBERS",)}
    call: Any = client.execute_command  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    found: dict[bytes, tuple[Any, int]] = {}
    for key in (await call("SCAN", 0, "COUNT", 100_000))[1]:
        if (kind := await call("TYPE", key)) not in reads:
            continue  # a lease that ended a moment ago
        command, *rest = reads[kind]
        found[key] = (await call(command, key, *rest), int(await call("PTTL", key)))
    return found

"""A router whose Redis was emptied, or is away: it says so once, and serves nobody out of nothing."""

import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs
from structlog.typing import EventDict

from kefu.common import outage
from kefu.common.outage import OutageLog, outages_logged
from kefu.common.probe import ALIVE, is_serving
from kefu.common.redis import data_watch
from kefu.common.redis.client import open_redis, without_secrets
from kefu.common.redis.data_watch import EMPTIED, open_data_watch
from kefu.common.redis.schema.version import SCHEMA, SCHEMA_KEY
from kefu.testing.redis_server import RedisServer, redis_server
from tests.support.router_harness import open_router_harness
from tests.support.waiting import wait_until


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (data_watch, outage):
        monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)


def said(lines: list[EventDict], event: str) -> list[EventDict]:
    return [line for line in lines if line["event"] == event]


def exported() -> float:
    [metric] = EMPTIED.collect()
    return metric.samples[0].value


async def test_a_router_serves_nobody_while_its_data_is_gone_and_is_not_ended_for_it(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis) as harness, Redis.from_url(own_redis.admin_url) as store:  # pyright: ignore[reportUnknownMemberType]
        address = f"127.0.0.1:{harness.routers[0].port}"

        async def serves(service: str = "") -> bool:
            return await asyncio.to_thread(is_serving, address, None, service)

        assert await serves()
        with capture_logs() as lines:
            await store.flushall()  # pyright: ignore[reportUnknownMemberType]
            await wait_until(lambda: exported() == 1)
            await wait_until(lambda: bool(said(lines, "redis.emptied")))
            assert not await serves()
            assert await serves(ALIVE), "its probe of liveness would end it, and its next process would begin anew"
            await asyncio.sleep(0.3)
            [line] = said(lines, "redis.emptied")
            assert (line["log_level"], line["address"]) == ("error", without_secrets(own_redis.url))
            assert "backup.md" in line["advice"]
            await store.set(SCHEMA_KEY, SCHEMA)  # as a restore does
            await wait_until(lambda: exported() == 0)
            await wait_until(lambda: bool(said(lines, "redis.filled")))
        assert await serves()


async def test_data_that_never_had_the_record_is_not_taken_for_gone(tmp_path: Path) -> None:
    async with redis_server(tmp_path) as server, open_redis(server.url) as client:
        await client.delete(SCHEMA_KEY)
        with capture_logs() as lines:
            async with open_data_watch(client, server.url):
                await asyncio.sleep(0.3)
        assert said(lines, "redis.emptied") == []


async def test_a_redis_that_is_away_is_told_once_with_its_address_and_once_when_it_is_back(tmp_path: Path) -> None:
    async with redis_server(tmp_path) as server, open_redis(server.url) as client:
        with capture_logs() as lines:
            async with open_data_watch(client, without_secrets(server.url)):
                server.kill()
                await wait_until(lambda: bool(said(lines, "outage.began")))
                await asyncio.sleep(0.3)
                await server.start()
                await wait_until(lambda: bool(said(lines, "outage.over")))
        [began], [over] = said(lines, "outage.began"), said(lines, "outage.over")
        assert (began["log_level"], began["part"], began["address"]) == ("error", "redis", without_secrets(server.url))
        assert "Connect" in began["cause"]
        assert over["seconds"] >= 3
        assert said(lines, "redis.emptied") == [], "its file had the record"


async def test_a_part_that_was_never_there_is_no_outage_and_a_short_one_is_not_told() -> None:
    now = 0.0
    log = OutageLog("generation", "dns:///kefu-generation:50053", after_seconds=3, clock=lambda: now)
    with capture_logs() as lines:
        for now, there in ((0, False), (60, False), (61, True), (62, False), (63, True), (64, False)):  # noqa: B007
            log.note(there)
        assert lines == []
        now = 67
        log.note(False, "no replica")
        log.note(False, "no replica")
        now = 90
        log.note(True)
        log.note(True)
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("outage.began", "error"),
        ("outage.over", "warning"),
    ]
    assert lines[1]["seconds"] == 27


async def test_a_pool_without_a_replica_is_told() -> None:
    replicas = 1
    with capture_logs() as lines:
        async with outages_logged("retrieval", "here:50052", lambda: replicas > 0, "nobody is there"):
            await asyncio.sleep(0.2)
            replicas = 0
            await wait_until(lambda: bool(said(lines, "outage.began")), 10)
    assert said(lines, "outage.began")[0]["cause"] == "nobody is there"


@pytest.mark.parametrize(
    "url",
    [
        "redis://:secret@host:6379/0",
        "redis+sentinel://:secret@a:26379,b:26379/kefu/0?sentinel_password=secret",
        "rediss://user:secret@host/0?password=secret",
    ],
)
def test_a_url_in_the_log_has_no_password(url: str) -> None:
    assert "secret" not in without_secrets(url)
    assert without_secrets(url).startswith(url.partition("://")[0])

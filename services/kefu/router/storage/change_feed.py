"""
One stream for the whole installation that names each session as it changes, so that one reader per router wakes all who
watch sessions there.

A change is stored first, and the bell is rung in the same pipeline: a router that dies in between, or a reader that was
away for longer than a minute, loses a ring. So nobody relies on it alone: who watches looks every
`SWEEP_SECONDS` by itself.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence, Set
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.redis.client import REDIS_FAILURES
from kefu.common.redis.commands import Command, RedisCommands, ScriptCall
from kefu.router.storage import keys

SWEEP_SECONDS = 15.0
_KEPT_MS = 60_000
_READ_AT_ONCE = 1_000
_BLOCK_SECONDS = 2.0
_PAUSE_SECONDS = 0.5
_FIELD = "session"
_RING = """
-- KEYS: bell. ARGV: life ms, field, session
local time = redis.call('TIME')
local oldest = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1]
redis.call('XADD', KEYS[1], 'MINID', string.format('%.0f', oldest), '*', ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
"""
"""Kept for a minute: nobody needs it longer, and a session that is deleted should not be named for long."""
_log = structlog.stdlib.get_logger()
SessionKey = tuple[str, str]
"""Tenant and session id."""


def publish_change(tenant: str, session_id: str) -> Command:
    """The command that tells every router of a change; after the change, in one pipeline with it."""
    return ScriptCall(_RING, [keys.BELL], (_KEPT_MS, _FIELD, f"{tenant}:{session_id}"))


class ChangeListener(Protocol):
    """Wants to know which sessions have changed."""

    def heard(self, changed: Set[SessionKey]) -> None:
        """These have changed, among them many that are not yours."""
        ...

    def missed(self) -> None:
        """Some rings were lost: look at all of yours."""
        ...


class ChangeFeed:
    """The one reader of this process."""

    def __init__(self, commands: RedisCommands, hearers: Sequence[ChangeListener]) -> None:
        self._commands = commands
        self._hearers = hearers

    async def listen(self) -> None:
        """Pass on what is rung, until cancelled."""
        last, deaf = "", False
        while True:
            try:
                last = last or await self._commands.stream_last(keys.BELL)
                rung = await self._commands.stream_read(
                    keys.BELL, last, count=_READ_AT_ONCE, block_seconds=_BLOCK_SECONDS
                )
            except REDIS_FAILURES as error:
                if not deaf:
                    _log.warning("doorbell.unheard", cause=str(error))
                deaf = True
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if deaf:
                deaf = False
                _log.info("doorbell.heard")
                for hearer in self._hearers:
                    hearer.missed()
            if rung:
                last = rung[-1][0]
                changed = {_session_key(fields[_FIELD]) for _, fields in rung}
                for hearer in self._hearers:
                    hearer.heard(changed)


def _session_key(text: str) -> SessionKey:
    tenant, _, session_id = text.partition(":")
    return tenant, session_id


@asynccontextmanager
async def open_change_feed(commands: RedisCommands, hearers: Sequence[ChangeListener]) -> AsyncIterator[None]:
    """The bell is heard while the block runs."""
    listening = asyncio.create_task(ChangeFeed(commands, hearers).listen(), name="hear the doorbell")
    try:
        yield
    finally:
        await cancel_and_wait(listening)

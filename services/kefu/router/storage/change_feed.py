"""
Change feed: one Redis stream for the whole installation that names each session as it changes.

One reader per router wakes all session watches and desk watches there. A change is stored first, and published in the
same pipeline. A router that dies in between loses an entry, and so does a reader that was away for more than a minute.
So nothing relies on the feed alone: each watch also looks by itself every `SWEEP_SECONDS`.
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
_RETENTION_MS = 60_000
_BATCH_SIZE = 1_000
_BLOCK_SECONDS = 2.0
_RETRY_SECONDS = 0.5
_FIELD = "session"
_PUBLISH = """
-- KEYS: change feed. ARGV: life ms, field, session
local time = redis.call('TIME')
local oldest = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1]
redis.call('XADD', KEYS[1], 'MINID', string.format('%.0f', oldest), '*', ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
"""
"""Append one change. Entries live for a minute: no reader needs them longer, and a deleted session should not be named
for long."""
_log = structlog.stdlib.get_logger()
SessionKey = tuple[str, str]
"""Tenant and session id."""


def publish_change(tenant: str, session_id: str) -> Command:
    """The command that publishes a change. It goes after the change itself, in the same pipeline."""
    return ScriptCall(_PUBLISH, [keys.CHANGE_FEED], (_RETENTION_MS, _FIELD, f"{tenant}:{session_id}"))


class ChangeListener(Protocol):
    """Receives the changes of sessions."""

    def on_changes(self, changed: Set[SessionKey]) -> None:
        """Sessions that have changed. Most of them may be of no interest to this listener."""
        ...

    def on_gap(self) -> None:
        """Some changes were lost: the listener must look at all of its sessions."""
        ...


class ChangeFeed:
    """The reader of the change feed. One per router; see `open_change_feed`."""

    def __init__(self, commands: RedisCommands, listeners: Sequence[ChangeListener]) -> None:
        self._commands = commands
        self._listeners = listeners

    async def listen(self) -> None:
        """Pass each change on to the listeners, until cancelled."""
        last, interrupted = "", False
        while True:
            try:
                last = last or await self._commands.stream_last(keys.CHANGE_FEED)
                entries = await self._commands.stream_read(
                    keys.CHANGE_FEED, last, count=_BATCH_SIZE, block_seconds=_BLOCK_SECONDS
                )
            except REDIS_FAILURES as error:
                if not interrupted:
                    _log.warning("doorbell.unheard", cause=str(error))
                interrupted = True
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            if interrupted:
                interrupted = False
                _log.info("doorbell.heard")
                for listener in self._listeners:
                    listener.on_gap()
            if entries:
                last = entries[-1][0]
                changed = {_session_key(fields[_FIELD]) for _, fields in entries}
                for listener in self._listeners:
                    listener.on_changes(changed)


def _session_key(text: str) -> SessionKey:
    tenant, _, session_id = text.partition(":")
    return tenant, session_id


@asynccontextmanager
async def open_change_feed(commands: RedisCommands, listeners: Sequence[ChangeListener]) -> AsyncIterator[None]:
    """Read the change feed while the block runs."""
    listening = asyncio.create_task(ChangeFeed(commands, listeners).listen(), name="change feed")
    try:
        yield
    finally:
        await cancel_and_wait(listening)

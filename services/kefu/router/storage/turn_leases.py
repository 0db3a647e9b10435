"""
Leases of all turns that run on this router, renewed together, and the signals of other routers for these turns.

A turn's lock and its `alive` key live for one lease and are renewed every quarter of it. Renewals go in batches: one
pipeline for about a hundred turns, one script a turn. Each renewal also saves what the answer has grown by, so that
another router can show the answer or go on with it. A growing text is saved at least as often as its lease is renewed.
While few turns run, it is saved more often, within a bound of scripts a second.

Signals (a stop, a superseding message, a delete, a reader on another router) come at once on this router's own channel.
Should a message be lost, the next renewal returns the same signal, except that of a reader. While the channel is down,
leases are renewed twice a second.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.redis.client import REDIS_FAILURES
from kefu.common.redis.commands import RedisCommands, ScriptCall, Value
from kefu.router import metrics
from kefu.router.domain.generation import PartialAnswer
from kefu.router.storage import keys, session_lua
from kefu.router.storage.turn_drafts import DRAFT_CONTEXT, DraftContext
from kefu.router.storage.turns import DRAFT_SECONDS, TurnKey, TurnStore, ms

_CHECK_INTERVAL_SECONDS = 0.25
_BATCH_SIZE = 128  # turns in one pipeline
_SAVE_INTERVAL_SECONDS = 0.5
_MAX_SAVES_PER_SECOND = 500  # the aim: with more turns, each text is saved less often
_UNSUBSCRIBED_INTERVAL_SECONDS = 0.5
_log = structlog.stdlib.get_logger()


class LeaseSignal(StrEnum):
    """What a running turn receives from Redis or from other routers."""

    CONTINUE = "on"
    """Nothing has changed."""
    STOP = "stop"
    """A caller asked to stop the turn."""
    SUPERSEDE = "supersede"
    """A later message of the session replaces this one."""
    DELETED = "gone"
    """The session was deleted."""
    LOST = "lost"
    """Another router has the turn now."""
    FOLLOW = "follow"
    """A reader follows the turn on another router."""
    DRAFT_LOST = "forgotten"
    """Redis has lost the saved draft."""


_CHANNEL_SIGNALS = frozenset({LeaseSignal.STOP, LeaseSignal.SUPERSEDE, LeaseSignal.DELETED, LeaseSignal.FOLLOW})


@dataclass(frozen=True)
class TurnSnapshot:
    """A turn's answer up to now, for its saved draft. `version` grows each time the text starts over."""

    context: DraftContext
    text: bytes
    partial: PartialAnswer
    rewritten_from: int | None
    version: int = 0


@dataclass(frozen=True)
class _SavedLength:
    """How many bytes of each field Redis has already: the next renewal writes only what is new."""

    context: DraftContext | None = None
    version: int = 0
    text: int = 0
    raw: int = 0
    ids: int = 0
    tokens: int = 0


@dataclass(eq=False)
class Lease:
    """The lease of one running turn.

    `snapshot()` returns what to save; `on_signal()` receives each signal but CONTINUE and DRAFT_LOST. `fence` is the
    fencing token, 0 until the turn has begun.
    """

    key: TurnKey
    on_signal: Callable[[LeaseSignal], None]
    snapshot: Callable[[], TurnSnapshot | None]
    size: Callable[[], int]
    """Grows with the answer. Called often, so it must be cheap."""
    fence: int = 0
    renewed_at: float = field(default_factory=time.monotonic)
    saved_size: int = 0
    saved: _SavedLength = field(default_factory=_SavedLength)

    def unsaved(self) -> tuple[tuple[Value, ...], _SavedLength]:
        """Script arguments that save what is new, and how much is saved after that."""
        snapshot = self.snapshot() if self.fence else None
        if snapshot is None:
            return (), self.saved
        before = self.saved if self.saved.version == snapshot.version else _SavedLength(version=snapshot.version)
        raw = snapshot.partial.text.encode()
        ids = "".join(f"{token}," for token in snapshot.partial.token_ids[before.tokens :])
        after = _SavedLength(
            context=snapshot.context,
            version=snapshot.version,
            text=len(snapshot.text),
            raw=len(raw),
            ids=before.ids + len(ids),
            tokens=max(before.tokens, len(snapshot.partial.token_ids)),
        )
        if after == before:
            return (), before
        arguments = (
            "" if snapshot.context == before.context else DRAFT_CONTEXT.dump_json(snapshot.context).decode(),
            "" if snapshot.rewritten_from is None else snapshot.rewritten_from,
            *(before.text, snapshot.text[before.text :]),
            *(before.raw, raw[before.raw :]),
            *(before.ids, ids),
        )
        return arguments, after


class TurnLeases:
    """Renews the leases of this router's turns, and passes signals on to them; see `open_leases`."""

    def __init__(self, turns: TurnStore) -> None:
        self._commands: RedisCommands = turns.commands
        self._owner = turns.owner
        self._lease_ms = ms(turns.lease)
        self._interval = turns.lease / 4
        self._leases: dict[str, Lease] = {}
        self._subscribed = False
        self._failing = False

    def hold(self, lease: Lease) -> None:
        """Renew a lease from now on. It must be fresh."""
        self._leases[lease.key.turn_id] = lease

    def release(self, lease: Lease) -> None:
        """Stop renewing a lease."""
        if self._leases.get(lease.key.turn_id) is lease:
            del self._leases[lease.key.turn_id]

    async def save(self, lease: Lease) -> None:
        """Renew one lease now, and save its draft. Raises BackendUnavailable."""
        await self._renew([lease])

    async def run_renewals(self) -> None:
        """Renew each lease when it is due, until cancelled."""
        while True:
            await asyncio.sleep(min(_CHECK_INTERVAL_SECONDS, self._interval))
            due = self._due(time.monotonic())
            for start in range(0, len(due), _BATCH_SIZE):
                batch = due[start : start + _BATCH_SIZE]
                try:
                    await self._renew(batch)
                except REDIS_FAILURES as error:
                    # Customers keep getting their answers. If another router takes a session, the next renewal says so.
                    metrics.RENEWALS_FAILED.inc()
                    if not self._failing:
                        _log.warning("leases.not_renewed", turns=len(self._leases), cause=str(error))
                    self._failing = True
                    break
                if self._failing:
                    self._failing = False
                    _log.info("leases.renewed", turns=len(self._leases))

    async def listen(self) -> None:
        """Pass signals of other routers on to the turns, until cancelled."""
        while True:
            try:
                async with aclosing(self._commands.subscribe(keys.router_channel(self._owner))) as messages:
                    async for message in messages:
                        self._subscribed = True
                        signal, _, turn_id = message.partition(" ")
                        lease = self._leases.get(turn_id)
                        if lease is not None and signal in _CHANNEL_SIGNALS:  # a newer release may send other signals
                            lease.on_signal(LeaseSignal(signal))
            except REDIS_FAILURES as error:
                if self._subscribed:
                    _log.warning("leases.channel_unheard", cause=str(error))
            finally:
                self._subscribed = False
            await asyncio.sleep(_UNSUBSCRIBED_INTERVAL_SECONDS)

    def _due(self, now: float) -> list[Lease]:
        interval = self._interval if self._subscribed else min(self._interval, _UNSUBSCRIBED_INTERVAL_SECONDS)
        save = min(max(_SAVE_INTERVAL_SECONDS, len(self._leases) / _MAX_SAVES_PER_SECOND), interval)
        return [
            lease
            for lease in self._leases.values()
            if (age := now - lease.renewed_at) >= interval
            or (age >= save and lease.fence and lease.size() != lease.saved_size)
        ]

    async def _renew(self, batch: Sequence[Lease]) -> None:
        calls: list[ScriptCall] = []
        growing: list[tuple[Lease, int, _SavedLength]] = []
        now = time.monotonic()
        for lease in batch:
            size = lease.size()
            arguments, after = lease.unsaved()
            key = lease.key
            prefix = keys.session(key.tenant, key.session_id)
            names = (
                *(f"{prefix}session", f"{prefix}lock", f"{prefix}stop"),
                keys.turn_owner(key.tenant, key.session_id, key.turn_id),
                keys.turn_draft(key.tenant, key.session_id, key.turn_id),
            )
            own = (key.turn_id, lease.fence, self._lease_ms, self._owner, ms(DRAFT_SECONDS))
            calls.append(ScriptCall(session_lua.RENEW, names, (*own, *arguments)))
            growing.append((lease, size, after))
        replies = await self._commands.pipeline(calls)
        for (lease, size, after), reply in zip(growing, replies, strict=True):
            signal = LeaseSignal(reply)
            lease.renewed_at = now
            if signal is LeaseSignal.DRAFT_LOST:
                lease.saved_size, lease.saved = -1, _SavedLength(version=after.version)
            else:
                lease.saved_size, lease.saved = size, after
                if signal is not LeaseSignal.CONTINUE and self._leases.get(lease.key.turn_id) is lease:
                    lease.on_signal(signal)


@asynccontextmanager
async def open_leases(turns: TurnStore) -> AsyncIterator[TurnLeases]:
    """Renew leases while the block runs."""
    leases = TurnLeases(turns)
    tasks = [
        asyncio.create_task(leases.run_renewals(), name="renew leases"),
        asyncio.create_task(leases.listen(), name="turn signals"),
    ]
    try:
        yield leases
    finally:
        for task in tasks:
            await cancel_and_wait(task)

"""
The leases of all turns that run on this router, renewed together, and what other routers ask of these turns.

A turn's lock and its `alive` key live for a lease and are renewed every quarter of one, for all turns in batches: one
pipeline for a hundred turns or so, one script a turn. What was said since the last time goes with it, so that another
router can show the answer, or go on with it; a text that grows is written at least as often as it is renewed, and more
often while there are few of them, within a bound of scripts a second. A stop, a superseding message, a delete or a
reader elsewhere is heard at once on a channel of this router's own; should a message be lost, the renewal tells the
same (all but the reader), and while the channel cannot be heard, renewals come twice a second.
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
from kefu.router.storage.turn_drafts import ABOUT, About
from kefu.router.storage.turns import DRAFT_SECONDS, TurnKey, TurnStore, ms

_TICK_SECONDS = 0.25
_MOST_AT_ONCE = 128  # turns in one pipeline
_SAVE_SECONDS = 0.5
_SAVES_A_SECOND = 500  # aimed at: above, each text is written less often
_UNHEARD_SECONDS = 0.5
_log = structlog.stdlib.get_logger()


class Signal(StrEnum):
    """What a running turn is told. LOST: another router has it now."""

    ON = "on"
    STOP = "stop"
    SUPERSEDE = "supersede"
    GONE = "gone"
    LOST = "lost"
    FOLLOW = "follow"
    """Somebody reads it at another router."""
    FORGOTTEN = "forgotten"
    """Redis has lost what was saved of it."""


_ASKED = frozenset({Signal.STOP, Signal.SUPERSEDE, Signal.GONE, Signal.FOLLOW})


@dataclass(frozen=True)
class TurnSnapshot:
    """What was said in a turn up to now. `version` grows when the text was begun anew."""

    about: About
    text: bytes
    sent: PartialAnswer
    rewritten_from: int | None
    version: int = 0


@dataclass(frozen=True)
class _Kept:
    """How much of it Redis has, in bytes."""

    about: About | None = None
    version: int = 0
    text: int = 0
    raw: int = 0
    ids: int = 0
    tokens: int = 0


@dataclass(eq=False)
class Lease:
    """A turn's. `fence` is 0 while it waits. `spoken` is asked for what to save, and `hears` told what to do."""

    key: TurnKey
    hears: Callable[[Signal], None]
    spoken: Callable[[], TurnSnapshot | None]
    size: Callable[[], int]
    """Grows with what was said; cheap."""
    fence: int = 0
    renewed: float = field(default_factory=time.monotonic)
    size_saved: int = 0
    saved: _Kept = field(default_factory=_Kept)

    def growth(self) -> tuple[tuple[Value, ...], _Kept]:
        """Arguments of the script that save what is new, and what is saved then."""
        spoken = self.spoken() if self.fence else None
        if spoken is None:
            return (), self.saved
        before = self.saved if self.saved.version == spoken.version else _Kept(version=spoken.version)
        raw = spoken.sent.text.encode()
        ids = "".join(f"{token}," for token in spoken.sent.token_ids[before.tokens :])
        after = _Kept(
            about=spoken.about,
            version=spoken.version,
            text=len(spoken.text),
            raw=len(raw),
            ids=before.ids + len(ids),
            tokens=max(before.tokens, len(spoken.sent.token_ids)),
        )
        if after == before:
            return (), before
        arguments = (
            "" if spoken.about == before.about else ABOUT.dump_json(spoken.about).decode(),
            "" if spoken.rewritten_from is None else spoken.rewritten_from,
            *(before.text, spoken.text[before.text :]),
            *(before.raw, raw[before.raw :]),
            *(before.ids, ids),
        )
        return arguments, after


class Leases:
    """One per router; see `open_leases`."""

    def __init__(self, turns: TurnStore) -> None:
        self._commands: RedisCommands = turns.commands
        self._owner = turns.owner
        self._lease_ms = ms(turns.lease)
        self._every = turns.lease / 4
        self._leases: dict[str, Lease] = {}
        self._hears = False
        self._unrenewed = False

    def hold(self, lease: Lease) -> None:
        """Renew a lease from now on; it is fresh."""
        self._leases[lease.key.turn_id] = lease

    def let_go(self, lease: Lease) -> None:
        """Renew it no more."""
        if self._leases.get(lease.key.turn_id) is lease:
            del self._leases[lease.key.turn_id]

    async def save(self, lease: Lease) -> None:
        """Renew one lease now, and save what was said. Raises BackendUnavailable."""
        await self._renew([lease])

    async def renew(self) -> None:
        """Renew what is due, until cancelled."""
        while True:
            await asyncio.sleep(min(_TICK_SECONDS, self._every))
            due = self._due(time.monotonic())
            for start in range(0, len(due), _MOST_AT_ONCE):
                batch = due[start : start + _MOST_AT_ONCE]
                try:
                    await self._renew(batch)
                except REDIS_FAILURES as error:
                    # The customers keep getting their answers; should someone else take a session, we hear of it.
                    metrics.RENEWALS_FAILED.inc()
                    if not self._unrenewed:
                        _log.warning("leases.not_renewed", turns=len(self._leases), cause=str(error))
                    self._unrenewed = True
                    break
                if self._unrenewed:
                    self._unrenewed = False
                    _log.info("leases.renewed", turns=len(self._leases))

    async def hear(self) -> None:
        """Pass on what others ask of our turns, until cancelled."""
        while True:
            try:
                async with aclosing(self._commands.subscribe(keys.router(self._owner))) as messages:
                    async for message in messages:
                        self._hears = True
                        signal, _, turn_id = message.partition(" ")
                        lease = self._leases.get(turn_id)
                        if lease is not None and signal in _ASKED:  # a newer router may ask for more than we know
                            lease.hears(Signal(signal))
            except REDIS_FAILURES as error:
                if self._hears:
                    _log.warning("leases.channel_unheard", cause=str(error))
            finally:
                self._hears = False
            await asyncio.sleep(_UNHEARD_SECONDS)

    def _due(self, now: float) -> list[Lease]:
        every = self._every if self._hears else min(self._every, _UNHEARD_SECONDS)
        save = min(max(_SAVE_SECONDS, len(self._leases) / _SAVES_A_SECOND), every)
        return [
            lease
            for lease in self._leases.values()
            if (age := now - lease.renewed) >= every
            or (age >= save and lease.fence and lease.size() != lease.size_saved)
        ]

    async def _renew(self, batch: Sequence[Lease]) -> None:
        calls: list[ScriptCall] = []
        growing: list[tuple[Lease, int, _Kept]] = []
        now = time.monotonic()
        for lease in batch:
            size = lease.size()
            arguments, after = lease.growth()
            key = lease.key
            prefix = keys.session(key.tenant, key.session_id)
            names = (
                *(f"{prefix}session", f"{prefix}lock", f"{prefix}stop"),
                keys.alive(key.tenant, key.session_id, key.turn_id),
                keys.draft(key.tenant, key.session_id, key.turn_id),
            )
            own = (key.turn_id, lease.fence, self._lease_ms, self._owner, ms(DRAFT_SECONDS))
            calls.append(ScriptCall(session_lua.BEAT, names, (*own, *arguments)))
            growing.append((lease, size, after))
        replies = await self._commands.pipeline(calls)
        for (lease, size, after), reply in zip(growing, replies, strict=True):
            signal = Signal(reply)
            lease.renewed = now
            if signal is Signal.FORGOTTEN:
                lease.size_saved, lease.saved = -1, _Kept(version=after.version)
            else:
                lease.size_saved, lease.saved = size, after
                if signal is not Signal.ON and self._leases.get(lease.key.turn_id) is lease:
                    lease.hears(signal)


@asynccontextmanager
async def open_leases(turns: TurnStore) -> AsyncIterator[Leases]:
    """Leases that are renewed while the block runs."""
    leases = Leases(turns)
    tasks = [
        asyncio.create_task(leases.renew(), name="renew leases"),
        asyncio.create_task(leases.hear(), name="hear what others ask"),
    ]
    try:
        yield leases
    finally:
        for task in tasks:
            await cancel_and_wait(task)

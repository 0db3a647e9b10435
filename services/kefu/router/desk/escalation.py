"""
Conversations that nobody attends to: a customer who waits too long is escalated, and a claim that is not used lapses.

One router looks after all of them, whichever has the lease; when it dies another one goes on. Time passes only within a
tenant's business hours. Whatever is decided here is checked again by the script that does it.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.redis.client import REDIS_FAILURES
from kefu.common.redis.commands import RedisCommands
from kefu.router import metrics
from kefu.router.desk import desk_lua
from kefu.router.desk.store import OPEN, DeskStore
from kefu.router.domain.event_bus import EventBus
from kefu.router.domain.events import Escalated, StateChanged
from kefu.router.domain.session import SessionState
from kefu.router.storage import keys
from kefu.router.storage.turns import ms
from kefu.router.tenants.business_hours import open_seconds
from kefu.router.tenants.settings import EffectiveSettings, SettingsStore

_EVERY_SECONDS = 2.0
_LEASE_SECONDS = 15.0
_AT_ONCE = 128
_FIELDS = ("state", "waiting_since", "claim", "claim_time", "claim_used", "escalated")
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class _Stands:
    """How a session stands, as it was read: times as Redis has them."""

    session_id: str
    state: str | None
    waiting_since: str | None
    claim: str | None
    claim_time: str | None
    claim_used: str | None
    escalated: str | None


class EscalationMonitor:
    """One per router; `owner` names it."""

    def __init__(
        self, commands: RedisCommands, store: DeskStore, settings: SettingsStore, happenings: EventBus, owner: str
    ) -> None:
        self._commands = commands
        self._store = store
        self._settings = settings
        self._happenings = happenings
        self._owner = owner

    async def attend(self) -> None:
        """Look at all that is at any desk, again and again, until cancelled."""
        failed = False
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            try:
                lease = (self._owner, ms(_LEASE_SECONDS))
                if await self._commands.script(desk_lua.LEASE, [keys.ATTENDANT], lease):
                    for tenant in await self._commands.set_members(keys.DESKS):
                        await self._look(tenant)
                else:
                    metrics.CONVERSATIONS.clear()
                    metrics.LONGEST_WAIT_SECONDS.clear()
                    metrics.OVERDUE.clear()
                failed = False
            except REDIS_FAILURES as error:
                if not failed:
                    _log.warning("desk.not_attended", cause=str(error))
                failed = True

    async def _look(self, tenant: str) -> None:
        rules, now = await self._settings.rules(tenant), time.time()
        counted: Counter[str] = Counter()
        longest, overdue, left = 0.0, 0, list[str]()
        ids = await self._store.open_ids(tenant)
        for start in range(0, len(ids), _AT_ONCE):
            for stands in await self._read(tenant, ids[start : start + _AT_ONCE]):
                if stands.state is None or stands.state not in OPEN:
                    left.append(stands.session_id)
                    continue
                counted[stands.state] += 1
                overdue += stands.state == SessionState.WAITING and stands.escalated is not None
                if stands.waiting_since is not None:
                    longest = max(longest, now - float(stands.waiting_since))
                if rules.escalate_seconds:
                    await self._judge(tenant, stands, rules, now)
        await self._store.forget(tenant, left)
        for state in OPEN:
            metrics.CONVERSATIONS.labels(tenant, state).set(counted[state])
        metrics.LONGEST_WAIT_SECONDS.labels(tenant).set(longest)
        metrics.OVERDUE.labels(tenant).set(overdue)

    async def _read(self, tenant: str, session_ids: Sequence[str]) -> list[_Stands]:
        replies = await self._commands.pipeline(
            [("HMGET", f"{keys.session(tenant, session_id)}session", *_FIELDS) for session_id in session_ids]
        )
        return [_Stands(session_id, *reply) for session_id, reply in zip(session_ids, replies, strict=True)]

    async def _judge(self, tenant: str, stands: _Stands, rules: EffectiveSettings, now: float) -> None:
        def too_long(*since: str | None) -> bool:
            begin = max(float(one or 0) for one in since)
            if now - begin <= rules.escalate_seconds:  # business hours only make it less
                return False
            return open_seconds(rules.business_hours, rules.time_zone, begin, now) > rules.escalate_seconds

        waiting = stands.waiting_since
        if stands.state == SessionState.WAITING:
            if waiting is None or stands.escalated is not None or not too_long(waiting):
                return
            if await self._store.escalate(tenant, stands.session_id, waiting):
                self._escalated(tenant, stands.session_id, waiting)
        elif waits := waiting is not None and too_long(waiting, stands.claim_time):
            await self._lapse(tenant, stands, escalates=waits)
        elif too_long(stands.claim_used):
            await self._lapse(tenant, stands, escalates=False)

    async def _lapse(self, tenant: str, stands: _Stands, *, escalates: bool) -> None:
        claim, used, waiting = stands.claim or "", stands.claim_used or "", stands.waiting_since or ""
        if not await self._store.lapse(tenant, stands.session_id, claim, used, waiting, escalates=escalates):
            return
        metrics.CLAIMS_LAPSED.inc()
        self._happenings.publish(StateChanged(tenant, stands.session_id, SessionState.WAITING, ""))
        if escalates:
            self._escalated(tenant, stands.session_id, waiting)

    def _escalated(self, tenant: str, session_id: str, waiting_since: str) -> None:
        metrics.ESCALATIONS.inc()
        _log.info("desk.escalated", tenant=tenant, session=session_id)
        self._happenings.publish(Escalated(tenant, session_id, float(waiting_since)))


@asynccontextmanager
async def open_escalation_monitor(attendant: EscalationMonitor) -> AsyncIterator[None]:
    """Desks are attended to while the block runs."""
    attending = asyncio.create_task(attendant.attend(), name="attend to the desks")
    try:
        yield
    finally:
        await cancel_and_wait(attending)

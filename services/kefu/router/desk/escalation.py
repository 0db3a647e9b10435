"""
Escalation: a customer who waits too long is escalated, and a claim that is not used lapses. A session that was returned
with a message that nobody answers (its router died, or refused it) waits for an agent again.

One router checks the desks of all tenants: the one with the lease. When it dies, another router goes on. Time counts
only within a tenant's business hours. The script that makes a change checks its condition again.
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
from kefu.router.desk.desk_store import OPEN, DeskStore
from kefu.router.domain.event_bus import EventBus
from kefu.router.domain.events import Escalated, StateChanged
from kefu.router.domain.session import SessionState
from kefu.router.storage import keys
from kefu.router.storage.leader_lease import LeaderLease
from kefu.router.tenants.business_hours import open_seconds
from kefu.router.tenants.settings import EffectiveSettings, SettingsStore

_BATCH_SIZE = 128
_FIELDS = ("state", "waiting_since", "claim", "claim_time", "claim_used", "escalated", "owed")
_RECALL_SECONDS = 5.0
"""Time to begin the answer to a held message, after its session was returned."""
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class _SessionFields:
    """The fields of a session that matter here, as they were read. Times are texts, as Redis has them."""

    session_id: str
    state: str | None
    waiting_since: str | None
    claim: str | None
    claim_time: str | None
    claim_used: str | None
    escalated: str | None
    owed: str | None


class EscalationMonitor:
    """Checks the desks of all tenants while it has the lease. `owner` names this router.

    `check_seconds`: pause between two checks.
    """

    def __init__(
        self,
        commands: RedisCommands,
        store: DeskStore,
        settings: SettingsStore,
        event_bus: EventBus,
        owner: str,
        *,
        check_seconds: float,
    ) -> None:
        self._commands = commands
        self._store = store
        self._settings = settings
        self._event_bus = event_bus
        self._lease = LeaderLease(commands, keys.ESCALATION_LEASE, owner)
        self._check_seconds = check_seconds

    async def run(self) -> None:
        """Check all desks at each interval, until cancelled."""
        failed = False
        while True:
            await asyncio.sleep(self._check_seconds)
            try:
                if await self._lease.take():
                    for tenant in await self._commands.set_members(keys.DESK_TENANTS):
                        await self._check_desk(tenant)
                else:
                    metrics.CONVERSATIONS.clear()
                    metrics.LONGEST_WAIT_SECONDS.clear()
                    metrics.OVERDUE.clear()
                failed = False
            except REDIS_FAILURES as error:
                if not failed:
                    _log.warning("desk.not_attended", cause=str(error))
                failed = True

    async def _check_desk(self, tenant: str) -> None:
        settings, now = await self._settings.effective(tenant), time.time()
        counted: Counter[str] = Counter()
        longest, overdue, left = 0.0, 0, list[str]()
        ids = await self._store.open_ids(tenant)
        for start in range(0, len(ids), _BATCH_SIZE):
            for session in await self._read(tenant, ids[start : start + _BATCH_SIZE]):
                if session.state == SessionState.RETURNED and session.owed is not None:
                    await self._recall(tenant, session.session_id, session.owed)
                    continue
                if session.state is None or session.state not in OPEN:
                    left.append(session.session_id)
                    continue
                counted[session.state] += 1
                overdue += session.state == SessionState.WAITING and session.escalated is not None
                if session.waiting_since is not None:
                    longest = max(longest, now - float(session.waiting_since))
                if settings.escalate_seconds or settings.claim_seconds:
                    await self._check_session(tenant, session, settings, now)
        await self._store.prune_open(tenant, left)
        for state in OPEN:
            metrics.CONVERSATIONS.labels(tenant, state).set(counted[state])
        metrics.LONGEST_WAIT_SECONDS.labels(tenant).set(longest)
        metrics.OVERDUE.labels(tenant).set(overdue)

    async def _read(self, tenant: str, session_ids: Sequence[str]) -> list[_SessionFields]:
        replies = await self._commands.pipeline(
            [("HMGET", f"{keys.session(tenant, session_id)}session", *_FIELDS) for session_id in session_ids]
        )
        return [_SessionFields(session_id, *reply) for session_id, reply in zip(session_ids, replies, strict=True)]

    async def _check_session(
        self, tenant: str, session: _SessionFields, settings: EffectiveSettings, now: float
    ) -> None:
        def too_long(most: int, *since: str | None) -> bool:
            begin = max(float(one or 0) for one in since)
            if not most or now - begin <= most:  # business hours only shorten it
                return False
            return open_seconds(settings.business_hours, settings.time_zone, begin, now) > most

        waiting = session.waiting_since
        if session.state == SessionState.WAITING:
            if waiting is None or session.escalated is not None or not too_long(settings.escalate_seconds, waiting):
                return
            if await self._store.escalate(tenant, session.session_id, waiting):
                self._escalated(tenant, session.session_id, waiting)
        elif waiting is not None and too_long(settings.claim_seconds, waiting, session.claim_time):
            await self._lapse(tenant, session, escalates=True)
        elif too_long(settings.claim_seconds, session.claim_used):
            await self._lapse(tenant, session, escalates=False)

    async def _recall(self, tenant: str, session_id: str, turn_id: str) -> None:
        if await self._store.recall(tenant, session_id, turn_id, _RECALL_SECONDS):
            _log.warning("desk.recalled", tenant=tenant, session=session_id)
            self._event_bus.publish(StateChanged(tenant, session_id, SessionState.WAITING, ""))

    async def _lapse(self, tenant: str, session: _SessionFields, *, escalates: bool) -> None:
        claim, used, waiting = session.claim or "", session.claim_used or "", session.waiting_since or ""
        if not await self._store.lapse(tenant, session.session_id, claim, used, waiting, escalates=escalates):
            return
        metrics.CLAIMS_LAPSED.inc()
        self._event_bus.publish(StateChanged(tenant, session.session_id, SessionState.WAITING, ""))
        if escalates:
            self._escalated(tenant, session.session_id, waiting)

    def _escalated(self, tenant: str, session_id: str, waiting_since: str) -> None:
        metrics.ESCALATIONS.inc()
        _log.info("desk.escalated", tenant=tenant, session=session_id)
        self._event_bus.publish(Escalated(tenant, session_id, float(waiting_since)))


@asynccontextmanager
async def open_escalation_monitor(monitor: EscalationMonitor) -> AsyncIterator[None]:
    """Run the monitor while the block runs."""
    running = asyncio.create_task(monitor.run(), name="escalation monitor")
    try:
        yield
    finally:
        await cancel_and_wait(running)

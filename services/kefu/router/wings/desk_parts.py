"""The wing of the desk: where agents take over conversations."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from kefu.router.conversations.conversation_service import ConversationService
from kefu.router.desk.desk_service import DeskService
from kefu.router.desk.desk_store import DeskStore
from kefu.router.desk.escalation import EscalationMonitor, open_escalation_monitor
from kefu.router.desk.watches import DeskWatches, open_desk_watches
from kefu.router.wings.foundation import Foundation


@dataclass(frozen=True)
class DeskParts:
    """What the wing has."""

    service: DeskService
    watches: DeskWatches


@asynccontextmanager
async def open_desk(base: Foundation, conversations: ConversationService) -> AsyncIterator[DeskParts]:
    """Keep the desks while the block runs, and escalate what waits too long."""
    timing, presence = base.timing, base.timing.presence_seconds

    async def claim_seconds(tenant: str) -> float:
        return (await base.settings.effective(tenant)).claim_seconds

    store = DeskStore(
        base.commands,
        life=base.config.session_life,
        retention_seconds=timing.desk_retention_seconds,
        claim_seconds=claim_seconds,
    )
    check = timing.escalation_check_seconds
    monitor = EscalationMonitor(*(base.commands, store, base.settings, base.event_bus, base.name), check_seconds=check)
    async with (
        open_desk_watches(store, presence_seconds=presence, sweep_seconds=timing.sweep_seconds) as watches,
        open_escalation_monitor(monitor),
    ):
        answer_held = conversations.answer_held
        yield DeskParts(
            DeskService(store, base.sessions, base.event_bus, answer_held, presence_seconds=presence), watches
        )

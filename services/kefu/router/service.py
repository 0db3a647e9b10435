"""The router's process as one block: a foundation, the wings of turns and desk, the office; closed in reverse."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import grpc.aio
from redis.asyncio import Redis

from kefu.common.audit.log import AuditLog
from kefu.common.audit.recorder import open_audit_recorder
from kefu.common.auth import Keyring
from kefu.common.outbound.ssrf import resolve_permitted
from kefu.common.permissions import permissions_of
from kefu.common.redis.client import without_secrets
from kefu.common.redis.commands import RedisCommands
from kefu.common.redis.data_watch import open_data_watch
from kefu.common.rpc.server import RunningServer, serving
from kefu.office.api.webhook_servicer import HostResolver
from kefu.office.service import SERVICES as OFFICE_SERVICES
from kefu.office.service import open_office, open_records
from kefu.router.api import attachment_servicer, audited_methods, chat_servicer, desk_servicer, identity_servicer
from kefu.router.api.attachment_servicer import AttachmentServicer
from kefu.router.api.chat_servicer import ChatServicer
from kefu.router.api.desk_servicer import DeskServicer
from kefu.router.api.identity_servicer import IdentityServicer
from kefu.router.config import RouterConfig, Timing
from kefu.router.domain.event_bus import Observer
from kefu.router.storage.change_feed import open_change_feed
from kefu.router.wings.desk_parts import open_desk
from kefu.router.wings.foundation import open_foundation
from kefu.router.wings.turn_parts import open_turns

PERMISSIONS = permissions_of(
    chat_servicer.SERVICE,
    desk_servicer.SERVICE,
    attachment_servicer.SERVICE,
    identity_servicer.SERVICE,
    *OFFICE_SERVICES,
)
_TIMING = Timing()


@asynccontextmanager
async def router(
    config: RouterConfig,
    store: Redis,
    keyring: Keyring,
    *,
    timing: Timing = _TIMING,
    observers: Sequence[Observer] = (),
    resolve: HostResolver = resolve_permitted,
) -> AsyncIterator[RunningServer]:
    """A router that serves while the block runs, the office with it.

    `observers` receive domain events beside the event recorder. `resolve` looks up the host of a new webhook.
    """
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        internal_key = config.internal_key.get_secret_value()
        audit_log = AuditLog(RedisCommands(store), days=config.audit_days, internal_key=internal_key)
        audit = await enter(open_audit_recorder(audit_log, audited_methods.AUDITED, internal_key=internal_key))
        base = await enter(open_foundation(config, store, keyring, timing, audit, observers))
        records = await enter(open_records(base))
        turns = await enter(open_turns(base, records.experiments))
        office = await enter(open_office(base, records, turns, audit_log, resolve))
        desk = await enter(open_desk(base, turns.conversations))
        await enter(open_change_feed(base.commands, [turns.watches, desk.watches]))

        def register(server: grpc.aio.Server) -> None:
            ChatServicer(turns.conversations, office.data_requests, keyring, base.streams, base.internal_key).register(
                server
            )
            DeskServicer(desk.service, desk.watches, keyring, base.streams).register(server)
            AttachmentServicer(turns.attachments, base.streams).register(server)
            IdentityServicer(turns.identity).register(server)
            office.register(server)

        def end_watches() -> None:
            turns.watches.leave()
            desk.watches.end_all()

        running = await enter(
            serving(
                config.listen,
                register,
                keyring=keyring,
                permissions=PERMISSIONS,
                drain_seconds=config.drain_seconds,
                transport=config.transport(),
                tls=config.tls,
                on_shutdown=end_watches,
                audit=audit,
            )
        )
        address = without_secrets(config.redis_url.get_secret_value())
        await enter(open_data_watch(store, address, running.set_healthy))
        yield running

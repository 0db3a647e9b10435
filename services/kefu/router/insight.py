"""All that is done beside conversations, as one block: numbers, unanswered questions, webhooks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc.aio

from kefu.common.addresses import Address, is_public
from kefu.router.chronicle import Chronicle, open_chronicle
from kefu.router.config import RouterConfig
from kefu.router.insight_servicer import InsightServicer
from kefu.router.knowledge import Knowledge
from kefu.router.ledger import Ledger
from kefu.router.redis_commands import RedisCommands
from kefu.router.traces import Traces
from kefu.router.unanswered import UnansweredStore
from kefu.router.unanswered_groups import UnansweredGroups
from kefu.router.webhook_queue import WebhookQueue
from kefu.router.webhook_sender import open_webhook_sender
from kefu.router.webhook_servicer import WebhookServicer
from kefu.router.webhook_store import KEPT_SECONDS, WebhookStore

_SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Insight:
    """`chronicle` observes what happens; `traces` erases what is kept of sessions."""

    chronicle: Chronicle
    traces: Traces
    numbers: InsightServicer
    webhooks: WebhookServicer

    def register(self, server: grpc.aio.Server) -> None:
        """Add both services to a server."""
        self.numbers.register(server)
        self.webhooks.register(server)


@asynccontextmanager
async def open_insight(
    config: RouterConfig, commands: RedisCommands, knowledge: Knowledge, router: str
) -> AsyncIterator[Insight]:
    """Write down what happens and send what is due while the block runs. `router` names this one."""
    life = config.session_days * _SECONDS_A_DAY
    ledger = Ledger(commands, days=config.numbers_days, life=life)
    unanswered = UnansweredStore(commands, days=config.unanswered_days)
    traces = Traces(commands, life=max(life, config.unanswered_days * _SECONDS_A_DAY, KEPT_SECONDS))
    lease, hours = config.lease_seconds, config.webhook_hours
    webhooks = WebhookStore(commands, retry_seconds=hours * 3600)
    queue = WebhookQueue(commands, router=router, lease=lease)
    permitted = _anywhere if config.webhook_private else is_public
    first_pause = config.webhook_retry_seconds
    async with (
        open_webhook_sender(webhooks, queue, lease=lease, first_pause=first_pause, permitted=permitted) as sender,
        open_chronicle(
            commands, ledger=ledger, unanswered=unanswered, traces=traces, webhooks=webhooks, wake=sender.wake
        ) as chronicle,
    ):
        yield Insight(
            chronicle,
            traces,
            InsightServicer(ledger, unanswered, UnansweredGroups(unanswered, knowledge)),
            WebhookServicer(webhooks, private=config.webhook_private),
        )


def _anywhere(address: Address) -> bool:
    """The installation says that webhooks may be in private networks."""
    del address
    return True

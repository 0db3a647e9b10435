"""
What is done beside the end of a turn: it is counted, kept if it went unanswered, and told to other systems.

Happenings wait in a queue; one task takes all that wait and writes them in one round trip of Redis, and what webhooks
are to be told in a second. Nobody waits for it. What Redis does not take is counted, logged and lost, and so
is what a router had in its queue when it was killed: some tens of milliseconds.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.redis.client import REDIS_FAILURES
from kefu.common.redis.commands import Command, RedisCommands
from kefu.common.resource_names import new_turn_id
from kefu.router import metrics
from kefu.router.domain.events import DomainEvent, Escalated, HandedOver, Rated, Replied, TurnStored
from kefu.router.domain.turn import Rating, TurnState
from kefu.router.insight.counter_store import CounterStore
from kefu.router.insight.turn_counters import counters_of, counters_of_reply
from kefu.router.insight.unanswered import UnansweredStore, question_in, unanswered_of
from kefu.router.storage.erasure import SessionErasure
from kefu.router.webhooks.payloads import body_of, event_of
from kefu.router.webhooks.store import Webhook, WebhookStore

_MOST_WAITING = 10_000
_AT_ONCE = 64
_CLOSE_SECONDS = 2.0
_log = structlog.stdlib.get_logger()


class EventRecorder:
    """An observer; see `open_event_recorder`. `wake` is called when something is to be sent."""

    def __init__(
        self,
        commands: RedisCommands,
        ledger: CounterStore,
        unanswered: UnansweredStore,
        traces: SessionErasure,
        webhooks: WebhookStore,
        wake: Callable[[], None],
    ) -> None:
        self._commands = commands
        self._ledger = ledger
        self._unanswered = unanswered
        self._traces = traces
        self._webhooks = webhooks
        self._wake = wake
        self._waiting: asyncio.Queue[tuple[float, DomainEvent]] = asyncio.Queue(_MOST_WAITING)

    def happened(self, happening: DomainEvent) -> None:
        """See Observer."""
        try:
            self._waiting.put_nowait((time.time(), happening))
        except asyncio.QueueFull:
            metrics.CHRONICLE_LOST.labels("full").inc()

    async def run(self) -> None:
        """Write down what happened, until cancelled."""
        while True:
            together = [await self._waiting.get()]
            try:
                while len(together) < _AT_ONCE and not self._waiting.empty():
                    together.append(self._waiting.get_nowait())
                await self._write(together)
            except REDIS_FAILURES as error:
                metrics.CHRONICLE_LOST.labels("store").inc(len(together))
                _log.warning("chronicle.not_written", happenings=len(together), cause=str(error))
            except Exception:  # what cannot be written today must not keep tomorrow's from being written
                metrics.CHRONICLE_LOST.labels("error").inc(len(together))
                _log.exception("chronicle.failed", happenings=len(together))
            finally:
                for _ in together:
                    self._waiting.task_done()

    async def written(self) -> None:
        """Return once all that has happened so far is written, or lost."""
        await self._waiting.join()

    async def _write(self, together: Sequence[tuple[float, DomainEvent]]) -> None:
        tenants = sorted({happening.tenant for _, happening in together})
        kept = [command for _, happening in together for command in self._kept(happening)]
        stored = await self._commands.pipeline([*(self._webhooks.reading(tenant) for tenant in tenants), *kept])
        hooks = {tenant: self._webhooks.read(one) for tenant, one in zip(tenants, stored, strict=False)}
        told = [
            command
            for happened, happening in together
            for command in self._told(happened, happening, hooks[happening.tenant])
        ]
        if told:
            replies = await self._commands.pipeline(told)
            metrics.CHRONICLE_LOST.labels("webhook full").inc(sum(reply == -1 for reply in replies[::2]))
            self._wake()

    def _kept(self, happening: DomainEvent) -> list[Command]:
        """What counts a happening, and keeps what went unanswered."""
        tenant, session_id = happening.tenant, happening.session_id
        match happening:
            case TurnStored(_, _, subject, user, turn, state):
                tally = counters_of(turn, state)
                commands: list[Command] = []
                if tally is not None:
                    commands.append(self._ledger.count(tenant, session_id, turn.id, tally))
                if question := unanswered_of(session_id, turn, state, happening.embedding):
                    commands.append(self._unanswered.put(tenant, question))
                    commands += self._traces.left_by(tenant, subject, user, session_id)
                return commands
            case Rated(_, _, turn, rating, _, number):
                ended = turn.completed is not None
                tally = counters_of(turn, TurnState.FINISHED) if ended else None
                commands = [self._ledger.rate(tenant, session_id, turn.id, tally, rating, number)]
                question = question_in(session_id, turn)
                commands.append(self._unanswered.put(tenant, question, rating, number))
                if rating is Rating.DOWN:
                    commands += self._traces.left_by(tenant, happening.subject, happening.user, session_id)
                return commands
            case Replied(_, _, turn):
                tally = counters_of_reply(turn)
                return [
                    self._ledger.count(tenant, session_id, turn.id, tally),
                    self._unanswered.reply(tenant, session_id, turn),
                ]
            case _:
                return []

    def _told(self, happened: float, happening: DomainEvent, webhooks: Sequence[Webhook]) -> list[Command]:
        """What keeps a delivery for each address that wants to know; always two commands together."""
        if not webhooks or not isinstance(happening, TurnStored | HandedOver | Rated | Escalated):
            return []
        told = event_of(happening)
        if told is None:
            return []
        event, data = told
        tenant, session_id = happening.tenant, happening.session_id
        commands: list[Command] = []
        for webhook in webhooks:
            if event in webhook.events:
                delivery_id = new_turn_id()
                body = body_of(delivery_id, event, happened, tenant, data)
                commands += self._webhooks.enqueue(tenant, webhook, session_id, delivery_id, event, body)
        if isinstance(happening, TurnStored | Rated):
            commands += self._traces.left_by(tenant, happening.subject, happening.user, session_id)
        return commands


@asynccontextmanager
async def open_event_recorder(
    commands: RedisCommands,
    *,
    ledger: CounterStore,
    unanswered: UnansweredStore,
    traces: SessionErasure,
    webhooks: WebhookStore,
    wake: Callable[[], None],
) -> AsyncIterator[EventRecorder]:
    """A chronicle that writes while the block runs, and what still waits at its end, for at most two seconds."""
    chronicle = EventRecorder(commands, ledger, unanswered, traces, webhooks, wake)
    writing = asyncio.create_task(chronicle.run(), name="chronicle")
    try:
        yield chronicle
    finally:
        try:
            await asyncio.wait_for(chronicle.written(), _CLOSE_SECONDS)
        except TimeoutError:
            _log.warning("chronicle.closed_early")
        await cancel_and_wait(writing)

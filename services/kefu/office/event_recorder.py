"""
Event recorder: the observer that counts turns, keeps unanswered questions and what each turn is found by, and queues
webhook deliveries.

Events wait in a queue. One task takes all that wait and writes them in one round trip to Redis, and their webhook
deliveries in a second. No turn waits for it. What Redis does not take is counted, logged and lost. So is what a killed
router had in its queue: some tens of milliseconds.
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
from kefu.office.experiments.experiment_store import ExperimentStore
from kefu.office.insight.conversations.index import ConversationIndex
from kefu.office.insight.counter_store import CounterStore
from kefu.office.insight.turn_counters import reply_counters, turn_counters
from kefu.office.insight.unanswered import UnansweredStore, question_of_turn, unanswered_question
from kefu.office.webhooks.payloads import delivery_body, webhook_event
from kefu.office.webhooks.webhook_store import Webhook, WebhookStore
from kefu.router import metrics
from kefu.router.domain.events import (
    DomainEvent,
    Escalated,
    GoldenAnswersLost,
    HandoffRequested,
    Rated,
    Replied,
    TurnStored,
)
from kefu.router.domain.turn import Rating, TurnState
from kefu.router.storage.erasure import SessionErasure

_MAX_WAITING = 10_000
_BATCH_SIZE = 64
_CLOSE_SECONDS = 2.0
_TOLD = (TurnStored, HandoffRequested, Rated, Escalated, GoldenAnswersLost)
_log = structlog.stdlib.get_logger()


class EventRecorder:
    """Records domain events; see `open_event_recorder`. `wake` is called when deliveries were queued."""

    def __init__(
        self,
        commands: RedisCommands,
        counters: CounterStore,
        experiments: ExperimentStore,
        unanswered: UnansweredStore,
        conversations: ConversationIndex,
        erasure: SessionErasure,
        webhooks: WebhookStore,
        wake: Callable[[], None],
    ) -> None:
        self._commands = commands
        self._conversations = conversations
        self._counters = counters
        self._experiments = experiments
        self._unanswered = unanswered
        self._erasure = erasure
        self._webhooks = webhooks
        self._wake = wake
        self._waiting: asyncio.Queue[tuple[float, DomainEvent]] = asyncio.Queue(_MAX_WAITING)

    def on_event(self, event: DomainEvent) -> None:
        """Queue an event; see Observer."""
        try:
            self._waiting.put_nowait((time.time(), event))
        except asyncio.QueueFull:
            metrics.EVENTS_LOST.labels("full").inc()

    async def run(self) -> None:
        """Write queued events, until cancelled."""
        while True:
            batch = [await self._waiting.get()]
            try:
                while len(batch) < _BATCH_SIZE and not self._waiting.empty():
                    batch.append(self._waiting.get_nowait())
                await self._write(batch)
            except REDIS_FAILURES as error:
                metrics.EVENTS_LOST.labels("store").inc(len(batch))
                _log.warning("chronicle.not_written", happenings=len(batch), cause=str(error))
            except Exception:  # events that cannot be written must not block later ones
                metrics.EVENTS_LOST.labels("error").inc(len(batch))
                _log.exception("chronicle.failed", happenings=len(batch))
            finally:
                for _ in batch:
                    self._waiting.task_done()

    async def flushed(self) -> None:
        """Return once all events so far are written, or lost."""
        await self._waiting.join()

    async def _write(self, batch: Sequence[tuple[float, DomainEvent]]) -> None:
        tenants = sorted({event.tenant for _, event in batch})
        records = [command for _, event in batch for command in self._record_commands(event)]
        stored = await self._commands.pipeline([*(self._webhooks.list_command(tenant) for tenant in tenants), *records])
        hooks = {tenant: self._webhooks.parse_list(one) for tenant, one in zip(tenants, stored, strict=False)}
        deliveries = [
            command
            for happened_at, event in batch
            for command in self._delivery_commands(happened_at, event, hooks[event.tenant])
        ]
        if deliveries:
            replies = await self._commands.pipeline(deliveries)
            if lost := sum(reply == -1 for reply in replies[::2]):
                metrics.EVENTS_LOST.labels("webhook full").inc(lost)
                _log.warning("webhooks.full", lost=lost, advice="Is the receiver away? See `kefu webhooks deliveries`.")
            self._wake()

    def _record_commands(self, event: DomainEvent) -> list[Command]:
        """Commands that count an event, and keep an unanswered question."""
        tenant, session_id = event.tenant, event.session_id
        match event:
            case TurnStored() | Rated() if event.turn.draft:
                return []  # somebody tries a draft: no customer asked
            case TurnStored(_, _, subject, user, turn, state):
                counters = turn_counters(turn, state)
                commands: list[Command] = [self._conversations.put(tenant, session_id, turn, state, event.explanation)]
                if counters is not None:
                    commands.append(self._counters.count(tenant, session_id, turn.id, counters))
                if turn.trial is not None:
                    commands.append(self._experiments.counting(tenant))
                if question := unanswered_question(session_id, turn, state, event.embedding):
                    commands.append(self._unanswered.put(tenant, question))
                    commands += self._erasure.track(tenant, subject, user, session_id)
                return commands
            case Rated(_, _, turn, rating, _, number):
                ended = turn.completed is not None
                counters = turn_counters(turn, TurnState.FINISHED) if ended else None
                commands = [self._counters.rate(tenant, session_id, turn.id, counters, rating, number)]
                question = question_of_turn(session_id, turn)
                commands.append(self._unanswered.put(tenant, question, rating, number))
                if rating is Rating.DOWN:
                    commands += self._erasure.track(tenant, event.subject, event.user, session_id)
                return commands
            case Replied(_, _, turn):
                counters = reply_counters(turn)
                return [
                    self._counters.count(tenant, session_id, turn.id, counters),
                    self._unanswered.reply(tenant, session_id, turn),
                ]
            case _:
                return []

    def _delivery_commands(self, happened_at: float, event: DomainEvent, webhooks: Sequence[Webhook]) -> list[Command]:
        """Commands that queue a delivery for each webhook that subscribes to the event. Always in pairs."""
        if not webhooks or not isinstance(event, _TOLD):
            return []
        payload = webhook_event(event)
        if payload is None:
            return []
        kind, data = payload
        tenant, session_id = event.tenant, event.session_id
        commands: list[Command] = []
        for webhook in webhooks:
            if kind in webhook.events:
                delivery_id = new_turn_id()
                body = delivery_body(delivery_id, kind, happened_at, tenant, data)
                commands += self._webhooks.enqueue(tenant, webhook, session_id, delivery_id, kind, body)
        if isinstance(event, TurnStored | Rated):
            commands += self._erasure.track(tenant, event.subject, event.user, session_id)
        return commands


@asynccontextmanager
async def open_event_recorder(
    commands: RedisCommands,
    *,
    counters: CounterStore,
    experiments: ExperimentStore,
    unanswered: UnansweredStore,
    conversations: ConversationIndex,
    erasure: SessionErasure,
    webhooks: WebhookStore,
    wake: Callable[[], None],
) -> AsyncIterator[EventRecorder]:
    """A recorder that writes while the block runs. At its end it writes what still waits, for at most two seconds."""
    recorder = EventRecorder(commands, counters, experiments, unanswered, conversations, erasure, webhooks, wake)
    writing = asyncio.create_task(recorder.run(), name="event recorder")
    try:
        yield recorder
    finally:
        try:
            await asyncio.wait_for(recorder.flushed(), _CLOSE_SECONDS)
        except TimeoutError:
            _log.warning("chronicle.closed_early")
        await cancel_and_wait(writing)

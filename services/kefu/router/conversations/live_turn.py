"""
One turn from admission to its last event: a task of the router's own, which outlives the streams that read it.

It ends in one of these ways: the answer is whole; someone stops it; its last reader is gone (at once, or after the
grace period when the turn is resumable); its session is deleted; or it fails. In each the work behind it is cancelled,
what was said is stored, and the session is free again.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.auth import Principal
from kefu.common.errors import (
    BackendUnavailable,
    CollectionNotFound,
    ServiceError,
    SessionBusy,
    SessionNotFound,
    StorageFull,
)
from kefu.common.redis.memory_guard import MemoryGuard
from kefu.router import metrics
from kefu.router.admission.gate import AdmissionGate
from kefu.router.answering.attachments.words import superseded_attachments, with_attachments
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.pipeline import AnswerPipeline
from kefu.router.answering.question_builder import build_question
from kefu.router.config import RouterConfig
from kefu.router.conversations.attachments.attachment_service import AttachmentService
from kefu.router.conversations.experiments import Experiments
from kefu.router.conversations.turn_end import End, TurnEnding, completed_of
from kefu.router.conversations.turn_snapshot import snapshot_of
from kefu.router.conversations.turn_start import TurnStart
from kefu.router.domain.attachment import Attachment
from kefu.router.domain.event_bus import EventBus
from kefu.router.domain.events import HandoffRequested, TurnStored
from kefu.router.domain.experiment import Arm
from kefu.router.domain.session import SessionState
from kefu.router.domain.turn import Completed, FinishReason, HeldMessage, OnBusy, Turn, TurnState
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.storage.erasure import SessionErasure
from kefu.router.storage.sessions import SessionStore
from kefu.router.storage.turn_leases import Lease, LeaseSignal, TurnLeases
from kefu.router.storage.turns import StartedTurn, TurnKey, TurnStore
from kefu.router.tenants.settings import EffectiveSettings, SettingsStore
from kefu.router.turn_stream.event_log import TurnEventLog
from kefu.router.turn_stream.subscribers import Subscribers
from kefu.router.turn_stream.turn_events import Started, TurnEvent

_ENDS = {
    LeaseSignal.STOP: End.STOPPED,
    LeaseSignal.SUPERSEDE: End.SUPERSEDED,
    LeaseSignal.DELETED: End.DELETED,
    LeaseSignal.LOST: End.LOST,
}
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class TurnServices:
    """What a turn works with."""

    config: RouterConfig
    store: SessionStore
    turns: TurnStore
    leases: TurnLeases
    admission_gate: AdmissionGate
    settings: SettingsStore
    experiments: Experiments
    pipeline: AnswerPipeline
    event_bus: EventBus
    erasure: SessionErasure
    memory_guard: MemoryGuard
    store_wait_seconds: float
    attachments: AttachmentService


class LiveTurn:
    """A turn that runs on this router. `supersede` stops another turn of the session, wherever it runs."""

    def __init__(
        self,
        services: TurnServices,
        principal: Principal,
        ask: TurnRequest,
        key: TurnKey,
        *,
        opens: bool,
        supersede: Callable[[str], Awaitable[None]],
        rewritten_from: int | None = None,
    ) -> None:
        """`rewritten_from`: readers may hold more of it, from a router that died."""
        self.key = key
        self.principal = principal
        self.ephemeral = False
        """Redis is away: it is answered without what was said before, and kept nowhere."""
        self._services = services
        self._ask = ask
        self._opens = opens
        self._supersede = supersede
        self._end: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._log = TurnEventLog()
        if rewritten_from is not None:
            self._log.rewrite(rewritten_from)
        self._draft = AnswerDraft(self._log, ask.arrived)
        self._readers = Subscribers(services.config.resume_grace_seconds, self._nobody_reads)
        self._readers.resumable = ask.resumable
        self._lease = Lease(
            key,
            on_signal=self._hear,
            snapshot=lambda: snapshot_of(self._turn, self._draft) if self._is_saved else None,
            size=lambda: self._draft.size if self._is_saved else 0,
        )
        self._user = ""
        self._queue_seconds: float | None = None
        self._turn = Turn(
            id=key.turn_id,
            question=ask.text,
            language="",
            as_of=ask.as_of,
            create_time=time.time(),
            request_id=ask.request_id,
            draft=ask.draft or ask.staged_settings,
            attachments=ask.attachments,
        )

    async def read(
        self, offset: int = 0, *, replayed: bool, reasoning: bool = False, resumable: bool = False
    ) -> AsyncGenerator[TurnEvent, None]:
        """Events as in `TurnEventLog.read`. When the last reader leaves, the turn ends, at once or later."""
        self._readers.resumable = self._readers.resumable or resumable
        self._readers.add()
        try:
            async for event in self._log.read(offset, replayed=replayed, reasoning=reasoning):
                yield event
        finally:
            if self._log.has_ended:
                self._readers.cancel_timer()
            else:
                self._readers.remove()

    @property
    def is_lost(self) -> bool:
        """It ends without a whole answer: nothing to join, and to be run again once it is out of the way."""
        broken_off = self._end.done() and self._end.result() not in (End.STOPPED, End.SUPERSEDED)
        return (broken_off and not self._log.is_complete) or self._log.has_failed

    def stop(self, *, superseded: bool = False) -> None:
        """End the answer here; what was said is kept."""
        self._finish_as(End.SUPERSEDED if superseded else End.STOPPED)

    def hand_on(self) -> None:
        """This router leaves: end here, to be gone on with by whichever one is asked to resume it."""
        self._finish_as(End.HANDED_ON)

    def delete(self) -> None:
        """The session is deleted: end, and store nothing."""
        self._finish_as(End.DELETED)

    @property
    def _is_saved(self) -> bool:
        """Another router may have to know what was said: else the turn ends with its reader, and nobody would ask."""
        leaves = self._end.done() and self._end.result() is End.HANDED_ON
        return self._readers.resumable or self._readers.has_remote or leaves

    def _nobody_reads(self) -> None:
        self._finish_as(End.INTERRUPTED if self._readers.resumable else End.ABANDONED)

    def _finish_as(self, end: End) -> None:
        if not self._end.done():
            self._end.set_result(end)

    def _hear(self, signal: LeaseSignal) -> None:
        if signal is LeaseSignal.FOLLOW:
            self._readers.renew_remote()
        elif signal in _ENDS:
            self._finish_as(_ENDS[signal])

    # The turn's course.

    async def run(self) -> None:
        """Answer, store, tell the readers. Never raises but CancelledError."""
        metrics.TURNS_RUNNING.inc()
        self._services.leases.hold(self._lease)
        try:
            await self._run()
        except asyncio.CancelledError:
            self._log.fail(BackendUnavailable("This router is stopping; resume the turn, or send the message again."))
            raise
        except Exception as error:
            if self._log.has_ended:
                _log.exception("turn.failed_after_its_end", turn=self.key.turn_id)
            else:
                self._fail(error)
        finally:
            self._services.leases.release(self._lease)
            self._readers.cancel_timer()
            metrics.TURNS_RUNNING.dec()

    async def _run(self) -> None:
        async with AsyncExitStack() as stack:
            answering = asyncio.create_task(self._admitted_answer(stack), name=f"answer {self.key.turn_id}")
            stack.push_async_callback(cancel_and_wait, answering)
            await asyncio.wait({answering, self._end}, return_when=asyncio.FIRST_COMPLETED)
            whole = answering.done()
            await cancel_and_wait(answering)
            failure = None if answering.cancelled() else answering.exception()
            if not self._lease.fence and not self.ephemeral:
                # It never began: no trace of it is left.
                with suppress(BackendUnavailable, StorageFull):  # its lease runs out by itself
                    await self._services.turns.discard(self.key)
                raise failure or SessionBusy("The message was withdrawn before its turn came.")
            handed_on = self._end.done() and self._end.result() is End.HANDED_ON
            if handed_on and not whole and not self.ephemeral:
                await self._hand_on()
            else:
                is_broken_off = answering.cancelled() or failure is not None
                outcome = self._draft.so_far() if is_broken_off else answering.result()
                await self._conclude(outcome, failure)

    async def _hand_on(self) -> None:
        with suppress(BackendUnavailable, StorageFull):  # else its leases run out by themselves
            await self._services.leases.save(self._lease)
            self._services.leases.release(self._lease)
            await self._services.turns.release(self.key, self._lease.fence)
        raise BackendUnavailable("This router is stopping; resume the turn, or send the message again.")

    async def _admitted_answer(self, stack: AsyncExitStack) -> AnswerOutcome:
        services, draft = self._services, self._draft
        rules = await services.settings.effective(self.key.tenant)
        passed = services.admission_gate.admit(
            self.principal, self._ask, self.key.turn_id, rules, lambda: draft.first_text_seconds
        )
        brown_out = await stack.enter_async_context(passed)
        begun = await self._begin(rules)
        self._queue_seconds = time.monotonic() - self._ask.arrived
        default = services.config.default_language
        drawn = await services.experiments.drawn(self.key.tenant, self._ask, begun.trial, rules)
        draft.fell_back = drawn.fell_back
        question = build_question(
            drawn.request, begun, drawn.settings, self.principal, self.key.session_id, default, brown_out
        )
        carried = superseded_attachments(
            [record.turn for record in begun.history if record.state is TurnState.FINISHED]
        )
        question = with_attachments(question, await self._attached(carried))
        question = replace(question, over_live=rules if drawn.arm is Arm.DRAFT else None)
        self._turn = replace(
            self._turn,
            language=question.language,
            as_of=question.as_of,
            carried=question.carried,
            carried_attachments=carried,
            trial=begun.trial,
            arm=drawn.arm,
        )
        self._log.start(Started(self.key.session_id, self.key.turn_id, question.language, ephemeral=self.ephemeral))
        if begun.state is SessionState.HUMAN:
            draft.begin_anew()
            return AnswerOutcome(finish=FinishReason.HUMAN)
        return await services.pipeline.answer(question, draft)

    async def _attached(self, carried: Sequence[str]) -> Sequence[Attachment]:
        """The files that come with the message, and with those that it supersedes: `carried`."""
        ids = (*carried, *self._ask.attachments)
        if not ids or self.ephemeral:
            return ()
        key = self.key
        return await self._services.attachments.of_turn(key.tenant, key.session_id, key.turn_id, ids)

    async def _begin(self, rules: EffectiveSettings) -> StartedTurn:
        on_busy = OnBusy(self._ask.on_busy) if self._ask.on_busy else rules.on_busy
        principal, experiments = self.principal, self._services.experiments
        opens = self._opens
        trial = await experiments.trial(principal, self.key.session_id, self._ask) if opens else None
        beginning = TurnStart(
            self.key, principal.subject, self._turn, self._ask, opens, on_busy, principal.customer, trial
        )
        begun = await beginning.acquire_session(self._services.turns, self._services.config, self._supersede)
        self._lease.fence, self._user, self.ephemeral = begun.fence, begun.user, begun.ephemeral
        if begun.begun_before:
            self._draft.take_over(begun.saved)
        return begun

    async def _conclude(self, outcome: AnswerOutcome, failure: BaseException | None) -> None:
        end = self._end.result() if self._end.done() else None
        if not self._log.has_started and failure is None:
            failure = SessionBusy("The message was withdrawn before its answer began.")
        if failure is None and end not in (None, End.HANDED_ON) and outcome.handoff is None:
            finish = FinishReason.INTERRUPTED if end is End.INTERRUPTED else FinishReason.STOPPED
            outcome = replace(outcome, finish=finish)
        completed = completed_of(outcome, self._draft, self._queue_seconds)
        basis, handoff = outcome.basis, outcome.handoff
        turn = replace(
            self._turn,
            text=self._log.text if handoff is None else handoff.message,
            withdrawn="" if handoff is None else self._log.text,
            query=basis.query,
            gives_instructions=basis.gives_instructions,
            passages=basis.passages,
            searched=basis.searched,
            handoff=handoff,
            superseded=end is End.SUPERSEDED,
            rewritten_from=self._log.rewritten_from,
            pending=outcome.pending,
            triage=self._draft.triage,
            arm=Arm.LIVE if self._draft.fell_back else self._turn.arm,
            attachment_note=self._draft.attachment_note,
            held=self._held() if outcome.finish is FinishReason.HUMAN else None,
        )
        if failure is None and (end in (End.ABANDONED, End.LOST) or (self.ephemeral and end is End.HANDED_ON)):
            failure = BackendUnavailable("The answer was broken off; send the message again.")
        if self.ephemeral or (failure is None and end is End.DELETED):
            self._tell(failure, completed)
            return
        if isinstance(failure, CollectionNotFound) and await self._leave_nothing():
            self._tell(failure, completed)
            return
        state = TurnState.FINISHED if failure is None else TurnState.FAILED
        stored = turn if failure is not None else replace(turn, completed=completed)
        subject = self.principal.subject
        ending = TurnEnding(self.key, subject, self._user, stored, state, self._lease.fence, outcome.replica)
        storing = asyncio.create_task(ending.store(self._services.turns), name=f"store {self.key.turn_id}")
        try:
            await asyncio.wait({storing}, timeout=self._services.store_wait_seconds)
            if failure is None and storing.done() and storing.result() == "lost":
                failure = BackendUnavailable("This router lost the session while it answered; send the message again.")
            # Without Redis the readers are told now, and the turn is stored when Redis is back: nobody hangs.
            self._tell(failure, completed)
            if await storing == "stored":
                self._publish(stored, state, basis.embedding)
            if self._draft.fell_back and turn.trial is not None:
                await self._services.experiments.end_without_draft(self.principal, turn.trial)
        finally:
            await cancel_and_wait(storing)

    async def _leave_nothing(self) -> bool:
        """Delete the session where it is new and holds this message alone. False: it stays."""
        tenant, session_id = self.key.tenant, self.key.session_id
        if not self._opens or self._ask.attachments:
            return False
        try:
            session = await self._services.store.session(tenant, session_id)
            if session.turn_count > 1:
                return False
            await self._services.store.delete(tenant, session)
            await self._services.erasure.erase(tenant, session_id)
        except (BackendUnavailable, StorageFull, SessionNotFound):
            return False
        return True

    def _held(self) -> HeldMessage:
        request = replace(self._ask, text="", arrived=0.0, deadline=None, origin="")
        return HeldMessage(request, self.principal.collections, self.principal.priority)

    def _publish(self, stored: Turn, state: TurnState, embedding: bytes) -> None:
        tenant, session_id, tell = self.key.tenant, self.key.session_id, self._services.event_bus.publish
        subject = self.principal.subject
        explanation = None if stored.held is not None else self._draft.explanation
        tell(TurnStored(tenant, session_id, subject, self._user, stored, state, embedding, explanation))
        if stored.handoff is not None and stored.handoff.calls_person:
            tell(HandoffRequested(tenant, session_id, stored, stored.handoff))

    def _tell(self, failure: BaseException | None, completed: Completed) -> None:
        if failure is not None:
            self._fail(failure)
            return
        metrics.TURNS.labels(completed.finish_reason, completed.source).inc()
        self._log.complete(completed)

    def _fail(self, error: BaseException) -> None:
        expected = isinstance(error, ServiceError)
        metrics.TURNS_FAILED.labels(error.reason if expected else "INTERNAL").inc()
        if not expected and not self._readers.has_local:  # every reader raises it, and the interceptor logs it
            _log.error("turn.failed", turn=self.key.turn_id, exc_info=error)
        self._log.fail(error)

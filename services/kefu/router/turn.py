"""
One turn from admission to its last event: a task of the router's own, which outlives the streams that read it.

It ends in one of these ways: the answer is whole; someone stops it; its last reader is gone (at once, or after the
grace period when the turn is resumable); its session is deleted; or it fails. In each the work behind it is cancelled,
what was said is stored, and the session is free again.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from zoneinfo import ZoneInfo

import structlog

from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable, ServiceError, SessionBusy
from kefu.common.tasks import cancelled
from kefu.router import metrics
from kefu.router.admission import Admission
from kefu.router.answering import Answering, Ask, Draft, Question
from kefu.router.config import RouterConfig
from kefu.router.events import Event, Started
from kefu.router.language import Language, language_of
from kefu.router.model import (
    AnswerSource,
    Completed,
    FinishReason,
    OnBusy,
    SessionState,
    Timings,
    Turn,
    TurnState,
)
from kefu.router.quota import TenantQuota
from kefu.router.settings import Rules, SettingsStore
from kefu.router.store import Begun, SessionStore, Signal
from kefu.router.turn_log import TurnLog

_HISTORY_TURNS = 8
_POLL_SECONDS = 0.1
_STORE_WAIT_SECONDS = 2.0
_STORE_TRY_SECONDS = 60.0
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class TurnServices:
    """What a turn works with."""

    config: RouterConfig
    store: SessionStore
    quota: TenantQuota
    admission: Admission
    settings: SettingsStore
    answering: Answering


class _End(Enum):
    STOPPED = auto()
    SUPERSEDED = auto()
    INTERRUPTED = auto()
    ABANDONED = auto()
    DELETED = auto()
    LOST = auto()


class LiveTurn:
    """A turn that runs on this router. `supersede` stops another turn of the session, wherever it runs."""

    def __init__(
        self,
        services: TurnServices,
        principal: Principal,
        ask: Ask,
        *,
        session_id: str,
        turn_id: str,
        opens: bool,
        supersede: Callable[[str], Awaitable[None]],
    ) -> None:
        self.id = turn_id
        self.session_id = session_id
        self.principal = principal
        self._services = services
        self._ask = ask
        self._opens = opens
        self._supersede = supersede
        self._resumable = ask.resumable
        self._readers = 0
        self._grace: asyncio.TimerHandle | None = None
        self._end: asyncio.Future[_End] = asyncio.get_running_loop().create_future()
        self._fence = 0
        self._log = TurnLog()
        self._draft = Draft(self._log, ask.arrived)
        self._turn = Turn(
            id=turn_id,
            question=ask.text,
            language="",
            as_of=ask.as_of,
            create_time=time.time(),
            request_id=ask.request_id,
        )

    # For readers.

    async def read(
        self, offset: int = 0, *, replayed: bool, reasoning: bool = False, resumable: bool = False
    ) -> AsyncGenerator[Event, None]:
        """Events as in `TurnLog.read`. When the last reader leaves early the turn ends, at once or after a while."""
        self._readers += 1
        self._resumable = self._resumable or resumable
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None
        try:
            async for event in self._log.read(offset, replayed=replayed, reasoning=reasoning):
                yield event
        finally:
            self._readers -= 1
            if self._readers == 0 and not self._log.has_ended:
                self._last_reader_left()

    @property
    def is_lost(self) -> bool:
        """It ends without a whole answer: nothing to join, and to be run again once it is out of the way."""
        broken_off = self._end.done() and self._end.result() not in (_End.STOPPED, _End.SUPERSEDED)
        return (broken_off and not self._log.is_complete) or self._log.has_failed

    def stop(self, *, superseded: bool = False) -> None:
        """End the answer here; what was said is kept."""
        self._finish_as(_End.SUPERSEDED if superseded else _End.STOPPED)

    def abandon(self) -> None:
        """Nobody waits for it any more: end at once, as failed, so that the message may be sent again."""
        self._finish_as(_End.ABANDONED)

    def delete(self) -> None:
        """The session is deleted: end, and store nothing."""
        self._finish_as(_End.DELETED)

    def _last_reader_left(self) -> None:
        if self._resumable:
            loop = asyncio.get_running_loop()
            seconds = self._services.config.resume_grace_seconds
            self._grace = loop.call_later(seconds, self._finish_as, _End.INTERRUPTED)
        else:
            self._finish_as(_End.ABANDONED)

    def _finish_as(self, end: _End) -> None:
        if not self._end.done():
            self._end.set_result(end)

    # The turn's course.

    async def run(self) -> None:
        """Answer, store, tell the readers. Never raises but CancelledError."""
        metrics.TURNS_RUNNING.inc()
        try:
            await self._run()
        except asyncio.CancelledError:
            self._log.fail(BackendUnavailable("This router is stopping; send the message again."))
            raise
        except Exception as error:  # every reader raises it, and the interceptor logs it
            if not self._log.has_ended:
                self._fail(error)
        finally:
            if self._grace is not None:
                self._grace.cancel()
            metrics.TURNS_RUNNING.dec()

    async def _run(self) -> None:
        services, tenant = self._services, self.principal.tenant
        beating = asyncio.create_task(self._beat(), name=f"heartbeat {self.id}")
        async with AsyncExitStack() as stack:
            stack.push_async_callback(cancelled, beating)
            answering = asyncio.create_task(self._admitted_answer(stack), name=f"answer {self.id}")
            stack.push_async_callback(cancelled, answering)
            await asyncio.wait({answering, beating, self._end}, return_when=asyncio.FIRST_COMPLETED)
            await cancelled(answering)
            await cancelled(beating)
            failure = _failure_of(answering) or _failure_of(beating)
            if not self._fence:
                # It never began: no trace of it is left.
                with suppress(BackendUnavailable):  # its lease runs out by itself
                    await services.store.leave(tenant, self.session_id, self.id)
                raise failure or SessionBusy("The message was withdrawn before its turn came.")
            await self._conclude(failure)

    async def _admitted_answer(self, stack: AsyncExitStack) -> None:
        services, tenant = self._services, self.principal.tenant
        await stack.enter_async_context(services.admission.place())
        rules = await services.settings.rules(tenant)
        if rules.max_concurrent_turns:
            if not await services.quota.take(tenant, self.id, rules.max_concurrent_turns):
                raise services.admission.refusal()
            renewing = asyncio.create_task(self._renew_quota(rules.max_concurrent_turns), name=f"quota {self.id}")
            stack.push_async_callback(self._give_back_quota)
            stack.push_async_callback(cancelled, renewing)
        begun = await self._begin(rules)
        self._draft.queue_seconds = time.monotonic() - self._ask.arrived
        question = await self._question(rules)
        self._turn = replace(
            self._turn,
            language=question.language,
            as_of=question.as_of,
            carried=question.carried,
        )
        self._log.start(Started(self.session_id, self.id, question.language))
        if begun.state is SessionState.HUMAN:
            self._draft.finish = FinishReason.HUMAN
        else:
            await services.answering.answer(question, self._draft)

    async def _begin(self, rules: Rules) -> Begun:
        on_busy = OnBusy(self._ask.on_busy) if self._ask.on_busy else rules.on_busy
        give_up = time.monotonic() + self._services.config.queue_seconds
        superseded: set[str] = set()
        while True:
            begun = await self._services.store.begin(
                self.principal.tenant,
                self.session_id,
                self.principal.subject,
                self._turn,
                opens=self._opens,
                user=self._ask.user,
                waits=on_busy is not OnBusy.REJECT,
            )
            if isinstance(begun, Begun):
                self._fence = begun.fence
                return begun
            if on_busy is OnBusy.SUPERSEDE and begun not in superseded:
                superseded.add(begun)
                await self._supersede(begun)
            if time.monotonic() > give_up:
                raise SessionBusy("The running answer took too long; send the message again.")
            await asyncio.sleep(_POLL_SECONDS)

    async def _question(self, rules: Rules) -> Question:
        store, tenant, ask = self._services.store, self.principal.tenant, self._ask
        records = await store.turns(tenant, self.session_id, -_HISTORY_TURNS, _HISTORY_TURNS)
        ids = [record.turn.id for record in records]
        before = records[: ids.index(self.id)] if self.id in ids else records
        history = [record.turn for record in before if record.state is TurnState.FINISHED]
        carried = history[-1].asked if history and history[-1].superseded else ""
        history = [turn for turn in history if not turn.superseded]
        text = f"{carried}\n{ask.text}" if carried else ask.text
        session = await store.session(tenant, self.session_id)
        last = next((turn.language for turn in reversed(history) if turn.language), None)
        default: Language = self._services.config.default_language
        fallback: Language = "zh" if last == "zh" else "en" if last == "en" else default
        return Question(
            ask=ask,
            text=text,
            carried=carried,
            language=ask.language or language_of(text) or fallback,
            as_of=ask.as_of or datetime.now(ZoneInfo(rules.time_zone)).date().isoformat(),
            history=history,
            rules=rules,
            principal=self.principal,
            replica=session.replica,
        )

    async def _conclude(self, failure: BaseException | None) -> None:
        end = self._end.result() if self._end.done() else None
        draft = self._draft
        if not self._log.has_started and failure is None:
            failure = SessionBusy("The message was withdrawn before its answer began.")
        if failure is None and end is not None and draft.handoff is None:
            draft.finish = FinishReason.INTERRUPTED if end is _End.INTERRUPTED else FinishReason.STOPPED
            draft.cite()
        completed = self._completed()
        text = self._log.text or (draft.handoff.message if draft.handoff else "")
        turn = replace(
            self._turn,
            text=text,
            query=draft.query,
            passages=draft.passages,
            searched=draft.searched,
            handoff=draft.handoff,
            superseded=end is _End.SUPERSEDED,
        )
        if failure is None and end in (_End.ABANDONED, _End.LOST):
            failure = BackendUnavailable("The answer was broken off; send the message again.")
        if failure is None and end is _End.DELETED:
            self._complete(completed)
            return
        state = TurnState.FINISHED if failure is None else TurnState.FAILED
        stored = turn if failure is not None else replace(turn, completed=completed)
        storing = asyncio.create_task(self._store(stored, state), name=f"store {self.id}")
        try:
            await asyncio.wait({storing}, timeout=_STORE_WAIT_SECONDS)
            if failure is None and storing.done() and storing.result() == "lost":
                failure = BackendUnavailable("This router lost the session while it answered; send the message again.")
            # Without Redis the readers are told now, and the turn is stored when Redis is back: nobody hangs.
            if failure is None:
                self._complete(completed)
            else:
                self._fail(failure)
            await storing
        finally:
            await cancelled(storing)

    def _complete(self, completed: Completed) -> None:
        metrics.TURNS.labels(completed.finish_reason, completed.source).inc()
        self._log.complete(completed)

    def _fail(self, error: BaseException) -> None:
        metrics.TURNS_FAILED.labels(error.reason if isinstance(error, ServiceError) else "INTERNAL").inc()
        self._log.fail(error)

    def _completed(self) -> Completed:
        draft = self._draft
        told = self._log.text_bytes or len((draft.handoff.message if draft.handoff else "").encode())
        return Completed(
            finish_reason=draft.finish,
            source=draft.source if told else AnswerSource.NONE,
            citations=draft.citations,
            usage=draft.usage,
            timings=Timings(
                queue=draft.queue_seconds,
                search=draft.search_seconds,
                first_text=draft.first_text_seconds,
                total=time.monotonic() - draft.arrived,
            ),
            text_bytes=told,
            model=draft.model if draft.source is AnswerSource.GENERATED else "",
        )

    # What goes on beside the answer.

    async def _beat(self) -> None:
        config, store = self._services.config, self._services.store
        ends = {
            Signal.STOP: _End.STOPPED,
            Signal.SUPERSEDE: _End.SUPERSEDED,
            Signal.GONE: _End.DELETED,
            Signal.LOST: _End.LOST,
        }
        while True:
            await asyncio.sleep(config.heartbeat_seconds)
            try:
                signal = await store.beat(self.principal.tenant, self.session_id, self.id, self._fence)
            except BackendUnavailable as error:
                # The customer keeps getting the answer; should someone else take the session meanwhile, we hear of it.
                _log.warning("turn.heartbeat_missed", turn=self.id, cause=error.message)
                continue
            if signal in ends:
                self._finish_as(ends[signal])

    async def _renew_quota(self, limit: int) -> None:
        while True:
            await asyncio.sleep(self._services.config.lease_seconds / 3)
            with suppress(BackendUnavailable):  # tried again before the lease runs out
                await self._services.quota.take(self.principal.tenant, self.id, limit + 1_000_000)

    async def _give_back_quota(self) -> None:
        with suppress(BackendUnavailable):  # the lease runs out by itself
            await self._services.quota.give_back(self.principal.tenant, self.id)

    async def _store(self, turn: Turn, state: TurnState) -> str:
        give_up = time.monotonic() + _STORE_TRY_SECONDS
        session_state = SessionState.WAITING if turn.handoff is not None else None
        while True:
            try:
                return await self._services.store.finish(
                    self.principal.tenant,
                    self.session_id,
                    turn,
                    state,
                    self._fence,
                    session_state=session_state,
                    replica=self._draft.replica,
                )
            except BackendUnavailable as error:
                if time.monotonic() > give_up:
                    metrics.TURNS_NOT_STORED.inc()
                    _log.error("turn.not_stored", turn=self.id, cause=error.message)
                    return "never"
                await asyncio.sleep(0.3)


def _failure_of(task: asyncio.Task[None]) -> BaseException | None:
    return None if task.cancelled() else task.exception()

"""Asks a golden question as a customer would, in a conversation that is kept nowhere, and judges the answer."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from kefu.common.auth import Principal, Priority, Scope
from kefu.common.errors import (
    BackendUnavailable,
    DeadlineExceeded,
    DraftNotFound,
    Overloaded,
    ServiceError,
    VersionNotFound,
)
from kefu.office.golden_questions.golden_question import GoldenAnswer, GoldenQuestion
from kefu.office.golden_questions.verdict import Shown, judge
from kefu.router.admission.scheduler import AdmissionScheduler, SlotRequest
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.pipeline import AnswerPipeline
from kefu.router.answering.question_builder import build_question
from kefu.router.conversations.turn_end import completed_of
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.session import SessionState
from kefu.router.domain.turn import AnswerSource, BrownOut, Turn, TurnRecord, TurnState
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.storage.turns import StartedTurn
from kefu.router.tenants.settings import EffectiveSettings, SettingsStore
from kefu.router.turn_stream.event_log import TurnEventLog
from kefu.router.turn_stream.turn_events import Started
from kefu.text.language import AnswerLanguage

_SUBJECT = _SESSION = "golden-questions"
_FIXED = (AnswerSource.CANNED, AnswerSource.REFUSED)
_NOT_AN_ANSWER = (HandoffReason.OVERLOADED, HandoffReason.SEARCH_UNAVAILABLE, HandoffReason.MODEL_UNAVAILABLE)
"""Such a hand-over says more of the machine than of the pages."""
_MOST_TRIES = 8
_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 10.0
_MOST_TITLES = 5
_log = structlog.stdlib.get_logger()


class _NotNowError(Exception):
    """An answer that was made under load, or without a service; the message says which."""


def golden_principal(tenant: str, collections: frozenset[str] | None = None) -> Principal:
    """On whose behalf golden questions are asked: behind all customers."""
    scopes = frozenset({Scope.CHAT, Scope.KNOWLEDGE})
    return Principal(tenant, _SUBJECT, scopes, collections, priority=Priority.BATCH)


@dataclass(frozen=True)
class _Said:
    """A turn with how it came about."""

    turn: Turn
    outcome: AnswerOutcome
    seconds: float


class QuestionAsker:
    """Asks by a pipeline of its own: without a cache, actions, procedures, triage and the desk.

    `admission`: the slots of the engines. A question waits for one behind all customers.
    """

    def __init__(
        self,
        pipeline: AnswerPipeline,
        admission: AdmissionScheduler,
        settings: SettingsStore,
        *,
        default_language: AnswerLanguage,
    ) -> None:
        self._pipeline = pipeline
        self._admission = admission
        self._settings = settings
        self._default_language: AnswerLanguage = default_language

    async def ask(self, principal: Principal, golden: GoldenQuestion, draft: str = "") -> GoldenAnswer:
        """The answer to a question over live, or over a draft of knowledge, judged.

        Raises DraftNotFound alone: no question can be asked of such a draft. What is not answered for want of time or
        of a service is asked again for a while, and has no verdict then. One that cannot be asked has none at once.
        """
        why = ""
        for number in range(_MOST_TRIES):
            if number:
                await asyncio.sleep(min(_PAUSE_SECONDS * 2**number, _LONGEST_PAUSE_SECONDS))
            try:
                return await self._answer(principal, golden, draft)
            except _NotNowError as error:
                why = str(error)
            except Overloaded as error:
                why = error.message
                await asyncio.sleep(min(error.retry_after or 0.0, _LONGEST_PAUSE_SECONDS))
            except DraftNotFound:
                raise
            except (BackendUnavailable, DeadlineExceeded, VersionNotFound) as error:  # that version: not loaded yet
                why = error.message
            except ServiceError as error:
                return GoldenAnswer(None, error.message, time=time.time())
            except Exception:  # of one question: the others are asked none the less
                _log.exception("golden.question_failed", tenant=principal.tenant, question=golden.id)
                return GoldenAnswer(None, "it failed, as the router's log says", time=time.time())
        return GoldenAnswer(None, why, time=time.time())

    async def _answer(self, principal: Principal, golden: GoldenQuestion, draft: str) -> GoldenAnswer:
        rules = await self._settings.effective(principal.tenant)
        question, said = golden.question, list[_Said]()
        for text in (*question.before, question.text):
            said.append(await self._turn(principal, text, golden, draft, rules, [each.turn for each in said]))
        return _judged(golden, said[-1])

    async def _turn(
        self,
        principal: Principal,
        text: str,
        golden: GoldenQuestion,
        draft: str,
        rules: EffectiveSettings,
        before: Sequence[Turn],
    ) -> _Said:
        slot = SlotRequest(principal.tenant, principal.priority, rules.weight, size=len(text.encode()))
        async with self._admission.slot(slot) as level:
            if level is not BrownOut.NONE:
                raise _NotNowError("customers left no time for it")
            log = TurnEventLog()
            written = AnswerDraft(log, time.monotonic())
            request = TurnRequest(
                text, written.arrived, collections=golden.collections, draft=draft, temperature=0.0, language=None
            )
            asked = build_question(request, _started(before), rules, principal, _SESSION, self._default_language, level)
            log.start(Started(_SESSION, str(len(before)), asked.language, ephemeral=True))
            outcome = await self._pipeline.answer(asked, written)
        if max(outcome.basis.brown_out, written.brown_out) is not BrownOut.NONE:
            raise _NotNowError("customers left no time for it")
        handoff = outcome.handoff
        if handoff is not None and handoff.reason in _NOT_AN_ANSWER:
            raise _NotNowError(f"a person would have been called: {handoff.reason}")
        basis = outcome.basis
        turn = Turn(
            str(len(before)),
            text,
            asked.language,
            asked.as_of,
            time.time(),
            text=log.text if handoff is None else handoff.message,
            withdrawn="" if handoff is None else log.text,
            query=basis.query,
            gives_instructions=basis.gives_instructions,
            passages=basis.passages,
            searched=basis.searched,
            handoff=handoff,
            completed=completed_of(outcome, written, None),
            pending=outcome.pending,
        )
        return _Said(turn, outcome, time.monotonic() - written.arrived)


def _started(before: Sequence[Turn]) -> StartedTurn:
    waits = any(each.handoff is not None for each in before)
    state = SessionState.WAITING if waits else SessionState.BOT
    history = [TurnRecord(each, TurnState.FINISHED) for each in before]
    return StartedTurn(0, state, user="", replica="", begun_before=False, saved=None, history=history, ephemeral=True)


def _judged(golden: GoldenQuestion, said: _Said) -> GoldenAnswer:
    turn = said.turn
    handoff, completed = turn.handoff, turn.completed
    source = AnswerSource.NONE if completed is None else completed.source
    shown = Shown(
        "" if handoff is not None else turn.text,
        (turn.withdrawn,) if turn.withdrawn else (),
        handed_over=handoff is not None,
        asks_back=source is AnswerSource.CLARIFYING,
        is_fixed=source in _FIXED,
    )
    judgement = judge(golden.question, shown)
    nearest = [each.title for each in turn.passages] or [each.title for each in (handoff.passages if handoff else ())]
    return GoldenAnswer(
        judgement.verdict,
        judgement.why,
        text="\n".join(shown.all_texts),
        source=source,
        handoff=None if handoff is None else handoff.reason,
        titles=tuple(dict.fromkeys(nearest))[:_MOST_TITLES],
        model="" if completed is None else completed.model,
        milliseconds=round(said.seconds * 1000),
        time=time.time(),
    )

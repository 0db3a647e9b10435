"""
The simulator: plays scripted customers against a procedure; only the company's system and the pages are not real.

A conversation is built as each turn's is, by the same code: what a reply names, what is a yes, when a person is called.
A message that is no reply to the procedure would go to the pages, which are not asked here.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

from kefu.common.auth import Principal, Scope
from kefu.common.customers import Customer, Verification
from kefu.office.simulation.customers import CUSTOMERS, PATIENT, Script, ScriptedCustomer
from kefu.office.simulation.made_up_system import MadeUpChanges, MadeUpSystem
from kefu.office.simulation.situations import Situation, situations
from kefu.router.actions.action import Action
from kefu.router.actions.action_runner import ActionRunner
from kefu.router.actions.asked_action import ActionSet
from kefu.router.actions.procedures.procedure import HandOverStep, Procedure, Step, walk
from kefu.router.actions.procedures.procedure_runner import ProcedureRunner, WantedProcedure
from kefu.router.actions.request import ActionReply, Missing
from kefu.router.answering.action_answer import act, action_request, asked_still
from kefu.router.answering.decision import GiveCanned, HandOver, Settle, before_search, gives_way_to_reply
from kefu.router.answering.fallback import hand_over
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.answering.question_builder import build_question
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.session import SessionState
from kefu.router.domain.turn import (
    AnswerSource,
    BrownOut,
    Completed,
    PendingChange,
    ProcedureProgress,
    Turn,
    TurnRecord,
    TurnState,
)
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.replicas.retrieval_client import RetrievalClient
from kefu.router.storage.turns import StartedTurn
from kefu.router.tenants.settings import EffectiveSettings
from kefu.text.language import AnswerLanguage, language_of

_MOST_MESSAGES = 30
_MEANT = (HandoffReason.PROCEDURE, HandoffReason.CHANGE_NEEDS_PERSON)
_TENANT, _SESSION = "simulation", "simulation"
_FROM_PAGES: Mapping[AnswerLanguage, str] = {"en": "(Answered from the pages.)", "zh": "（由知识库回答。）"}


class Ending(StrEnum):
    """How a conversation ended."""

    CHANGED = "changed"
    """Something would have been changed."""
    ANSWERED = "answered"
    PERSON = "person"
    """A person was called."""
    ASKED = "asked"
    """The customer left a question unanswered."""


@dataclass(frozen=True)
class Simulated:
    """A conversation."""

    customer: str
    situation: Situation
    turns: tuple[Turn, ...]
    ending: Ending
    changes: tuple[str, ...]
    """Actions that would have been called to change something."""
    problems: tuple[str, ...]
    """Sentences."""
    lines: tuple[int, ...]
    """Of the steps that were taken."""


@dataclass(frozen=True)
class Simulation:
    """All of them. `unreached`: lines of steps that nobody reached."""

    conversations: tuple[Simulated, ...]
    unreached: tuple[int, ...]


async def simulate(
    procedure: Procedure, actions: Mapping[str, Action], settings: EffectiveSettings, language: AnswerLanguage
) -> Simulation:
    """Play the patient customer in all situations, and the others in one for each way that it went."""
    played = list[Simulated]()
    ways: dict[tuple[object, ...], Situation] = {}
    for situation in situations(procedure, actions):
        one = await _Conversation(procedure, actions, settings, language, PATIENT, situation).play()
        played.append(one)
        ways.setdefault((one.ending, one.lines), situation)
        await asyncio.sleep(0)  # turns go on beside it
    for customer in CUSTOMERS:
        for situation in () if customer is PATIENT else ways.values():
            played.append(await _Conversation(procedure, actions, settings, language, customer, situation).play())
            await asyncio.sleep(0)
    reached = {line for one in played for line in one.lines}
    lines = sorted({each.line for each in walk(procedure.steps)})
    return Simulation(tuple(played), tuple(line for line in lines if line not in reached))


@dataclass(frozen=True)
class _Only:
    """A catalogue of one procedure."""

    procedure_: Procedure
    actions: Mapping[str, Action]

    async def in_force(self, tenant: str) -> ActionSet:
        return ActionSet(self.actions, (self.procedure_,), ())

    async def procedure(self, tenant: str, procedure_id: str, revision: int) -> Procedure:
        return self.procedure_


@dataclass
class _Conversation:
    procedure: Procedure
    actions: Mapping[str, Action]
    settings: EffectiveSettings
    language: AnswerLanguage
    customer: ScriptedCustomer
    situation: Situation
    problems: list[str] = field(default_factory=list[str])
    steps: list[Step] = field(default_factory=list[Step])
    turns: list[Turn] = field(default_factory=list[Turn])

    async def play(self) -> Simulated:
        """Until one of the two has nothing more to say."""
        system = MadeUpSystem(self.actions, self.situation)
        changes = MadeUpChanges(system)
        catalogue = _Only(self.procedure, self.actions)
        # Nothing is compared with examples: the first message is one.
        actions = ActionRunner(catalogue, system, changes, cast("RetrievalClient", None))
        runner = ProcedureRunner(catalogue, actions, system, changes, self.steps.append, reading_seconds=0.0)
        script = Script(self.customer, self.situation, self.language)
        message: str | None = self._first_message()
        while message is not None:
            if len(self.turns) == _MOST_MESSAGES:
                self.problems.append(f"It does not come to an end within {_MOST_MESSAGES} messages.")
                break
            await self._turn(message, runner)
            message = script.reply(self.turns[-1])
        made = tuple(changes.made)
        self._check(made, script.yes_count, system)
        lines = tuple(dict.fromkeys(each.line for each in self.steps))
        return Simulated(
            self.customer.name,
            self.situation,
            tuple(self.turns),
            self._ending(made),
            made,
            tuple(dict.fromkeys(self.problems)),
            lines,
        )

    def _first_message(self) -> str:
        examples = self.procedure.examples
        return next((each for each in examples if language_of(each) == self.language), next(iter(examples), "?"))

    async def _turn(self, message: str, runner: ProcedureRunner) -> None:
        question = build_question(
            TurnRequest(message, 0.0, language=self.language),
            self._started(),
            self.settings,
            self._principal(),
            _SESSION,
            self.language,
            BrownOut.NONE,
        )
        outcome = asked_still(question, await self._outcome(question, runner))
        text = outcome.text if outcome.handoff is None else outcome.handoff.message
        if not text:
            self.problems.append(f"Kefu says nothing to “{message}”.")
        completed = Completed(outcome.finish, outcome.source, choices=outcome.choices)
        self.turns.append(
            Turn(
                str(len(self.turns)),
                message,
                question.language,
                question.as_of,
                0.0,
                text=text,
                handoff=outcome.handoff,
                completed=completed,
                pending=outcome.pending,
            )
        )

    async def _outcome(self, question: Question, runner: ProcedureRunner) -> AnswerOutcome:
        """As `AnswerPipeline` decides, without the pages."""
        request = action_request(question)
        decision = before_search(question)
        if gives_way_to_reply(decision):
            wanted = await runner.chosen(request) if self.turns else self._wanted(question.text)
            if wanted is not None:
                return self._act(question, await runner.run(wanted, request))
        match decision:
            case Settle(consent):
                return self._act(question, await runner.settle(request, consent))
            case HandOver(reason):
                return hand_over(question, reason)
            case GiveCanned(intent):
                return AnswerOutcome(AnswerSource.CANNED, text=question.replies.reply_to(intent))
            case _:
                return AnswerOutcome(AnswerSource.EXTRACTIVE, text=_FROM_PAGES[self.language])

    def _act(self, question: Question, reply: ActionReply) -> AnswerOutcome:
        is_meant = bool(self.steps) and isinstance(self.steps[-1], HandOverStep)
        if reply.missing is Missing.FAILED or (reply.missing is Missing.BY_PROCEDURE and not is_meant):
            self.problems.append(f"A person is called since it cannot go on: {reply.detail}.")
        return act(question, reply)

    def _wanted(self, text: str) -> WantedProcedure:
        progress = ProcedureProgress(self.procedure.id, self.procedure.revision, text)
        return WantedProcedure(self.procedure, self.actions, progress)

    def _started(self) -> StartedTurn:
        waits = any(each.handoff is not None for each in self.turns)
        records = [TurnRecord(each, TurnState.FINISHED) for each in self.turns]
        state = SessionState.WAITING if waits else SessionState.BOT
        return StartedTurn(0, state, user="", replica="", begun_before=False, saved=None, history=records)

    def _principal(self) -> Principal:
        claims = {
            each.claim: f"‹{each.claim}›" for action in self.actions.values() for each in action.inputs if each.claim
        }
        known = Customer("customer", claims, Verification.TOKEN, 0.0) if self.customer.is_known else None
        return Principal(_TENANT, _SESSION, frozenset({Scope.CHAT}), customer=known)

    def _check(self, made: tuple[str, ...], yes_count: int, system: MadeUpSystem) -> None:
        if len(made) > yes_count:
            self.problems.append(f"Without a yes {', '.join(made[yes_count:])} changes something.")
        handoff = self.turns[-1].handoff
        if handoff is not None and self.customer is PATIENT and handoff.reason not in _MEANT:
            self.problems.append(f"Who answered all that was asked comes to a person: {handoff.reason}.")
        personal = [each for each in system.looked_up if self.actions[each].is_personal]
        if not self.customer.is_known and (personal or made):
            self.problems.append(f"Nobody is signed in, and {', '.join([*personal, *made])} is called.")

    def _ending(self, made: tuple[str, ...]) -> Ending:
        last = self.turns[-1]
        if last.handoff is not None:
            return Ending.PERSON
        if made:
            return Ending.CHANGED
        is_open = last.pending is not None and not (isinstance(last.pending, PendingChange) and last.pending.is_settled)
        return Ending.ASKED if is_open else Ending.ANSWERED

"""Act: decide by the tenant's actions, else by the pages; a rule that calls a person goes before both."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from kefu.common.aio import cancel_and_wait
from kefu.router.actions.request import OfferedActions
from kefu.router.answering.decision import Act, Clarify, HandOver, after_question, after_reading
from kefu.router.answering.question import Question
from kefu.router.answering.stages.apply_rules import ApplyRules
from kefu.router.answering.stages.stage import AnswerTurn, Stage
from kefu.router.answering.turn_actions import TurnActions
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource

_BEFORE_WHICH_ACTIONS_ARE_OFFERED = (HandoffReason.NOTHING_RELEVANT, HandoffReason.OWN_CASE)
_COMPARED_LONGER_SECONDS = 0.1
"""How much longer than the search the comparison may take, where no rule waits for it: it goes on beside the search."""


class ActOrLookUp:
    """Compares the message with known ones: before the search where the tenant has actions, else beside it."""

    def __init__(self, actions: TurnActions, rules: ApplyRules, look_up: Stage) -> None:
        """`look_up`: decides by the pages."""
        self._actions = actions
        self._rules = rules
        self._look_up = look_up

    async def __call__(self, turn: AnswerTurn) -> AnswerTurn:
        """See `Stage`."""
        question = turn.question
        has_actions = await self._actions.are_there(question.principal.tenant)
        compared = self._actions.compared(question, is_awaited=has_actions)
        comparing = asyncio.create_task(compared, name="comparison of a message")
        try:
            turn = await (self._by_action(turn, comparing) if has_actions else self._by_pages(turn, comparing))
        finally:
            await cancel_and_wait(comparing)
        if turn.decision is None or turn.draft.triage is None:
            return turn
        return turn.decided(after_reading(question.message, turn.decision, turn.draft.triage.reading))

    async def _by_pages(self, turn: AnswerTurn, comparing: asyncio.Task[Mapping[str, float] | None]) -> AnswerTurn:
        """Without actions: the message is read beside the search, which takes longer."""
        turn = await self._look_up(turn)
        question, decision = turn.question, turn.decision
        if not question.settings.triage_rules:
            await asyncio.wait([comparing], timeout=_COMPARED_LONGER_SECONDS)
        is_waited_for = bool(question.settings.triage_rules) or comparing.done()
        person = await self._rules.read(question, turn.draft, await comparing if is_waited_for else None)
        if person is None:
            return turn
        if isinstance(decision, HandOver):
            person = replace(person, nearest=decision.nearest)
        return turn.decided(person)

    async def _by_action(self, turn: AnswerTurn, comparing: asyncio.Task[Mapping[str, float] | None]) -> AnswerTurn:
        question, draft, cosines = turn.question, turn.draft, await comparing
        if person := await self._rules.read(question, draft, cosines):
            return turn.decided(person)
        wanted = None if cosines is None else await self._actions.asked_for(question, draft, cosines)
        if isinstance(wanted, OfferedActions):
            draft.explanation.offered_actions = wanted.titles
            if _may_offer_actions(question):
                return await self._offered(turn, wanted)
        elif wanted is not None:
            return turn.decided(Act(wanted))
        turn = await self._look_up(turn)
        return turn if turn.decision is None else turn.decided(after_question(question, turn.decision))

    async def _offered(self, turn: AnswerTurn, wanted: OfferedActions) -> AnswerTurn:
        """A question which action is meant, in place of a person or below what the pages say."""
        offer = Clarify(wanted.titles, is_unsure=True)
        if not wanted.is_before_person:
            return turn.decided(offer)
        turn = await self._look_up(turn)
        decision = turn.decision
        if isinstance(decision, HandOver) and decision.reason in _BEFORE_WHICH_ACTIONS_ARE_OFFERED:
            return turn.decided(offer)
        turn.draft.offers = wanted.titles
        return turn


def _may_offer_actions(question: Question) -> bool:
    """Whether Kefu may ask which action is meant: never twice in a row, nor of who waits for a person."""
    last = question.history[-1].completed if question.history else None
    has_just_asked = last is not None and bool(last.choices) and last.source is not AnswerSource.ACTION
    return question.settings.asks_back and not question.waits_for_person and not has_just_asked

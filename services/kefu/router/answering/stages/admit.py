"""Admit: the stages that search, once there is a slot for that; under load with less, or a person instead."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from kefu.common.errors import Overloaded
from kefu.router.answering.decision import HandOver
from kefu.router.answering.desk_capacity import DeskCapacity
from kefu.router.answering.knowledge_search import WITHOUT_DRAFT
from kefu.router.answering.question import Question
from kefu.router.answering.search_slots import SearchSlots
from kefu.router.answering.stages.stage import AnswerTurn, Stage
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import BrownOut

_log = structlog.stdlib.get_logger()


class Admit:
    """Runs the stages in a slot. They are run again over live where the draft that an experiment drew is gone."""

    def __init__(self, slots: SearchSlots, desk: DeskCapacity, stages: Sequence[Stage]) -> None:
        self._slots = slots
        self._desk = desk
        self._stages = stages

    async def __call__(self, turn: AnswerTurn) -> AnswerTurn:
        """See `Stage`."""
        if turn.decision is not None:
            return turn
        try:
            return await self._under_load(turn)
        except WITHOUT_DRAFT as error:
            question = turn.question
            if question.over_live is None:
                raise
            _log.warning("experiment.over_live", draft=question.request.draft, cause=error.message)
            turn.draft.fell_back = True
            request = replace(question.request, draft="", staged_settings="")
            question = replace(question, request=request, settings=question.over_live, knowledge_version="")
            return await self._under_load(replace(turn, question=question))

    async def _under_load(self, turn: AnswerTurn) -> AnswerTurn:
        if turn.question.brown_out is BrownOut.HANDOFF:
            if await self._desk.takes_for_load(turn.question):
                return turn.decided(HandOver(HandoffReason.OVERLOADED))
            turn = replace(turn, question=replace(turn.question, brown_out=BrownOut.WITHOUT_MODEL))
        try:
            async with self._slots.slot(turn.question) as level:
                turn = replace(turn, question=_searching_at(level, turn.question))
                turn.draft.brown_out = turn.question.brown_out
                for stage in self._stages:
                    turn = await stage(turn)
                return turn
        except Overloaded:
            if await self._desk.takes_for_load(turn.question):
                return turn.decided(HandOver(HandoffReason.OVERLOADED))
            raise


def _searching_at(level: BrownOut, question: Question) -> Question:
    """The question as it is answered at a brown-out level of the search."""
    if level is BrownOut.NONE:
        return question
    return replace(question, brown_out=max(question.brown_out, BrownOut.FEWER_PASSAGES), reads_evidence=False)

"""Read: decide by the message alone."""

import structlog

from kefu.common.errors import BackendUnavailable, Overloaded
from kefu.router.answering.clarification import subjects_of
from kefu.router.answering.decision import ReplyToFiles, before_search
from kefu.router.answering.knowledge_search import WITHOUT_DRAFT, KnowledgeSearch
from kefu.router.answering.search_slots import SearchSlots
from kefu.router.answering.stages.stage import AnswerTurn

_log = structlog.stdlib.get_logger()


class Read:
    """Reads messages that are not answered yet. Only for files without a word is anything looked up."""

    def __init__(self, slots: SearchSlots, search: KnowledgeSearch) -> None:
        self._slots = slots
        self._search = search

    async def __call__(self, turn: AnswerTurn) -> AnswerTurn:
        """See `Stage`."""
        if turn.decision is not None:
            return turn
        decision = before_search(turn.question)
        if isinstance(decision, ReplyToFiles) and turn.question.attached_words:
            decision = await self._with_subjects(turn, decision)
        return turn.decided(decision)

    async def _with_subjects(self, turn: AnswerTurn, decision: ReplyToFiles) -> ReplyToFiles:
        """What the customer may want to know about the files, where there is time to look that up."""
        question = turn.question
        try:
            async with self._slots.slot(question):
                found = await self._search.retrieve(question, turn.draft, question.attached_words, "")
        except (Overloaded, BackendUnavailable, *WITHOUT_DRAFT) as error:
            _log.info("attachment.not_searched", cause=error.message)
            return decision
        return decision if found.gives_instructions else ReplyToFiles(subjects_of(question, found.passages))

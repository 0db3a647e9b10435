"""The evidence for a question, or for a part of it, among what was found."""

import time
from collections.abc import Callable, Sequence

from kefu.router.answering.clarification import chosen_passages
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.evidence.evidence_answer import Evidence, EvidenceFinder
from kefu.router.answering.explaining.notes import evidence_read
from kefu.router.answering.knowledge_search import question_before
from kefu.router.answering.question import Question
from kefu.router.domain.turn import Passage
from kefu.router.guardrails.prompt_injection import passage_for_model
from kefu.router.replicas.retrieval_client import SearchResult


class QuestionEvidence:
    """Finds evidence, and notes in the draft what was read for it."""

    def __init__(self, finder: EvidenceFinder, choice_weight: Callable[[], float]) -> None:
        """`choice_weight`: the one of the answer profile that is in force."""
        self._finder = finder
        self._choice_weight = choice_weight

    async def of(self, question: Question, draft: AnswerDraft, found: SearchResult) -> Evidence:
        """The evidence for a whole message."""
        attached = question.attached_words if found.used_history else ""
        before = question_before(question) if found.used_history and not attached else ""
        return await self.among(question, draft, found.read_as or question.text, before, found, attached)

    async def among(
        self, question: Question, draft: AnswerDraft, asked: str, before: str, found: SearchResult, attached: str = ""
    ) -> Evidence:
        """The evidence for a text among all that was found, or in what was chosen; see `EvidenceFinder.find`."""
        began = time.monotonic()
        chosen = chosen_passages(question.choice, found.passages)
        passages = tuple(map(passage_for_model, chosen or found.passages))
        evidence = await self._finder.find(question, asked, before, passages, self._choice_weight(), attached)
        draft.explanation.add_evidence(evidence_read(evidence, time.monotonic() - began))
        return evidence

    async def in_saved(self, question: Question, asked: str, passages: Sequence[Passage]) -> Evidence:
        """The evidence in the passages that a router which died was answering from. No model chooses."""
        return await self._finder.find(question, asked, "", passages, choice_weight=0.0)

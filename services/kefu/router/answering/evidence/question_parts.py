"""Several questions in one message: each is searched and answered."""

from collections.abc import Sequence

import structlog

from kefu.common.errors import BackendUnavailable
from kefu.router.answering.decision import GiveEvidence, HandOver
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.evidence.evidence_answer import Evidence, evidence_answer
from kefu.router.answering.evidence.question_evidence import QuestionEvidence
from kefu.router.answering.knowledge_search import MOST_QUERY, KnowledgeSearch
from kefu.router.answering.question import Question
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import Passage
from kefu.router.replicas.retrieval_client import CuratedAnswer

_log = structlog.stdlib.get_logger()


class QuestionParts:
    """Answers the questions of a message one by one."""

    def __init__(self, search: KnowledgeSearch, evidence: QuestionEvidence) -> None:
        self._search = search
        self._evidence = evidence

    async def decision(
        self, question: Question, draft: AnswerDraft, parts: Sequence[str]
    ) -> GiveEvidence | HandOver | None:
        """The decision on all of them; None where none can be answered.

        A person answers what the pages do not, behind what they do.
        """
        answers: list[Evidence | CuratedAnswer] = []
        passages: list[Passage] = []
        answered = 0
        for number, part in enumerate(parts):
            try:
                found = await self._answer_to(question, draft, part, parts[0] if number else "")
            except BackendUnavailable as error:
                _log.warning("search.unavailable", cause=error.message)
                return None
            if isinstance(found, CuratedAnswer):
                answers.append(found)
                answered += 1
                continue
            passages += found.passages
            shown = {piece.text for each in answers if isinstance(each, Evidence) for piece in each.pieces}
            if found.bears:
                answered += 1
                if not shown.issuperset(piece.text for piece in found.pieces):
                    answers.append(found)
        if not answers:
            return None
        if answered == len(parts):
            return GiveEvidence(tuple(answers))
        return HandOver(HandoffReason.NOTHING_RELEVANT, tuple(passages), evidence_answer(question, answers).text)

    async def _answer_to(
        self, question: Question, draft: AnswerDraft, part: str, first: str
    ) -> Evidence | CuratedAnswer:
        """What is found for one question of a message.

        Where it leans on the first one, or nothing bears on it by itself, it is asked behind that as well, and the
        evidence counts that bears more.
        """
        found = await self._search.retrieve(question, draft, part, first)
        if found.curated is not None:
            return found.curated
        leans, asked = found.used_history, found.read_as or part
        alone = await self._search.retrieve(question, draft, part, "") if leans else found
        evidence = await self._evidence.among(question, draft, asked, "", alone)
        if not first or (evidence.bears and not leans):
            return evidence
        behind = found if leans else await self._search.retrieve(question, draft, f"{first}\n{part}"[-MOST_QUERY:], "")
        evidence_behind = await self._evidence.among(question, draft, asked, first, behind)
        return max(evidence, evidence_behind, key=lambda each: each.bearing)

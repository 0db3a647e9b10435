"""A curated answer before it is stored, and its checks."""

import hashlib
from dataclasses import dataclass, replace

from kefu.common.errors import BadRequest
from kefu.common.resource_names import check_validity
from kefu.retrieval.domain.filters import Audience
from kefu.text.language import language_of

MAX_QUESTIONS = 20
MAX_QUESTION_CHARACTERS = 500
MAX_ANSWER_CHARACTERS = 4_000
MAX_PRIORITY = 1_000


@dataclass(frozen=True)
class CuratedDraft:
    """A curated answer without its vectors."""

    questions: tuple[str, ...]
    answer: str
    language: str
    valid_from: str = ""
    valid_until: str = ""
    priority: int = 0
    audience: Audience = Audience.EVERYONE

    @property
    def id(self) -> str:
        """The id, which follows from the first question: the next import of the answer replaces it."""
        return hashlib.sha256(f"{self.language}\x00{self.questions[0]}".encode()).hexdigest()[:20]


def checked_draft(draft: CuratedDraft) -> CuratedDraft:
    """The draft with its language detected. Raises BadRequest with the field for what the contract forbids."""
    questions = tuple(dict.fromkeys(question.strip() for question in draft.questions if question.strip()))
    if not 1 <= len(questions) <= MAX_QUESTIONS:
        given = f"these are {len(questions)}" if questions else "none of those given has any text"
        raise BadRequest("questions", f'must be 1 to {MAX_QUESTIONS}, such as "When are you open?"; {given}.')
    if any(len(question) > MAX_QUESTION_CHARACTERS for question in questions):
        raise BadRequest("questions", f"must have at most {MAX_QUESTION_CHARACTERS} characters each.")
    if not 1 <= len(draft.answer.strip()) <= MAX_ANSWER_CHARACTERS:
        raise BadRequest("answer", f"must have 1 to {MAX_ANSWER_CHARACTERS} characters.")
    check_validity(draft.valid_from, draft.valid_until)
    if abs(draft.priority) > MAX_PRIORITY:
        raise BadRequest("priority", f"must be -{MAX_PRIORITY} to {MAX_PRIORITY}.")
    return replace(draft, questions=questions, language=draft.language or language_of(draft.answer))

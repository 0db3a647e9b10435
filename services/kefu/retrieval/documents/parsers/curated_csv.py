"""
A CSV of curated answers: the columns question and answer; optionally language, alternatives, valid_from, valid_until,
priority, audience ("everyone" or "staff").

Several rows with one answer in one language are one curated answer with several questions.
"""

import hashlib
from dataclasses import dataclass, replace

from kefu.common.errors import BadRequest
from kefu.common.resource_names import check_day
from kefu.common.text.language import language_of
from kefu.retrieval.documents.charset import decode
from kefu.retrieval.documents.parsers.qa_pairs import read_rows
from kefu.retrieval.documents.types import Unreadable
from kefu.retrieval.domain.filters import Audience, read_audience

MAX_QUESTIONS = 20
MAX_QUESTION_CHARACTERS = 500
MAX_ANSWER_CHARACTERS = 4_000
MOST_PRIORITY = 1_000
_OPTIONAL = ("language", "alternatives", "valid_from", "valid_until", "priority", "audience")


@dataclass(frozen=True)
class CuratedDraft:
    """A curated answer without its vectors. The id follows from its first question, so that importing it again replaces
    it.
    """

    questions: tuple[str, ...]
    answer: str
    language: str
    valid_from: str = ""
    valid_until: str = ""
    priority: int = 0
    audience: Audience = Audience.EVERYONE

    @property
    def id(self) -> str:
        """Its id."""
        return hashlib.sha256(f"{self.language}\x00{self.questions[0]}".encode()).hexdigest()[:20]


def checked(draft: CuratedDraft) -> CuratedDraft:
    """The draft with its language recognised; raises BadRequest, naming the field, for what the contract forbids."""
    questions = tuple(dict.fromkeys(question.strip() for question in draft.questions if question.strip()))
    if not 1 <= len(questions) <= MAX_QUESTIONS:
        raise BadRequest("questions", f"must be 1 to {MAX_QUESTIONS}.")
    if any(len(question) > MAX_QUESTION_CHARACTERS for question in questions):
        raise BadRequest("questions", f"must have at most {MAX_QUESTION_CHARACTERS} characters each.")
    if not 1 <= len(draft.answer.strip()) <= MAX_ANSWER_CHARACTERS:
        raise BadRequest("answer", f"must have 1 to {MAX_ANSWER_CHARACTERS} characters.")
    check_day("valid_from", draft.valid_from)
    check_day("valid_until", draft.valid_until)
    if abs(draft.priority) > MOST_PRIORITY:
        raise BadRequest("priority", f"must be -{MOST_PRIORITY} to {MOST_PRIORITY}.")
    return replace(draft, questions=questions, language=draft.language or language_of(draft.answer))


def read_curated(data: bytes) -> list[CuratedDraft]:
    """The curated answers of a file. Alternatives are separated by "|". Raises Unreadable."""
    by_answer: dict[tuple[str, ...], CuratedDraft] = {}
    for row in read_rows(decode(data), ("question", "answer"), _OPTIONAL):
        questions = (row["question"], *row.get("alternatives", "").split("|"))
        rest = tuple(row.get(name, "") for name in ("language", "valid_from", "valid_until"))
        priority = row.get("priority", "").strip() or "0"
        audience = row.get("audience", "").lower()
        key = (row["answer"], *rest, priority, audience)
        before = by_answer.get(key)
        asked = (*before.questions, *questions) if before else questions
        try:
            draft = CuratedDraft(
                asked, row["answer"], *rest, priority=_integer(priority), audience=read_audience("audience", audience)
            )
            by_answer[key] = checked(draft)
        except BadRequest as exc:
            raise Unreadable("BAD_CSV", f'The row of "{row["question"][:60]}": {exc.message}') from None
    if not by_answer:
        raise Unreadable("EMPTY_DOCUMENT", "The file has a header and no rows; add some, or leave it out.")
    return list(by_answer.values())


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadRequest("priority", f"must be a whole number, not {text}.") from None

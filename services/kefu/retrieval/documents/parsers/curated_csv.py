"""
The parser of a CSV of curated answers, with the columns question and answer.

Optional columns are language, alternatives, valid_from, valid_until, priority and audience ("everyone" or "staff").

Several rows with one answer in one language are one curated answer with several questions.
"""

from kefu.common.errors import BadRequest
from kefu.retrieval.documents.charset import decode
from kefu.retrieval.documents.parsed_document import Unreadable
from kefu.retrieval.documents.parsers.qa_pairs import read_rows
from kefu.retrieval.domain.curated_draft import CuratedDraft, checked_draft
from kefu.retrieval.domain.filters import parse_audience

_OPTIONAL = ("language", "alternatives", "valid_from", "valid_until", "priority", "audience")


def parse_curated_csv(data: bytes) -> list[CuratedDraft]:
    """The curated answers in a CSV. Alternatives are separated by "|". Raises Unreadable."""
    by_answer: dict[tuple[str, ...], CuratedDraft] = {}
    for row in read_rows(decode(data), ("question", "answer"), _OPTIONAL):
        questions = (row["question"], *row.get("alternatives", "").split("|"))
        rest = tuple(row.get(name, "") for name in ("language", "valid_from", "valid_until"))
        priority = row.get("priority", "").strip() or "0"
        audience = row.get("audience", "").lower()
        key = (row["answer"], *rest, priority, audience)
        before = by_answer.get(key)
        all_questions = (*before.questions, *questions) if before else questions
        try:
            draft = CuratedDraft(
                all_questions,
                row["answer"],
                *rest,
                priority=_integer(priority),
                audience=parse_audience("audience", audience),
            )
            by_answer[key] = checked_draft(draft)
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

"""Curated answers that share a question: which of them a customer gets is easily not what staff meant."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from kefu.retrieval.domain.curated_draft import CuratedDraft
from kefu.retrieval.storage.records import CuratedRecord
from kefu.text.question_equivalence import text_key
from kefu.text.terminal_text import one_line

_MOST_TOLD = 5
_MOST_CHARACTERS = 60


CuratedText = CuratedDraft | CuratedRecord


def shared_questions(new: Sequence[CuratedText], stored: Iterable[CuratedText]) -> list[str]:
    """Sentences about questions of new answers that belong to another answer, too, in one language and on one day.

    `stored`: those of the collection. A new one takes the place of the stored one of its id.
    """
    ids = {each.id for each in new}
    by_key: defaultdict[str, list[CuratedText]] = defaultdict(list)
    for each in (*(each for each in stored if each.id not in ids), *new):
        for key in {text_key(question) for question in each.questions}:
            by_key[key].append(each)
    told: dict[tuple[str, frozenset[int]], str] = {}
    for one in new:
        for question in one.questions:
            key = text_key(question)
            for other in by_key[key]:
                if other is not one and _overlap(one, other):
                    pair = frozenset((id(one), id(other)))
                    told.setdefault((key, pair), _sentence(question, one, other, is_new=other.id in ids))
    sentences = list(told.values())
    more = len(sentences) - _MOST_TOLD
    return [*sentences[:_MOST_TOLD], f"So it is with {more} more."] if more > 0 else sentences


def _overlap(one: CuratedText, other: CuratedText) -> bool:
    return (
        one.language == other.language
        and not (one.valid_until and other.valid_from and one.valid_until < other.valid_from)
        and not (other.valid_until and one.valid_from and other.valid_until < one.valid_from)
    )


def _sentence(question: str, one: CuratedText, other: CuratedText, *, is_new: bool) -> str:
    asked, said = one_line(question, _MOST_CHARACTERS), one_line(other.answer, _MOST_CHARACTERS)
    if one.id == other.id:
        return f"“{asked}” has another answer in this file, and only the last one is kept: “{said}”."
    where = "has another answer in this file" if is_new else f"is a question of the curated answer {other.id}, too"
    if one.priority == other.priority:
        return f"“{asked}” {where}: “{said}”. Take it out of one of them, or give one the greater priority."
    return f"“{asked}” {where}: “{said}”. Given is the one of priority {max(one.priority, other.priority)}."

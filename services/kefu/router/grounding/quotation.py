"""
Quotation: an answer is followed by the passages' own words, unless it holds them. Nothing that was said is taken back,
and the customer can see what the page says.

A small model rests its answer on the wrong one of two sentences that stand together, or repeats the question. The
sentence that bears most on the question is found without it, and both together are right more often than either
(docs/benchmarks/answers.md). With a larger model a quotation is enough where the passages do not clearly support the
answer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kefu.common.text.chinese import simplified
from kefu.common.text.language import AnswerLanguage, language_of
from kefu.router.domain.turn import Passage, Support
from kefu.router.grounding.lexical_overlap import units_of
from kefu.router.grounding.sentence_selection import Sentence, pieces, ranked_sentences

_CARRIED = 0.75
"""An answer is supported when each of its sentences has this share of its words in one place of the passages."""
_SAID_ALREADY = 0.8
"""A sentence is not quoted when the answer holds this share of what it says beside the question's own words."""
_TOGETHER: dict[AnswerLanguage, int] = {"en": 275, "zh": 110}
"""Characters of an answer and what is quoted behind it; a sentence with less room is quoted in part."""
_RUNS_ON: dict[AnswerLanguage, int] = {"en": 180, "zh": 70}
"""Characters that a quotation has at most when sentences behind the one that is meant are quoted with it."""
_SHORTEST: dict[AnswerLanguage, int] = {"en": 50, "zh": 20}
"""Less than this quotes nothing that helps."""
_LONG = 1000  # characters
_LEAD: dict[AnswerLanguage, str] = {"en": " The page says: “{}”", "zh": "资料原文：“{}”"}
_CLAUSE = re.compile(r"[^,;:，；：、—–()（）]+[,;:，；：、—–()（）]*\s*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_MARKS = re.compile(r"\[\d+\]")
_END = re.compile(r"[.。!！?？…”\"]$")


@dataclass(frozen=True)
class Quotation:
    """What is said behind an answer, and the number of its passage, from 1."""

    text: str
    number: int


def is_supported(question: str, answer: str, supports: Sequence[Support]) -> bool:
    """Whether the passages hold what each sentence says, and the answer says more than the question."""
    if len(answer) > _LONG:
        return True  # whoever reads that much needs no further sentence
    said = simplified(_MARKS.sub("", answer))
    # Pairs of Han characters are new wherever one is left out: characters tell.
    words = {unit for unit in units_of(said) if unit.isascii()} - units_of(question)
    says_more = words or set(_HAN.findall(said)) - set(simplified(question))
    return bool(says_more) and bool(supports) and all(one.share >= _CARRIED for one in supports)


def quotation_for(
    question: str, answer: str, passages: Sequence[Passage], language: AnswerLanguage
) -> Quotation | None:
    """The sentence of the passages that bears most on the question, with those behind it that have room.

    None when the answer holds it, when there is none, or when answer and quotation would be too long to read.
    """
    longest = _TOGETHER[language] - len(answer)
    if longest < _SHORTEST[language]:
        return None
    readable = [(each.language or language_of(each.text)) == language for each in passages]
    best = next((one for one in ranked_sentences(question, passages) if readable[one.passage]), None)
    if best is None:
        return None
    words = units_of(best.text) - units_of(question)
    if not words or len(words & units_of(answer)) >= _SAID_ALREADY * len(words):
        return None
    said = _trimmed(_as_prose(best.text), question, longest)
    if len(said) < longest and "\n" not in best.text:
        said = _run_on(passages[best.passage].text, best, min(longest, _RUNS_ON[language])) or said
    stop = "" if not answer.strip() or _END.search(answer.strip()) else "." if language == "en" else "。"
    return Quotation(stop + _LEAD[language].format(said), best.passage + 1)


def _run_on(text: str, sentence: Sentence, longest: int) -> str:
    """A sentence with as many whole ones behind it as there is room for; rows of tables are none."""
    said = ""
    for start, end, piece in pieces(text):
        if start >= sentence.start:
            longer = " ".join(text[sentence.start : end].split())
            if len(longer) > longest or piece.count("|") >= 2:
                break
            said = longer
    return said


def _as_prose(text: str) -> str:
    """A row of a table as "column: value; column: value"."""
    if "|" not in text or "\n" not in text:
        return text.strip()
    head, row = ([cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.split("\n", 1))
    return "; ".join(f"{name}: {value}" if name else value for name, value in zip(head, row, strict=False) if value)


def _trimmed(sentence: str, question: str, longest: int) -> str:
    """The clauses in a row, as many as may be, that hold most of the question's words."""
    if len(sentence) <= longest:
        return sentence
    asked = units_of(question)
    clauses = [(found.start(), found.end()) for found in _CLAUSE.finditer(sentence)]
    best, kept = -1, sentence[:longest]
    for first, (start, _) in enumerate(clauses):
        ends = [end for _, end in clauses[first:] if end - start <= longest]
        if not ends:
            continue
        part = sentence[start : ends[-1]]
        if (held := len(asked & units_of(part))) > best:
            best, kept = held, ("… " if start else "") + part.strip() + (" …" if ends[-1] < len(sentence) else "")
    return kept

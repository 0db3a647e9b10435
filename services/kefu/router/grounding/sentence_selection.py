"""
Sentence selection by words alone: which sentence of some passages bears most on a question, in a millisecond.

An excerpt is cut from one passage without the model: an answer for when no replica can be had.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kefu.router.domain.turn import Passage
from kefu.router.grounding.lexical_overlap import sentences, share, units_of, units_of_passage
from kefu.router.grounding.question_kind import asks_for_figure

_LONGEST = 320  # characters
_NEIGHBOUR = 0.3
"""What a sentence gains from the one beside it: "It takes five days" stands after the sentence that names it."""
_FURTHER_DOWN = 0.1
"""What a sentence loses for each passage that was found before its own."""
_FIGURE = 0.3
"""What a sentence gains that has a figure of its own when the question asks for one."""
_NO_RULE = re.compile(r"[^\s|:\-]")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


@dataclass(frozen=True)
class Sentence:
    """One sentence of a passage, and how much it bears on the question; comparable within one question only."""

    passage: int
    """Index in the passages given."""
    start: int
    end: int
    text: str
    """With the head of its table in front, if it is a row of one."""
    score: float


def ranked_sentences(question: str, passages: Sequence[Passage]) -> list[Sentence]:
    """All sentences of the passages, those that bear most on the question first."""
    found = [(index, *piece) for index, passage in enumerate(passages) for piece in pieces(passage.text)]
    asked = units_of(question)
    held = [units_of_passage(text) for _, _, _, text in found]
    weights = _rarity(asked, held)
    total = math.fsum(weights.values()) or 1.0
    # Not sum(): the order of a set differs from process to process, and sentences that are equal would with it.
    own = [math.fsum(weights[unit] for unit in asked & units) / total for units in held]
    figures = frozenset(_NUMBER.findall(question)) if asks_for_figure(question) else None
    ranked: list[Sentence] = []
    for at, (index, start, end, text) in enumerate(found):
        beside = max((own[n] for n in (at - 1, at + 1) if 0 <= n < len(found) and found[n][0] == index), default=0.0)
        score = own[at] + _NEIGHBOUR * beside - _FURTHER_DOWN * index
        if figures is not None and not figures.issuperset(_NUMBER.findall(text)):
            score += _FIGURE
        ranked.append(Sentence(index, start, end, text, score))
    return sorted(ranked, key=lambda sentence: -sentence.score)


def best_sentence(question: str, passages: Sequence[Passage]) -> Sentence | None:
    """The sentence that bears most on the question; None without any passage."""
    return next(iter(ranked_sentences(question, passages)), None)


def _rarity(asked: frozenset[str], held: Iterable[frozenset[str]]) -> dict[str, float]:
    """Words of the question by how few of the sentences have them; 0 for one that none has."""
    sentences_held = list(held)
    holders = Counter(unit for units in sentences_held for unit in units & asked)
    return {unit: math.log(1 + len(sentences_held) / holders[unit]) if holders[unit] else 0.0 for unit in asked}


@lru_cache(maxsize=2048)
def pieces(text: str) -> tuple[tuple[int, int, str], ...]:
    """Begin, end and text of each sentence or row of a passage's table; a row has the head of its table in front.

    Passages are found again and again, so their pieces are remembered.
    """
    return tuple(_pieces(text))


def _pieces(text: str) -> Iterator[tuple[int, int, str]]:
    begin, head = 0, ""
    for line in text.splitlines(keepends=True):
        if line.count("|") >= 2:  # a row says nothing without the names of its columns
            row = line.strip()
            if _NO_RULE.search(row):
                yield begin, begin + len(line.rstrip()), f"{head}\n{row}" if head else row
            head = head or row
        else:
            head = ""
            yield from ((begin + start, begin + end, line[start:end]) for start, end in sentences(line))
        begin += len(line)


def excerpt(passage: Passage, question: str) -> str:
    """The part of a passage that bears most on the question: whole sentences, of at most 320 characters or one."""
    spans = list(sentences(passage.text))
    if not spans:
        return passage.text.strip()[:_LONGEST]
    asked = units_of(question)
    parts = [share(asked, units_of(passage.text[start:end])) for start, end in spans]
    first = parts.index(max(parts))
    start, end = spans[first]
    for _, next_end in spans[first + 1 :]:
        if next_end - start > _LONGEST:
            break
        end = next_end
    return passage.text[start:end]

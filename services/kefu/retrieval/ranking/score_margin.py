"""
How far the document that a question finds first stands apart from the next ones.

Where several documents are about as good, the subject is treated and the question perhaps not answered. A message's
subject line, when it has one, counts as much as the whole message: it says in short what is asked. Documents under the
same question (several answers to it) are one, and so are those with the same words: that they are near each other
speaks for an answer. Documents under the same title are not: which of several editions is meant stays open.
"""

import re
from collections.abc import Iterable

from kefu.retrieval.index.passage_index import PassageEntry

DEFAULT_MARGIN = 0.05
"""Where there is no other document."""
BM25_WEIGHT = 0.1
"""What the words count, as a share of BM25's bound, beside the score."""
_NEXT_DOCUMENTS = 3  # documents that the first one is compared with
_SUBJECT_LINE = re.compile(r"\s*(\S[^\n]*[^\s,，、:：])[^\S\n]*\n\s*\n\s*\S")  # a salute ends with a comma or colon


def subject_line(text: str) -> str:
    """The first line of a message when an empty one follows it, as in a ticket or a mail; empty without one."""
    found = _SUBJECT_LINE.match(text)
    return found[1] if found else ""


def score_margin(scored: Iterable[tuple[float, int, PassageEntry]]) -> float:
    """By how much the best document exceeds the mean of the next three: passages, each with its value and the place of
    its collection.
    """
    found: list[float] = []
    seen: set[tuple[int, str, object]] = set()
    for value, place, entry in sorted(scored, key=lambda one: -one[0]):
        same = {(place, "document", entry.document), (place, "words", entry.words_hash)}
        if entry.header is not None and entry.header.is_question:
            same.add((place, "question", entry.header.hash))
        if seen.isdisjoint(same):
            found.append(value)
        seen |= same
        if len(found) > _NEXT_DOCUMENTS:
            break
    if len(found) < 2:
        return DEFAULT_MARGIN
    best, *others = found
    return best - sum(others) / len(others)

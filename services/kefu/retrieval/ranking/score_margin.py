"""
Score margin: the best document's score less the mean of the next three.

A small margin means that several documents are about as good: they treat the subject, and perhaps do not answer the
question. The subject line of a message counts as much as the whole message, because it says in short what is asked.
Documents under the same question are one document here, and so are documents with the same words. Several answers to
one question are near each other, and that speaks for an answer. Documents under the same title stay separate: it is
open which of several editions is meant.
"""

from collections.abc import Iterable

from kefu.retrieval.index.passage_index import PassageEntry

DEFAULT_MARGIN = 0.05
"""The margin where there is no second document."""
BM25_WEIGHT = 0.1
"""Weight of relative BM25 (0 to 1) beside the score."""
_NEXT_DOCUMENTS = 3  # documents whose mean the best one is compared with
_SALUTE_END = tuple(",，、:：")


def subject_line(text: str) -> str:
    """The first line of a message if an empty line follows, as in a ticket or a mail; else empty."""
    first, _, rest = text.strip().partition("\n")
    line = first.rstrip()
    blanks = rest[: len(rest) - len(rest.lstrip())]
    return line if len(line) > 1 and "\n" in blanks and not line.endswith(_SALUTE_END) else ""


def score_margin(scored: Iterable[tuple[float, int, PassageEntry]]) -> float:
    """The score margin of some passages. `scored` holds (score, number of the collection, passage), the best first."""
    best_scores: list[float] = []
    seen: set[tuple[int, str, object]] = set()
    for score, collection, entry in scored:
        same = {(collection, "document", entry.document), (collection, "words", entry.words_hash)}
        if entry.header is not None and entry.header.is_question:
            same.add((collection, "question", entry.header.hash))
        if seen.isdisjoint(same):
            best_scores.append(score)
        seen |= same
        if len(best_scores) > _NEXT_DOCUMENTS:
            break
    if len(best_scores) < 2:
        return DEFAULT_MARGIN
    best, *others = best_scores
    return best - sum(others) / len(others)

"""
How far the document that a question finds first stands apart from the next ones.

Where several documents are about as good, the subject is treated and the question perhaps not answered. A message's
subject line, when it has one, counts as much as the whole message: it says in short what is asked. Documents under the
same question (several answers to it) are one, and so are those with the same words: that they are near each other
speaks for an answer. Documents under the same title are not: which of several editions is meant stays open.
"""

import re

from kefu.retrieval.comparing import WEIGHTS, Question, WordScores, compare, score
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.evaluation import Evaluation
from kefu.retrieval.heads import Head
from kefu.retrieval.passage_index import Entry
from kefu.retrieval.scorer import Scored

USUALLY = 0.05
"""Where there is no other document."""
_NEXT = 3  # documents that the first one is compared with
_DEEP = 100  # passages looked at
_WORDS = 0.1  # what the words count, as a share of BM25's bound, beside the score
_SUBJECT = re.compile(r"\s*(\S[^\n]*[^\s,，、:：])[^\S\n]*\n\s*\n\s*\S")  # a salute ends with a comma or colon


def subject_of(text: str) -> str:
    """The first line of a message when an empty one follows it, as in a ticket or a mail; empty without one."""
    found = _SUBJECT.match(text)
    return found[1] if found else ""


def apart(evaluation: Evaluation, question: Question, text: str) -> float:
    """By how much the best document's score exceeds the mean of the next three; `text` is the question's."""
    hits = evaluation.ranking(question, count=_DEEP)
    if not hits:
        return USUALLY
    entries = [hit.entry for hit in hits]
    scores, words = _measured(evaluation, question, entries)
    of_subject = scores
    if subject := subject_of(text):
        of_subject, _ = _measured(evaluation, evaluation.ask(subject), entries)
    values: list[float] = ((scores + of_subject) / 2 + _WORDS * words).tolist()
    best, *others = _by_document(hits, values)
    return best - sum(others) / len(others) if others else USUALLY


def _measured(evaluation: Evaluation, question: Question, entries: list[Entry]) -> tuple[Vectors, Vectors]:
    index = evaluation.index
    compared = compare(index, question, WordScores.of(index, question), entries)
    return score(index, question, compared, WEIGHTS), compared.relative


def _by_document(hits: list[Scored], values: list[float]) -> list[float]:
    """The best value of the first documents, best first, each once."""
    found: list[float] = []
    seen: set[str | Head] = set()
    for value, hit in sorted(zip(values, hits, strict=True), key=lambda pair: -pair[0]):
        entries = (hit.entry, *hit.same)
        asked = {entry.head for entry in entries if entry.head is not None and entry.head.asks}
        same = {entry.document for entry in entries} | asked
        if seen.isdisjoint(same):
            found.append(value)
        seen |= same
        if len(found) > _NEXT:
            break
    return found

"""
Claimed polarity: a sentence of the model must not say "yes" where the evidence says "no", nor lose or invent a "not".

Two readings, since each misses what the other finds. What the sentence says to the customer's yes/no question must be
what the evidence says to it for certain: a model's own "yes" is worth nothing. And a clause must have the "not",
"only" and "except" of the evidence's clause that it repeats.
"""

from collections.abc import Iterable
from typing import Literal

from kefu.common.text.citations import without_citations
from kefu.router.grounding.polarity_signals import marked_clauses
from kefu.router.grounding.stated_polarity import statements

_REPEATS = 0.5
"""A clause repeats another one that holds this share of its words."""

_MOST_CLAUSES = 40
"""Of a text: each of the sentence is compared with each of the evidence."""


def claims_otherwise(question: str, sentence: str, certain: Literal["yes", "no"] | None, *, opening: bool) -> bool:
    """Whether a sentence says yes or no to the question, and the evidence does not say the same for certain.

    `opening`: it is the first of the answer.
    """
    return any(one.polarity != certain for one in statements(question, without_citations(sentence), opening=opening))


def turns_meaning(sentence: str, evidence: Iterable[str]) -> bool:
    """Whether a clause has a "not", "only" or "except" that the evidence's has not, or lacks one that it has.

    A clause that repeats several of the evidence goes with the one that shares most words with it.
    """
    theirs = [clause for text in evidence for clause in marked_clauses(text)[:_MOST_CLAUSES]]
    for ours in marked_clauses(without_citations(sentence))[:_MOST_CLAUSES]:
        near = [
            (clause.words & ours.words, clause.marks)
            for clause in theirs
            if len(clause.words & ours.words) >= _REPEATS * len(ours.words)
        ]
        same = [common for common, marks in near if marks == ours.marks]
        if any(marks != ours.marks and not any(common <= other for other in same) for common, marks in near):
            return True
    return False

"""
Search memory: what was found for questions that were asked before, for as long as the collections stay as they are.

A question is kept as a digest of it, for what customers wrote is not to stay in memory. For the same reason a result
that holds words of the question is not remembered: its reading, or what tells it from a curated answer's.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

from prometheus_client import Counter

from kefu.retrieval.domain.filters import SearchFilter

ResultT = TypeVar("ResultT")
RECALLED = Counter("kefu_searches_recalled", "Searches whose result was known from an equal question.")
MOST_RESULTS = 2_048
"""Results that are remembered, of about 10 KB each."""


class SearchMemory(Generic[ResultT]):
    """Results by question, the one that was asked longest ago first to go."""

    def __init__(self, most_results: int = MOST_RESULTS) -> None:
        self._most_results = most_results
        self._results: OrderedDict[bytes, tuple[Hashable, ResultT]] = OrderedDict()

    def recall(self, question: bytes, state: Hashable) -> ResultT | None:
        """The result for a question (see `question_digest`), if it was found in the same state of the collections."""
        known = self._results.get(question)
        if known is None or known[0] != state:
            return None
        self._results.move_to_end(question)
        RECALLED.inc()
        return known[1]

    def remember(self, question: bytes, state: Hashable, result: ResultT) -> None:
        """Remember a result. `state`: of the collections, as it was before the search."""
        self._results[question] = state, result
        self._results.move_to_end(question)
        if len(self._results) > self._most_results:
            self._results.popitem(last=False)


def question_digest(
    text: str, previous_question: str, collections: Sequence[str], count: int, search_filter: SearchFilter
) -> bytes:
    """A digest of all that a search is asked with."""
    asked = (text, previous_question, tuple(collections), count, search_filter.day, search_filter.audience.value)
    narrowed = (sorted(search_filter.languages), search_filter.metadata)
    return hashlib.blake2b(repr((asked, narrowed)).encode("utf-8", "surrogatepass"), digest_size=16).digest()

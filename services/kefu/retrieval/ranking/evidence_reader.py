"""
The evidence reader: a cross-encoder that reads parts of passages together with the question, for the router to choose
an answer's evidence by. It says of each how likely it answers the question.

What was read lately is remembered: by a digest, for what customers wrote is not to stay in memory.
"""

import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from prometheus_client import Counter

from kefu.retrieval.embedders.embedder import question_form
from kefu.retrieval.ranking.timed_pairs import Pair, TimedPairs
from kefu.text.chinese import simplified

EVIDENCE_READ = Counter(
    "kefu_evidence_read_total",
    "Questions whose evidence was read, was known from an equal question, or was not read, by outcome.",
    ("outcome",),
)
_MOST_REMEMBERED = 50_000
"""Readings that are remembered, of about 200 bytes each: four thousand questions."""


class EvidenceReader(Protocol):
    """Reads questions and texts together."""

    @property
    def id(self) -> str:
        """Id of the model. Log-odds of two ids cannot be compared."""
        ...

    @property
    def batch_size(self) -> int:
        """Most pairs in one call of `read`."""
        ...

    def read(self, pairs: Sequence[Pair]) -> list[float]:
        """Of each pair, the log-odds that the text answers the question. Blocks."""
        ...


class TimeLimitedReader:
    """An evidence reader with a time limit, made with `open`; see TimedPairs."""

    def __init__(self, pairs: TimedPairs[float], reader_id: str, most_remembered: int) -> None:
        self.id = reader_id
        self._pairs = pairs
        self._most_remembered = most_remembered
        self._remembered: OrderedDict[bytes, float] = OrderedDict()
        """Log-odds by digest of the pair, the one that was asked for longest ago first."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, reader: EvidenceReader, seconds: float, most_remembered: int = _MOST_REMEMBERED
    ) -> AsyncIterator["TimeLimitedReader"]:
        """The reader while the block runs, with `seconds` at most for each question."""
        async with TimedPairs[float].open("read-evidence", reader.read, lambda: reader.batch_size, seconds) as pairs:
            yield cls(pairs, reader.id, most_remembered)

    async def readings(
        self, question: str, texts: Sequence[str], seconds: float | None = None, *, known_only: bool = False
    ) -> list[float] | None:
        """Log-odds for each text; None when they do not come within the time limit, or within `seconds` if that is
        less. `known_only`: None unless all of them are remembered.
        """
        asked = question_form(question)
        digests = {simplified(text): _digest(Pair(asked, simplified(text))) for text in texts}
        found = {text: odds for text, digest in digests.items() if (odds := self._recall(digest)) is not None}
        missing = [text for text in digests if text not in found]
        if missing:
            read = None if known_only else await self._pairs.results(asked, missing, seconds)
            if read is None:
                EVIDENCE_READ.labels("skipped").inc()
                return None
            for text, odds in zip(missing, read, strict=True):
                self._remember(digests[text], odds)
            found |= zip(missing, read, strict=True)
        EVIDENCE_READ.labels("done" if missing else "known").inc()
        return [found[simplified(text)] for text in texts]

    def _recall(self, digest: bytes) -> float | None:
        odds = self._remembered.get(digest)
        if odds is not None:
            self._remembered.move_to_end(digest)
        return odds

    def _remember(self, digest: bytes, odds: float) -> None:
        self._remembered[digest] = odds
        if len(self._remembered) > self._most_remembered:
            self._remembered.popitem(last=False)


def _digest(pair: Pair) -> bytes:
    asked = hashlib.blake2b(pair.question.encode(), digest_size=16).digest()
    return hashlib.blake2b(asked + pair.passage.encode(), digest_size=16).digest()

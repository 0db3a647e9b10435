"""
The evidence reader: a cross-encoder that reads parts of passages together with the question, for the router to choose
an answer's evidence by. It says of each how likely it answers the question.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from prometheus_client import Counter

from kefu.common.text.chinese import simplified
from kefu.retrieval.embedders.base import question_form
from kefu.retrieval.ranking.timed_pairs import Pair, TimedPairs

EVIDENCE_READ = Counter(
    "kefu_evidence_read_total", "Questions whose evidence was read, or not for want of time, by outcome.", ("outcome",)
)


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

    def __init__(self, pairs: TimedPairs[float], reader_id: str) -> None:
        self.id = reader_id
        self._pairs = pairs

    @classmethod
    @asynccontextmanager
    async def open(cls, reader: EvidenceReader, seconds: float) -> AsyncIterator["TimeLimitedReader"]:
        """The reader while the block runs, with `seconds` at most for each question."""
        async with TimedPairs[float].open("read-evidence", reader.read, lambda: reader.batch_size, seconds) as pairs:
            yield cls(pairs, reader.id)

    async def readings(self, question: str, texts: Sequence[str], seconds: float | None = None) -> list[float] | None:
        """Log-odds for each text; None when they do not come within the time limit, or within `seconds` if that is
        less.
        """
        asked = question_form(question)
        found = await self._pairs.results(asked, [simplified(text) for text in texts], seconds)
        EVIDENCE_READ.labels("skipped" if found is None else "done").inc()
        return found

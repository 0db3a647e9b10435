"""
The chunk header of a passage: the title and headings above it, embedded beside its text.

In a list of questions and answers the header is the question, and a customer's question resembles it more than the
answer. A title says less. It has a small weight, and none where several documents share it, because then it cannot tell
them apart.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

_QUESTION = re.compile(
    r"[?？]\s*$|(?:吗|呢|么)\s*$|怎么|怎样|如何|什么|为何|为啥|多少|哪|是否|能否|可否|几(?![何乎])|谁|多久|多长|多大"
    r"|^\s*(?:(?:how|what|why|when|where|who|which)\s+)?(?:to|can|could|do|does|did|is|are|should|will|may|must|am)\s+\S+\s+\S",
    re.IGNORECASE,
)
_MIN_CHARACTERS = 5  # characters: 多久 above a table is a heading, and no question that stands alone


class ChunkHeader(NamedTuple):
    """What a search needs of a chunk header."""

    hash: int
    """Salted hash of the text: equal for equal headers of one collection."""
    is_question: bool
    """Whether the header is a question that can stand alone."""


def chunk_header_text(title: str, headings: Sequence[str]) -> str:
    """Title and headings as one text, or the innermost line alone when it is a question. Empty without any."""
    lines = [line for line in (title, *headings) if line.strip()]
    if lines and is_standalone_question(lines[-1]):
        return lines[-1].strip()
    return "\n".join(filter(None, (title, " > ".join(headings)))).strip()


def is_standalone_question(text: str) -> bool:
    """Whether a text has the form of a Chinese or English question that can stand alone; "How long" has not."""
    return len(text.strip()) >= _MIN_CHARACTERS and _QUESTION.search(text) is not None

"""Text cut from a passage without the model: an answer for when no replica can be had."""

from kefu.router.model import Passage
from kefu.router.overlap import sentences, share, units_of

_LONGEST = 320  # characters


def excerpt(passage: Passage, question: str) -> str:
    """The part of a passage that bears most on the question, in whole sentences, at most 320 characters or one."""
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

"""Citations in a text, such as "[1]"."""

import re

_CITATION = re.compile(r"[\[【［]\s*\d{1,3}\s*[\]】］]")


def without_citations(text: str) -> str:
    """A text without its citations."""
    return _CITATION.sub("", text)

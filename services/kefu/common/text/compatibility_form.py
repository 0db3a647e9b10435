"""The compatibility form of a text (Unicode NFKC), with a bound on its length."""

import unicodedata

_GROWS_AT_MOST = 2
"""Times. Ordinary text hardly grows: "℃" and "ﬁ" become two characters. "ﷺ" alone becomes eighteen."""
_MAY_GROW_BY = 64  # characters, for a short text of such signs


def compatibility_form(text: str) -> str:
    """A text in NFKC: full-width letters and digits become plain, ligatures their letters.

    The result has at most twice as many characters as the text, and 64. What is beyond that is cut off: whatever reads
    customers' text afterwards can rely on the length that was checked before.
    """
    return unicodedata.normalize("NFKC", text)[: _GROWS_AT_MOST * len(text) + _MAY_GROW_BY]

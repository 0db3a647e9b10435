"""The compatibility form of a text (Unicode NFKC), with a bound on its length."""

import re
import unicodedata

_GROWS_AT_MOST = 4
"""Characters that may come of one: "…" gives three, "⑽" four. "ﷺ" would give eighteen, and stays as it is."""
_GROWS_MORE = re.compile(
    "([{}]+)".format(
        "".join(
            character
            for character in map(chr, (*range(0x3300, 0x3400), *range(0xFDF0, 0xFE00)))
            if len(unicodedata.normalize("NFKC", character)) > _GROWS_AT_MOST
        )
    )
)


def compatibility_form(text: str) -> str:
    """A text in NFKC: full-width letters and digits become plain, ligatures their letters.

    The result has at most four times as many characters as the text. Nothing is cut off: what stands behind a thousand
    signs is read as well.
    """
    return "".join(
        part if at % 2 else unicodedata.normalize("NFKC", part) for at, part in enumerate(_GROWS_MORE.split(text))
    )

"""NFKC, and no character becomes many."""

import sys
import unicodedata

from kefu.text.compatibility_form import compatibility_form
from tests.support.table import table


@table(
    ("text", "form"),
    [
        ("ＡＢＣ１２", "ABC12"),
        ("℃ ﬁ…", "°C fi..."),
        ("e\u0301", "é"),
        ("㍿⑽", "株式会社(10)"),
        ("\ufdfaＡ", "\ufdfaA"),
        ("", ""),
    ],
)
def test_a_text_is_brought_to_its_plain_form(text: str, form: str) -> None:
    assert compatibility_form(text) == form


def test_no_character_becomes_more_than_four() -> None:
    characters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    longest = max(characters, key=lambda each: len(compatibility_form(each)))
    assert len(compatibility_form(longest)) == 4
    assert len(unicodedata.normalize("NFKC", "\ufdfa")) == 18

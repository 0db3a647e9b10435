"""
The language packs. A third language is a folder beside `en` and `zh`, and a line here.

Rules know the letters of their languages only. `has_unknown_letters` tells a text that says something in others, which
no rule may leave out.
"""

import re

from kefu.text.en.pack import ENGLISH
from kefu.text.language_pack import LanguagePack
from kefu.text.zh.pack import CHINESE

LANGUAGE_PACKS: tuple[LanguagePack, ...] = (CHINESE, ENGLISH)
"""By precedence: "iPhone 保修多久" is Chinese. The last one takes what has no letters at all."""

_CURRENCIES_AND_DEGREE = "£€¥°"
_OTHER = f"^\\x00-\\x7f{_CURRENCIES_AND_DEGREE}"
_UNKNOWN = re.compile(f"[{_OTHER}{''.join(pack.letters for pack in LANGUAGE_PACKS)}]|[{_OTHER}\\w]")
"""Of what a pack names, a character may be younger than Python's tables; then no rule sees a letter in it."""


def language_pack_of(text: str) -> LanguagePack:
    """The pack whose rules read a text in lower case."""
    return next((pack for pack in LANGUAGE_PACKS if pack.reads(text)), LANGUAGE_PACKS[-1])


def has_unknown_letters(text: str) -> bool:
    """Whether a text has a letter, a mark or a symbol that no pack knows. Its punctuation must be ASCII."""
    return _UNKNOWN.search(text) is not None

"""Which language a text is in, by its script: the answer follows the question."""

import re
from typing import Literal

Language = Literal["zh", "en"]

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’][A-Za-z]+)?")
_OTHER_LETTER = re.compile(r"[^\W\d_]")


def language_of(text: str) -> Language | None:
    """The language to answer in; None when the text has no letters at all ("???", "1234").

    A Han character weighs as much as a Latin word, so "VIP 会员怎么升级" is Chinese and "how do I buy 茅台" is not.
    Other scripts are answered in English.
    """
    han, words = len(_HAN.findall(text)), len(_WORD.findall(text))
    if han == words == 0:
        return "en" if _OTHER_LETTER.search(text) else None
    return "zh" if han >= words else "en"


def han_characters(text: str) -> int:
    """How many Han characters a text has."""
    return len(_HAN.findall(text))

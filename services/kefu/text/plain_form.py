"""Plain form: a message without what says nothing of the matter, and in standard forms for what is typed in a hurry.

The lists stand with each language's pack. They hold what no dictionary and no distance between words can tell: "u",
"gonna", 咋, "quick question:". Misspelt words are mended elsewhere, against the words of a collection.
"""

import re

from kefu.text.language_packs import LANGUAGE_PACKS

_WORD = re.compile(r"(?<![\w'’.@/#&+-])[A-Za-z0-9]+(?![\w'’@/#&+-]|\.\w)")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_LEAST_DRAWN_OUT = 5
"""Letters of a word that may be drawn out: "xxxl" is a size."""
_FORMS = {short: form for pack in LANGUAGE_PACKS for short, form in pack.colloquial.standard_forms.items()}
_BLANKS = re.compile(r"[ \t]++")
_BLANK_BEFORE_MARK = re.compile(r" (?=[,.!?，。！？])")


def plain_form(text: str) -> str:
    """A text in its plain form. What would be left empty, such as a greeting alone, stays as it is.

    Codes, addresses and words with digits stay to the letter.
    """
    for pack in LANGUAGE_PACKS:
        for pattern, by in pack.colloquial.rewrites:
            text = pattern.sub(by, text)
    plain = text = _WORD.sub(_standard_form, text)
    for pack in LANGUAGE_PACKS:
        plain = pack.colloquial.manners.sub(" ", plain)
    plain = _BLANK_BEFORE_MARK.sub("", _BLANKS.sub(" ", plain)).strip(" ,，;；:：")
    return plain if any(character.isalnum() for character in plain) else text


def _standard_form(word: re.Match[str]) -> str:
    found = word[0]
    if len(found) >= _LEAST_DRAWN_OUT and found.islower():
        found = _DRAWN_OUT.sub(r"\1\1", found)
    return _FORMS.get(found.lower(), found)

"""Normalization of messages as people type them: for matching intents and topics, not for searching."""

import re
from collections.abc import Iterator

from kefu.router.nlu.packs import PACKS
from kefu.text.chinese import simplified
from kefu.text.compatibility_form import compatibility_form
from kefu.text.language_packs import LANGUAGE_PACKS

_VARIANTS = {character: plain for pack in PACKS for character, plain in pack.variants.items()}
_CORRECTED = {
    **{short: form.lower() for pack in LANGUAGE_PACKS for short, form in pack.colloquial.standard_forms.items()},
    **{wrong: right for pack in PACKS for right, typed in pack.misspelt.items() for wrong in typed.split()},
}
"""Short forms, which a search reads in the same way, and slips in words of manners and requests."""
_SLIPS = [pack.slips for pack in PACKS if pack.slips is not None]
_LATIN_WORD = re.compile(r"[a-z0-9'-]+")
_AGAIN = re.compile(r"([^\W\d_])\1{2,}")  # digits excepted: 666 is no 6


def normalize(text: str) -> str:
    """
    Simplified characters, NFKC, lower case, usual slips put right, single blanks.

    Linear in the text's length, and bounded by it: see `compatibility_form`.
    """
    return _corrected(compatibility_form(simplified(text)).lower().replace("’", "'").translate(_VARIANTS))


def readings(segment: str) -> Iterator[str]:
    """A normalized segment, then with letters that are drawn out said twice and once: "hellooo", "gooood", "好好好"."""
    yield segment
    if _AGAIN.search(segment):
        for times in (r"\1\1", r"\1"):
            yield _corrected(_AGAIN.sub(times, segment))


def _corrected(text: str) -> str:
    """A text with the usual slips put right, and single blanks."""
    for slips in _SLIPS:
        text = slips.sub(lambda slip: _CORRECTED[slip[0]], text)
    return " ".join(_LATIN_WORD.sub(lambda word: _CORRECTED.get(word[0], word[0]), text).split())

"""The judgement of a page's text layer: whether it says what the page shows."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from kefu.retrieval.documents.parsers.pdf.lines import unnamed_share

_LEAST_LETTERS = 10
_MOST_ODD = 0.3
_LEAST_WORDS = 15
_COVERING = 0.8  # of the page: a picture below the text is a scan with a text layer of somebody's OCR
_OUTLINED = 150  # curves without letters: text that was turned into outlines
_INNER_MARK = re.compile(r"[^\W_](?:[^\w\s.,:;/'’@&+%°-]|_)++[^\W_]")
_SWITCH = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_VOWEL = re.compile(r"[aeiouyäöüáéíóúàèìòùâêîôûåæøœ]", re.IGNORECASE)


def needs_recognition(texts: Sequence[str], page: Any) -> bool:
    """Whether a page's text layer is missing or says something else than the page shows.

    Args:
        texts: its lines.
        page: of pdfplumber, for its pictures and curves.
    """
    letters = sum(len("".join(text.split())) for text in texts)
    if letters < _LEAST_LETTERS:
        return bool(page.images) or len(page.curves) >= _OUTLINED
    return is_garbled(texts) or (_is_covered(page) and has_broken_words(texts))


def is_garbled(texts: Sequence[str]) -> bool:
    """Whether too many characters have no meaning: unnamed, private, or of a wrong character set."""
    if unnamed_share(texts) > _MOST_ODD:
        return True
    characters = [character for text in texts for character in text if not character.isspace()]
    odd = sum(unicodedata.category(each) in ("Cc", "Cn", "Co") or each == "\ufffd" for each in characters)
    latin = sum("\u0080" <= each <= "\u00ff" for each in characters)  # UTF-8 that was read as Latin-1 is full of them
    return odd > _MOST_ODD * len(characters) or latin > 0.4 * len(characters)


def has_broken_words(texts: Iterable[str]) -> bool:
    """Whether too many words in Latin letters cannot be words, as of a poor text recognition."""
    words = [word for text in texts for word in text.split() if any("a" <= each <= "z" for each in word.lower())]
    return len(words) >= _LEAST_WORDS and sum(map(_is_broken, words)) > _MOST_ODD * len(words)


def _is_broken(word: str) -> bool:
    word = word[:60]
    if _INNER_MARK.search(word) or len(_SWITCH.findall(word)) >= 3:
        return True
    letters = word.strip(".,;:!?()[]\"'")
    return (
        len(letters) >= 5
        and letters.isascii()
        and letters.isalpha()
        and letters.islower()
        and not _VOWEL.search(letters)
    )


def _is_covered(page: Any) -> bool:
    area = float(page.width) * float(page.height)
    return any(
        (image["x1"] - image["x0"]) * (image["bottom"] - image["top"]) >= _COVERING * area for image in page.images
    )

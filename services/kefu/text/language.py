"""Language detection by script: cheap, and right where Chinese and English have to be told apart."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

AnswerLanguage = Literal["zh", "en"]
"""The languages in which Kefu answers."""

UNKNOWN = "und"
"""The code of a text without letters, or in a script that is not told apart here (ISO 639-2: undetermined)."""

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN_LETTER = r"A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a"
_WEIGHED: Mapping[str, re.Pattern[str]] = {
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"),
    "zh": _HAN,
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
    "hi": re.compile(r"[\u0900-\u097f]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    "en": re.compile(rf"[{_LATIN_LETTER}]+(?:['’][{_LATIN_LETTER}]+)*"),
}
_LETTER = re.compile(r"[^\W\d_]")
_SAMPLE_CHARACTERS = 4_000  # characters; the beginning of a long document says enough


def language_of(text: str) -> str:
    """The ISO 639-1 code of a text's language, by its script; UNKNOWN without letters.

    A Han character weighs as much as a Latin word: "iPhone 保修多久" is Chinese, "how do I buy 茅台" is not. A tenth of
    kana beside the Han makes Japanese. Languages in Latin script are not told apart: all of them are "en". Only the
    first 4,000 characters count.
    """
    return _heaviest(_weights(text[:_SAMPLE_CHARACTERS]))


def answer_language(text: str) -> AnswerLanguage | None:
    """The language in which to answer a text; None for a text without words ("???", "1234", "SL2026-0042").

    Chinese is answered in Chinese, and so is Japanese with at least as much Han as Latin. For kana may be a shop's name
    in a Chinese question ("优の良品怎么退"). All else is answered in English.
    """
    weights = _weights(text[:_SAMPLE_CHARACTERS])
    language = _heaviest(weights)
    if language == "zh" or (language == "ja" and weights["zh"] >= max(weights["en"], 1)):
        return "zh"
    words = (word for word in text.split() if not any(map(str.isdigit, word)))
    return "en" if any(map(_LETTER.search, words)) else None


def han_characters(text: str) -> int:
    """The number of Han characters in a whole text."""
    return len(_HAN.findall(text))


@lru_cache(maxsize=64)
def _weights(sample: str) -> Mapping[str, int]:
    """Weights of the languages, remembered: a question is asked for its language several times in a turn."""
    return {code: len(pattern.findall(sample)) for code, pattern in _WEIGHED.items()}


def _heaviest(weights: Mapping[str, int]) -> str:
    japanese = weights["ja"] + weights["zh"] if weights["ja"] * 10 > weights["zh"] else weights["ja"]
    weights = {**weights, "ja": japanese}
    best = max(weights, key=lambda code: weights[code])
    return best if weights[best] else UNKNOWN

"""Which language a text is in, by its script: cheap, and right where Chinese and English have to be told apart."""

import re
from collections.abc import Mapping

UNKNOWN = "und"
"""No letters at all (ISO 639-2: undetermined)."""

_SCRIPTS: Mapping[str, re.Pattern[str]] = {
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"),
    "zh": re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
    "hi": re.compile(r"[\u0900-\u097f]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
}
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_LOOK_AT = 4_000  # characters; the beginning of a long document says enough


def language_of(text: str) -> str:
    """An ISO 639-1 code by script, "und" without letters.

    A Han character weighs as much as a Latin word, so that "iPhone 保修多久" is Chinese; a tenth of kana beside the Han
    makes Japanese. Languages in Latin script are not told apart: all of them are "en".
    """
    sample = text[:_LOOK_AT]
    weights = {code: len(pattern.findall(sample)) for code, pattern in _SCRIPTS.items()}
    weights["en"] = len(_LATIN.findall(sample))
    if weights["ja"] * 10 > weights["zh"] > 0:
        weights["ja"] += weights["zh"]
    best = max(weights, key=lambda code: weights[code])
    return best if weights[best] else UNKNOWN

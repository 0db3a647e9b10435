"""Simplified and traditional Chinese: detection, and conversion by OpenCC."""

import re
from functools import cache, lru_cache
from typing import Any

_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


@cache
def _converter(name: str) -> Any:
    import opencc  # pyright: ignore[reportMissingTypeStubs] - loads its dictionaries: only where Chinese is met

    return opencc.OpenCC(name)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def simplified(text: str) -> str:
    """Traditional characters as simplified ones. Text without Han characters, Japanese and Korean stay as they are."""
    if not _HAN.search(text) or _KANA_OR_HANGUL.search(text):
        return text
    return str(_converter("t2s").convert(text))


def traditional(text: str) -> str:
    """Simplified characters as traditional ones, one for one. Only for text that is known to be Chinese."""
    return text if not _HAN.search(text) else str(_converter("s2t").convert(text))


@lru_cache(maxsize=2048)
def is_traditional(text: str) -> bool:
    """Whether a Chinese text is written in traditional characters.

    It is if a conversion to simplified would change more characters than one to traditional. What was found is
    remembered, since the same passages are found again and again.
    """
    if not _HAN.search(text) or _KANA_OR_HANGUL.search(text):
        return False
    as_simplified, as_traditional = simplified(text), traditional(text)
    return _differing(text, as_simplified) > _differing(text, as_traditional)


def _differing(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=False))

"""Traditional Chinese characters as simplified ones, so that a question in one script finds documents in the other."""

import re
from typing import Any

import opencc

_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_OPENCC: Any = opencc.OpenCC("t2s")  # pyright: ignore[reportUnknownVariableType] - untyped


def simplified(text: str) -> str:
    """Japanese and Korean stay as they are; so does all that is no Han character."""
    return text if _KANA_OR_HANGUL.search(text) else _OPENCC.convert(text)

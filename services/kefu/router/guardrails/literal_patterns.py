"""Patterns of literals: figures, prices, dates, addresses and codes, in Chinese and English."""

import re
import unicodedata
from string import ascii_letters, digits
from typing import NamedTuple

from kefu.text.number_words import HAN_DIGITS, NUMBER

SIGNS = "¥￥$€£"


def character_ranges(characters: str) -> str:
    """Characters, in order, as the ranges of a character class."""
    starts = [each for each in characters if chr(ord(each) - 1) not in characters]
    ends = [each for each in characters if chr(ord(each) + 1) not in characters]
    return "".join(f"{start}-{end}" for start, end in zip(starts, ends, strict=True))


_DIGITS = "".join(each for each in map(chr, range(0x80, 0x20000)) if unicodedata.category(each) == "Nd")
"""Digits of other scripts: Arabic, Devanagari, full-width, mathematical."""
_DIGIT_RANGES = character_ranges(_DIGITS)
"""The same for a character class. One by one they cost twenty times as much: what is above U+FFFF is tried in turn."""
_RUN_SIGNS = "_.,:/-+@%％#&=?~'’×" + SIGNS
RUN_CHARACTERS = ascii_letters + digits + _DIGITS + _RUN_SIGNS
_RUN_CLASS = f"A-Za-z0-9{_DIGIT_RANGES}{re.escape(_RUN_SIGNS)}"
RUN = re.compile(f"[{_RUN_CLASS}]+")
LITERAL_BEGIN = re.compile(f"[{_RUN_CLASS}{HAN_DIGITS}]")
LETTERS = re.compile("[A-Za-z-]+")
LOOK_BACK = 240
LOOK_AHEAD = 32
_HAN_UNITS = re.findall(r"\S+", "工作日 自然日 小时 分钟 星期 月 天 日 周 年 元 块 折 成 倍")
HAN_UNIT = re.compile(f"个?(?:{'|'.join(_HAN_UNITS)})")
HAN_UNIT_BEGINNINGS = frozenset(
    (counter + unit)[:end] for counter in ("", "个") for unit in _HAN_UNITS for end in range(len(counter + unit))
)
FULL_WIDTH = str.maketrans(f"{_DIGITS}％٪￥’", f"{''.join(str(unicodedata.digit(each)) for each in _DIGITS)}%%¥'")
MONEY = re.compile(rf"[{SIGNS}元块]|\b(?:yuan|rmb|cny|usd|eur|dollars?|euros?|pounds?)\b", re.IGNORECASE)
PER_CENT = re.compile(r"[%％]|百分之|\bper\s?cent\b", re.IGNORECASE)
ADDRESS = re.compile(
    r"://|\S@\S|^www\.|(?<=[a-z0-9-]{2})\.(?:com|cn|net|org|io|co|example|shop|app|info|gov|edu|hk|tw|top|site|store|me|cc|dev"
    r"|ai|uk|us|eu|de|fr|jp|sg)(?:[/:?#]|$)",
    re.IGNORECASE,
)
DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}")
TIME = re.compile(r"0?(\d{1,2}):(\d\d)")
CLOCK_TIME = re.compile(r"(?<![\d:])(\d{1,2}):(\d\d)(?![\d:])")
NUMBERING = re.compile(r"(?:1?\d|20)\.?")
LINE_START = re.compile(r"(?:^|\n)(?:[^\S\n]|[*#>•\-])*$")
ONE_NUMBER = re.compile(rf"[{SIGNS}]?(?:{NUMBER.pattern})%?")
UNIT_WORD = re.compile(
    r"(?:business|working|calendar|days?|hours?|minutes?|weeks?|months?|years?|yuan|dollars?|percent|per|times)",
    re.IGNORECASE,
)
SUSPECT = re.compile(f"[0-9{_DIGIT_RANGES}{HAN_DIGITS}{SIGNS}@./:]")
"""A stretch without any of these holds words alone: no figure, no code, no address."""
SENTENCE_END = re.compile(r"[。！？!?；;\n]|\.\s")
NEXT_WORD = re.compile(r"\s+([A-Za-z]+)(?=[^A-Za-z])")


class Kind(NamedTuple):
    """What a number is besides a number."""

    money: bool
    per_cent: bool


PLAIN = Kind(False, False)

"""Figures of a text, with what they count: "two extra seats", "16张发票", "6 楼"; and days, "3 May"."""

import re
from dataclasses import dataclass
from decimal import Decimal

from kefu.common.text.en.grammar import MONTHS
from kefu.common.text.number_words import HAN_DIGITS
from kefu.common.text.quantities import CLOCK, located_quantities

CURRENCIES = frozenset({"yuan", "dollar", "euro", "pound"})
_MULTIPLIERS = {"k": 1_000, "千": 1_000, "万": 10_000, "百": 100}
_ORDINAL_BEHIND = re.compile(r"(?:st|nd|rd|th)\b|\s?[楼层]", re.IGNORECASE)
_ORDINAL_BEFORE = re.compile(r"[第头]\s?$")
_MULTIPLIER = re.compile(r"\s?(?:k\b|[千万百])", re.IGNORECASE)
_COUNTED = re.compile(r"[-\s]{0,2}((?:[A-Za-z]++[ -]?){1,3})|\s?([\u3400-\u4dbf\u4e00-\u9fff]{1,6})")
_NOT_COUNTED = re.compile(
    r"(?:and|or|is|are|was|what|how|in|on|at|for|to|of|with|do|does|will|would|can|after|before|now|but|if|then|as|from|by"
    r"|the|per|each|a|an|when|goes|go|came|comes)\b|[的了和与及是在要买付退算能可呢吗吧有还这]",
    re.IGNORECASE,
)
_PERSONS = re.compile(r"^(?:个人|[人位名口])")
"""Measure words of persons: 12个人, 12名员工 and 12人 count alike."""
_IDIOM = re.compile(r"一[共起下样直些般定旦律切并概]|十分|千万|万[一能]|三方|百分|四季|一点|八成")
_HAN_MEASURE = re.compile(
    r"\s?(?:[个件台张把只套份封本次人位名间盒箱袋瓶部片条楼层期单笔晚块元年月天周]|公斤|小时|分钟|积分|平米)"
)
_CODE_BEFORE = re.compile(r"[A-Za-z\d]-$|[A-Za-z]$")
_BOTH = re.compile(r"\bboth\b(?! of us| parents)", re.IGNORECASE)
_A_YEAR = re.compile(r"\b(?:a|one|whole|full|per)\s+(?:whole\s+|full\s+)?year\b|一整?年|全年|整年", re.IGNORECASE)
_TENTH = re.compile(r"([\d一二三四五六七八九])\s?[.点]?\s?([\d一二三四五六七八九])?\s?折")
_MONTH_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAY = re.compile(
    rf"\b(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m1>{MONTHS})\b"
    rf"|\b(?P<m2>{MONTHS})\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:\d])"
    r"|(?<!\d)(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?[日号]",
    re.IGNORECASE,
)
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTHS = {"year": 12}
_DAYS = {"week": 7}


@dataclass(frozen=True)
class Figure:
    """A number of a text, and what it is a number of."""

    value: Decimal
    unit: str
    """As in `kefu.common.text.quantities`; empty for things that are counted, and for a bare number."""
    counted: str
    """The next words, in lower case, as far as they may be what is counted."""
    ordinal: bool
    """It numbers something: the 6th floor."""
    start: int
    end: int
    implied: bool = False
    """Said without a number: "for a year". Nothing is wrong where it is not computed with."""

    @property
    def is_money(self) -> bool:
        """An amount of money, or a bare number that can be one."""
        return self.unit in CURRENCIES or (not self.unit and not self.counted and not self.ordinal)

    def same_as(self, other: "Figure") -> bool:
        """Whether both say the same, a year being 12 months. A bare number may be a number of anything but money."""
        if self.unit in CURRENCIES or other.unit in CURRENCIES or not self.unit or not other.unit:
            return self.value == other.value and (self.unit == other.unit or not (self.is_money and other.is_money))
        return _in_base(self) == _in_base(other)


def _in_base(figure: Figure) -> tuple[Decimal, str]:
    if figure.unit in _MONTHS:
        return figure.value * _MONTHS[figure.unit], "month"
    if figure.unit in _DAYS:
        return figure.value * _DAYS[figure.unit], "day"
    return figure.value, figure.unit


@dataclass(frozen=True)
class Day:
    """A day of the year as a text names it: "3 May", "5月3日"."""

    month: int
    day: int
    start: int
    end: int


def days_of(text: str) -> list[Day]:
    """The days that a text names, in order; 30 February is none. Takes linear time."""
    found: list[Day] = []
    for match in _DAY.finditer(text):
        month = int(match["m"]) if match["m"] else _MONTH_NAMES.index((match["m1"] or match["m2"])[:3].lower()) + 1
        day = int(match["d"] or match["d1"] or match["d2"])
        if 1 <= month <= 12 and 1 <= day <= _LONGEST_MONTH[month - 1]:
            found.append(Day(month, day, match.start(), match.end()))
    return found


def figures_of(text: str) -> list[Figure]:
    """The figures of a text in order, without those of days, codes and idioms. Takes linear time."""
    found: list[Figure] = []
    tenths = {match.start(1): match for match in _TENTH.finditer(text)}
    left_out = {at for day in days_of(text) for at in range(day.start, day.end)}
    left_out |= {at for match in _IDIOM.finditer(text) for at in range(match.start(), match.end())}
    skip_to = 0
    for each in located_quantities(text):
        start, end, unit = each.start, each.end, each.quantity.unit
        if start < skip_to or start in left_out or _CODE_BEFORE.search(text[max(0, start - 2) : start]):
            continue
        if match := tenths.get(start):
            tens = Decimal(_digit(match[1])) + (Decimal(_digit(match[2])) / 10 if match[2] else 0)
            found.append(Figure(tens, "tenth", "", ordinal=False, start=start, end=match.end()))
            skip_to = match.end()
            continue
        if unit == CLOCK or ":" in each.quantity.value:
            found.append(Figure(Decimal(0), CLOCK, "", ordinal=False, start=start, end=end))
            continue
        value = Decimal(each.quantity.value)
        written = text[start:end]
        behind = text[end : end + 32]
        if written[0].isdigit() and (match := _MULTIPLIER.match(behind)):
            value *= _MULTIPLIERS[match[0].strip().lower()]
            end += match.end()
            behind = text[end : end + 32]
            unit = unit or _unit_behind(text, end)
            skip_to = end
        if written[0] in HAN_DIGITS and not (unit or _HAN_MEASURE.match(behind)):
            continue
        if value == 1 and not written[0].isdigit():
            continue  # "one of them", 一张: no figure to compute with
        before = text[max(0, start - 2) : start]
        ordinal = bool(_ORDINAL_BEHIND.match(behind) or _ORDINAL_BEFORE.search(before))
        found.append(Figure(value, unit, _counted(behind), ordinal=ordinal, start=start, end=end))
    for said, figure in ((_BOTH, (Decimal(2), "", "both")), (_A_YEAR, (Decimal(1), "year", "year"))):
        if match := said.search(text):
            found.append(Figure(*figure, ordinal=False, start=match.start(), end=match.end(), implied=True))
    return found


def _counted(behind: str) -> str:
    match = _COUNTED.match(behind)
    if not match or _NOT_COUNTED.match(match[0].lstrip(" -")):
        return ""
    return _PERSONS.sub("人", (match[1] or match[2]).strip(" -").lower())


def _unit_behind(text: str, end: int) -> str:
    following = located_quantities("1" + text[end : end + 16])
    return following[0].quantity.unit if following else ""


def _digit(text: str) -> int:
    return int(text) if text.isascii() else "一二三四五六七八九".index(text) + 1

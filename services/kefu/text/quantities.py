"""Quantities in text: numbers with the unit that stands by them."""

import re
from dataclasses import dataclass

from kefu.text.number_words import HAN_NUMBER, NUMBER, NUMBER_WORDS, han_number, normalized_number

_UNITS: dict[str, tuple[str, str]] = {
    # canonical: (words in Latin script, in Han characters)
    "workday": ("business working workday workdays", "个工作日 工作日"),
    "second": ("second seconds sec secs", "秒钟 秒"),
    "minute": ("minute minutes min mins", "分钟"),
    "hour": ("hour hours hr hrs h", "个小时 小时 个钟头 钟头"),
    "day": ("day days calendar", "个自然日 自然日 天 日"),
    "week": ("week weeks", "个星期 星期 周"),
    "month": ("month months", "个月 月"),
    "year": ("year years yr yrs", "年"),
    "yuan": ("yuan rmb cny", "元 块 人民币"),
    "dollar": ("dollar dollars usd", "美元 美金"),
    "euro": ("euro euros eur", "欧元"),
    "pound": ("gbp sterling", "英镑"),
    "percent": ("percent", "% ％"),
    "tenth": ("", "折"),
    "fold": ("times fold", "倍"),
    "kilometre": ("km kilometre kilometres kilometer kilometers", "公里 千米"),
    "metre": ("m metre metres meter meters", "米"),
    "centimetre": ("cm centimetre centimetres centimeter centimeters", "厘米"),
    "millimetre": ("mm millimetre millimetres millimeter millimeters", "毫米"),
    "mile": ("mile miles mi", "英里"),
    "inch": ("inch inches", "英寸"),
    "foot": ("ft foot feet", "英尺"),
    "kilogram": ("kg kilogram kilograms", "公斤 千克"),
    "gram": ("g gram grams", "克"),
    "tonne": ("t ton tons tonne tonnes", "吨"),
    "litre": ("l litre litres liter liters", "升"),
    "gigabyte": ("gb gigabyte gigabytes", ""),
    "megabyte": ("mb megabyte megabytes", ""),
    "kilobyte": ("kb kilobyte kilobytes", ""),
    "terabyte": ("tb terabyte terabytes", ""),
    "watt": ("w watt watts", "瓦"),
    "degree": ("degree degrees", "度 摄氏度"),
}
_LATIN_UNIT = {word: unit for unit, (words, _) in _UNITS.items() for word in words.split()}
_HAN_UNIT = {word: unit for unit, (_, words) in _UNITS.items() for word in words.split()}
_HAN_UNIT_AT = re.compile("|".join(sorted(map(re.escape, _HAN_UNIT), key=len, reverse=True)))
LONGEST_HAN_UNIT = max(map(len, _HAN_UNIT))
_LATIN_UNIT_AT = re.compile(r"\s?-?(per(?=\scent\b)|[A-Za-z]+)")
_SIGN = {"¥": "yuan", "￥": "yuan", "$": "dollar", "€": "euro", "£": "pound"}
_IN_FRONT = re.compile(r"(?:([¥￥$€£])|\b(RMB|CNY|USD|EUR|GBP)|(百分之))\s?$", re.IGNORECASE)
_RANGE = re.compile(r"\s?(?:-|–|—|~|～|至|到|to)\s?(?:[¥￥$€£])?\s?")
_FAMILIES = (
    "second minute hour day workday week month year",
    "yuan dollar euro pound",
    "kilometre metre centimetre millimetre mile inch foot",
    "kilogram gram tonne",
    "kilobyte megabyte gigabyte terabyte",
)
FAMILY = {unit: family for family in _FAMILIES for unit in family.split()}
"""Units of one family answer the same question: 5 days and 24 hours are rivals."""
CLOCK = "clock"
"""The unit of a time of day."""
_ANY_NUMBER = re.compile(
    rf"(?<![\d:])\d{{1,2}}:\d\d(?![\d:])|(?<![A-Za-z\d])(?:{NUMBER.pattern})|{HAN_NUMBER.pattern}|[A-Za-z]+(?:-[A-Za-z]+)?"
)


@dataclass(frozen=True)
class Quantity:
    """A number in its plain form, with its unit, or none that is known."""

    value: str
    unit: str


@dataclass(frozen=True)
class LocatedQuantity:
    """A quantity, and where its number begins and ends in the text."""

    start: int
    end: int
    quantity: Quantity


def unit_behind(text: str) -> str:
    """The unit that a text begins with, right behind a number or behind one space; empty for none."""
    if found := _HAN_UNIT_AT.match(text.removeprefix(" ")[:LONGEST_HAN_UNIT]):
        return _HAN_UNIT[found[0]]
    if found := _LATIN_UNIT_AT.match(text):
        return "percent" if found[1].lower() == "per" else _LATIN_UNIT.get(found[1].lower(), "")
    return ""


def unit_is_decided(text: str) -> bool:
    """Whether more text behind a number could not change its unit any more."""
    rest = text[1:] if text[:1].isspace() else text  # a unit may stand behind one blank of any kind
    if not rest:
        return False
    if not rest[0].isascii():
        return len(rest) >= LONGEST_HAN_UNIT
    if found := _LATIN_UNIT_AT.match(text):
        return len(text) > found.end() + (len(" cent ") if found[1].lower() == "per" else 0)
    return rest[0] != "-" or len(rest) > 1


def unit_in_front(text: str) -> str:
    """The unit that a text ends with, right before a number: a currency's sign or code, 百分之."""
    found = _IN_FRONT.search(text)
    if not found:
        return ""
    if found[1]:
        return _SIGN[found[1]]
    return "percent" if found[3] else _LATIN_UNIT.get(found[2].lower(), "pound")


def located_quantities(text: str) -> list[LocatedQuantity]:
    """All numbers of a text, in digits or words, with their units and where they stand, in order.

    Both ends of a range have the unit behind it. Takes linear time.
    """
    found: list[tuple[int, int, str, str]] = []
    for match in _ANY_NUMBER.finditer(text):
        value = _value(match[0])
        if ":" in value:
            found.append((match.start(), match.end(), value, CLOCK))
        elif value:
            unit = unit_in_front(text[max(0, match.start() - 5) : match.start()]) or unit_behind(
                text[match.end() : match.end() + 16]
            )
            found.append((match.start(), match.end(), value, unit))
    quantities: list[LocatedQuantity] = []
    following: tuple[int, str] | None = None
    for start, end, value, unit in reversed(found):
        if not unit and following is not None and _RANGE.fullmatch(text[end : following[0]]):
            unit = following[1]
        quantities.append(LocatedQuantity(start, end, Quantity(value, unit)))
        following = (start, unit)
    return quantities[::-1]


def quantities_in(text: str) -> frozenset[Quantity]:
    """All numbers of a text, in digits or words, with their units."""
    return frozenset(each.quantity for each in located_quantities(text))


def clock(hour: str, minute: str) -> str:
    """A time of day in its plain form, such as "9:30"."""
    return f"{int(hour)}:{minute}"


def _value(text: str) -> str:
    if ":" in text:
        return clock(*text.split(":"))
    if text[0].isdigit():
        return normalized_number(text)
    if text.isascii():
        number = NUMBER_WORDS.get(text.lower())
        return "" if number is None else str(number)
    return str(han_number(text))

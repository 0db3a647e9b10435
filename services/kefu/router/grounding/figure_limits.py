"""Figure limits: whether a figure that a question names keeps to a limit that the evidence sets, in equal units."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kefu.common.text.number_words import HAN_NUMBER, NUMBER, NUMBER_WORDS, han_number

_HOURS = {"minute": 1 / 60, "hour": 1.0, "day": 24.0, "week": 168.0, "month": 720.0, "year": 8760.0}
_UNITS = (
    ("minute", re.compile("分钟|minute")),
    ("hour", re.compile("小时|钟头|hour")),
    ("day", re.compile("天|日|day")),
    ("week", re.compile("星期|周|week")),
    ("month", re.compile("月|month")),
    ("year", re.compile("年|year")),
    ("person", re.compile("人|people|person")),
    ("kilogram", re.compile("公斤|kg")),
    ("megabyte", re.compile("mb")),
    ("gigabyte", re.compile("gb")),
    ("yuan", re.compile("元|块|yuan|rmb")),
)
_IN_WORDS = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_FIGURE = re.compile(
    rf"(?P<sign>[¥$€£])?(?P<number>{NUMBER.pattern}|{HAN_NUMBER.pattern}|\b(?:{_IN_WORDS})\b)"
    r"(?P<bound> or (?:more|less|fewer))?"
    r"\s?(?P<unit>个?工作日|working days?|business days?|个?小时|个?钟头|分钟|天|日|个?星期|周|个?月|年|元|块|公斤|人"
    r"|minutes?|hours?|days?|weeks?|months?|years?|yuan|rmb|kg|mb|gb|people|persons?)?"
)
_AT_MOST_BEFORE = re.compile(
    r"(?:within|until|before|by|up to|at most|no more than|not more than|less than|below|under|maximum of|max"
    r"|最多|不超过|最长|低于|少于|不晚于)\s*(?:the first |a |of )?$"
)
_AT_MOST_BEHIND = re.compile(r"\s*(?:以内|之内|内|以下|之前|前|at most)")
_AT_LEAST_BEFORE = re.compile(
    r"(?:at least|from|over|more than|after|above|minimum of|exceeds?|满|至少|(?<!不)超过|达到|高于|最少)\s*$"
)
_AT_LEAST_BEHIND = re.compile(r"\s*(?:以上|及以上|之后|后|起|and more)")
_NEAR = 24
"""Characters in front of a figure in which its limit is looked for."""
_MOST_FIGURES = 12
"""That are read of a text; more are a table of figures."""


@dataclass(frozen=True)
class _Figure:
    family: str
    value: float
    limits: int
    """-1 where it is the most that is allowed, 1 where it is the least, 0 where it is no limit."""


def keeps_to_limits(question: str, text: str) -> int:
    """
    1 where a figure of the question keeps to a limit of the text, -1 where it breaks one, 0 where none compares.

    Both in plain form (`yes_no_question.plain_form`).
    """
    asked = list(_figures(question))
    verdicts = {
        1 if (figure.value - limit.value) * limit.limits >= 0 else -1
        for limit in (_figures(text) if asked else ())
        for figure in asked
        if limit.limits and figure.family == limit.family
    }
    return verdicts.pop() if len(verdicts) == 1 else 0


def _figures(text: str) -> Iterator[_Figure]:
    found = 0
    for match in _FIGURE.finditer(text):
        named = match["unit"] or ""
        unit = "yuan" if match["sign"] else next((name for name, words in _UNITS if words.search(named)), "")
        if not unit:
            continue
        before, behind = text[max(0, match.start() - _NEAR) : match.start()], text[match.end() : match.end() + _NEAR]
        bound = match["bound"] or ""
        most = bool(
            _AT_MOST_BEFORE.search(before) or _AT_MOST_BEHIND.match(behind) or bound.endswith(("less", "fewer"))
        )
        least = bool(_AT_LEAST_BEFORE.search(before) or _AT_LEAST_BEHIND.match(behind) or bound.endswith("more"))
        yield _Figure("time" if unit in _HOURS else unit, _value(match["number"]) * _HOURS.get(unit, 1.0), least - most)
        found += 1
        if found == _MOST_FIGURES:
            return


def _value(number: str) -> float:
    if number in NUMBER_WORDS:
        return float(NUMBER_WORDS[number])
    if HAN_NUMBER.fullmatch(number):
        return float(han_number(number))
    return float(number.replace(",", ""))

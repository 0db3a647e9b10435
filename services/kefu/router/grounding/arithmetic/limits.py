"""Limits: on which side of one the question's figure is, and the day on which a time runs out."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum

from kefu.common.text.quantities import FAMILY
from kefu.router.grounding.arithmetic.facts import Fact
from kefu.router.grounding.arithmetic.figure import CURRENCIES, Day, Figure, days_of
from kefu.router.grounding.arithmetic.turn import Candidate, Turn, plain


class _Side(Enum):
    LEAST = "at least"
    MOST = "at most"
    MORE = "more than"
    LESS = "less than"


_BEFORE = (  # in this order: "no more than" ends with "more than"
    (
        _Side.MOST,
        r"at most|up to|(?:no|not) more than|maximum(?: of)?|within|最多|至多|不超过|不得超过|最高|最长|最迟|上限为?",
    ),
    (_Side.LEAST, r"at least|from|(?:no|not) less than|minimum(?: of)?|starting at|至少|不少于|不低于"),
    (_Side.LESS, r"under|below|(?:less|fewer|younger) than|不满|未满|低于|少于|不足|小于"),
    (_Side.MORE, r"(?:more|longer|older) than|over|above|exceed(?:s|ing)?|超过|超出|大于|高于|多于|须超过"),
    (_Side.LEAST, r"满|达到?"),
)
_SIDE_BEFORE = tuple((side, re.compile(rf"(?:{words})\s*[¥$€£]?\s*$", re.IGNORECASE)) for side, words in _BEFORE)
_UNIT = r"\s*(?:元|块|个?(?:工作日|自然日|小时|月)|[天日年周]|分钟|[a-z]+)?\s*"
_SIDE_BEHIND = (
    (_Side.MOST, re.compile(rf"{_UNIT}(?:以内|之内|内|at most|or less)", re.IGNORECASE)),
    (_Side.LEAST, re.compile(rf"{_UNIT}(?:起|以上|or more)", re.IGNORECASE)),
)
_IN_HOURS = {"minute": Decimal(1) / 60, "hour": Decimal(1), "day": Decimal(24), "week": Decimal(168)}
_IN_MONTHS = {"month": Decimal(1), "year": Decimal(12)}
_HAN_UNITS = {
    "minute": "分钟",
    "hour": "小时",
    "day": "天",
    "week": "周",
    "month": "个月",
    "year": "年",
    "kilogram": "公斤",
}
_MONTHS = re.findall(
    "[A-Z][a-z]+",
    "January February March April May June July August September October November December",
)
_MOST_LIMITS = 6
"""Only the best facts can be the limit that a question is about."""
_FEWEST_SHARED = 3
"""Words that question and limit must share: any page has limits."""
_ASKS_UNTIL_WHEN = re.compile(
    r"\b(?:until when|till when|by when|when|which day|what date|latest|last day|deadline|how long)\b"
    r"|最晚|最迟|截止|到哪天|哪一?天|几号|什么时候|何时|多久",
    re.IGNORECASE,
)
_RUNS_FROM = re.compile(
    r"within\s+(?P<en>\d+)\s+(?:days?|weeks?)\s+(?:of|after|from)\b|后\s?(?P<zh>\d+)\s?(?:个?自然日|天|日|周)(?:以?内|之内)",
    re.IGNORECASE,
)
_COUNTED_OTHERWISE = re.compile(
    r"counts? as (?:the first )?day|first day|day 1|当[天日]算|第\s?[一1]\s?[天日]|working|business|工作日"
)


def side_of_limit(turn: Turn) -> Iterator[Candidate]:
    """ "¥95 is below ¥99", with whether the limit is kept."""
    figures = [each for each in turn.figures if not each.implied]
    if len(figures) != 1 or figures[0].ordinal or len(days_of(turn.question)) > 0:
        return
    figure = figures[0]
    for fact in turn.facts[:_MOST_LIMITS]:
        if len(fact.figures) != 1 or not _bears_most(turn, fact):
            continue
        limit = fact.figures[0]
        side = _side(fact, limit)
        pair = _comparable(figure, limit)
        if side and pair:
            statement = _compared(turn, figure, limit, side, *pair)
            yield Candidate(statement, (fact,), frozenset({figure}), _keeps(side, *pair))


def _bears_most(turn: Turn, fact: Fact) -> bool:
    """Whether no other fact with a rival figure has as much of the question."""
    shared = turn.marks & fact.marks
    rivals = (
        one
        for one in turn.facts
        if any(
            _family(each) == _family(fact.figures[0]) and each.value != fact.figures[0].value for each in one.figures
        )
    )
    return len(shared) >= _FEWEST_SHARED and all(turn.marks & one.marks < shared for one in rivals)


def _family(figure: Figure) -> str:
    return FAMILY.get(figure.unit, figure.unit)


def _side(fact: Fact, limit: Figure) -> _Side | None:
    before, behind = fact.value[max(0, limit.start - 24) : limit.start], fact.value[limit.end : limit.end + 16]
    sides = [side for side, pattern in _SIDE_BEFORE if pattern.search(before)][:1]
    sides += [side for side, pattern in _SIDE_BEHIND if pattern.match(behind)]
    return sides[0] if len(set(sides)) == 1 else None


def _comparable(figure: Figure, limit: Figure) -> tuple[Decimal, Decimal] | None:
    """Both in one unit, if they measure the same."""
    if limit.unit in CURRENCIES:
        return (figure.value, limit.value) if figure.unit in ("", limit.unit) and figure.is_money else None
    for scale in (_IN_HOURS, _IN_MONTHS):
        if figure.unit in scale and limit.unit in scale:
            return figure.value * scale[figure.unit], limit.value * scale[limit.unit]
    return (figure.value, limit.value) if figure.unit == limit.unit and figure.unit in _HAN_UNITS else None


def _keeps(side: _Side, value: Decimal, limit: Decimal) -> bool:
    match side:
        case _Side.LEAST:
            return value >= limit
        case _Side.MOST:
            return value <= limit
        case _Side.MORE:
            return value > limit
        case _Side.LESS:
            return value < limit


def _compared(turn: Turn, figure: Figure, limit: Figure, side: _Side, value: Decimal, other: Decimal) -> str:
    one, two = _said(turn, figure, limit), _said(turn, limit, limit)
    upward = side in (_Side.MORE, _Side.MOST)
    beyond = value > other if upward else value < other
    if turn.language == "zh":
        verb = ("超过" if upward else "少于") if beyond else ("没有超过" if upward else "不少于")
        return f"{one}{verb} {two}"
    verb = "is more than" if upward else "is less than"
    return f"{one} {verb if beyond else verb.replace('is', 'is not', 1)} {two}"


def _said(turn: Turn, figure: Figure, limit: Figure) -> str:
    if limit.unit in CURRENCIES:
        return turn.money(figure.value, limit)
    if turn.language == "zh":
        return f"{plain(figure.value)} {_HAN_UNITS[figure.unit]}"
    return f"{plain(figure.value)} {figure.unit}{'' if figure.value == 1 else 's'}"


def last_day(turn: Turn) -> Iterator[Candidate]:
    """ "7 days from 3 May: 10 May", where a time of whole days runs from the day that the question names."""
    named = days_of(turn.question)
    if len(named) != 1 or any(not each.implied for each in turn.figures) or not _ASKS_UNTIL_WHEN.search(turn.question):
        return
    for fact in turn.facts:
        found = _RUNS_FROM.search(fact.value)
        times = [each for each in fact.figures if each.unit in ("day", "week")]
        if not found or len(fact.figures) != 1 or len(times) != 1 or not _bears_most(turn, fact):
            continue
        if any(_COUNTED_OTHERWISE.search(one.value) for one in turn.facts if one.piece.passage == fact.piece.passage):
            continue
        length = int(times[0].value) * (7 if times[0].unit == "week" else 1)
        ends = {
            date(year, named[0].month, named[0].day) + timedelta(length)
            for year in (2023, 2024)
            if _exists(year, named[0])
        }
        days = {(end.month, end.day) for end in ends}
        if len(days) != 1 or not 0 < length <= 366:
            continue  # the year decides
        [(month, day)] = days
        yield Candidate(_until(turn, named[0], length, month, day), (fact,), frozenset())


def _exists(year: int, day: Day) -> bool:
    return (day.month, day.day) != (2, 29) or year % 4 == 0


def _until(turn: Turn, begin: Day, length: int, month: int, day: int) -> str:
    if turn.language == "zh":
        return f"{begin.month} 月 {begin.day} 日之后 {length} 天是 {month} 月 {day} 日"
    first, last = f"{begin.day} {_MONTHS[begin.month - 1]}", f"{day} {_MONTHS[month - 1]}"
    return f"{length} day{'' if length == 1 else 's'} from {first} is {last}"

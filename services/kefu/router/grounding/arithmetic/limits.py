"""Limits: on which side of one the question's figure is, and the day on which a time runs out."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from kefu.common.text.quantities import FAMILY
from kefu.router.grounding.arithmetic.bounds import Side, comparable, keeps, side_of
from kefu.router.grounding.arithmetic.facts import Fact
from kefu.router.grounding.arithmetic.figure import CURRENCIES, Day, Figure, days_of
from kefu.router.grounding.arithmetic.turn import Candidate, Turn, plain

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
    """A figure and the limit for it, with whether the limit is kept: "¥95 is less than ¥99"."""
    figures = [each for each in turn.figures if not each.implied]
    if len(figures) != 1 or figures[0].ordinal or len(days_of(turn.question)) > 0:
        return
    figure = figures[0]
    for fact in turn.facts[:_MOST_LIMITS]:
        if len(fact.figures) != 1 or not _bears_most(turn, fact):
            continue
        limit = fact.figures[0]
        side = side_of(fact, limit)
        pair = comparable(figure, limit)
        if side and pair:
            statement = _compared(turn, figure, limit, side, *pair)
            yield Candidate(statement, (fact,), frozenset({figure}), keeps(side, *pair))


def _bears_most(turn: Turn, fact: Fact) -> bool:
    """Whether no other fact with a rival figure has as much of the question."""
    shared = turn.terms & fact.terms
    rivals = (
        one
        for one in turn.facts
        if any(
            _family(each) == _family(fact.figures[0]) and each.value != fact.figures[0].value for each in one.figures
        )
    )
    return len(shared) >= _FEWEST_SHARED and all(turn.terms & one.terms < shared for one in rivals)


def _family(figure: Figure) -> str:
    return FAMILY.get(figure.unit, figure.unit)


def _compared(turn: Turn, figure: Figure, limit: Figure, side: Side, value: Decimal, other: Decimal) -> str:
    one, two = _said(turn, figure, limit), _said(turn, limit, limit)
    upward = side in (Side.MORE, Side.MOST)
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
    """The end of whole days that run from the day which the question names: "7 days from 3 May is 10 May"."""
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

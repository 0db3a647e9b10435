"""Rates: a price for each one, and what is charged beyond a first number."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from kefu.router.grounding.arithmetic.facts import Fact, mentions
from kefu.router.grounding.arithmetic.figure import CURRENCIES, Figure, figures_of
from kefu.router.grounding.arithmetic.turn import Candidate, Turn, plain

_IS_LIMIT = re.compile(
    r"\b(?:up to|at (?:most|least)|from|over|above|under|below|(?:more|less) than|max\w*|min\w*|until)\b[^,;]{0,12}$"
    r"|(?:最多|最高|最少|最低|超过|至多|至少|不足|上限|满|达|不低于)[^,;]{0,12}$",
    re.IGNORECASE,
)
_MORE = r"(?:(?P<more>further|additional|extra|more|other)\s++)?(?:started\s++)?"
_PER_BEHIND = re.compile(
    r"\s*+(?:yuan|rmb|dollars?|euros?|pounds?)?\s*+"
    rf"(?:per|an?|each|every|for (?:each|every)|/)\s*+{_MORE}(?P<noun>[a-z]+)",
    re.IGNORECASE,
)
_PER_BEFORE = re.compile(
    rf"\b(?:per|each|every|price of an?)\s++{_MORE}(?P<noun>[a-z]+)(?:\s++(?:costs?|is|at))?[\s:]*+(?:[¥$€£]\s*+)?$",
    re.IGNORECASE,
)
_PER_COLUMN = re.compile(rf"\b(?:per|each|price of an?)\s++{_MORE}(?P<noun>[a-z]+)", re.IGNORECASE)
_HAN_PER = re.compile(r"每(?P<more>多|超过?|增加?)?[一1]?(?P<noun>[\u4e00-\u9fff]{1,8})")
_HAN_PER_BEHIND = re.compile(r"\s*+(?:元|块|美元|欧元|英镑)?\s*+[/每]\s*+(?P<noun>[\u4e00-\u9fff]{1,3})")
_HAN_BEYOND = re.compile(r"超出|超过|续|之后|以后|其后|另加")
_ASKS_FOR_MORE = re.compile(r"\b(?:extra|further|additional|more)\b|[多加超]", re.IGNORECASE)
_PERIODS = {"month": "month 月 个月", "year": "year annum 年", "day": "day night 天 日 晚", "week": "week 周 星期"}
_PERIOD = {word: unit for unit, words in _PERIODS.items() for word in words.split()}
_HAN_PERIODS = {"month": "每月", "year": "每年", "day": "每天", "week": "每周"}
_ASKS_BY = {
    "month": re.compile(r"\b(?:a|per|each|every) month\b|\bmonthly\b|每个?月|一个?月", re.IGNORECASE),
    "year": re.compile(r"\b(?:a|per|each|every) year\b|\b(?:year|annual)ly\b|每年|一年", re.IGNORECASE),
    "week": re.compile(r"\b(?:a|per|each|every) week\b|\bweekly\b|每周|一周", re.IGNORECASE),
    "day": re.compile(r"\b(?:a|per|each|every) day\b|\bdaily\b|每天|一天", re.IGNORECASE),
}
_THING = frozenset(["piece", "item", "unit", "article"])
"""What any thing is counted by."""
_THING_MEASURES = "件张把个只"
_NO_THINGS = re.compile(r"(?:orders?|people|persons?|members?|customers?|times?|floors?|rooms?|sets?|box\w*|hours?)\b")
_PERSON_MEASURES = "人位名"
_MEASURES = "个件台张把只套份封本次人位名间盒箱袋瓶部"
_HOLDS = re.compile(
    r"(?<![a-z])(?P<box>[a-z]++)\s++(?:holds?|takes?|fits?|carries)\s++(?:(?:up to|at most)\s*+)?$"
    r"|(?:最多)?可?(?:装|放|容纳)(?:下)?\s*+$",
    re.IGNORECASE,
)
_INCLUDES = re.compile(
    r"\b(?:includ\w+|covers?|with|first)\s+(?:up to\s+)?$|(?:含|包含|包括|首重|前|起步)\s*$", re.IGNORECASE
)
_MOST_COUNTED = 100_000
"""Whoever writes more does not mean it."""


@dataclass(frozen=True)
class _Per:
    """What a price is for one of."""

    noun: str
    more: bool = False
    """For each one beyond a number only."""

    @property
    def period(self) -> str:
        return _PERIOD.get(self.noun.lower(), "") or _PERIOD.get(self.noun[:1], "")


def price_by_count(turn: Turn) -> Iterator[Candidate]:
    """A price for each one, by their count: "2 × ¥80 per piece = ¥160"; and for what holds several of them."""
    for fact in turn.facts:
        prices = [each for each in fact.figures if each.unit in CURRENCIES]
        if len(prices) != 1 or not turn.terms & fact.terms:
            continue
        pers = _pers(fact, prices[0])
        if 1 <= len(pers) <= 2 and not _HAN_BEYOND.search(fact.value):
            yield from _times(turn, fact, prices[0], pers)
            yield from _by_what_holds(turn, fact, prices[0], pers)


def price_beyond(turn: Turn) -> Iterator[Candidate]:
    """A price that includes a first number, and one for each beyond it: "¥30 + 7 × ¥4 make ¥58"."""
    for fact in turn.facts:
        prices = [each for each in fact.figures if each.unit in CURRENCIES]
        if len(prices) != 1:
            continue
        price = prices[0]
        pers = [each for each in _pers(fact, price) if not each.period]
        period = {each.period for each in _pers(fact, price) if each.period}
        beyond = bool(_HAN_BEYOND.search(fact.value[: price.start])) or any(each.more for each in pers)
        if not beyond or len(pers) != 1:
            continue
        count = _count(turn, pers[0])
        bases = [
            (base, included, other)
            for other in turn.facts
            if other.piece.passage == fact.piece.passage and other is not fact and not other.is_cell
            for base, included in _base(other, pers[0])
        ]
        if count is None or len({(base.value, included.value) for base, included, _ in bases}) != 1:
            continue
        base, included, other = bases[0]
        if {each.period for each in _pers(other, base)} - {""} != period or base.unit != price.unit:
            continue
        over = count.value - included.value
        if over <= 0 or count.value != count.value.to_integral_value() or _stated_limit(turn, fact, count):
            continue
        total = turn.money(base.value + over * price.value, price)
        sum_ = f"{turn.money(base.value, base)} + {plain(over)} × {turn.money(price.value, price)}"
        named = next(iter(period), "")
        if turn.language == "zh":
            statement = f"{_HAN_PERIODS.get(named, '')}{sum_}，合计 {total}"
        else:
            statement = f"{sum_} make {total}" + (f" a {named}" if named else "")
        if not named or not any(each.unit in _PERIOD.values() for each in turn.figures if not each.implied):
            yield Candidate(statement, (fact, other), frozenset({count}))


def _base(fact: Fact, per: _Per) -> Iterator[tuple[Figure, Figure]]:
    """The price of a fact that includes a first number of what is counted, and that number."""
    prices = [each for each in fact.figures if each.unit in CURRENCIES]
    for included in fact.figures:
        before = fact.value[max(0, included.start - 24) : included.start]
        if len(prices) == 1 and included.unit not in CURRENCIES and _INCLUDES.search(before) and _fits(included, per):
            yield prices[0], included


def price_of_further_step(turn: Turn) -> Iterator[Candidate]:
    """Rows price the first steps, such as floors, and a sentence each further one: "¥105 + 2 × ¥15 make ¥135"."""
    for fact in turn.facts:
        prices = [each for each in fact.figures if each.unit in CURRENCIES]
        if len(prices) != 1 or fact.is_cell:
            continue
        price = prices[0]
        pers = [each for each in _pers(fact, price) if not each.period]
        if len(pers) != 1 or not pers[0].more or price.value <= 0:
            continue
        asked = [each for each in turn.figures if each.ordinal and _counts(each, pers[0])]
        if len(asked) != 1:
            continue
        tables: dict[str, dict[Decimal, tuple[Decimal, Fact]]] = {}
        for row in turn.facts:
            subject = figures_of(row.piece.subject) if row.is_cell and row.piece.passage == fact.piece.passage else []
            if len(subject) == 1 and subject[0].ordinal and len(row.figures) == 1 and row.figures[0].unit == price.unit:
                name = row.piece.subject[: subject[0].start] + row.piece.subject[subject[0].end :].lstrip("stndrh")
                tables.setdefault(name, {})[subject[0].value] = (row.figures[0].value, row)
        for steps in tables.values():
            last = max(steps)
            cost, row = steps[last]
            regular = all(cost - one == (last - step) * price.value for step, (one, _) in steps.items())
            if len(steps) < 2 or not regular or asked[0].value <= last:
                continue
            over = asked[0].value - last
            total = turn.money(cost + over * price.value, price)
            sum_ = f"{turn.money(cost, price)} + {plain(over)} × {turn.money(price.value, price)}"
            statement = f"{sum_}，合计 {total}" if turn.language == "zh" else f"{sum_} make {total}"
            yield Candidate(statement, (fact, row), frozenset(asked))


def _pers(fact: Fact, price: Figure) -> list[_Per]:
    """What the price stands for one of; empty where it is for nothing in particular, or is a limit."""
    before, behind = fact.value[max(0, price.start - 40) : price.start], fact.value[price.end : price.end + 40]
    if _IS_LIMIT.search(before):
        return []
    found = [
        _Per(match["noun"], bool(match["more"]))
        for match in (_PER_BEHIND.match(behind), _PER_BEFORE.search(before), _PER_COLUMN.search(fact.column))
        if match
    ]
    clause = re.split(r"[,，;；。:\d]", before)[-1]
    parts = (*re.split(r"(?=每)", clause), *re.split(r"(?=每)", fact.column))
    found += (_Per(match["noun"], bool(match["more"])) for each in parts if (match := _HAN_PER.match(each)))
    if match := _HAN_PER_BEHIND.match(behind):
        found.append(_Per(match["noun"]))
    return found


def _count(turn: Turn, per: _Per) -> Figure | None:
    """The figure of the question that counts what a price is for one of, if there is exactly one."""
    found = [each for each in turn.figures if not each.is_money and not each.ordinal and _fits(each, per)]
    return found[0] if len(found) == 1 and found[0].value <= _MOST_COUNTED else None


def _fits(figure: Figure, per: _Per) -> bool:
    if per.period or (figure.unit and figure.unit != "workday" and figure.counted != per.noun.lower()):
        return bool(per.period) and figure.unit == per.period
    return _counts(figure, per)


def _counts(figure: Figure, per: _Per) -> bool:
    """Whether a figure counts what a price is for one of."""
    noun, counted = per.noun.lower(), figure.counted
    if noun.isascii():
        return mentions(counted, noun) or (noun in _THING and counted != "" and not _NO_THINGS.search(counted))
    noun, counted = noun.replace("层", "楼"), counted.replace("层", "楼").replace("额外", "")
    if noun[0] in _PERSON_MEASURES:
        return counted[:1] == "人"
    measure, rest = (noun[0], noun[1:3]) if noun[0] in _MEASURES else ("", noun[:2])
    if len(rest) == 2 and rest in counted[:4]:
        return True
    if measure == "件":
        return counted[:1] != "" and counted[:1] in _THING_MEASURES
    return counted[:1] == (measure or noun[0]) and measure != "个" and counted != ""


def _times(turn: Turn, fact: Fact, price: Figure, pers: Sequence[_Per]) -> Iterator[Candidate]:
    factors: list[Figure] = []
    used: list[Figure] = []
    left = ""
    for per in sorted(pers, key=lambda each: each.period):
        count = _count(turn, per)
        years = [each for each in turn.figures if each.unit == "year"]
        if per.more and not _ASKS_FOR_MORE.search(turn.question):
            return
        if count is not None:
            factors.append(count)
            used.append(count)
        elif per.period == "month" and len(years) == 1:
            factors.append(
                Figure(years[0].value * 12, "month", "", ordinal=False, start=years[0].start, end=years[0].end)
            )
            used.append(years[0])
        elif per.period and _ASKS_BY[per.period].search(turn.question):
            left = per.period
        else:
            return
    if all(each.implied and each.unit for each in used) or len(set(used)) < len(used):
        return
    result = price.value
    for count in factors:
        if count.value <= 0 or count.value != count.value.to_integral_value() or _stated_limit(turn, fact, count):
            return
        result *= count.value
    by, one, total = (
        " × ".join(plain(each.value) for each in factors),
        turn.money(price.value, price),
        turn.money(result, price),
    )
    if turn.language == "zh":
        yield Candidate(f"{by} × {one}，{_HAN_PERIODS.get(left, '')}共 {total}", (fact,), frozenset(used))
    else:
        said = " ".join(f"per {per.noun.lower()}" for per in sorted(pers, key=lambda each: each.period))
        yield Candidate(f"{by} × {one} {said} = {total}" + (f" a {left}" if left else ""), (fact,), frozenset(used))


def _stated_limit(turn: Turn, fact: Fact, count: Figure) -> bool:
    """Whether the row of a rule has a limit that the count is above: "Most seats: 9"."""
    if count.unit:
        return False
    row = [each for each in turn.facts if (each.piece.passage, each.piece.end) == (fact.piece.passage, fact.piece.end)]
    return any(each.value < count.value for one in row for each in one.figures if not each.unit and not each.ordinal)


def _by_what_holds(turn: Turn, fact: Fact, price: Figure, pers: Sequence[_Per]) -> Iterator[Candidate]:
    """A price for each of what holds several: ¥6 per envelope, one envelope holds up to 10 invoices."""
    if len(pers) != 1 or pers[0].period:
        return
    box = pers[0].noun.lower()
    found: dict[tuple[Figure, Decimal], tuple[Fact, ...]] = {}
    for other in turn.facts:
        for most in other.figures if other.piece.passage == fact.piece.passage else ():
            holds = None if most.unit else _HOLDS.search(other.value[max(0, most.start - 60) : most.start])
            if (
                not holds
                or not most.value
                or not (holds["box"].lower() == box if holds["box"] else other.value == fact.value)
            ):
                continue
            counts = [each for each in turn.figures if not each.unit and _same_thing(each.counted, most.counted)]
            if len(counts) == 1:
                found[counts[0], most.value] = (fact,) if other.value == fact.value else (fact, other)
    if len(found) != 1:
        return
    [((count, most), facts)] = found.items()
    if count.value == count.value.to_integral_value() and 0 < count.value <= _MOST_COUNTED:
        boxes = (count.value / most).to_integral_value(ROUND_CEILING)
        one, total = turn.money(price.value, price), turn.money(boxes * price.value, price)
        by, full = plain(boxes), plain(most)
        if turn.language == "zh":
            statement = f"{plain(count.value)} 份按每 {full} 份计为 {by} 份；{by} × {one}，共 {total}"
        else:
            statement = f"{plain(count.value)} at up to {full} per {box} take {by}; {by} × {one} make {total}"
        yield Candidate(statement, facts, frozenset({count}))


def _same_thing(one: str, other: str) -> bool:
    if not one or not other:
        return False
    return mentions(one, other.split()[0]) if other[0].isascii() else one[0] == other[0] and other[1:3] in one

"""Bounds: what a text says that a figure is the least or the most of."""

import re
from decimal import Decimal
from enum import Enum

from kefu.router.grounding.arithmetic.facts import Fact
from kefu.router.grounding.arithmetic.figure import CURRENCIES, Figure


class Side(Enum):
    """On which side of a figure others must be."""

    LEAST = "at least"
    MOST = "at most"
    MORE = "more than"
    LESS = "less than"


_BEFORE = (  # in this order: "no more than" ends with "more than"
    (
        Side.MOST,
        r"at most|up to|(?:no|not) more than|maximum(?: of)?|within|最多|至多|不超过|不得超过|最高|最长|最迟|上限为?",
    ),
    (Side.LEAST, r"at least|from|(?:no|not) less than|minimum(?: of)?|starting at|至少|不少于|不低于"),
    (Side.LESS, r"under|below|(?:less|fewer|younger) than|不满|未满|低于|少于|不足|小于"),
    (Side.MORE, r"(?:more|longer|older) than|over|above|exceed(?:s|ing)?|超过|超出|大于|高于|多于|须超过"),
    (Side.LEAST, r"满|达到?"),
)
_SIDE_BEFORE = tuple((side, re.compile(rf"(?:{words})\s*+(?:[¥$€£]\s*+)?$", re.IGNORECASE)) for side, words in _BEFORE)
_UNIT = r"\A\s*+(?:元|块|个?(?:工作日|自然日|小时|月)|[天日年周]|分钟|[a-z]+)?\s*+"
_SIDE_BEHIND = (
    (Side.MOST, re.compile(rf"{_UNIT}(?:以内|之内|内|at most|or less)", re.IGNORECASE)),
    (Side.LEAST, re.compile(rf"{_UNIT}(?:起|以上|or more)", re.IGNORECASE)),
)
_IN_HOURS = {"minute": Decimal(1) / 60, "hour": Decimal(1), "day": Decimal(24), "week": Decimal(168)}
_MEASURED = frozenset({"kilogram"})
_IN_MONTHS = {"month": Decimal(1), "year": Decimal(12)}


def side_of(fact: Fact, limit: Figure) -> Side | None:
    """What a fact says of one of its figures; None where it is no bound."""
    before, behind = fact.value[max(0, limit.start - 24) : limit.start], fact.value[limit.end : limit.end + 16]
    sides = [side for side, pattern in _SIDE_BEFORE if pattern.search(before)][:1]
    sides += [side for side, pattern in _SIDE_BEHIND if pattern.match(behind)]
    return sides[0] if len(set(sides)) == 1 else None


def comparable(figure: Figure, limit: Figure) -> tuple[Decimal, Decimal] | None:
    """Both in one unit, if they measure the same."""
    if limit.unit in CURRENCIES:
        return (figure.value, limit.value) if figure.unit in ("", limit.unit) and figure.is_money else None
    for scale in (_IN_HOURS, _IN_MONTHS):
        if figure.unit in scale and limit.unit in scale:
            return figure.value * scale[figure.unit], limit.value * scale[limit.unit]
    return (figure.value, limit.value) if figure.unit == limit.unit and figure.unit in _MEASURED else None


def keeps(side: Side, value: Decimal, limit: Decimal) -> bool:
    """Whether a value is on the right side of a limit."""
    match side:
        case Side.LEAST:
            return value >= limit
        case Side.MOST:
            return value <= limit
        case Side.MORE:
            return value > limit
        case Side.LESS:
            return value < limit

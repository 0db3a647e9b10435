"""Whether a condition holds: compared in code, over what was looked up and what the customer said."""

import operator
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from kefu.router.actions.procedures.procedure import Comparison, Condition, Name, Operand, Operator

_DAY_SECONDS = 86_400


class NotComparable(Exception):
    """A value is of another kind than its condition needs. The message is a sentence without its full stop."""


def holds(condition: Condition, values: Mapping[str, Any]) -> bool:
    """Whether a condition holds. `values`: by name, and below their action's. Raises NotComparable."""
    return any(all(_compared(each, values) for each in all_of) for all_of in condition.any_of)


def _compared(each: Comparison, values: Mapping[str, Any]) -> bool:
    value = _value(each.name, values)
    operands = [_operand(operand, values) for operand in each.operands]
    if each.counts or each.in_days or each.operator in _ORDERS:
        left = _count(each, value) if each.counts else _days_ago(each, value) if each.in_days else _number(each, value)
        return _ORDERS[each.operator](left, _number(each, operands[0])) is not each.negated
    if each.operator is Operator.EMPTY:
        found = value in (None, "", [], {}, ())
    elif each.operator is Operator.CONTAINS:
        found = _contains(each, value, operands[0])
    else:
        found = any(_is(value, operand) for operand in operands)
    return found is not each.negated


_ORDERS: Mapping[Operator, Callable[[Decimal, Decimal], bool]] = {
    Operator.MORE: operator.gt,
    Operator.LESS: operator.lt,
    Operator.AT_LEAST: operator.ge,
    Operator.AT_MOST: operator.le,
}


def _value(name: Name, values: Mapping[str, Any]) -> Any:
    of = values.get(name.action, {}) if name.action else values
    if name.field not in of:
        raise NotComparable(f"{name.text} is not known")
    return of[name.field]


def _operand(operand: Operand, values: Mapping[str, Any]) -> Any:
    return _value(operand, values) if isinstance(operand, Name) else operand


def _is(value: Any, operand: Any) -> bool:
    """Whether two values are the same: numbers as such (20.0 is 20), truth as "true" or "yes", texts whatever case."""
    if isinstance(value, bool):
        return str(operand).casefold() in (("true", "yes", "是") if value else ("false", "no", "否"))
    left, right = _decimal(value), _decimal(operand)
    if left is not None and right is not None:
        return left == right
    return str(value).strip().casefold() == str(operand).strip().casefold()


def _contains(each: Comparison, value: Any, operand: Any) -> bool:
    if isinstance(value, str):
        return str(operand).casefold() in value.casefold()
    if isinstance(value, list | tuple):
        return any(_is(entry, operand) for entry in cast("Sequence[Any]", value))
    raise NotComparable(f"{each.name.text} is neither a list nor a text")


def _count(each: Comparison, value: Any) -> Decimal:
    if value is None:
        return Decimal(0)
    if not isinstance(value, list | tuple | dict):
        raise NotComparable(f"{each.name.text} is no list")
    return Decimal(len(cast("Sequence[Any]", value)))


def _days_ago(each: Comparison, value: Any) -> Decimal:
    """How many days have gone since; without its time of day a date is the beginning of that day, UTC."""
    try:
        then = datetime.fromisoformat(str(value))
    except ValueError:
        raise NotComparable(f"{each.name.text} is no date (ISO 8601)") from None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return Decimal((time.time() - then.timestamp()) / _DAY_SECONDS)


def _number(each: Comparison, value: Any) -> Decimal:
    found = _decimal(value)
    if found is None:
        raise NotComparable(f"{each.name.text} is compared with a number, and one of the two is none")
    return found


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None

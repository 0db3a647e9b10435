"""The situations that a procedure tells apart: values made up so that each of its conditions holds, and does not."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from typing import Any

from kefu.router.actions.action import Action
from kefu.router.actions.procedures.procedure import Ask, Comparison, If, Name, Operator, Procedure, walk

_MOST = 48
_DAY_SECONDS = 86_400
OTHER = "something else"
"""A value that no condition names."""


@dataclass(frozen=True)
class Situation:
    """What is so in one conversation."""

    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What look-ups find, by name."""
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the customer chooses where asked, by input."""

    def shown(self) -> dict[str, str]:
        """All of it, to be read."""
        return {name: _shown(value) for name, value in {**self.values, **self.answers}.items()}


def situations(procedure: Procedure, actions: Mapping[str, Action]) -> list[Situation]:
    """Up to 48: all combinations, or where these are more each value at least once."""
    options = _options(procedure, actions)
    candidates: dict[str, list[Any]] = {}
    for comparison in _comparisons(procedure):
        name = comparison.name.field
        offered = list[Any](options[name]) if name in options else _candidates(comparison)
        known = candidates.setdefault(name, [])
        known += [each for each in offered if each not in known]
    for each in candidates.values():
        if OTHER in each:  # beside what is named, and so after it
            each.sort(key=lambda value: value == OTHER)
    return [
        Situation(
            {name: value for name, value in chosen.items() if name not in options},
            {name: str(value) for name, value in chosen.items() if name in options},
        )
        for chosen in _combined(candidates)
    ]


def _combined(candidates: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    count = 1
    for each in candidates.values():
        count *= len(each)
    if count <= _MOST:
        return [dict(zip(candidates, values, strict=True)) for values in product(*candidates.values())]
    base = {name: values[0] for name, values in candidates.items()}
    varied = [{**base, name: value} for name, values in candidates.items() for value in values[1:]]
    return [base, *varied][:_MOST]


def _comparisons(procedure: Procedure) -> list[Comparison]:
    conditions = [each.condition for each in walk(procedure.steps) if isinstance(each, If)]
    conditions += [each.condition for each in procedure.never if each.condition is not None]
    return [each for condition in conditions for way in condition.any_of for each in way]


def _options(procedure: Procedure, actions: Mapping[str, Action]) -> dict[str, tuple[str, ...]]:
    """What a customer may be asked to choose from: values by the name of the input."""
    inputs = [*procedure.own_inputs]
    for step in walk(procedure.steps):
        action = actions.get(step.action) if isinstance(step, Ask) else None
        inputs += action.inputs if action is not None else ()
    return {each.name: tuple(each.options) for each in inputs if each.options}


def _candidates(comparison: Comparison) -> list[Any]:
    """Values for which a comparison holds, and for which it does not."""
    operand = comparison.operands[0] if comparison.operands else ""
    if comparison.in_days and isinstance(operand, Decimal):
        return [_days_ago(float(operand) + days) for days in (-1, 1)]
    if comparison.counts and isinstance(operand, Decimal):
        return [[f"{number}" for number in range(count)] for count in _around(int(operand))]
    match comparison.operator:
        case Operator.EMPTY:
            return [[], [OTHER]]
        case Operator.CONTAINS:
            return [[str(_plain(operand))], []]
        case Operator.IS | Operator.ONE_OF:
            return [*map(_plain, comparison.operands), OTHER]
        case _:
            return list[Any](_around(int(operand)) if isinstance(operand, Decimal) else (1, 2))


def _around(number: int) -> list[int]:
    return [each for each in (number - 1, number, number + 1) if each >= 0]


def _plain(operand: Any) -> Any:
    """An operand as a system would answer it; for another value's name what stands for that value."""
    if isinstance(operand, Name):
        return made_up(operand.field)
    if isinstance(operand, Decimal):
        return int(operand) if operand == operand.to_integral_value() else float(operand)
    return operand


def made_up(name: str) -> str:
    """What stands for a value that no condition looks at."""
    return f"‹{name}›"


def _days_ago(days: float) -> str:
    return datetime.fromtimestamp(time.time() - max(days, 0) * _DAY_SECONDS, UTC).date().isoformat()


def _shown(value: Any) -> str:
    return f"{len(value)} entries" if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownArgumentType]

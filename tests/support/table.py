"""Tables of cases that are one test: it tries every row and tells all that fail."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import cast

import pytest

_Test = Callable[..., None]


def table(
    names: str | tuple[str, ...], rows: Iterable[object], *, floor: int | None = None
) -> Callable[[_Test], _Test]:
    """One test of all rows, where `pytest.mark.parametrize` makes a test of each.

    The body of the test says what holds of a row. Fixtures are set up once, for all rows.

    Args:
        names: parameters that a row fills, as `pytest.mark.parametrize` takes them.
        rows: their values; with a single name, the value itself.
        floor: for rows that only sample a language, how many hold today. Fewer fail the test. So do more, for then
            the floor has to rise.
    """
    fields = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    cases = list(rows)
    wanted = len(cases) if floor is None else floor

    def one_test(test: _Test) -> _Test:
        @functools.wraps(test)
        def over_all_rows(**fixtures: object) -> None:
            failing = [told for row in cases if (told := _failure(test, fields, row, fixtures))]
            right = len(cases) - len(failing)
            if right != wanted or not cases:
                told = f"{right} of {len(cases)} rows hold, and {wanted} should:"
                pytest.fail("\n".join([told, *failing]), pytrace=False)

        signature = inspect.signature(test)
        left = [parameter for name, parameter in signature.parameters.items() if name not in fields]
        over_all_rows.__dict__["__signature__"] = signature.replace(parameters=left)
        return over_all_rows

    return one_test


def _failure(test: _Test, fields: list[str], row: object, fixtures: dict[str, object]) -> str:
    """Why a row fails; empty if it holds."""
    values = (row,) if len(fields) == 1 else cast("tuple[object, ...]", row)
    try:
        test(**dict(zip(fields, values, strict=True)), **fixtures)
    except (Exception, pytest.fail.Exception) as exc:  # whatever would fail a test
        return f"{row!r}: {str(exc) or type(exc).__name__}"
    return ""

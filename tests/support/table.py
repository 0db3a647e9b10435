"""Tables of cases that are one test: it tries every row and tells all that fail."""

import functools
import inspect
import reprlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest

_Rows = Iterable[Any] | Callable[[], Iterable[Any]]
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 300


def table(
    names: str | tuple[str, ...], rows: _Rows, *, floor: int | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """One test of all rows, where `pytest.mark.parametrize` makes a test of each.

    The body of the test says what holds of a row. Fixtures are set up once, for all rows. A row must
    therefore leave nothing behind that another one could trip over.

    Args:
        names: parameters that a row fills, as `pytest.mark.parametrize` takes them.
        rows: their values; with a single name, the value itself. What takes long to make comes from a function that is
            called when the test runs.
        floor: for rows that only sample a language, how many hold today. Fewer fail the test. So do more, for then
            the floor has to rise.
    """
    fields = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)

    def one_test(test: Callable[..., Any]) -> Callable[..., Any]:
        def cases() -> Iterator[tuple[object, dict[str, object]]]:
            for row in rows() if callable(rows) else rows:
                values = (row,) if len(fields) == 1 else cast("tuple[object, ...]", row)
                yield row, dict(zip(fields, values, strict=True))

        @functools.wraps(test)
        def over_all_rows(**fixtures: object) -> None:
            result = _Result()
            for row, values in cases():
                with result.of(row):
                    test(**values, **fixtures)
            result.judge(floor)

        @functools.wraps(test)
        async def awaited_over_all_rows(**fixtures: object) -> None:
            result = _Result()
            for row, values in cases():
                with result.of(row):
                    await test(**values, **fixtures)
            result.judge(floor)

        made = awaited_over_all_rows if inspect.iscoroutinefunction(test) else over_all_rows
        signature = inspect.signature(test)
        left = [parameter for name, parameter in signature.parameters.items() if name not in fields]
        made.__dict__["__signature__"] = signature.replace(parameters=left)
        return made

    return one_test


class _Result:
    """How many rows there were, and what was wrong with those that failed."""

    def __init__(self) -> None:
        self._rows = 0
        self._failing: list[str] = []

    @contextmanager
    def of(self, row: object) -> Iterator[None]:
        """Note the failure of a row."""
        self._rows += 1
        try:
            yield
        except (Exception, pytest.fail.Exception) as exc:  # whatever would fail a test
            self._failing.append(f"{_SHORT.repr(row)}: {str(exc) or type(exc).__name__}")

    def judge(self, floor: int | None) -> None:
        """Fail the test unless as many rows hold as should, and there are some."""
        right, wanted = self._rows - len(self._failing), self._rows if floor is None else floor
        if right != wanted or not self._rows:
            told = f"{right} of {self._rows} rows hold, and {wanted} should:"
            pytest.fail("\n".join([told, *self._failing]), pytrace=False)

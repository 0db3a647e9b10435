"""JMESPath (jmespath.org) over strangers' documents, by expressions of tenants: with a bound on what it does and makes.

An expression of 180 characters doubles a list 22 times ("|[@,@][]"), and what it holds twice is written out twice.
"""

from collections.abc import Iterable
from typing import Any, cast

import jmespath
import jmespath.functions
from jmespath.exceptions import JMESPathError
from jmespath.visitor import TreeInterpreter

MOST_WORK = 300_000
"""Steps, and entries of what they make: half a second of one core as a rule, two at worst."""
_TEXT_AN_ENTRY = 16
"""Characters that count as much as an entry of a list."""
_MAKERS = frozenset({"multi_select_list", "multi_select_dict", "flatten", "function_expression"})
"""Kinds of steps whose result may be larger than what they are given."""


class NoSuchForm(ValueError):
    """An expression that does not fit a document, or makes too much of it."""


class _Functions(jmespath.functions.Functions):
    """The functions of JMESPath, with one of its Community Edition."""

    @jmespath.functions.signature({"types": ["object"]})
    def _func_items(self, entries: dict[str, Any]) -> list[list[Any]]:  # pyright: ignore[reportUnusedFunction]
        """The names of an object with their values: items(@), for all whose names nobody knows beforehand."""
        return [[name, value] for name, value in entries.items()]


_OPTIONS = jmespath.Options(custom_functions=_Functions())


def compiled(expression: str) -> Any:
    """An expression that can be searched with. Raises ValueError."""
    compile_expression: Any = jmespath.compile  # pyright: ignore[reportUnknownMemberType]
    try:
        return compile_expression(expression)
    except (JMESPathError, RecursionError):
        raise ValueError("no JMESPath expression") from None


def searched(expression: str, document: Any, most_work: int = MOST_WORK) -> Any:
    """What an expression finds in a document. Raises NoSuchForm."""
    try:
        return _Interpreter(most_work).visit(compiled(expression).parsed, document)
    except (JMESPathError, RecursionError, ValueError):
        raise NoSuchForm(expression) from None


class _Interpreter(TreeInterpreter):
    def __init__(self, most_work: int) -> None:
        super().__init__(_OPTIONS)
        self._left = most_work
        self._sizes: dict[int, int] = {}
        self._measured: list[Any] = []
        """What `_sizes` knows by its id: it must not go meanwhile."""

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        """See TreeInterpreter."""
        visit: Any = super().visit
        found = visit(node, *args, **kwargs)
        self._left -= self._size(found) if node["type"] in _MAKERS else 1
        if self._left < 0:
            raise NoSuchForm(node["type"])
        return found

    def _size(self, value: Any) -> int:
        """The entries of a value as it is written out: what it holds twice counts twice, and is looked at once."""
        if isinstance(value, str):
            return 1 + len(value) // _TEXT_AN_ENTRY
        if isinstance(value, dict):
            entries: Iterable[Any] = cast("dict[str, Any]", value).values()
        elif isinstance(value, list):
            entries = cast("list[Any]", value)
        else:
            return 1
        key = id(cast("object", value))
        known = self._sizes.get(key)
        if known is None:
            known = self._sizes[key] = 1 + sum(map(self._size, entries))
            self._measured.append(value)
        return known

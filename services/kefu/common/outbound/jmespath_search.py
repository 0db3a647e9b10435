"""JMESPath (jmespath.org) over strangers' documents, by expressions of tenants: with a bound on what it does and makes.

An expression of 180 characters doubles a list 22 times ("|[@,@][]"), and what it holds twice is written out twice.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
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


@dataclass(frozen=True)
class MissingKey:
    """A key that an expression names, and none of the places in the document to which it leads has."""

    key: str
    beside: tuple[str, ...]
    """The keys of the objects at those places, in order."""
    stands: str
    """What stands there in place of an object, such as "a list"; empty: objects do."""


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


def missing_keys(expression: str, document: Any) -> list[MissingKey]:
    """The keys that an expression names and the document has not. Optional ones count too, but for "a || b"."""
    tracer = _Tracer(MOST_WORK)
    with suppress(JMESPathError, RecursionError, ValueError):  # what was found out before is found out
        tracer.visit(compiled(expression).parsed, document)
    return tracer.missing()


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


class _Tracer(_Interpreter):
    """Notes the fields of an expression that were looked for, and whether they were ever there."""

    def __init__(self, most_work: int) -> None:
        super().__init__(most_work)
        self._there: set[int] = set()
        self._absent: dict[int, tuple[str, dict[str, None], str]] = {}
        """By the id of the node: its key, the keys beside it, and what stands there in place of an object."""

    def missing(self) -> list[MissingKey]:
        """The keys that were never there."""
        absent = (each for node, each in self._absent.items() if node not in self._there)
        return [MissingKey(key, tuple(beside), "" if beside else stands) for key, beside, stands in absent]

    def visit_field(self, node: Any, value: Any) -> Any:
        """See TreeInterpreter."""
        key = str(node["value"])
        if isinstance(value, dict) and key in value:
            self._there.add(id(node))
        elif value is not None:  # else something above is missing, or nothing on purpose
            beside = self._absent.setdefault(id(node), (key, {}, _kind(cast("object", value))))[1]
            if isinstance(value, dict):
                beside.update(dict.fromkeys(map(str, cast("dict[str, Any]", value))))
        return super().visit_field(node, value)

    def visit_or_expression(self, node: Any, value: Any) -> Any:
        """See TreeInterpreter. Where one side is there the other may be missing."""
        before = set(self._absent)
        found = super().visit_or_expression(node, value)
        if found:
            self._there.update(self._absent.keys() - before)
        return found


def _kind(value: object) -> str:
    match value:
        case dict():
            return ""
        case list():
            return "a list"
        case str():
            return "a text"
        case bool():
            return "true or false"
        case _:
            return "a number"

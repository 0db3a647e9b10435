"""Every regular expression of the product, with the place where it stands and how it is used."""

import ast
import importlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import kefu

_FUNCTIONS = ("compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn")
_FROM_THE_BEGINNING = {"match", "fullmatch"}
_ATTRIBUTE = re.compile(r"\b(\w+)(?=\.(\w+))")
_USES_RE = re.compile(r"^(?:import re|from re import .+)$", re.MULTILINE)
_GENERATED = "v1"


TEXT_OF_OURS = {
    "kefu.cli": "what the operator types and the files that the operator gives",
    "kefu.common.redis": "names of keys, and addresses of servers",
    "kefu.text.linear_pattern": "patterns",
    "kefu.edge": "what nginx says of itself",
    "kefu.evaluation": "question sets, and answers to them",
    "kefu.local": "what processes of ours write",
    "kefu.retrieval.sources.checks": "settings of a source",
    "kefu.retrieval.text.cedict": "the dictionary file",
    "kefu.retrieval.text.user_dictionary": "the operator's own words",
    "kefu.router.actions.template": "what the operator lets an action say",
}
"""Modules and packages whose patterns read no text of strangers, with what they read."""


@dataclass(frozen=True)
class CollectedPattern:
    """One pattern. `anchored`: it is only used from a given position on, never to search."""

    place: str
    pattern: re.Pattern[str]
    anchored: bool


def stands_in(one: CollectedPattern, names: Iterable[str]) -> bool:
    """Whether a pattern stands in one of some modules or packages."""
    return any(re.match(rf"{re.escape(name)}[.:]", one.place) for name in names)


def sources() -> dict[str, str]:
    """The text of all modules that are written by hand, by their names."""
    root = Path(kefu.__path__[0])
    texts: dict[str, str] = {}
    for file in sorted(root.rglob("*.py")):
        if file.parent.name != _GENERATED and file.name != "__main__.py":
            name = ".".join((root.name, *file.relative_to(root).with_suffix("").parts))
            texts[name.removesuffix(".__init__")] = file.read_text("utf-8")
    return texts


def modules(names: Iterable[str]) -> Iterator[ModuleType]:
    """Modules, but for those whose library is not installed here."""
    for name in names:
        try:
            yield importlib.import_module(name)
        except ModuleNotFoundError as missing:
            if str(missing.name).startswith("kefu"):
                raise


def held_patterns(module: ModuleType, tree: ast.Module) -> Iterator[tuple[str, re.Pattern[str]]]:
    """The compiled patterns in a module's own names and in its classes, inside containers too."""
    froms = (node for node in tree.body if isinstance(node, ast.ImportFrom))
    imported = {alias.asname or alias.name for node in froms for alias in node.names}
    for name, value in vars(module).items():
        for pattern in () if name in imported else _within(value, module.__name__, 0):
            yield name, pattern


def _within(value: Any, module: str, depth: int) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        if isinstance(cast("re.Pattern[Any]", value).pattern, str):
            yield cast("re.Pattern[str]", value)
    elif depth > 4:
        return
    elif isinstance(value, Mapping):
        for key, held in cast("Mapping[Any, Any]", value).items():
            yield from _within(key, module, depth + 1)
            yield from _within(held, module, depth + 1)
    elif isinstance(value, list | tuple | set | frozenset):
        for held in cast("Iterable[Any]", value):
            yield from _within(held, module, depth + 1)
    elif isinstance(value, type) and value.__module__ == module:
        for held in vars(value).values():
            yield from _within(held, module, depth + 1)
    elif hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        for field in value.__dataclass_fields__:
            yield from _within(getattr(value, field, None), module, depth + 1)


def written_patterns(module: ModuleType, tree: ast.Module) -> Iterator[tuple[str, str, re.Pattern[str] | None]]:
    """Every call of `re` in a module's source: its place, function, and pattern; None: made of local values."""
    for node in ast.walk(tree):
        if not (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in _FUNCTIONS
        ):
            continue
        place = f"{module.__name__}:{node.lineno}"
        arguments = [*node.args[:1], *(key.value for key in node.keywords if key.arg == "pattern")]
        flags = [key.value for key in node.keywords if key.arg == "flags"]
        after = {"compile": 1, "search": 2, "match": 2, "fullmatch": 2, "findall": 2, "finditer": 2}.get(node.func.attr)
        if after is not None and len(node.args) > after:
            flags = [node.args[after]]
        try:
            text = _value(arguments[0], module)
            pattern = re.compile(text, _value(flags[0], module) if flags else 0)
        except NameError:
            pattern = None
        yield place, node.func.attr, pattern if pattern is None or isinstance(pattern.pattern, str) else None


def _value(node: ast.expr, module: ModuleType) -> Any:
    return eval(compile(ast.Expression(node), "<pattern>", "eval"), dict(vars(module)))


def methods_used(source: str) -> dict[str, set[str]]:
    """What a source reads or calls of each name, in one pass: by the name."""
    used: dict[str, set[str]] = {}
    for found in _ATTRIBUTE.finditer(source):
        used.setdefault(found[1], set()).add(found[2])
    return used


def collected() -> tuple[list[CollectedPattern], list[str]]:
    """All patterns, each once; and the places of those that are made when they are used.

    Imports every module that imports `re`.
    """
    found: dict[tuple[str, int], CollectedPattern] = {}
    made_late: list[str] = []
    texts = sources()
    used_in = {name: methods_used(text) for name, text in texts.items()}
    used_anywhere: dict[str, set[str]] = {}
    for methods in used_in.values():
        for name, used in methods.items():
            used_anywhere.setdefault(name, set()).update(used)
    for module in modules(name for name, text in texts.items() if _USES_RE.search(text)):
        tree = ast.parse(texts[module.__name__])
        for name, pattern in held_patterns(module, tree):
            used = (used_in[module.__name__] if name.startswith("_") else used_anywhere).get(name, set())
            anchored = bool(used) and used <= _FROM_THE_BEGINNING | {"pattern"}
            _add(found, CollectedPattern(f"{module.__name__}.{name}", pattern, anchored))
        for place, function, pattern in written_patterns(module, tree):
            if pattern is None:
                made_late.append(place)
            elif function != "compile" or not any(key[0] == pattern.pattern for key in found):
                _add(found, CollectedPattern(place, pattern, function in _FROM_THE_BEGINNING))
    return list(found.values()), made_late


def _add(found: dict[tuple[str, int], CollectedPattern], one: CollectedPattern) -> None:
    key = (one.pattern.pattern, one.pattern.flags)
    if key not in found or (found[key].anchored and not one.anchored):
        found[key] = one

"""Names of files and classes: one of each in a service, and none that only says that something is done."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
SERVICES = ROOT / "services" / "kefu"
_FIELDS_WORDS = {
    "chunking",
    "clustering",
    "coalescing",
    "hedging",
    "multiplexing",
    "ranking",
    "reasoning",
    "second_reading",
    "splitting",
    "thinking",
}
"""Gerunds that the field calls a thing by, at the end of a name."""
_PACKS = {"en", "zh"}
"""A language's modules have the names of the other's."""


def _modules(service: Path) -> Iterator[Path]:
    for path in service.rglob("*.py"):
        parts = path.relative_to(service).parts
        if not path.stem.startswith("__") and "v1" not in parts and "node_modules" not in parts:
            yield path


def _services() -> list[Path]:
    found = [each for each in SERVICES.iterdir() if (each / "__init__.py").is_file()]
    assert len(found) > 10
    return found


def _twice(named: dict[tuple[str, str], list[str]]) -> dict[tuple[str, str], list[str]]:
    return {name: places for name, places in named.items() if len(places) > 1}


def test_no_two_modules_of_a_service_have_one_name() -> None:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for service in _services():
        for path in _modules(service):
            if path.parent.name not in _PACKS:
                found[service.name, path.stem].append(str(path.relative_to(service)))
    assert _twice(found) == {}


def test_a_public_class_name_stands_once_in_a_service() -> None:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for service in _services():
        for path in _modules(service):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found[service.name, node.name].append(str(path.relative_to(service)))
    assert _twice(found) == {}


def test_no_file_is_named_by_a_gerund() -> None:
    named = {path for service in _services() for path in _modules(service) if path.stem.endswith("ing")}
    assert named
    fields = {path for path in named if path.stem.endswith(tuple(_FIELDS_WORDS))}
    assert {str(path.relative_to(SERVICES)) for path in named - fields} == set()

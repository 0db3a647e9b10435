"""Templates of what is said: Mustache (mustache.github.io), which has values and sections and no logic to run away."""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, cast

import pystache
from pystache.parser import ParsingError

_mustache: Any = pystache  # it is not typed
_MAX_CHARACTERS = 8_000
_TAG = re.compile(r"\{\{[^{}]*\}\}")
_TAG_OR_RAW = re.compile(r"\{\{\{[^{}]*\}\}\}|\{\{[^{}]*\}\}")
_BLANKS = re.compile(r"[ \t]{101}")
_MOST_KEPT = 2_000
_VALUES = frozenset({"_EscapeNode", "_LiteralNode"})


def _without_link(value: str) -> str:
    """A value in whose Markdown no words hide an address: the company's name stands above it."""
    return value.replace("](", "] (").replace("]:", "] :")


_renderer = _mustache.Renderer(escape=_without_link, partials={}, missing_tags="ignore")


class TemplateError(ValueError):
    """A template that says nothing sensible. The message is a sentence without its full stop."""


def check_template(template: str, names: set[str] | None) -> None:
    """Raise TemplateError for what is no template, or names something outside sections that is not in `names`."""
    for name in names_of(template):
        if names is not None and name.partition(".")[0] not in names:
            raise TemplateError(f"it names {name.partition('.')[0]}, which is no name of a result or an input")


def names_of(template: str) -> list[str]:
    """What a template names outside sections, with full stops as it is written. Raises TemplateError."""
    names = list[str]()
    for node in _nodes(template):
        kind = type(node).__name__
        if kind in ("_PartialNode", "_ChangeNode"):
            raise TemplateError("it has a partial or changes its delimiters, which are not taken")
        name = str(getattr(node, "key", ""))
        if name.partition(".")[0] and kind != "_CommentNode":
            names.append(name)
    return names


def unfilled(template: str, values: Mapping[str, Any]) -> list[str]:
    """The values that a template says outside sections, and that are null: names, in order; empty for no template."""
    try:
        said = {str(node.key) for node in _nodes(template) if type(node).__name__ in _VALUES}
    except TemplateError:  # stored before it was refused
        return []
    return sorted(name for name in said if name in values and values[name] is None)


def said_of_nothing(template: str, values: Mapping[str, Any], absent: Collection[str]) -> list[str]:
    """What of `absent` values a template speaks of as if it were there, or were known not to be: names, in order.

    That is a null outside sections, a null in a section for what is not there ({{^orders}}), and a field in the section
    of a list of which every object has null. A section for what is there says nothing of what is absent.
    """
    try:
        nodes = _nodes(template)
    except TemplateError:  # stored before it was refused
        return []
    said = set[str]()
    for node in nodes:
        name, value = str(getattr(node, "key", "")), values.get(str(getattr(node, "key", "")))
        if name not in absent:
            continue
        if type(node).__name__ != "_SectionNode":
            said.update({name} if value is None else ())
        elif isinstance(value, list) and value:
            fields = {str(each.key) for each in node.parsed._parse_tree if type(each).__name__ in _VALUES}
            entries = cast("list[Any]", value)
            said.update(f"{name}.{field}" for field in fields if all(_is_null(each, field) for each in entries))
    return sorted(said)


def _is_null(entry: Any, field: str) -> bool:
    return isinstance(entry, Mapping) and field in entry and entry[field] is None


def sections_of(template: str) -> dict[str, set[str]]:
    """What the sections of a template name, by section. Raises TemplateError."""
    sections: dict[str, set[str]] = {}
    for node in _nodes(template):
        if type(node).__name__ == "_SectionNode":
            names = {str(getattr(each, "key", "")) for each in node.parsed._parse_tree}
            sections.setdefault(str(node.key), set()).update(names - {""})
    return sections


def _nodes(template: str) -> list[Any]:
    return _parsed(template)._parse_tree  # there is no public way


@lru_cache(maxsize=_MOST_KEPT)
def _parsed(template: str) -> Any:
    """A template, parsed once. Raises TemplateError.

    The parser takes quadratic time over tags that do not end and over long blanks: they are refused first.
    """
    rest = _TAG_OR_RAW.sub("\0", template)
    if "{{" in rest or "{\0" in rest:
        raise TemplateError("it is no Mustache template (a {{ has no }} of its own)")
    if _BLANKS.search(template):
        raise TemplateError("it has more than 100 blanks in a row")
    try:
        return _mustache.parse(template, raise_on_mismatch=True)
    except (ParsingError, RecursionError, LookupError, ValueError) as error:
        raise TemplateError(f"it is no Mustache template ({error})") from None


def without_tags(template: str) -> str:
    """A template's own words."""
    return _TAG.sub(" ", template)


def render(template: str, values: Mapping[str, Any]) -> str:
    """A template with values, without blank lines around it, cut at 8,000 characters."""
    return render_plain(template, plain(values))


def render_plain(template: str, values: Mapping[str, Any]) -> str:
    """As `render`, for values that are `plain` already: many templates over the same ones."""
    try:
        said = str(_renderer.render(_parsed(template), values))
    except TemplateError:  # stored before it was refused: as it stands
        said = template
    return said.strip()[:_MAX_CHARACTERS]


def plain(value: Any) -> Any:
    """JSON as the renderer takes it: whole numbers without a fraction; truth as itself; null as nothing."""
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return [plain(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    # Zero is something to say, and no empty section.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

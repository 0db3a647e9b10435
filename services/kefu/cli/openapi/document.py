"""An OpenAPI document of somebody else: read within bounds, its operations found, its references followed.

Only the operation that is asked for is validated, so that a fault elsewhere in a large document holds nothing up.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import unquote

import yaml
from openapi_pydantic.v3.v3_1 import Operation, Reference
from pydantic import BaseModel, ValidationError

MAX_BYTES = 5 * 1024 * 1024
_MOST_LEVELS = 100
_MOST_HOPS = 20
_METHODS = ("get", "post", "put", "patch", "delete")
_VERSION = re.compile(r"3\.[01](?:\.|$)")
_INDEX = re.compile(r"[0-9]{1,6}")
_TAG = "tag:yaml.org,2002:"
_NOTHING: Any = object()
Model = TypeVar("Model", bound=BaseModel)


class DocumentError(ValueError):
    """A document that no action comes of. The message is a sentence that says what to do."""


@dataclass(frozen=True)
class FoundOperation:
    """An operation of a document, not yet looked into."""

    id: str
    """Its operationId, or "METHOD /path" where it has none."""
    method: str
    path: str
    summary: str


class Document:
    """A document. `location`: the address that it comes from, to which its servers may be relative; or empty."""

    def __init__(self, root: Mapping[str, Any], location: str = "") -> None:
        self.root = root
        self.location = location
        self._known: dict[tuple[type[BaseModel], str], BaseModel] = {}

    def operations(self) -> Iterator[FoundOperation]:
        """Its operations, in its own order."""
        for path in _mapping(self.root.get("paths")):
            item = self._path_item(path)
            for method in _METHODS:
                if isinstance(item.get(method), dict):
                    fields = _mapping(item[method])
                    given, summary = fields.get("operationId"), fields.get("summary")
                    yield FoundOperation(
                        given if isinstance(given, str) and given else f"{method.upper()} {path}",
                        method.upper(),
                        path,
                        summary if isinstance(summary, str) else "",
                    )

    def find(self, name: str) -> FoundOperation:
        """The operation of an operationId or of "METHOD /path". Raises DocumentError."""
        found = [each for each in self.operations() if name in (each.id, f"{each.method} {each.path}")]
        if not found:
            raise DocumentError(f"There is no operation {name[:100]!r}: without --operation they are listed.")
        if len(found) > 1:
            ways = " or ".join(repr(f"{each.method} {each.path}") for each in found[:5])
            raise DocumentError(f"Several operations are called {name[:100]!r}: say {ways}.")
        return found[0]

    def operation(self, found: FoundOperation) -> Operation:
        """The whole operation, with what holds for its path or for all of the document. Raises DocumentError."""
        item = self._path_item(found.path)
        own = _mapping(item[found.method.lower()])
        parameters = [*_entries(item.get("parameters")), *_entries(own.get("parameters"))]
        inherited = {"servers": item.get("servers") or self.root.get("servers"), "security": self.root.get("security")}
        return _valid(Operation, {**inherited, **own, "parameters": parameters}, found.id)

    def resolved(self, kind: type[Model], node: Model | Reference) -> Model:
        """What a node is, or refers to. Raises DocumentError."""
        return self.at(kind, node.ref) if isinstance(node, Reference) else node

    def at(self, kind: type[Model], reference: str) -> Model:
        """What stands at a reference. Raises DocumentError."""
        key = (kind, reference)
        if key not in self._known:
            self._known[key] = _valid(kind, self._followed({"$ref": reference}), reference)
        return cast("Model", self._known[key])

    def _path_item(self, path: str) -> Mapping[str, Any]:
        return _mapping(self._followed(_mapping(self.root.get("paths"))[path]))

    def _followed(self, node: Any) -> Any:
        for _ in range(_MOST_HOPS):
            reference = _mapping(node).get("$ref")
            if not isinstance(reference, str):
                return node
            node = self._target(reference)
        raise DocumentError("A $ref leads back to itself, or over too many others: say there what is meant.")

    def _target(self, reference: str) -> Any:
        if not reference.startswith("#"):
            raise DocumentError(
                f"It refers to another document ({reference[:100]!r}), and none is fetched: "
                "bundle them into one, with `redocly bundle` for example."
            )
        node: Any = self.root
        for part in reference.split("/")[1:]:
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(node, list):
                number, entries = int(name) if _INDEX.fullmatch(name) else -1, _entries(cast("Any", node))
                node = entries[number] if 0 <= number < len(entries) else _NOTHING
            else:
                node = _mapping(node).get(name, _NOTHING)
        if node is _NOTHING:
            raise DocumentError(f"{reference[:100]!r} refers to nothing in it: mend that reference.")
        return node


def read(data: bytes, location: str = "") -> Document:
    """The document in a file's bytes, JSON or YAML. Raises DocumentError."""
    if len(data) > MAX_BYTES:
        raise DocumentError(f"It is larger than {MAX_BYTES // 1024**2} MiB: cut it down to the operations you need.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentError("It is no text in UTF-8: save it as such.") from None
    root = _parsed(text)
    if not isinstance(root, dict):
        raise DocumentError("It is no OpenAPI document: name the JSON or YAML file itself, and not a page about it.")
    fields = cast("dict[str, Any]", root)
    if "swagger" in fields:
        raise DocumentError("It is of Swagger 2.0: convert it to OpenAPI 3 first, with `swagger2openapi` for example.")
    version = str(fields.get("openapi", ""))
    if not _VERSION.match(version):
        what = f"OpenAPI {version[:20]}" if version else "no version of OpenAPI (there is no field `openapi`)"
        raise DocumentError(f"It is of {what}: 3.0 and 3.1 are read.")
    if not isinstance(fields.get("paths"), dict):
        raise DocumentError("It has no `paths`, and so no operation to call.")
    return Document(fields, location)


class _Loader(yaml.CSafeLoader):
    """YAML as JSON has it: a day, "no" and "12:30" stay text."""


_loader: Any = _Loader  # it is typed poorly
_loader.yaml_implicit_resolvers = {
    first: [(tag, looks) for tag, looks in some if tag in (f"{_TAG}null", f"{_TAG}float")]
    for first, some in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_loader.add_implicit_resolver(f"{_TAG}bool", re.compile(r"(?:true|false)$", re.IGNORECASE), list("tTfF"))
_loader.add_implicit_resolver(f"{_TAG}int", re.compile(r"-?[0-9]{1,18}$"), list("-0123456789"))


def _parsed(text: str) -> Any:
    try:
        if text.lstrip()[:1] == "{":
            return json.loads(text)
        _check_events(text)
        return _with_text_keys(yaml.load(text, _Loader))  # noqa: S506 - it is a safe one
    except RecursionError:
        raise DocumentError(_TOO_DEEP) from None
    except yaml.YAMLError as error:
        raise DocumentError(f"It is no YAML: {' '.join(str(error).split())[:300]}.") from None
    except DocumentError:
        raise
    except ValueError as error:
        raise DocumentError(f"It is no JSON: {str(error)[:300]}.") from None


_TOO_DEEP = "It is nested too deep: no API's description is."


def _check_events(text: str) -> None:
    """Raise DocumentError for YAML that is more than it looks: aliases, which multiply, tags, and endless nesting."""
    level = 0
    event: Any
    for event in yaml.parse(text, yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None):
            begin: Any = event.start_mark
            raise DocumentError(
                f"Line {begin.line + 1} has a YAML alias or tag, which is not read: write it out, or as JSON."
            )
        if isinstance(event, yaml.CollectionStartEvent):
            level += 1
            if level > _MOST_LEVELS:
                raise DocumentError(_TOO_DEEP)
        elif isinstance(event, yaml.CollectionEndEvent):
            level -= 1


def _with_text_keys(node: Any) -> Any:
    """YAML's mappings with texts for keys, as JSON's objects have: a response's 200 is a number in YAML."""
    if isinstance(node, dict):
        return {str(name): _with_text_keys(each) for name, each in cast("dict[Any, Any]", node).items()}
    if isinstance(node, list):
        return [_with_text_keys(each) for each in cast("list[Any]", node)]
    return node


def _mapping(node: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", node) if isinstance(node, dict) else {}


def _entries(node: Any) -> list[Any]:
    return cast("list[Any]", node) if isinstance(node, list) else []


def _valid(kind: type[Model], node: Any, where: str) -> Model:
    """A node as a model: of OpenAPI 3.1, which has all that is used of 3.0. Raises DocumentError."""
    try:
        return kind.model_validate(node)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DocumentError(f"It is not as OpenAPI wants it at {where[:100]}, {place[:200]}: {first['msg']}.") from None

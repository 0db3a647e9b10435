"""What is used of an operation's answer, and what is said of it."""

import json
import re
from collections.abc import Mapping
from itertools import islice

from openapi_pydantic.v3.v3_1 import MediaType, Operation, Response, Schema

from kefu.cli.openapi.document import Document
from kefu.cli.openapi.names import label, of_its_own, snake
from kefu.cli.openapi.schemas import Node, fields, plain, type_of

Lines = dict[str, str]
"""By name of a result: the line of a Mustache template that says it."""
_MOST_RESULTS = 20
_MOST_FIELDS = 6
_MOST_CHARACTERS = 3_000
_MOST_FIELD_NAME = 100
_STATUSES = ("200", "201", "2XX", "202", "203")
_SIMPLE = ("string", "integer", "number", "boolean")
_COLON = "\0"
"""Stands in a line for the colon of its language."""
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def json_schema(content: Mapping[str, MediaType] | None) -> Node | None:
    """The schema of the JSON among media types; None where there is none."""
    for name, media in (content or {}).items():
        kind = name.partition(";")[0].strip().lower()
        if kind in ("application/json", "*/*", "application/*") or kind.endswith("+json"):
            return media.media_type_schema or Schema()
    return None


def answer_schema(document: Document, operation: Operation) -> Node | None:
    """The schema of the JSON that an operation answers with when all is well."""
    responses = operation.responses or {}
    for status in _STATUSES:
        if status in responses:
            return json_schema(document.resolved(Response, responses[status]).content)
    return None


def result_of(document: Document, node: Node | None) -> tuple[dict[str, str], Lines]:
    """What is used of an answer, by name: JMESPath; and how each is said. Empty where the document does not tell."""
    if node is None:
        return {}, {}
    schema = plain(document, node)
    if type_of(schema) == "array":
        return {"items": "@"}, {"items": _line(document, "items", schema)}
    result, lines = dict[str, str](), dict[str, str]()
    for name, field in fields(document, node)[0].items():
        if len(result) == _MOST_RESULTS:
            break
        if len(name) > _MOST_FIELD_NAME:
            continue
        own = of_its_own(snake(name), result)
        result[own] = name if _BARE.fullmatch(name) else json.dumps(name)
        lines[own] = _line(document, own, plain(document, field))
    return result, lines


def said(lines: Lines, colon: str = ": ") -> str:
    """The lines of a template, as many as it has room for."""
    taken, length = list[str](), 0
    for line in lines.values():
        length += len(line)
        if length > _MOST_CHARACTERS:
            break
        taken.append(line.replace(_COLON, colon))
    return "".join(taken)


def _line(document: Document, name: str, schema: Schema) -> str:
    head = f"- {label(name)}{_COLON}"
    kind = type_of(schema)
    inner = plain(document, schema.items) if kind == "array" else schema
    shown = [] if type_of(inner) in _SIMPLE else _shown(document, inner)
    if shown:
        return f"{{{{#{name}}}}}{head}{', '.join(f'{{{{{each}}}}}' for each in shown)}\n{{{{/{name}}}}}"
    value = "." if kind == "array" else name
    return f"{{{{#{name}}}}}{head}{{{{{value}}}}}\n{{{{/{name}}}}}"


def _shown(document: Document, schema: Schema) -> list[str]:
    """Fields of an object that can be said as they are."""
    found = fields(document, schema)[0].items()
    named = ((name, field) for name, field in found if _BARE.fullmatch(name) and len(name) <= _MOST_FIELD_NAME)
    simple = (name for name, field in named if type_of(plain(document, field)) in _SIMPLE)
    return list(islice(simple, _MOST_FIELDS))

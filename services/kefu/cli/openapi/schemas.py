"""What a JSON schema says of a value: its fields, its type, its only values, how it looks in a message."""

import re
from collections import deque
from typing import Any

import re2
from openapi_pydantic.v3.v3_1 import Reference, Schema

from kefu.cli.openapi.document import Document

Node = Schema | Reference
_MOST_WRAPPINGS = 8
_ID = r"[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]*"
_OF_FORMAT = {
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "date-time": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})",
    "email": r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",
    "ipv4": r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}",
    "uri": r"https?://[^\s<>]+",
    "uuid": r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
}
_TYPES: dict[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    dict: "object",
    list: "array",
}
_OF_TYPE = {"integer": "[0-9]+", "number": r"[0-9]+(?:\.[0-9]+)?"}
_OPEN_BEGINNING = re.compile(r"\\[^A-Za-z0-9]|[^A-Za-z0-9\\(\[.]")
"""A pattern that begins with a sign, such as "#": no word begins there."""
_OPEN_END = re.compile(r"[^A-Za-z0-9)\]}.*+?]$")
_PLAIN_WORDS = "Where is it, please? 请问到哪里了"
"""What no value looks like: a pattern that finds something in it would take any message's first word."""
_re2: Any = re2  # it is not typed


def plain(document: Document, node: Node | None) -> Schema:
    """A schema without what only wraps it: references, null as an alternative, allOf of one."""
    schema = document.resolved(Schema, node) if node is not None else Schema()
    for _ in range(_MOST_WRAPPINGS):
        members = [each for each in schema.allOf or schema.anyOf or schema.oneOf or () if not _is_null(each)]
        if len(members) != 1 or schema.properties or schema.enum:
            break
        schema = document.resolved(Schema, members[0])
    return schema


def fields(document: Document, node: Node) -> tuple[dict[str, Node], set[str]]:
    """The fields of an object, those of its parts and alternatives included, and which of them are always there."""
    found, required, seen = dict[str, Node](), set[str](), set[str]()
    waiting = deque([(node, True)])
    while waiting:
        each, certain = waiting.popleft()
        if isinstance(each, Reference):
            if each.ref in seen:
                continue
            seen.add(each.ref)
        schema = document.resolved(Schema, each)
        for name, field in (schema.properties or {}).items():
            found.setdefault(name, field)
        if certain:
            required.update(schema.required or ())
        waiting.extend((part, certain) for part in schema.allOf or ())
        alternatives = [part for part in (*(schema.anyOf or ()), *(schema.oneOf or ())) if not _is_null(part)]
        waiting.extend((part, certain and len(alternatives) == 1) for part in alternatives)
    return found, required & set(found)


def type_of(schema: Schema) -> str:
    """A schema's one type, such as "string"; empty: it may be of several."""
    given = schema.type if isinstance(schema.type, list) else [schema.type] if schema.type else []
    names = [each.value for each in given if each.value != "null"]
    if not names and schema.properties:
        return "object"
    if not names and schema.items:
        return "array"
    if not names:
        values: list[object] = [*(schema.enum or ()), schema.const]
        names = list({_TYPES.get(type(each), "") for each in values if each is not None})
    return names[0] if len(names) == 1 else ""


def values_of(schema: Schema) -> list[Any]:
    """The only values that a schema allows; empty: any."""
    if schema.const is not None:
        return [schema.const]
    if schema.enum is not None:
        return [each for each in schema.enum if each is not None]
    return [True, False] if type_of(schema) == "boolean" else []


def as_text(value: Any) -> str:
    """A value as it stands in an address."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def pattern_of(schema: Schema) -> tuple[str, bool]:
    """How a value looks within a message (RE2), and whether the schema says so; else any word with a digit is taken."""
    of_value = schema.pattern and _searched(schema.pattern)
    known = of_value or _OF_FORMAT.get(schema.schema_format or "") or _OF_TYPE.get(type_of(schema))
    return (of_value or rf"\b{known}\b", True) if known else (rf"\b{_ID}\b", False)


def pattern_of_values(values: list[str]) -> str:
    """A pattern of some values, for more than there can be buttons."""
    return rf"\b(?:{'|'.join(re.escape(each) for each in values)})\b"


def _searched(pattern: str) -> str:
    """A pattern of a whole value as one that finds it in a message; empty where that cannot be."""
    body = pattern.removeprefix("^")
    if body.endswith("$") and not body.endswith("\\$"):
        body = body[:-1]
    begin = "" if _OPEN_BEGINNING.match(body) else r"\b"
    end = "" if _OPEN_END.search(body) else r"\b"
    whole = f"{begin}(?:{body}){end}"
    options = _re2.Options()
    options.log_errors = False
    try:
        compiled = _re2.compile(whole, options)
    except _re2.error:
        return ""
    return "" if compiled.search(_PLAIN_WORDS) else whole


def _is_null(node: Node) -> bool:
    return (
        isinstance(node, Schema)
        and node.type is not None
        and not isinstance(node.type, list)
        and (node.type.value == "null")
    )

"""OpenAPI documents for tests of drafts."""

import json
from typing import Any

from google.protobuf import json_format

from kefu.cli.openapi.document import Document, read
from kefu.cli.openapi.draft import Draft, draft
from kefu.office.messages.actions import action_of
from kefu.router.actions.action import Action
from kefu.router.v1 import action_pb2 as pb

SERVER = "https://shop.example.com/v1"
TEXT = {"type": "string"}


def document(operation: dict[str, Any], path: str = "/things", method: str = "get", **more: Any) -> Document:
    """A document of one operation."""
    root = {"openapi": "3.1.0", "servers": [{"url": SERVER}], "paths": {path: {method: operation}}, **more}
    return read(json.dumps(root).encode())


def parameter(name: str, place: str = "query", schema: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A parameter; a required text unless told otherwise."""
    return {"name": name, "in": place, "required": True, "schema": schema or TEXT, **more}


def answers(schema: dict[str, Any], status: str = "200") -> dict[str, Any]:
    """Responses of one status, with a JSON schema."""
    return {status: {"description": "Well.", "content": {"application/json": {"schema": schema}}}}


def body(schema: dict[str, Any]) -> dict[str, Any]:
    """A request body of JSON."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def drafted(of: Document, **options: Any) -> Draft:
    """The draft of a document's one operation."""
    [found] = of.operations()
    return draft(of, found, **options)


def taken(made: Draft) -> Action:
    """A draft as PutAction takes it; raises BadRequest where it does not."""
    return action_of(json_format.ParseDict(made.action, pb.Action()))

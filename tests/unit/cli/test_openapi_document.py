"""Reading OpenAPI documents of strangers: what is found in them, and what is said of those that cannot be read."""

from contextlib import suppress
from typing import Any

import pytest

from kefu.cli.openapi.document import MAX_BYTES, Document, DocumentError, read
from kefu.cli.openapi.draft import draft
from tests.support.table import table
from tests.support.text_growth import growth
from tests.unit.cli.openapi_documents import answers, document, drafted

YAML = b"""
openapi: 3.0.3
servers: [{url: https://shop.example.com}]
paths:
  /orders/{id}:
    parameters:
      - $ref: '#/components/parameters/id'
    get:
      operationId: getOrder
      summary: One order
      responses:
        200:
          description: It.
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Order'}
    delete: {responses: {204: {description: gone}}}
components:
  parameters:
    id: {name: id, in: path, required: true, schema: {type: string, nullable: true, example: 2026-11-01}}
  schemas:
    Order:
      type: object
      properties:
        no: {type: integer, minimum: 0, exclusiveMinimum: true}
        parent: {$ref: '#/components/schemas/Order'}
"""


def test_yaml_of_3_0_is_read_with_what_its_paths_share() -> None:
    read_one = read(YAML)
    assert [(each.id, each.method, each.path, each.summary) for each in read_one.operations()] == [
        ("getOrder", "GET", "/orders/{id}", "One order"),
        ("DELETE /orders/{id}", "DELETE", "/orders/{id}", ""),
    ]
    made = draft(read_one, read_one.find("getOrder")).action
    assert made["call"]["url"] == "https://shop.example.com/orders/{id}"
    assert made["result"] == {"no": "no", "parent": "parent"}  # a schema that holds itself ends
    assert draft(read_one, read_one.find("GET /orders/{id}")).action == made


@table(
    ("data", "said"),
    [
        (b"", "It is no OpenAPI document"),
        (b"<html><body>Swagger UI</body></html>", "It is no OpenAPI document"),
        (b"\xff\xfe\x00", "It is no text in UTF-8"),
        (b'{"openapi": "3.1.0", ', "It is no JSON: "),
        (b"openapi: [3.1\npaths: {", "It is no YAML: "),
        (b'{"swagger": "2.0", "paths": {}}', "It is of Swagger 2.0: convert it to OpenAPI 3 first"),
        (b'{"openapi": "3.2.0", "paths": {}}', "It is of OpenAPI 3.2.0: 3.0 and 3.1 are read."),
        (b'{"paths": {}}', "It is of no version of OpenAPI"),
        (b'{"openapi": "3.1.0", "webhooks": {}}', "It has no `paths`"),
        (b"a: &a [x]\nb: [*a, *a]", "Line 2 has a YAML alias or tag, which is not read"),
        (b"openapi: !!int '1:1:1'", "Line 1 has a YAML alias or tag"),
        (b"[" * 500, "It is nested too deep"),
        (b"[" * 100_000, "It is no YAML: while increasing flow level exceeded maximum nesting depth"),
        (b'{"a":' + b"[" * 100_000, "It is nested too deep"),
        (b"- " * 5_000, "It is nested too deep"),
        (b"{" + b" " * MAX_BYTES, "It is larger than 5 MiB"),
    ],
)
def test_what_is_no_such_document_is_refused_with_what_to_do(data: bytes, said: str) -> None:
    with pytest.raises(DocumentError) as refused:
        read(data)
    assert str(refused.value).startswith(said)
    assert len(str(refused.value)) < 400


@table(
    ("reference", "said"),
    [
        ("other.yaml#/Order", "It refers to another document ('other.yaml#/Order'), and none is fetched"),
        ("https://example.com/x.json", "It refers to another document ('https://example.com/x.json')"),
        ("#/components/schemas/None", "'#/components/schemas/None' refers to nothing in it"),
        ("#/tags/9/x", "'#/tags/9/x' refers to nothing in it"),
        ("#/components/schemas/A", "A $ref leads back to itself"),
    ],
)
def test_a_reference_that_leads_nowhere_is_named(reference: str, said: str) -> None:
    round_about = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
    response = {"description": "x", "content": {"application/json": {"schema": {"$ref": reference}}}}
    one = document({"responses": {"200": response}}, components={"schemas": round_about}, tags=[{}])
    with pytest.raises(DocumentError) as refused:
        drafted(one)
    assert str(refused.value).startswith(said)


def test_a_fault_is_named_where_it_is_and_only_where_it_is_asked_for() -> None:
    paths = {"/a": {"get": {"operationId": "a", "parameters": [{"in": "query"}]}}, "/b": {"get": {"operationId": "b"}}}
    one = Document({"openapi": "3.1.0", "servers": [{"url": "https://a.example"}], "paths": paths})
    with pytest.raises(DocumentError, match=r"not as OpenAPI wants it at a, parameters\.0\.Parameter\.name"):
        draft(one, one.find("a"))
    assert draft(one, one.find("b")).action["name"] == "actions/b"


def test_an_operation_is_named_once() -> None:
    same: dict[str, Any] = {"operationId": "same"}
    one = Document({"paths": {"/a": {"get": same, "post": same}}})
    with pytest.raises(DocumentError, match="Several operations are called 'same': say 'GET /a' or 'POST /a'"):
        one.find("same")
    assert one.find("POST /a").method == "POST"
    with pytest.raises(DocumentError, match="There is no operation 'other': without --operation they are listed"):
        one.find("other")


@pytest.mark.parametrize(
    "seed", ["- a\n", "? a\n", "[a, ", '"a": b, ', "a: 'b'\n", "'", "a\n", "#\n", '{"a": 1},', "\n "]
)
def test_yaml_is_read_in_linear_time(seed: str) -> None:
    def reading(text: str) -> None:
        with suppress(DocumentError):
            read(text.encode())

    assert growth(reading, seed, 200_000) < 9


def test_a_large_document_of_schemas_that_name_one_another_is_drafted_in_linear_time() -> None:
    def draft_of(text: str) -> None:
        names = [{"$ref": f"#/components/schemas/S{n}"} for n in range(len(text))]
        schemas = {
            f"S{n}": {"allOf": names[n + 1 : n + 4], "properties": {f"p{n}": names[n]}} for n in range(len(names))
        }
        one = document({"responses": answers(names[0])}, components={"schemas": schemas})
        assert len(drafted(one).action["result"]) == 20

    assert growth(draft_of, "a", 4_000) < 9

"""Drafts of actions from operations: what the document says is in them; what it does not say is asked of a person."""

import json
from typing import Any

import pytest

from kefu.cli.openapi.document import DocumentError, read
from kefu.cli.openapi.draft import draft
from kefu.common.errors import BadRequest
from kefu.router.actions.value_pattern import values_in
from tests.support.table import table
from tests.unit.cli.openapi_documents import SERVER, TEXT, answers, body, document, drafted, parameter, taken

NOTHING: dict[str, Any] = {}
ORDER: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": TEXT,
        "trackingURL": {"anyOf": [TEXT, {"type": "null"}]},
        "x-weight": {"type": "number"},
        "items": {"type": "array", "items": {"properties": {"name": TEXT, "of": {"type": "object"}}}},
        "tags": {"type": "array", "items": TEXT},
        "address": {"allOf": [{"$ref": "#/components/schemas/Address"}]},
    },
}
PARTS: dict[str, Any] = {"schemas": {"Order": ORDER, "Address": {"properties": {"city": TEXT, "zip": TEXT}}}}
GET_ORDER: dict[str, Any] = {
    "operationId": "getOrderByID",
    "summary": "One order {of a customer}.",
    "parameters": [
        parameter("customerId", "path"),
        parameter("order no.", "path", {"type": "string", "pattern": "^#?SL[0-9]{12}$"}),
        parameter("expand", "query", {"type": "string", "enum": ["items", "all"]}),
        parameter("version", "query", {"type": "string", "const": "a b"}),
        parameter("page", "query", {"type": "integer"}, required=False),
        parameter("X-Shop", "header", {"type": "integer"}),
        parameter("Authorization", "header"),
    ],
    "responses": answers({"$ref": "#/components/schemas/Order"}),
}
ORDER_PATH = "/customers/{customerId}/orders/{order no.}/the state"


def test_an_operation_that_reads_becomes_an_action_that_looks_up() -> None:
    made = drafted(document(GET_ORDER, ORDER_PATH, components=PARTS), customer="customerId")
    assert made.action == {
        "name": "actions/get-order-by-id",
        "inputs": [
            {"name": "customer_id", "from": "customer.sub"},
            {
                "name": "order_no",
                "pattern": r"(?:#?SL[0-9]{12})\b",
                "questions": {"en": "What is the order no?", "zh": "请提供 order no："},
            },
            {
                "name": "expand",
                "options": [
                    {"value": "items", "texts": {"en": "items", "zh": "items"}},
                    {"value": "all", "texts": {"en": "all", "zh": "all"}},
                ],
                "questions": {"en": "Which expand?", "zh": "请选择 expand："},
            },
            {
                "name": "x_shop",
                "pattern": r"\b[0-9]+\b",
                "questions": {"en": "What is the x shop?", "zh": "请提供 x shop："},
            },
        ],
        "call": {
            "method": "GET",
            "url": SERVER + "/customers/{customer_id}/orders/{order_no}/the%20state?expand={expand}&version=a%20b",
            "headers": {"X-Shop": "{x_shop}"},
        },
        "result": {
            "id": "id",
            "tracking_url": "trackingURL",
            "x_weight": '"x-weight"',
            "items": "items",
            "tags": "tags",
            "address": "address",
        },
        "answers": {
            "en": "{{#id}}- id: {{id}}\n{{/id}}"
            "{{#tracking_url}}- tracking url: {{tracking_url}}\n{{/tracking_url}}"
            "{{#x_weight}}- x weight: {{x_weight}}\n{{/x_weight}}"
            "{{#items}}- items: {{name}}\n{{/items}}"
            "{{#tags}}- tags: {{.}}\n{{/tags}}"
            "{{#address}}- address: {{city}}, {{zip}}\n{{/address}}",
            "zh": made.action["answers"]["en"].replace(": ", "："),
        },
    }
    action = taken(made)
    assert action.is_personal
    assert action.change is None
    assert made.undecided == [
        "examples, intents: what customers write when they want it.",
        "expand: what customers read and say for its values (options), in each language.",
        "order_no, x_shop: what is one of the customer's own, such as an order, should be a choice from another action "
        "(choice).",
        "result, answers, words: what of the answer is used, and how it is said, in each language.",
    ]


def test_the_customers_id_is_a_persons_decision() -> None:
    one = document(GET_ORDER, ORDER_PATH, components=PARTS)
    made = drafted(one)
    assert made.action["inputs"][0]["pattern"] == r"\b[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]*\b"
    assert not taken(made).is_personal
    assert (
        "customer_id looks like the customer's id: as it is, a customer can name somebody else's. "
        "Draft it again with --customer customerId." in made.undecided
    )
    assert any(each.startswith("customer_id: the document does not say how it looks") for each in made.undecided)
    assert any(each.startswith("requires_customer: ") for each in made.undecided)
    assert drafted(one, customer="customer_id").action["inputs"][0] == {"name": "customer_id", "from": "customer.sub"}
    with pytest.raises(
        DocumentError, match="getOrderByID has no parameter 'user' for the customer's id; it has custome"
    ):
        drafted(one, customer="user")


CANCEL: dict[str, Any] = {
    "operationId": "cancel",
    "summary": "Cancel an order",
    "parameters": [
        parameter("user_id", "path"),
        parameter("Idempotency-Key", "header", required=False),
        parameter("dryRun", "query", {"type": "boolean"}, required=False),
    ],
    "requestBody": body(
        {
            "type": "object",
            "required": ["reason", "sure", "count", "user_id", "made", "lines"],
            "properties": {
                "reason": {"$ref": "#/components/schemas/Reason"},
                "sure": {"const": True},
                "count": {"type": "integer", "default": 1},
                "note": TEXT,
                "user_id": TEXT,
                "made": {"type": "string", "format": "date", "readOnly": True},
                "lines": {"type": "array", "items": TEXT},
            },
        }
    ),
    "responses": answers({"properties": {"id": TEXT, "dry_run": {"type": "boolean"}}}, "201"),
}
REASON = {"schemas": {"Reason": {"type": "string", "enum": ["too late", "by mistake"]}}}


def test_an_operation_that_writes_becomes_a_change_with_its_preview() -> None:
    made = drafted(document(CANCEL, "/users/{user_id}/cancel", "post", components=REASON), customer="user_id")
    action = made.action
    assert [each["name"] for each in action["inputs"]] == ["user_id", "reason"]
    sent: dict[str, Any] = {"reason": "{reason}", "sure": True, "count": 1, "user_id": "{user_id}", "lines": []}
    url = f"{SERVER}/users/{{user_id}}/cancel"
    assert action["call"] == {
        "method": "POST",
        "url": url,
        "headers": {"Idempotency-Key": "{idempotency_key}"},
        "body": json.dumps(sent),
    }
    assert action["result"] == {"id": "id"}
    assert action["change"] == {
        "risk": "write",
        "questions": {
            "en": "I can do this for you: Cancel an order.\n\n"
            "- reason: {{reason}}\n{{#id}}- id: {{id}}\n{{/id}}\nShall I go ahead?",
            "zh": "我将为您办理：Cancel an order。\n\n- reason：{{reason}}\n{{#id}}- id：{{id}}\n{{/id}}\n确认办理吗？",
        },
        "preview": {"method": "POST", "url": f"{url}?dryRun=true", "body": json.dumps(sent)},
        "preview_result": {"id": "id"},
    }
    assert taken(made).change is not None
    assert "call.body: count is no text, and no input stands for it; it is sent as 1." in made.undecided
    assert "call.body: lines is no text, and no input stands for it; it is sent as []." in made.undecided


def test_a_change_is_taken_once_the_customer_is_known() -> None:
    made = drafted(document(CANCEL, "/users/{user_id}/cancel", "post", components=REASON))
    with pytest.raises(BadRequest, match=r"a change needs one from the customer"):
        taken(made)
    assert "inputs: a change needs one from the customer: draft it again with --customer PARAM." in made.undecided


@pytest.mark.parametrize(
    ("schema", "sent", "said"),
    [
        (
            {"properties": {"a": TEXT, "b": TEXT}},
            "{}",
            "no field is required, and the draft has none. Those that can be: a, b.",
        ),
        ({}, "{}", "no field is required, and the draft has none. Those that can be: the document does not say which"),
        ({"type": "array", "items": TEXT}, "[]", "it is no object (array), and the draft's is empty."),
    ],
)
def test_a_body_that_is_left_to_a_person_is_named(schema: dict[str, Any], sent: str, said: str) -> None:
    made = drafted(
        document({"parameters": [parameter("id")], "requestBody": body(schema)}, method="post"), customer="id"
    )
    assert made.action["call"]["body"] == sent
    assert f"call.body: {said}" in "\n".join(made.undecided)
    taken(made)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_change_that_is_not_posted_has_no_preview(method: str) -> None:
    required = parameter("dry_run", "query", {"type": "boolean"})
    one = {**CANCEL, "parameters": [CANCEL["parameters"][0], required], "responses": {"204": {"description": "done"}}}
    made = drafted(document(one, "/users/{user_id}", method, components=REASON), customer="user_id")
    assert made.action["call"]["url"] == f"{SERVER}/users/{{user_id}}?dry_run=false"
    assert ("body" in made.action["call"]) == (method != "delete")
    assert made.action["answers"] == {"en": "Done.", "zh": "已办理。"}
    assert "preview" not in made.action["change"]
    assert any(each.startswith("change.preview: dry_run would tell") for each in made.undecided)
    assert taken(made).result == {}


SCHEMES: dict[str, Any] = {
    "Bearer": {"type": "http", "scheme": "Bearer"},
    "Basic": {"type": "http", "scheme": "basic"},
    "ShopKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "Cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "Query": {"type": "apiKey", "in": "query", "name": "key"},
    "Login": {"type": "oauth2", "flows": NOTHING},
    "Digest": {"type": "http", "scheme": "digest"},
}


@table(
    ("security", "headers", "said"),
    [
        (["Bearer"], {"authorization": "Bearer {secret:bearer}"}, "Store the secret: kefu secrets put bearer < FILE"),
        (["Basic"], {"authorization": "Basic {secret:basic}"}, "which holds USER:PASSWORD in Base64"),
        (["ShopKey"], {"X-Api-Key": "{secret:shop-key}"}, "Store the secret: kefu secrets put shop-key < FILE"),
        (["Cookie"], {"cookie": "sid={secret:cookie}"}, "kefu secrets put cookie"),
        (["Query"], {}, "the system wants its key in the address"),
        (["Login"], {}, "Login: the system wants a token of OAuth 2, and Kefu fetches none."),
        (["Digest"], {}, "Digest: Kefu does not know http digest"),
        (
            ["Bearer", "ShopKey"],
            {"authorization": "Bearer {secret:bearer}", "X-Api-Key": "{secret:shop-key}"},
            "kefu secrets put shop-key",
        ),
        ([], {}, ""),
    ],
)
def test_who_calls_is_shown_by_a_secret(security: list[str], headers: dict[str, str], said: str) -> None:
    operation = {"responses": answers(ORDER), "security": [{}, {name: list[str]() for name in security}]}
    parts = {**PARTS, "securitySchemes": SCHEMES}
    made = drafted(document(operation, components=parts))
    assert made.action["call"].get("headers", {}) == headers
    assert said in "\n".join(made.undecided)
    taken(made)


def test_a_secret_that_the_document_has_no_use_for_is_named() -> None:
    made = drafted(document({"responses": answers(ORDER)}, components=PARTS), secret="shop")
    assert "headers" not in made.action["call"]
    assert any("the secret shop is used nowhere" in each for each in made.undecided)


def test_a_cookie_that_is_no_secret_is_named() -> None:
    made = drafted(document({"parameters": [parameter("theme", "cookie")], "responses": answers(TEXT)}))
    assert "call.headers: the system wants a cookie, theme, which the draft does not send." in made.undecided


def test_of_several_ways_the_first_that_a_header_shows_is_taken() -> None:
    operation = {"responses": answers(ORDER), "security": [{"Login": ["read"]}, {"ShopKey": list[str]()}]}
    made = drafted(document(operation, components={**PARTS, "securitySchemes": SCHEMES}))
    assert made.action["call"]["headers"] == {"X-Api-Key": "{secret:shop-key}"}


def test_a_document_wide_requirement_holds_and_its_secret_has_the_given_name() -> None:
    shared: dict[str, Any] = {"components": {**PARTS, "securitySchemes": SCHEMES}, "security": [{"Bearer": []}]}
    made = drafted(document({"responses": answers(ORDER)}, **shared), secret="shop")
    assert made.action["call"]["headers"] == {"authorization": "Bearer {secret:shop}"}
    open_one = drafted(document({"responses": answers(ORDER), "security": []}, **shared))
    assert "headers" not in open_one.action["call"]


@table(
    ("schema", "message", "values"),
    [
        ({"type": "string", "pattern": "^#?SL[0-9]{12}$"}, "where is #SL123456789012?", ["#SL123456789012"]),
        ({"type": "string", "pattern": "[A-Z]{2}\\d+"}, "订单AB12号", ["AB12"]),
        ({"type": "string", "pattern": "^[A-Za-z-]+$"}, "where is my thing-2", ["thing-2"]),  # any word would do
        ({"type": "string", "pattern": "^(?=x)x$"}, "where is a1", ["a1"]),  # RE2 has no look-ahead
        ({"type": "string", "format": "date"}, "on 2026-11-28, please", ["2026-11-28"]),
        ({"type": "string", "format": "uuid"}, "x 0190b0c1-0000-7000-8000-00000000000a", None),
        ({"type": "string", "format": "email"}, "me: emma.c@mail.example.com.", ["emma.c@mail.example.com"]),
        ({"type": ["integer", "null"]}, "order 42, or 43a", ["42"]),
        ({"type": "number"}, "pay 12.50 yuan", ["12.50"]),
        ({"type": "array", "items": {"type": "integer"}}, "1 and 2", ["1", "2"]),
        ({"enum": [f"v.{n}" for n in range(25)]}, "take v.24 or vx3", ["v.24"]),
        ({}, "where is SL-1 now", ["SL-1"]),
    ],
)
def test_a_pattern_finds_the_value_in_a_message(schema: dict[str, Any], message: str, values: list[str] | None) -> None:
    made = drafted(document({"parameters": [parameter("value", "query", schema)], "responses": answers(TEXT)}))
    taken(made)
    expected = [message.split()[-1]] if values is None else values
    assert values_in(made.action["inputs"][0]["pattern"], message) == expected


@table(
    ("responses", "result"),
    [
        (answers({"type": "array", "items": {"$ref": "#/components/schemas/Address"}}), {"items": "@"}),
        (
            answers({"oneOf": [{"properties": {"a": TEXT}}, {"properties": {"error": TEXT}}]}),
            {"a": "a", "error": "error"},
        ),
        (answers({"properties": {f"p{n}": TEXT for n in range(30)}}), {f"p{n}": f"p{n}" for n in range(20)}),
        (answers({"properties": {"aB": TEXT, "a_b": TEXT, "订单": TEXT}}), None),
        ({"200": {"description": "text", "content": {"text/html": NOTHING}}}, {"answer": "@"}),
        ({"default": {"description": "any"}}, {"answer": "@"}),
        ({"2XX": {"$ref": "#/components/responses/Found"}}, {"city": "city", "zip": "zip"}),
    ],
)
def test_what_comes_back_is_used_by_name(responses: dict[str, Any], result: dict[str, str] | None) -> None:
    found = {"description": "x", "content": {"application/hal+json; v=1": {"schema": PARTS["schemas"]["Address"]}}}
    made = drafted(document({"responses": responses}, components={**PARTS, "responses": {"Found": found}}))
    expected = {"a_b": "aB", "a_b_2": "a_b", "value": '"\\u8ba2\\u5355"'} if result is None else result
    assert made.action["result"] == expected
    taken(made)


@pytest.mark.parametrize(
    ("servers", "location", "given", "url"),
    [
        ([{"url": "https://{region}.example.com/v1/", "variables": {"region": {"default": "eu"}}}], "", "",
         "https://eu.example.com/v1/things"),
        ([{"url": "/api"}], "https://a.example/docs/openapi.json", "", "https://a.example/api/things"),
        ([], "https://a.example/docs/openapi.json", "", "https://a.example/things"),
        ([{"url": "https://a.example"}], "", "http://127.0.0.1:8090/x/", "http://127.0.0.1:8090/x/things"),
    ],
)  # fmt: skip
def test_the_address_is_the_servers(servers: list[Any], location: str, given: str, url: str) -> None:
    root = {"openapi": "3.0.0", "servers": servers, "paths": {"/things": {"get": {"responses": answers(TEXT)}}}}
    one = read(json.dumps(root).encode(), location)
    assert draft(one, one.find("GET /things"), server=given).action["call"]["url"] == url


@table(
    ("operation", "said"),
    [
        ({"servers": [{"url": "/api"}]}, "'/api' is no address of a server: give it with --server"),
        ({"servers": [{"url": "https://{x}.example"}]}, "is no address of a server"),
        ({"servers": [{"url": "https://u:p@a.example"}]}, "is no address of a server"),
        ({"servers": [{"url": "http://[::1"}]}, "is no address of a server"),
        (
            {"requestBody": {"required": True, "content": {"multipart/form-data": NOTHING}}},
            "It takes multipart/form-data, and an action sends JSON alone",
        ),
        ({"parameters": [parameter(f"p{n}") for n in range(11)]}, "It needs more than 10 inputs"),
        ({"security": [{"Nobody": list[str]()}]}, "'#/components/securitySchemes/Nobody' refers to nothing in it"),
    ],
)
def test_what_no_action_can_call_is_refused_with_what_to_do(operation: dict[str, Any], said: str) -> None:
    with pytest.raises(DocumentError) as refused:
        drafted(document(operation, method="post"))
    assert said in str(refused.value)


def test_without_a_server_it_is_asked_for() -> None:
    with pytest.raises(DocumentError, match="It names no server: say where the system is, with --server"):
        drafted(document({}, servers=[]))


@table("name", ["订单", "9lives", "list.orders/v2", "x" * 200, "{a}{{b}}"])
def test_names_of_all_kinds_become_names_of_the_contract(name: str) -> None:
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": f"{name} {{{{x}}}}",
        "parameters": [parameter(name), parameter(f"{name}?"), parameter("idempotency_key")],
        "responses": answers({"properties": {name: TEXT, "nested": {"properties": {name: TEXT}}}}),
    }
    made = drafted(document(operation))
    assert len({each.name for each in taken(made).inputs}) == 3
    operation["parameters"].append(parameter("sub"))
    assert taken(drafted(document(operation, method="post"), customer="sub")).change is not None

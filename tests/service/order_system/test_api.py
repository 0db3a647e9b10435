"""The API as its callers see it: reading, writing, trying, failing."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.service.order_system.harness import NEW_ADDRESS, Shop, order_path

PENDING = order_path("emma_clarke", "SL700412697734")  # humidifier ¥229, kettle ¥159, by card
DELIVERED = order_path("emma_clarke", "SL700399450621")  # air purifier ¥1,299, desk lamp ¥168, by card
REASON = {"reason": "no longer needed"}
WRITES: list[tuple[str, str, Any]] = [
    ("POST", f"{PENDING}/cancellation", REASON),
    ("PUT", f"{PENDING}/address", NEW_ADDRESS),
    ("PUT", f"{PENDING}/payment-method", {"payment_method_id": "gift_card_7715"}),
    (
        "POST",
        f"{PENDING}/modification",
        {
            "items": [{"item_id": "SL-K3-12-WHITE", "new_item_id": "SL-K3-17-BLACK"}],
            "payment_method_id": "gift_card_7715",
        },
    ),
    ("POST", f"{DELIVERED}/return", {"item_ids": ["SL-L2-BLACK"], "payment_method_id": "credit_card_2290"}),
    (
        "POST",
        f"{DELIVERED}/exchange",
        {
            "items": [{"item_id": "SL-L2-BLACK", "new_item_id": "SL-L2-GREEN"}],
            "payment_method_id": "credit_card_2290",
        },
    ),
    ("PUT", "/customers/emma_clarke/address", NEW_ADDRESS),
]
pytestmark = pytest.mark.engines  # nothing but the order system can break it
every_write = pytest.mark.parametrize(("method", "path", "body"), WRITES)


def problem(response: httpx.Response) -> tuple[int, str]:
    """Status and code of a failure, which has the form of RFC 9457."""
    assert response.headers["content-type"] == "application/problem+json"
    said = response.json()
    assert set(said) == {"type", "title", "status", "detail", "code"}
    assert said["status"] == response.status_code
    assert said["type"].endswith(said["code"].lower().replace("_", "-"))
    assert said["detail"].endswith(".") or said["code"] in ("NOT_FOUND", "METHOD_NOT_ALLOWED")
    return response.status_code, said["code"]


async def test_a_customer_and_their_orders_are_read(shop: Shop) -> None:
    customer = (await shop.api.get("/customers/emma_clarke")).json()
    assert customer["payment_methods"]["gift_card_7715"]["balance"] == 500
    listed = (await shop.api.get("/customers/emma_clarke/orders")).json()
    assert listed["currency"] == "CNY"
    statuses = [each["status"] for each in listed["orders"]]
    assert statuses == ["pending", "processed", "delivered"]  # the newest first
    assert listed["orders"][0] == {
        "order_id": "SL700412697734",
        "status": "pending",
        "created_at": listed["orders"][0]["created_at"],
        "items": ["SL-H3 humidifier", "SL-K3 kettle"],
        "items_zh": ["SL-H3 加湿器", "SL-K3 电水壶"],
        "total": 388.0,
    }
    delivered = (await shop.api.get("/customers/emma_clarke/orders", params={"status": "delivered"})).json()
    assert [each["order_id"] for each in delivered["orders"]] == ["SL700399450621"]


@pytest.mark.parametrize("written", ["SL700412697734", "#SL700412697734"])
async def test_an_order_is_read_with_its_id_written_either_way(shop: Shop, written: str) -> None:
    order = (await shop.api.get(order_path("emma_clarke", written))).json()
    assert (order["order_id"], order["total"], order["currency"]) == ("SL700412697734", 388.0, "CNY")
    assert order["items"][1]["options_zh"] == {"容量": "1.2 升", "颜色": "白色"}


async def test_products_are_read(shop: Shop) -> None:
    products = (await shop.api.get("/products")).json()["products"]
    kettle = next(each for each in products if each["product_id"] == "SL-K3")
    assert (kettle["name_zh"], kettle["available_variants"], kettle["lowest_price"]) == ("SL-K3 电水壶", 3, 159.0)
    variants = (await shop.api.get("/products/SL-K3")).json()["variants"]
    assert variants["SL-K3-17-GREEN"]["available"] is False


async def test_customers_are_found_for_the_page_that_signs_them_in(shop: Shop) -> None:
    by_email = await shop.api.get("/customers", params={"email": "Emma.Clarke@mail.example"})
    name = {"first_name": "丽娜", "last_name": "王", "zip": "310012"}
    by_name = await shop.api.get("/customers", params=name)
    nobody = await shop.api.get("/customers", params={"email": "nobody@mail.example"})
    assert [each["customer_id"] for each in by_email.json()["customers"]] == ["emma_clarke"]
    assert [each["customer_id"] for each in by_name.json()["customers"]] == ["wang_lina"]
    assert nobody.json() == {"customers": []}
    assert problem(await shop.api.get("/customers", params={"first_name": "Emma"})) == (400, "INVALID_REQUEST")


@every_write
async def test_a_trial_tells_what_the_write_does_and_changes_nothing(
    shop: Shop, method: str, path: str, body: Any
) -> None:
    before = await shop.state("emma_clarke")
    tried = await shop.api.request(method, path, json=body, params={"dry_run": "true"})
    assert tried.status_code == 200
    assert await shop.state("emma_clarke") == before
    done = await shop.write(method, path, body)
    assert done.status_code == 200
    assert tried.json() == {**done.json(), "dry_run": True}
    assert await shop.state("emma_clarke") != before


@every_write
async def test_a_write_needs_a_key_and_takes_place_once(shop: Shop, method: str, path: str, body: Any) -> None:
    assert problem(await shop.api.request(method, path, json=body)) == (400, "IDEMPOTENCY_KEY_MISSING")
    assert problem(await shop.api.get("/operations/once")) == (404, "OPERATION_NOT_FOUND")
    first = await shop.write(method, path, body, "once")
    after = await shop.state("emma_clarke")
    again = await shop.write(method, path, body, '"once"')  # in quotes, as the draft writes it
    assert (again.status_code, again.json()) == (200, first.json())
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert await shop.state("emma_clarke") == after
    record = (await shop.api.get("/operations/once")).json()
    assert record["response"] == first.json()


async def test_a_key_is_for_one_request(shop: Shop) -> None:
    assert (await shop.write("PUT", f"{PENDING}/address", NEW_ADDRESS, "k")).status_code == 200
    after = await shop.state("emma_clarke")
    others: list[tuple[str, str, Any]] = [
        ("PUT", f"{PENDING}/address", {**NEW_ADDRESS, "city": "Suzhou"}),
        ("PUT", "/customers/emma_clarke/address", NEW_ADDRESS),
        ("POST", f"{PENDING}/cancellation", REASON),
    ]
    for method, path, body in others:
        assert problem(await shop.write(method, path, body, "k")) == (422, "IDEMPOTENCY_KEY_REUSED")
    same_order = PENDING.replace("SL", "%23SL")
    assert (await shop.write("PUT", f"{same_order}/address", NEW_ADDRESS, "k")).status_code == 200
    assert await shop.state("emma_clarke") == after


async def test_a_refused_write_leaves_its_key_free(shop: Shop) -> None:
    refused = await shop.write("POST", f"{PENDING}/cancellation", {"reason": "bored"}, "k")
    assert problem(refused) == (409, "INVALID_REASON")
    assert problem(await shop.api.get("/operations/k")) == (404, "OPERATION_NOT_FOUND")
    assert (await shop.write("POST", f"{PENDING}/cancellation", REASON, "k")).status_code == 200


@pytest.mark.parametrize("key", ["", "a b", "ä", "x" * 201, '""', "../x", "a,b"])
async def test_a_key_that_cannot_be_asked_for_later_is_refused(shop: Shop, key: str) -> None:
    headers = {b"idempotency-key": key.encode()}
    response = await shop.api.post(f"{PENDING}/cancellation", json=REASON, headers=headers)
    assert problem(response) == (400, "IDEMPOTENCY_KEY_INVALID" if key else "IDEMPOTENCY_KEY_MISSING")


async def test_the_amounts_are_those_that_move(shop: Shop) -> None:
    modified = (await shop.write(*WRITES[3])).json()
    assert (modified["price_difference"], modified["currency"]) == (40.0, "CNY")
    assert modified["amounts"] == [
        {
            "transaction_type": "payment",
            "amount": 40.0,
            "payment_method_id": "gift_card_7715",
            "source": "gift_card",
            "when": "at_once",
            "balance_after": 460.0,
        }
    ]
    returned = (await shop.write(*WRITES[4])).json()
    assert (returned["return_fee"], returned["amounts"][0]["amount"]) == (12.0, 156.0)
    assert returned["amounts"][0]["when"] == "after_inspection"
    customer, _ = await shop.state("emma_clarke")
    assert customer["payment_methods"]["gift_card_7715"]["balance"] == 460.0


async def test_nothing_is_answered_without_the_key_of_the_api(shop: Shop) -> None:
    for path in ("/customers/emma_clarke", "/products", PENDING, "/operations/k", "/customers?email=x"):
        assert problem(await shop.browser.get(path)) == (401, "UNAUTHENTICATED")
    wrong = await shop.browser.get("/products", headers={"authorization": "Bearer wrong"})
    assert problem(wrong) == (401, "UNAUTHENTICATED")
    assert wrong.headers["www-authenticate"] == "Bearer"
    for method, path, body in WRITES:
        assert problem(await shop.browser.request(method, path, json=body)) == (401, "UNAUTHENTICATED")


@every_write
async def test_nobody_changes_an_order_of_somebody_else(shop: Shop, method: str, path: str, body: Any) -> None:
    before = await shop.state("emma_clarke")
    other = path.replace("emma_clarke", "priya_shah" if "orders" in path else "nobody")
    status, code = problem(await shop.write(method, other, body))
    assert (status, code) == (404, "ORDER_NOT_FOUND" if "orders" in path else "CUSTOMER_NOT_FOUND")
    assert await shop.state("emma_clarke") == before


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/nothing", None, (404, "NOT_FOUND")),
        ("DELETE", "/products", None, (405, "METHOD_NOT_ALLOWED")),
        ("GET", "/products/none", None, (404, "PRODUCT_NOT_FOUND")),
        ("GET", "/customers/emma_clarke/orders?status=lost", None, (400, "INVALID_REQUEST")),
        ("POST", f"{PENDING}/cancellation", {}, (400, "INVALID_REQUEST")),
        ("POST", f"{PENDING}/cancellation", {**REASON, "more": 1}, (400, "INVALID_REQUEST")),
        ("PUT", f"{PENDING}/address", {**NEW_ADDRESS, "city": "x" * 101}, (400, "INVALID_REQUEST")),
        ("POST", f"{DELIVERED}/return", {"item_ids": [], "payment_method_id": "x"}, (400, "INVALID_REQUEST")),
        ("POST", f"{DELIVERED}/cancellation", REASON, (409, "ORDER_NOT_PENDING")),
        ("POST", f"{PENDING}/cancellation", {"reason": "x" * 70_000}, (413, "REQUEST_TOO_LARGE")),
    ],
)
async def test_every_failure_is_a_problem(
    shop: Shop, method: str, path: str, body: Any, expected: tuple[int, str]
) -> None:
    assert problem(await shop.write(method, path, body)) == expected


async def test_a_body_of_unknown_length_is_refused(shop: Shop) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"{}"

    response = await shop.api.post(f"{PENDING}/cancellation", content=parts(), headers={"idempotency-key": "k"})
    assert problem(response) == (411, "LENGTH_REQUIRED")


async def test_the_description_is_openapi_and_says_how_things_fail(shop: Shop) -> None:
    document = (await shop.browser.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    operations = {each["operationId"]: each for path in document["paths"].values() for each in path.values()}
    assert set(operations) == {
        *("findCustomers", "getCustomer", "listOrders", "getOrder", "listProducts", "getProduct", "getOperation"),
        *("cancelOrder", "changeOrderAddress", "changePaymentMethod", "modifyItems", "returnItems", "exchangeItems"),
        *("changeCustomerAddress", "listReplacements"),
    }
    for each in operations.values():
        assert each["summary"]
        for status, response in each["responses"].items():
            media = "application/json" if status == "200" else "application/problem+json"
            assert list(response["content"]) == [media]
    assert "422" in operations["cancelOrder"]["responses"]
    assert "422" not in operations["listOrders"]["responses"]
    reason = document["components"]["schemas"]["CancellationRequest"]["properties"]["reason"]
    assert reason["enum"] == ["no longer needed", "ordered by mistake"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_health_needs_no_key(shop: Shop) -> None:
    assert (await shop.browser.get("/readyz")).json() == {"status": "ok"}

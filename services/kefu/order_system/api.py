"""The order system's HTTP API (FastAPI): GET /openapi.json is its description in OpenAPI 3.1.

Every write needs an `Idempotency-Key` (IETF draft "The Idempotency-Key HTTP Header Field"). A write with a key that has
taken place is answered with the stored response and `Idempotency-Replayed: true`; one that was refused has changed
nothing, and is worked out anew. With `?dry_run=true` a write checks all, tells the amounts and changes nothing.
"""

import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Response
from fastapi import Path as InPath
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from kefu.order_system.domain.failures import Missing, NotFound
from kefu.order_system.domain.order_book import OrderBook
from kefu.order_system.domain.outcome import Outcome
from kefu.order_system.domain.records import Address, Customer, OrderStatus
from kefu.order_system.messages import (
    CancellationRequest,
    CustomerList,
    OperationRecord,
    OrderDetails,
    OrderList,
    PaymentMethodRequest,
    ProductDetails,
    ProductList,
    ReplacementList,
    ReplacementRequest,
    ReturnRequest,
    WriteResult,
    order_summary,
    product_summary,
    write_result,
)
from kefu.order_system.openapi import FAILURES, WRITE_FAILURES, describe_problems
from kefu.order_system.problems import HEALTH_PATH, ProblemError, handle_problems
from kefu.order_system.store import Store, StoredOperation

_KEY_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~:")
_MAX_KEY_CHARACTERS = 200
_NO_STORE = {"cache-control": "no-store"}


def application(store: Store, api_key: str) -> FastAPI:
    """The application of all routes of the API, and of a health check at /readyz."""
    app = FastAPI(
        title="Order system",
        version="1",
        description="Customers, orders and products of a shop, and what customers may do with their orders.",
        docs_url=None,
        redoc_url=None,
    )
    handle_problems(app)
    describe_problems(app)

    @app.get(HEALTH_PATH, include_in_schema=False)
    def healthy() -> dict[str, str]:  # pyright: ignore[reportUnusedFunction]
        return {"status": "ok"}

    app.include_router(_routes(store, api_key))
    return app


def idempotency_key(header: str | None) -> str:
    """The key of the header: a string in quotes (RFC 9651), or the bare key. Raises ProblemError."""
    if header is None or not header.strip():
        raise ProblemError(
            400, "IDEMPOTENCY_KEY_MISSING", "Send a header Idempotency-Key, new for every write, such as a UUID."
        )
    key = header.strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 0 < len(key) <= _MAX_KEY_CHARACTERS or not set(key) <= _KEY_CHARACTERS:
        raise ProblemError(
            400,
            "IDEMPOTENCY_KEY_INVALID",
            f"An Idempotency-Key has at most {_MAX_KEY_CHARACTERS} letters, digits and -_.~: and nothing else.",
        )
    return key


_Customer = Annotated[str, InPath(description="The customer's id.")]
_OrderId = Annotated[str, InPath(description='The order\'s id; a "#" at its beginning may be left out.')]
_Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="Required unless dry_run: new for every write, such as a UUID."),
]
_DryRun = Annotated[bool, Query(description="Check all and tell the amounts, and change nothing.")]


def _routes(store: Store, api_key: str) -> APIRouter:
    shop = store.shop()
    bearer = HTTPBearer(auto_error=False, description="The API key of the order system.")

    def authenticate(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> None:
        if credentials is None or not hmac.compare_digest(credentials.credentials.encode(), api_key.encode()):
            detail = "Send the API key as Authorization: Bearer."
            raise ProblemError(401, "UNAUTHENTICATED", detail, {"www-authenticate": "Bearer"})

    def no_store(response: Response) -> None:
        response.headers.update(_NO_STORE)

    routes = APIRouter(dependencies=[Depends(authenticate), Depends(no_store)], responses=FAILURES)

    def write(header: str | None, dry_run: bool, request: str, decide: Callable[[OrderBook], Outcome]) -> Any:
        """Carry a write out, or try it. See `_request` for `request`."""
        if dry_run:
            with store.reading() as book:
                return write_result(decide(book), shop.currency, dry_run=True)
        stored = store.write(
            idempotency_key(header),
            request,
            decide,
            lambda outcome: write_result(outcome, shop.currency, dry_run=False).model_dump_json(exclude_none=True),
        )
        return _stored_response(stored)

    def get(path: str, operation: str, model: type[BaseModel], summary: str) -> Callable[[Any], Any]:
        return routes.get(
            path, operation_id=operation, response_model=model, response_model_exclude_none=True, summary=summary
        )

    def changes(method: str, path: str, operation: str, summary: str) -> Callable[[Any], Any]:
        return routes.api_route(
            f"/customers/{{customer_id}}{path}",
            methods=[method],
            operation_id=operation,
            response_model=WriteResult,
            response_model_exclude_none=True,
            responses=WRITE_FAILURES,
            summary=summary,
        )

    # ---- reading -------------------------------------------------------------------------------------------------

    @get("/customers", "findCustomers", CustomerList, "Find a customer by email, or by name and postal code")
    def find_customers(  # pyright: ignore[reportUnusedFunction]
        email: str | None = None,
        first_name: str | None = None,
        last_name: str | None = None,
        zip_code: Annotated[str | None, Query(alias="zip")] = None,
    ) -> CustomerList:
        """For a page that signs customers in, and for nothing else. Empty when there is none."""
        with store.reading() as book:
            if email:
                return CustomerList(customers=book.find_customers_by_email(email))
            if first_name and last_name and zip_code:
                found = book.find_customers_by_name_and_zip(first_name, last_name, zip_code)
                return CustomerList(customers=found)
        raise ProblemError(400, "INVALID_REQUEST", "Send email, or first_name, last_name and zip.")

    @get("/customers/{customer_id}", "getCustomer", Customer, "A customer: name, email, address, payment methods")
    def get_customer(customer_id: _Customer) -> Customer:  # pyright: ignore[reportUnusedFunction]
        with store.reading() as book:
            return book.customer(customer_id)

    @get("/customers/{customer_id}/orders", "listOrders", OrderList, "The customer's orders, the newest first")
    def list_orders(  # pyright: ignore[reportUnusedFunction]
        customer_id: _Customer, status: Annotated[OrderStatus | None, Query(description="Only these.")] = None
    ) -> OrderList:
        with store.reading() as book:
            orders = [order_summary(order) for order in book.orders(customer_id, status)]
        return OrderList(currency=shop.currency, orders=orders)

    @get(
        "/customers/{customer_id}/orders/{order_id}",
        "getOrder",
        OrderDetails,
        "One order of the customer, with all of it",
    )
    def get_order(customer_id: _Customer, order_id: _OrderId) -> OrderDetails:  # pyright: ignore[reportUnusedFunction]
        with store.reading() as book:
            order = book.order(customer_id, order_id)
            methods = list(book.refund_methods(customer_id, order_id))
        return OrderDetails(**dict(order), currency=shop.currency, total=order.price, refund_methods=methods)

    @get(
        "/customers/{customer_id}/orders/{order_id}/items/{item_id}/replacements",
        "listReplacements",
        ReplacementList,
        "What an item of an order may be replaced with, or exchanged for",
    )
    def list_replacements(  # pyright: ignore[reportUnusedFunction]
        customer_id: _Customer, order_id: _OrderId, item_id: Annotated[str, InPath(description="The item's id.")]
    ) -> ReplacementList:
        with store.reading() as book:
            item, variants = book.replacements(customer_id, order_id, item_id)
        return ReplacementList(currency=shop.currency, item=item, variants=variants)

    @get("/products", "listProducts", ProductList, "All products of the shop")
    def list_products() -> ProductList:  # pyright: ignore[reportUnusedFunction]
        with store.reading() as book:
            products = [product_summary(product) for product in book.products()]
        return ProductList(currency=shop.currency, products=products)

    @get(
        "/products/{product_id}",
        "getProduct",
        ProductDetails,
        "One product: its variants, their prices and availability",
    )
    def get_product(product_id: str) -> ProductDetails:  # pyright: ignore[reportUnusedFunction]
        with store.reading() as book:
            return ProductDetails(**dict(book.product(product_id)), currency=shop.currency)

    @get("/operations/{idempotency_key}", "getOperation", OperationRecord, "The outcome of a write, by its key")
    def get_operation(  # pyright: ignore[reportUnusedFunction]
        key: Annotated[str, InPath(alias="idempotency_key")],
    ) -> OperationRecord:
        """200 when the write has taken place; 404 when it has not, and can be sent with this key."""
        found = store.operation(key)
        if found is None:
            raise NotFound(Missing.OPERATION, f"No write with the Idempotency-Key {key} has taken place.")
        time = datetime.fromtimestamp(found.time, UTC)
        return OperationRecord(idempotency_key=key, time=time, response=found.response)

    # ---- writing -------------------------------------------------------------------------------------------------

    @changes("POST", "/orders/{order_id}/cancellation", "cancelOrder", "Cancel a pending order")
    def cancel_order(  # pyright: ignore[reportUnusedFunction]
        customer_id: _Customer,
        order_id: _OrderId,
        body: CancellationRequest,
        key: _Key = None,
        dry_run: _DryRun = False,
    ) -> Any:
        """All that was paid is refunded to where it came from: to gift cards at once, else within some days."""
        request = _request("cancelOrder", body, customer_id, order_id)
        return write(key, dry_run, request, lambda book: book.cancel_order(customer_id, order_id, body.reason))

    @changes("PUT", "/orders/{order_id}/address", "changeOrderAddress", "Send a pending order to another address")
    def change_order_address(  # pyright: ignore[reportUnusedFunction]
        customer_id: _Customer, order_id: _OrderId, body: Address, key: _Key = None, dry_run: _DryRun = False
    ) -> Any:
        request = _request("changeOrderAddress", body, customer_id, order_id)
        return write(key, dry_run, request, lambda book: book.change_order_address(customer_id, order_id, body))

    @changes("PUT", "/orders/{order_id}/payment-method", "changePaymentMethod", "Pay a pending order another way")
    def change_payment_method(  # pyright: ignore[reportUnusedFunction]
        customer_id: _Customer,
        order_id: _OrderId,
        body: PaymentMethodRequest,
        key: _Key = None,
        dry_run: _DryRun = False,
    ) -> Any:
        """Possible once an order. A gift card must hold the whole amount; the first method gets its money back."""
        request = _request("changePaymentMethod", body, customer_id, order_id)
        method = body.payment_method_id
        return write(key, dry_run, request, lambda book: book.change_payment_method(customer_id, order_id, method))

    @changes("POST", "/orders/{order_id}/modification", "modifyItems", "Replace items of a pending order")
    def modify_items(  # pyright: ignore[reportUnusedFunction]
        customer_id: _Customer, order_id: _OrderId, body: ReplacementRequest, key: _Key = None, dry_run: _DryRun = False
    ) -> Any:
        """Only with available variants of the same products, and once: then the order can no longer be changed."""
        request = _request("modifyItems", body, customer_id, order_id)
        method = body.payment_method_id
        return write(key, dry_run, request, lambda book: book.modify_items(customer_id, order_id, body.items, method))

    @changes("POST", "/orders/{order_id}/return", "returnItems", "Return items of a delivered order")
    def return_items(  # pyright: ignore[reportUnusedFunction]
        customer_id: _Customer, order_id: _OrderId, body: ReturnRequest, key: _Key = None, dry_run: _DryRun = False
    ) -> Any:
        """Possible once an order. The refund comes after the goods were looked at."""
        request = _request("returnItems", body, customer_id, order_id)
        method = body.payment_method_id
        return write(
            key, dry_run, request, lambda book: book.return_items(customer_id, order_id, body.item_ids, method)
        )

    @changes("POST", "/orders/{order_id}/exchange", "exchangeItems", "Exchange items of a delivered order")
    def exchange_items(  # pyright: ignore[reportUnusedFunction]
        customer_id: _Customer, order_id: _OrderId, body: ReplacementRequest, key: _Key = None, dry_run: _DryRun = False
    ) -> Any:
        """Only for available variants of the same products, and once an order."""
        request = _request("exchangeItems", body, customer_id, order_id)
        method = body.payment_method_id
        return write(key, dry_run, request, lambda book: book.exchange_items(customer_id, order_id, body.items, method))

    @changes("PUT", "/address", "changeCustomerAddress", "Change the customer's own address")
    def change_customer_address(  # pyright: ignore[reportUnusedFunction]
        customer_id: _Customer, body: Address, key: _Key = None, dry_run: _DryRun = False
    ) -> Any:
        """The address that new orders go to. Orders that exist keep theirs."""
        request = _request("changeCustomerAddress", body, customer_id)
        return write(key, dry_run, request, lambda book: book.change_customer_address(customer_id, body))

    return routes


def _stored_response(stored: StoredOperation) -> Response:
    replayed = {"idempotency-replayed": "true"} if stored.replayed else {}
    return Response(stored.response, headers={**_NO_STORE, **replayed}, media_type="application/json")


def _request(operation: str, body: BaseModel, customer_id: str, order_id: str = "") -> str:
    """All that a write says, by which the second use of a key is recognised. An order's "#" makes no difference."""
    order = order_id.strip().removeprefix("#")
    return json.dumps([operation, customer_id, order, body.model_dump(mode="json")], sort_keys=True)

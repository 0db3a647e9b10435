"""Requests and responses of the API, as its OpenAPI document describes them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, Json

from kefu.order_system.domain.order_items import Replacement
from kefu.order_system.domain.outcome import Amount, Operation, Outcome, ReplacedItem
from kefu.order_system.domain.pending_orders import CancelReason
from kefu.order_system.domain.records import (
    Customer,
    Item,
    Money,
    Order,
    OrderStatus,
    PaymentMethod,
    Product,
    Variant,
)

_MAX_ITEMS = 100


class Message(BaseModel):
    """The base of requests and responses. Unknown fields of a request are refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class CancellationRequest(Message):
    """Why an order is cancelled."""

    reason: str = Field(json_schema_extra={"enum": [reason.value for reason in CancelReason]})
    """The customer's reason."""


class PaymentMethodRequest(Message):
    """What an order is to be paid with."""

    payment_method_id: str
    """A payment method of the customer, other than the present one."""


class ReplacementRequest(Message):
    """Items that are wanted as other variants of the same products."""

    items: list[Replacement] = Field(min_length=1, max_length=_MAX_ITEMS)
    """All of them: it can be asked for once."""
    payment_method_id: str
    """The customer's payment method that pays the difference of prices, or gets it."""


class ReturnRequest(Message):
    """Items that are to be returned."""

    item_ids: list[str] = Field(min_length=1, max_length=_MAX_ITEMS)
    """All of them: it can be asked for once. An id stands as often as pieces are returned."""
    payment_method_id: str
    """Where the refund goes: what paid the order, or a gift card of the customer."""


class WriteResult(Message):
    """What a write came to, or with dry_run what it would come to."""

    operation: Operation
    dry_run: bool
    """Whether nothing was changed."""
    currency: str
    """Of all amounts, ISO 4217."""
    replaced: list[ReplacedItem] | None = None
    """Of a modification or an exchange: each item, and what stands in its place."""
    amounts: list[Amount]
    """What the customer pays or gets back, and when. Empty when no money moves."""
    price_difference: Money | None = None
    """Of a modification or an exchange: prices of the new items less those of the old ones."""
    return_fee: Money | None = None
    """What the way back costs the customer. The amounts have it in them."""
    order: Order | None = None
    """The order afterwards."""
    status_before: OrderStatus | None = None
    """The order's status before."""
    items: list[Item] | None = None
    """Of a return: the items that come back."""
    customer: Customer | None = None
    """The customer afterwards, when the customer's own address was changed."""


class OrderSummary(Message):
    """An order in short form."""

    order_id: str
    status: OrderStatus
    created_at: datetime | None = None
    """When it was placed; not known of all orders."""
    delivered_at: datetime | None = None
    items: list[str]
    """Names of its items."""
    items_zh: list[str]
    """The same in Chinese, where there are such names."""
    total: Money
    """Its items and the delivery."""


class OrderDetails(Order):
    """All of an order."""

    currency: str
    """Of all amounts, ISO 4217."""
    total: Money
    """Its items and the delivery."""
    refund_methods: list[PaymentMethod]
    """Where the refund of a return may go."""


class ReplacementList(Message):
    """What an item of an order may be replaced with, or exchanged for."""

    currency: str
    item: Item
    variants: list[Variant]
    """Of the same product, those that can be had: the item's own too."""


class OrderList(Message):
    """A customer's orders."""

    currency: str
    orders: list[OrderSummary]
    """The newest first."""


class CustomerList(Message):
    """Customers who were searched for."""

    customers: list[Customer]


class ProductSummary(Message):
    """A product in short form."""

    product_id: str
    name: str
    name_zh: str | None = None
    available_variants: int
    lowest_price: Money | None = None
    """Of the available variants; left out when all are sold out."""


class ProductDetails(Product):
    """A product and its variants."""

    currency: str
    """Of all amounts, ISO 4217."""


class ProductList(Message):
    """All products of the shop."""

    currency: str
    products: list[ProductSummary]
    """By name."""


class OperationRecord(Message):
    """A write that has taken place."""

    idempotency_key: str
    time: datetime
    response: Json[Any]
    """The write's response, as WriteResult."""


def write_result(outcome: Outcome, currency: str, *, dry_run: bool) -> WriteResult:
    """What a caller is told of an outcome."""
    is_customers = outcome.operation is Operation.CUSTOMER_ADDRESS
    return WriteResult(
        operation=outcome.operation,
        dry_run=dry_run,
        currency=currency,
        replaced=list(outcome.replaced) or None,
        amounts=list(outcome.amounts),
        price_difference=outcome.price_difference,
        return_fee=outcome.return_fee or None,
        order=outcome.order,
        status_before=outcome.status_before,
        items=list(outcome.items) or None,
        customer=outcome.customer if is_customers else None,
    )


def order_summary(order: Order) -> OrderSummary:
    """An order in short form."""
    return OrderSummary(
        order_id=order.order_id,
        status=order.status,
        created_at=order.created_at,
        delivered_at=order.delivered_at,
        items=[item.name for item in order.items],
        items_zh=[item.name_zh or item.name for item in order.items],
        total=order.price,
    )


def product_summary(product: Product) -> ProductSummary:
    """A product in short form."""
    prices = [variant.price for variant in product.variants.values() if variant.available]
    return ProductSummary(
        product_id=product.product_id,
        name=product.name,
        name_zh=product.name_zh,
        available_variants=len(prices),
        lowest_price=min(prices, default=None),
    )

"""What an operation comes to: the records afterwards, and the amounts that move."""

from enum import StrEnum
from typing import Literal

from kefu.order_system.domain.records import ZERO, Customer, Item, Money, Order, OrderStatus, Record


class Operation(StrEnum):
    """The operations that change something."""

    CANCELLATION = "cancellation"
    ORDER_ADDRESS = "order_address"
    PAYMENT_METHOD = "payment_method"
    MODIFICATION = "modification"
    RETURN = "return"
    EXCHANGE = "exchange"
    CUSTOMER_ADDRESS = "customer_address"


class When(StrEnum):
    """When an amount moves."""

    AT_ONCE = "at_once"
    BY_PAYMENT_PROVIDER = "by_payment_provider"
    """The refund is started at once; bank or wallet take some working days."""
    AFTER_INSPECTION = "after_inspection"
    """When the goods have come back and were looked at."""


class Amount(Record):
    """An amount that the customer pays or gets back."""

    transaction_type: Literal["payment", "refund"]
    amount: Money
    """More than 0."""
    payment_method_id: str
    source: str
    """The kind of the payment method, such as gift_card."""
    when: When
    balance_after: Money | None = None
    """What a gift card then holds, when it moves at once."""


class ReplacedItem(Record):
    """A piece of an order, and what stands in its place."""

    old: Item
    new: Item


class Outcome(Record):
    """The state after an operation, not stored yet."""

    operation: Operation
    customer: Customer
    order: Order | None = None
    """None when it is about no order."""
    status_before: OrderStatus | None = None
    """Of the order."""
    items: tuple[Item, ...] = ()
    """Of a return: the items that come back."""
    replaced: tuple[ReplacedItem, ...] = ()
    """Of a modification or an exchange."""
    amounts: tuple[Amount, ...] = ()
    """Empty when no money moves."""
    price_difference: Money | None = None
    """Of a modification or an exchange: prices of the new items less those of the old ones."""
    return_fee: Money = ZERO
    """What the way back costs; the amounts have it in them."""

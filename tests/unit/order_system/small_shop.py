"""A small shop: one customer with three payment methods, two products."""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from kefu.order_system.domain.failures import Refusal, Refused
from kefu.order_system.domain.order_book import OrderBook
from kefu.order_system.domain.order_items import Replacement
from kefu.order_system.domain.outcome import Outcome, When
from kefu.order_system.domain.records import Customer, Order, Product
from kefu.order_system.memory_records import MemoryRecords

ADDRESS = {"address1": "1 Elm Road", "address2": "", "city": "York", "country": "UK", "state": "", "zip": "YO1"}
LAMP = {"name": "Lamp", "product_id": "lamp"}
RED, BLUE, GOLD, GONE = "lamp-red", "lamp-blue", "lamp-gold", "lamp-gone"
CUP = "cup-white"
CARD, GIFT, OTHER_CARD = "credit_card_1", "gift_card_1", "credit_card_2"
PRICES = {RED: 20.10, BLUE: 30.35, GOLD: 95.00, GONE: 5.00, CUP: 7.55}


def item(item_id: str) -> dict[str, Any]:
    """A piece of an order."""
    product = item_id.partition("-")[0]
    options = {"colour": item_id.partition("-")[2]}
    return {"name": product, "product_id": product, "item_id": item_id, "price": PRICES[item_id], "options": options}


def small_shop(
    status: str = "pending",
    items: tuple[str, ...] = (RED, CUP),
    paid_with: str = CARD,
    balance: float = 40.00,
    return_fee: float = 0,
    return_days: int | None = None,
    delivered_at: datetime | None = None,
) -> MemoryRecords:
    """Order #W1 of customer ada, and order #W2 of customer bob."""
    pieces = [item(each) for each in items]
    total = round(sum(each["price"] for each in pieces), 2)
    order = {
        "order_id": "#W1",
        "user_id": "ada",
        "status": status,
        "delivered_at": delivered_at,
        "items": pieces,
        "address": ADDRESS,
        "payment_history": [{"transaction_type": "payment", "amount": total, "payment_method_id": paid_with}],
    }
    methods = {
        CARD: {"source": "credit_card", "id": CARD, "brand": "visa", "last_four": "1111"},
        OTHER_CARD: {"source": "credit_card", "id": OTHER_CARD, "brand": "visa", "last_four": "2222"},
        GIFT: {"source": "gift_card", "id": GIFT, "balance": balance},
    }
    ada = {
        "user_id": "ada",
        "name": {"first_name": "Ada", "last_name": "Byron"},
        "email": "ada@example.com",
        "address": ADDRESS,
        "payment_methods": methods,
        "orders": ["#W1"],
    }
    bob = {**deepcopy(ada), "user_id": "bob", "email": "bob@example.com", "orders": ["#W2"]}
    lamp = {
        **LAMP,
        "return_fee": return_fee,
        "return_days": return_days,
        "variants": {
            each: {
                "item_id": each,
                "options": {"colour": each.partition("-")[2]},
                "available": each != GONE,
                "price": PRICES[each],
            }
            for each in (RED, BLUE, GOLD, GONE)
        },
    }
    cup = {
        "name": "Cup",
        "product_id": "cup",
        "variants": {CUP: {"item_id": CUP, "options": {"colour": "white"}, "available": True, "price": PRICES[CUP]}},
    }
    orders = [Order.model_validate(order), Order.model_validate({**order, "order_id": "#W2", "user_id": "bob"})]
    return MemoryRecords(
        [Customer.model_validate(ada), Customer.model_validate(bob)],
        orders,
        [Product.model_validate(lamp), Product.model_validate(cup)],
    )


def book(**shop: Any) -> OrderBook:
    """The order book of `small_shop`."""
    return OrderBook(small_shop(**shop))


def history(outcome: Outcome) -> list[tuple[str, Decimal, str]]:
    """The order's payment history: kind, amount, payment method."""
    assert outcome.order is not None
    return [(each.transaction_type, each.amount, each.payment_method_id) for each in outcome.order.payment_history]


def amounts(outcome: Outcome) -> list[tuple[str, Decimal, str, When]]:
    """The amounts that move: kind, amount, payment method, time."""
    return [(each.transaction_type, each.amount, each.payment_method_id, each.when) for each in outcome.amounts]


def replaced(old: str, new: str) -> Replacement:
    """A piece, and what is wanted instead."""
    return Replacement(item_id=old, new_item_id=new)


def refused_code(operation: Callable[[], Outcome]) -> Refusal:
    """Why an operation is refused."""
    with pytest.raises(Refused) as caught:
        operation()
    return caught.value.code

"""What may be done with a delivered order: return items, or exchange them for other variants. Either once."""

from collections.abc import Sequence
from datetime import datetime

from kefu.order_system.domain.failures import Refusal, Refused
from kefu.order_system.domain.order_items import ProductOf, Replacement, positions_of, replacing_items, return_fee
from kefu.order_system.domain.outcome import Operation, Outcome, ReplacedItem
from kefu.order_system.domain.payments import announce, check_covers, payment_method, transaction
from kefu.order_system.domain.records import ZERO, Customer, Item, Order, OrderStatus, PaymentMethod


def return_items(
    customer: Customer, order: Order, item_ids: Sequence[str], method_id: str, product_of: ProductOf, now: datetime
) -> Outcome:
    """Ask to return items. Their prices, less the return fee, are refunded when they have come back.

    The refund goes to the method that paid the order, or to a gift card. Raises Refused (ORDER_NOT_DELIVERED,
    PAYMENT_METHOD_UNKNOWN, PAYMENT_METHOD_NOT_ALLOWED, ITEM_NOT_IN_ORDER, RETURN_TIME_OVER).
    """
    _check_delivered(order, "returned")
    method = payment_method(customer, method_id)
    if method not in refund_methods(customer, order):
        raise Refused(
            Refusal.PAYMENT_METHOD_NOT_ALLOWED,
            f"The refund goes to the payment method of the order ({order.payment_history[0].payment_method_id}) "
            "or to a gift card of the customer.",
        )
    items = [order.items[position] for position in positions_of(order, item_ids)]
    _check_in_time(order, items, product_of, now)
    fee = return_fee(items, product_of)
    refund = max(sum((item.price for item in items), ZERO) - fee, ZERO)
    update = {
        "status": OrderStatus.RETURN_REQUESTED,
        "return_items": tuple(sorted(item_ids)),
        "return_payment_method_id": method_id,
    }
    return Outcome(
        operation=Operation.RETURN,
        customer=customer,
        order=order.model_copy(update=update),
        status_before=order.status,
        items=tuple(items),
        amounts=announce(customer, transaction(-refund, method_id)),
        return_fee=fee,
    )


def refund_methods(customer: Customer, order: Order) -> tuple[PaymentMethod, ...]:
    """Where the refund of a return may go: what paid the order, and the customer's gift cards."""
    paid = order.payment_history[0].payment_method_id if order.payment_history else ""
    methods = customer.payment_methods.values()
    return tuple(
        sorted((each for each in methods if each.is_gift_card or each.id == paid), key=lambda each: each.id != paid)
    )


def exchange_items(
    customer: Customer,
    order: Order,
    replacements: Sequence[Replacement],
    method_id: str,
    product_of: ProductOf,
    now: datetime,
) -> Outcome:
    """Ask to exchange items for other variants of the same products.

    The method pays the price difference and the return fee, or gets what is left of them. A gift card must hold that
    already. Raises Refused (ORDER_NOT_DELIVERED, ITEM_NOT_IN_ORDER, RETURN_TIME_OVER, NEW_ITEM_UNAVAILABLE,
    PAYMENT_METHOD_UNKNOWN, GIFT_CARD_BALANCE_TOO_LOW).
    """
    _check_delivered(order, "exchanged")
    replaced, difference = replacing_items(order, replacements, product_of)
    items = [order.items[position] for position in replaced]
    _check_in_time(order, items, product_of, now)
    fee = return_fee(items, product_of)
    check_covers(payment_method(customer, method_id), difference + fee)
    update = {
        "status": OrderStatus.EXCHANGE_REQUESTED,
        "exchange_items": tuple(sorted(each.item_id for each in replacements)),
        "exchange_new_items": tuple(sorted(each.new_item_id for each in replacements)),
        "exchange_payment_method_id": method_id,
        "exchange_price_difference": difference,
    }
    return Outcome(
        operation=Operation.EXCHANGE,
        customer=customer,
        order=order.model_copy(update=update),
        status_before=order.status,
        replaced=tuple(ReplacedItem(old=order.items[position], new=new) for position, new in replaced.items()),
        amounts=announce(customer, transaction(difference + fee, method_id)),
        price_difference=difference,
        return_fee=fee,
    )


def _check_delivered(order: Order, done: str) -> None:
    if order.status is not OrderStatus.DELIVERED:
        raise Refused(
            Refusal.ORDER_NOT_DELIVERED,
            f"Order {order.order_id} is {order.status.value}; only items of a delivered order can be {done}.",
        )


def _check_in_time(order: Order, items: Sequence[Item], product_of: ProductOf, now: datetime) -> None:
    """The day after the delivery is the first day. An order whose delivery has no time is never too old."""
    if order.delivered_at is None:
        return
    days = (now.astimezone(order.delivered_at.tzinfo).date() - order.delivered_at.date()).days
    for item in items:
        product = product_of(item.product_id)
        if product.return_days is not None and days > product.return_days:
            raise Refused(
                Refusal.RETURN_TIME_OVER,
                f"{product.name} could be returned or exchanged for {product.return_days} days after its delivery, "
                f"which was {days} days ago.",
            )

"""What may be done with a pending order: cancel it, change its address, its payment method, or once its items."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from kefu.order_system.domain.failures import Refusal, Refused
from kefu.order_system.domain.order_items import ProductOf, Replacement, replacing_items
from kefu.order_system.domain.outcome import Operation, Outcome, ReplacedItem
from kefu.order_system.domain.payments import check_covers, payment_method, settle, transaction
from kefu.order_system.domain.records import ZERO, Address, Customer, Order, OrderStatus, Transaction


class CancelReason(StrEnum):
    """The reasons for which an order may be cancelled."""

    NO_LONGER_NEEDED = "no longer needed"
    ORDERED_BY_MISTAKE = "ordered by mistake"


def cancel(customer: Customer, order: Order, reason: str) -> Outcome:
    """Cancel the order. What was paid goes back to where it came from, to gift cards at once.

    Raises Refused (ORDER_NOT_PENDING, INVALID_REASON).
    """
    _check_pending(order, "cancelled")
    if reason not in list(CancelReason):
        raise Refused(Refusal.INVALID_REASON, f"The reason must be one of: {', '.join(CancelReason)}.")
    refunds = tuple(
        Transaction(transaction_type="refund", amount=amount, payment_method_id=method_id)
        for method_id, amount in _paid(order).items()
        if amount > 0
    )
    after, amounts = settle(customer, refunds)
    update = {
        "status": OrderStatus.CANCELLED,
        "cancel_reason": reason,
        "payment_history": (*order.payment_history, *refunds),
    }
    return Outcome(
        operation=Operation.CANCELLATION,
        customer=after,
        order=order.model_copy(update=update),
        status_before=order.status,
        amounts=amounts,
    )


def change_address(customer: Customer, order: Order, address: Address) -> Outcome:
    """Send the order to another address. Raises Refused (ORDER_NOT_PENDING)."""
    _check_pending(order, "changed")
    changed = order.model_copy(update={"address": address})
    return Outcome(operation=Operation.ORDER_ADDRESS, customer=customer, order=changed, status_before=order.status)


def change_payment_method(customer: Customer, order: Order, method_id: str) -> Outcome:
    """Pay the whole order with another method; the first one gets its money back. Possible once.

    Raises Refused (ORDER_NOT_PENDING, PAYMENT_METHOD_UNKNOWN, PAYMENT_CHANGED_BEFORE, PAYMENT_METHOD_UNCHANGED,
    GIFT_CARD_BALANCE_TOO_LOW).
    """
    _check_pending(order, "changed")
    method = payment_method(customer, method_id)
    if len(order.payment_history) != 1 or order.payment_history[0].transaction_type != "payment":
        raise Refused(
            Refusal.PAYMENT_CHANGED_BEFORE,
            f"The payment of order {order.order_id} was changed before, and cannot be changed again.",
        )
    (first,) = order.payment_history
    if first.payment_method_id == method_id:
        raise Refused(
            Refusal.PAYMENT_METHOD_UNCHANGED,
            f"Order {order.order_id} is paid with {method_id} already; choose another payment method.",
        )
    check_covers(method, first.amount)
    moves = (
        Transaction(transaction_type="payment", amount=first.amount, payment_method_id=method_id),
        Transaction(transaction_type="refund", amount=first.amount, payment_method_id=first.payment_method_id),
    )
    after, amounts = settle(customer, moves)
    changed = order.model_copy(update={"payment_history": (first, *moves)})
    return Outcome(
        operation=Operation.PAYMENT_METHOD, customer=after, order=changed, status_before=order.status, amounts=amounts
    )


def modify_items(
    customer: Customer, order: Order, replacements: Sequence[Replacement], method_id: str, product_of: ProductOf
) -> Outcome:
    """Replace items with other variants of the same products. Afterwards the order cannot be changed or cancelled.

    The method pays the price difference, or gets it. Raises Refused (ORDER_NOT_PENDING, ITEM_NOT_IN_ORDER,
    NEW_ITEM_UNAVAILABLE, PAYMENT_METHOD_UNKNOWN, GIFT_CARD_BALANCE_TOO_LOW).
    """
    _check_pending(order, "changed")
    replaced, difference = replacing_items(order, replacements, product_of)
    check_covers(payment_method(customer, method_id), difference)
    move = transaction(difference, method_id)
    after, amounts = settle(customer, [move])
    update = {
        "status": OrderStatus.PENDING_ITEM_MODIFIED,
        "items": tuple(replaced.get(position, item) for position, item in enumerate(order.items)),
        "payment_history": (*order.payment_history, move),
    }
    return Outcome(
        operation=Operation.MODIFICATION,
        customer=after,
        order=order.model_copy(update=update),
        status_before=order.status,
        replaced=tuple(ReplacedItem(old=order.items[position], new=new) for position, new in replaced.items()),
        amounts=amounts,
        price_difference=difference,
    )


def _check_pending(order: Order, done: str) -> None:
    if order.status is not OrderStatus.PENDING:
        raise Refused(
            Refusal.ORDER_NOT_PENDING,
            f"Order {order.order_id} is {order.status.value}; only a pending order can be {done}.",
        )


def _paid(order: Order) -> dict[str, Decimal]:
    """What each payment method has paid, less what it got back, in the order of the history."""
    paid: dict[str, Decimal] = {}
    for each in order.payment_history:
        change = each.amount if each.transaction_type == "payment" else -each.amount
        paid[each.payment_method_id] = paid.get(each.payment_method_id, ZERO) + change
    return paid

"""A customer's payment methods: which one is meant, whether it has enough, and its balance afterwards."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from kefu.order_system.domain.failures import Refusal, Refused
from kefu.order_system.domain.outcome import Amount, When
from kefu.order_system.domain.records import ZERO, Customer, PaymentMethod, Transaction


def payment_method(customer: Customer, method_id: str) -> PaymentMethod:
    """The customer's payment method with this id. Raises Refused when the customer has none."""
    method = customer.payment_methods.get(method_id)
    if method is None:
        raise Refused(
            Refusal.PAYMENT_METHOD_UNKNOWN, f"The customer has no payment method {method_id}; choose a saved one."
        )
    return method


def check_covers(method: PaymentMethod, amount: Decimal) -> None:
    """Raise Refused when a gift card holds less than the amount. Other methods cover any amount."""
    if method.is_gift_card and balance_of(method) < amount:
        raise Refused(
            Refusal.GIFT_CARD_BALANCE_TOO_LOW,
            f"Gift card {method.id} holds {balance_of(method)}, and {amount} is needed; choose another payment method.",
        )


def balance_of(method: PaymentMethod) -> Decimal:
    """What a gift card holds; 0 for other methods."""
    return method.balance if method.balance is not None else ZERO


def transaction(difference: Decimal, method_id: str) -> Transaction:
    """The entry of a difference that the customer pays (more than 0) or gets back. A difference of 0 is a refund."""
    kind: Literal["payment", "refund"] = "payment" if difference > 0 else "refund"
    return Transaction(transaction_type=kind, amount=abs(difference), payment_method_id=method_id)


def settle(customer: Customer, transactions: Iterable[Transaction]) -> tuple[Customer, tuple[Amount, ...]]:
    """Move amounts at once: the customer with the gift cards' new balances, and the amounts above 0."""
    methods = dict(customer.payment_methods)
    amounts: list[Amount] = []
    for each in transactions:
        method = methods[each.payment_method_id]
        if method.is_gift_card:
            change = -each.amount if each.transaction_type == "payment" else each.amount
            method = method.model_copy(update={"balance": balance_of(method) + change})
            methods[method.id] = method
        at_once = method.is_gift_card or each.transaction_type == "payment"
        when = When.AT_ONCE if at_once else When.BY_PAYMENT_PROVIDER
        amounts += _amount(each, method, when, method.balance if method.is_gift_card else None)
    return customer.model_copy(update={"payment_methods": methods}), tuple(amounts)


def announce(customer: Customer, later: Transaction) -> tuple[Amount, ...]:
    """The amount that moves when returned goods were looked at; nothing for 0."""
    method = payment_method(customer, later.payment_method_id)
    return tuple(_amount(later, method, When.AFTER_INSPECTION, None))


def _amount(each: Transaction, method: PaymentMethod, when: When, balance: Decimal | None) -> list[Amount]:
    if not each.amount:
        return []
    return [
        Amount(
            transaction_type=each.transaction_type,
            amount=each.amount,
            payment_method_id=method.id,
            source=method.source,
            when=when,
            balance_after=balance,
        )
    ]

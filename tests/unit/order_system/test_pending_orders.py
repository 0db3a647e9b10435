"""Cancelling and changing pending orders: checks, amounts, the state afterwards."""

from decimal import Decimal

import pytest

from kefu.order_system.domain.failures import Refusal
from kefu.order_system.domain.order_book import OrderBook
from kefu.order_system.domain.outcome import When
from kefu.order_system.domain.records import Address, OrderStatus
from tests.unit.order_system.small_shop import (
    BLUE,
    CARD,
    CUP,
    GIFT,
    GOLD,
    GONE,
    OTHER_CARD,
    RED,
    amounts,
    book,
    history,
    refused_code,
    replaced,
    small_shop,
)

NEW_ADDRESS = Address(address1="2 Oak Road", city="Leeds", country="UK", zip="LS1")


def test_a_cancelled_order_is_refunded_to_where_it_was_paid_from() -> None:
    outcome = book().cancel_order("ada", "#W1", "no longer needed")
    assert outcome.order is not None
    assert (outcome.order.status, outcome.order.cancel_reason) == (OrderStatus.CANCELLED, "no longer needed")
    assert history(outcome) == [("payment", Decimal("27.65"), CARD), ("refund", Decimal("27.65"), CARD)]
    assert amounts(outcome) == [("refund", Decimal("27.65"), CARD, When.BY_PAYMENT_PROVIDER)]


def test_a_refund_to_a_gift_card_is_there_at_once() -> None:
    outcome = book(paid_with=GIFT, balance=0.35).cancel_order("ada", "#W1", "ordered by mistake")
    assert outcome.customer.payment_methods[GIFT].balance == Decimal("28.00")
    assert outcome.amounts[0].when is When.AT_ONCE
    assert outcome.amounts[0].balance_after == Decimal("28.00")


def test_an_order_whose_payment_was_changed_is_refunded_once() -> None:
    records = small_shop(balance=50.00)
    records.save(OrderBook(records).change_payment_method("ada", "#W1", GIFT))
    outcome = OrderBook(records).cancel_order("ada", "#W1", "no longer needed")
    assert amounts(outcome) == [("refund", Decimal("27.65"), GIFT, When.AT_ONCE)]
    assert outcome.customer.payment_methods[GIFT].balance == Decimal("50.00")


def test_an_order_is_cancelled_for_known_reasons_alone() -> None:
    assert refused_code(lambda: book().cancel_order("ada", "#W1", "bored")) is Refusal.INVALID_REASON


@pytest.mark.parametrize("status", [status for status in OrderStatus if status is not OrderStatus.PENDING])
def test_only_a_pending_order_is_cancelled_or_changed(status: OrderStatus) -> None:
    orders = book(status=status.value)
    operations = [
        lambda: orders.cancel_order("ada", "#W1", "no longer needed"),
        lambda: orders.change_order_address("ada", "#W1", NEW_ADDRESS),
        lambda: orders.change_payment_method("ada", "#W1", OTHER_CARD),
        lambda: orders.modify_items("ada", "#W1", [replaced(RED, BLUE)], CARD),
    ]
    assert {refused_code(each) for each in operations} == {Refusal.ORDER_NOT_PENDING}


def test_an_order_gets_another_address_and_the_customer_keeps_theirs() -> None:
    outcome = book().change_order_address("ada", "#W1", NEW_ADDRESS)
    assert outcome.order is not None
    assert outcome.order.address == NEW_ADDRESS
    assert outcome.customer.address != NEW_ADDRESS
    assert outcome.amounts == ()


def test_another_payment_method_pays_and_the_first_one_is_refunded() -> None:
    outcome = book(balance=30.00).change_payment_method("ada", "#W1", GIFT)
    paid = Decimal("27.65")
    assert history(outcome) == [("payment", paid, CARD), ("payment", paid, GIFT), ("refund", paid, CARD)]
    assert outcome.customer.payment_methods[GIFT].balance == Decimal("2.35")
    assert outcome.order is not None
    assert outcome.order.status is OrderStatus.PENDING
    assert amounts(outcome) == [
        ("payment", paid, GIFT, When.AT_ONCE),
        ("refund", paid, CARD, When.BY_PAYMENT_PROVIDER),
    ]


def test_a_gift_card_that_paid_gets_its_balance_back_when_another_method_pays() -> None:
    outcome = book(paid_with=GIFT, balance=1.00).change_payment_method("ada", "#W1", OTHER_CARD)
    assert outcome.customer.payment_methods[GIFT].balance == Decimal("28.65")


@pytest.mark.parametrize(
    ("method", "balance", "code"),
    [
        ("paypal_9", 40.00, Refusal.PAYMENT_METHOD_UNKNOWN),
        (CARD, 40.00, Refusal.PAYMENT_METHOD_UNCHANGED),
        (GIFT, 27.64, Refusal.GIFT_CARD_BALANCE_TOO_LOW),
    ],
)
def test_a_payment_method_must_be_known_another_one_and_hold_enough(method: str, balance: float, code: Refusal) -> None:
    orders = book(balance=balance)
    assert refused_code(lambda: orders.change_payment_method("ada", "#W1", method)) is code


def test_the_payment_method_is_changed_once() -> None:
    records = small_shop()
    records.save(OrderBook(records).change_payment_method("ada", "#W1", OTHER_CARD))
    again = OrderBook(records)
    assert refused_code(lambda: again.change_payment_method("ada", "#W1", CARD)) is Refusal.PAYMENT_CHANGED_BEFORE


def test_a_dearer_item_is_paid_and_the_order_cannot_be_changed_again() -> None:
    records = small_shop()
    outcome = records.save(OrderBook(records).modify_items("ada", "#W1", [replaced(RED, BLUE)], GIFT))
    assert outcome.order is not None
    assert outcome.order.status is OrderStatus.PENDING_ITEM_MODIFIED
    assert [(each.item_id, each.price) for each in outcome.order.items] == [
        (BLUE, Decimal("30.35")),
        (CUP, Decimal("7.55")),
    ]
    assert outcome.order.items[0].options == {"colour": "blue"}
    assert outcome.price_difference == Decimal("10.25")
    assert history(outcome)[1:] == [("payment", Decimal("10.25"), GIFT)]
    assert outcome.customer.payment_methods[GIFT].balance == Decimal("29.75")
    again = OrderBook(records)
    assert (
        refused_code(lambda: again.modify_items("ada", "#W1", [replaced(BLUE, RED)], GIFT)) is Refusal.ORDER_NOT_PENDING
    )


def test_a_cheaper_item_is_refunded() -> None:
    outcome = book(items=(BLUE,)).modify_items("ada", "#W1", [replaced(BLUE, RED)], CARD)
    assert history(outcome)[1:] == [("refund", Decimal("10.25"), CARD)]
    assert amounts(outcome) == [("refund", Decimal("10.25"), CARD, When.BY_PAYMENT_PROVIDER)]


def test_the_same_variant_again_is_an_entry_of_nothing_and_moves_nothing() -> None:
    outcome = book().modify_items("ada", "#W1", [replaced(RED, RED)], CARD)
    assert history(outcome)[1:] == [("refund", Decimal("0.00"), CARD)]
    assert outcome.amounts == ()


def test_items_are_replaced_by_their_place_in_the_order() -> None:
    outcome = book(items=(RED, BLUE)).modify_items("ada", "#W1", [replaced(RED, BLUE), replaced(BLUE, GOLD)], CARD)
    assert outcome.order is not None
    assert [each.item_id for each in outcome.order.items] == [BLUE, GOLD]


@pytest.mark.parametrize(
    ("replacements", "method", "code"),
    [
        ([(GOLD, BLUE)], CARD, Refusal.ITEM_NOT_IN_ORDER),
        ([(RED, BLUE), (RED, BLUE)], CARD, Refusal.ITEM_NOT_IN_ORDER),
        ([(RED, GONE)], CARD, Refusal.NEW_ITEM_UNAVAILABLE),
        ([(RED, CUP)], CARD, Refusal.NEW_ITEM_UNAVAILABLE),
        ([(RED, BLUE)], "paypal_9", Refusal.PAYMENT_METHOD_UNKNOWN),
        ([(RED, GOLD)], GIFT, Refusal.GIFT_CARD_BALANCE_TOO_LOW),
    ],
)
def test_what_cannot_be_replaced_is_refused(replacements: list[tuple[str, str]], method: str, code: Refusal) -> None:
    wanted = [replaced(old, new) for old, new in replacements]
    orders = book(balance=74.89)
    assert refused_code(lambda: orders.modify_items("ada", "#W1", wanted, method)) is code

"""Returns and exchanges of delivered orders: checks, amounts, the state afterwards."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from kefu.order_system.domain.failures import Refusal
from kefu.order_system.domain.outcome import When
from kefu.order_system.domain.records import OrderStatus
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
)


def test_a_return_is_requested_and_refunded_after_the_goods_were_looked_at() -> None:
    outcome = book(status="delivered").return_items("ada", "#W1", [RED, CUP], CARD)
    assert outcome.order is not None
    assert outcome.order.status is OrderStatus.RETURN_REQUESTED
    assert outcome.order.return_items == (CUP, RED)  # sorted
    assert outcome.order.return_payment_method_id == CARD
    assert len(history(outcome)) == 1
    assert amounts(outcome) == [("refund", Decimal("27.65"), CARD, When.AFTER_INSPECTION)]


def test_the_return_fee_is_taken_off_the_refund() -> None:
    outcome = book(status="delivered", return_fee=12).return_items("ada", "#W1", [RED], GIFT)
    assert outcome.return_fee == Decimal("12.00")
    assert amounts(outcome) == [("refund", Decimal("8.10"), GIFT, When.AFTER_INSPECTION)]
    assert outcome.customer.payment_methods[GIFT].balance == Decimal("40.00")


def test_a_return_fee_above_the_price_leaves_no_refund_and_no_debt() -> None:
    outcome = book(status="delivered", return_fee=60).return_items("ada", "#W1", [RED], CARD)
    assert outcome.amounts == ()


@pytest.mark.parametrize(
    ("items", "method", "code"),
    [
        ([RED], "paypal_9", Refusal.PAYMENT_METHOD_UNKNOWN),
        ([RED], OTHER_CARD, Refusal.PAYMENT_METHOD_NOT_ALLOWED),
        ([BLUE], CARD, Refusal.ITEM_NOT_IN_ORDER),
        ([RED, RED], CARD, Refusal.ITEM_NOT_IN_ORDER),
    ],
)
def test_what_cannot_be_returned_is_refused(items: list[str], method: str, code: Refusal) -> None:
    orders = book(status="delivered")
    assert refused_code(lambda: orders.return_items("ada", "#W1", items, method)) is code


@pytest.mark.parametrize(
    ("days_ago", "return_days", "is_over"), [(15, 15, False), (16, 15, True), (100, None, False), (None, 15, False)]
)
def test_what_is_returned_or_exchanged_is_in_time(days_ago: int | None, return_days: int | None, is_over: bool) -> None:
    delivered = None if days_ago is None else datetime.now(UTC) - timedelta(days=days_ago)
    orders = book(status="delivered", return_days=return_days, delivered_at=delivered)
    for operation in (
        lambda: orders.return_items("ada", "#W1", [RED], CARD),
        lambda: orders.exchange_items("ada", "#W1", [replaced(RED, BLUE)], CARD),
    ):
        if is_over:
            assert refused_code(operation) is Refusal.RETURN_TIME_OVER
        else:
            assert operation().order is not None
    assert orders.return_items("ada", "#W1", [CUP], CARD).order is not None  # a product without such days


def test_what_a_customer_has_is_not_offered_in_its_place() -> None:
    item, others = book(status="delivered").replacements("ada", "#W1", RED)
    assert item.item_id == RED
    assert {each.item_id for each in others} == {BLUE, GOLD}  # GONE is sold out


def test_two_pieces_of_one_variant_can_both_be_returned() -> None:
    outcome = book(status="delivered", items=(RED, RED)).return_items("ada", "#W1", [RED, RED], CARD)
    assert amounts(outcome) == [("refund", Decimal("40.20"), CARD, When.AFTER_INSPECTION)]


def test_an_exchange_is_requested_with_its_difference() -> None:
    outcome = book(status="delivered", items=(RED, BLUE)).exchange_items(
        "ada", "#W1", [replaced(RED, GOLD), replaced(BLUE, BLUE)], CARD
    )
    order = outcome.order
    assert order is not None
    assert order.status is OrderStatus.EXCHANGE_REQUESTED
    assert order.exchange_items == (BLUE, RED)  # sorted
    assert order.exchange_new_items == (BLUE, GOLD)
    assert order.exchange_payment_method_id == CARD
    assert order.exchange_price_difference == Decimal("74.90")
    assert [each.item_id for each in order.items] == [RED, BLUE]  # as delivered
    assert len(history(outcome)) == 1
    assert amounts(outcome) == [("payment", Decimal("74.90"), CARD, When.AFTER_INSPECTION)]


def test_the_return_fee_is_added_to_an_exchange_but_not_to_its_difference() -> None:
    outcome = book(status="delivered", items=(BLUE,), return_fee=12).exchange_items(
        "ada", "#W1", [replaced(BLUE, RED)], CARD
    )
    assert outcome.price_difference == Decimal("-10.25")
    assert amounts(outcome) == [("payment", Decimal("1.75"), CARD, When.AFTER_INSPECTION)]


@pytest.mark.parametrize(
    ("old", "new", "method", "code"),
    [
        (GOLD, RED, CARD, Refusal.ITEM_NOT_IN_ORDER),
        (RED, GONE, CARD, Refusal.NEW_ITEM_UNAVAILABLE),
        (RED, "lamp-none", CARD, Refusal.NEW_ITEM_UNAVAILABLE),
        (RED, BLUE, "paypal_9", Refusal.PAYMENT_METHOD_UNKNOWN),
        (RED, GOLD, GIFT, Refusal.GIFT_CARD_BALANCE_TOO_LOW),
    ],
)
def test_what_cannot_be_exchanged_is_refused(old: str, new: str, method: str, code: Refusal) -> None:
    orders = book(status="delivered")
    assert refused_code(lambda: orders.exchange_items("ada", "#W1", [replaced(old, new)], method)) is code


@pytest.mark.parametrize("status", [status for status in OrderStatus if status is not OrderStatus.DELIVERED])
def test_only_items_of_a_delivered_order_are_returned_or_exchanged(status: OrderStatus) -> None:
    orders = book(status=status.value)
    returned = refused_code(lambda: orders.return_items("ada", "#W1", [RED], CARD))
    exchanged = refused_code(lambda: orders.exchange_items("ada", "#W1", [replaced(RED, BLUE)], CARD))
    assert (returned, exchanged) == (Refusal.ORDER_NOT_DELIVERED, Refusal.ORDER_NOT_DELIVERED)

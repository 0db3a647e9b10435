"""Looking things up: whose order it is, in which order they come, and exact amounts."""

from decimal import Decimal

import pytest

from kefu.order_system.domain.failures import Missing, NotFound
from kefu.order_system.domain.order_book import OrderBook
from kefu.order_system.domain.records import Address, Customer, Order, OrderStatus, Transaction
from kefu.order_system.memory_records import MemoryRecords
from tests.unit.order_system.small_shop import RED, book, small_shop


@pytest.mark.parametrize("written", ["#W1", "W1", " W1 "])
def test_an_order_is_found_with_and_without_its_hash_sign(written: str) -> None:
    assert book().order("ada", written).order_id == "#W1"


def test_an_order_of_somebody_else_is_as_unknown_as_one_that_does_not_exist() -> None:
    orders = book()
    said: list[str] = []
    for order_id in ("#W2", "#W9"):
        with pytest.raises(NotFound) as caught:
            orders.cancel_order("ada", order_id, "no longer needed")
        assert caught.value.code is Missing.ORDER
        said.append(str(caught.value).replace(order_id, "ID"))
    assert said[0] == said[1]


def test_unknown_customers_and_products_are_not_found() -> None:
    with pytest.raises(NotFound, match="customer eve"):
        book().orders("eve")
    with pytest.raises(NotFound, match="product none"):
        book().product("none")


def test_customers_are_found_by_email_and_by_name_and_postal_code_whatever_the_case() -> None:
    orders = book()
    assert [each.customer_id for each in orders.find_customers_by_email(" ADA@example.com")] == ["ada"]
    assert [each.customer_id for each in orders.find_customers_by_name_and_zip("aDA", "byron", "YO1")] == ["ada", "bob"]
    assert orders.find_customers_by_name_and_zip("Ada", "Byron", "YO2") == []


def test_orders_come_with_the_newest_first_and_those_without_a_time_last() -> None:
    shop = small_shop()
    first = shop.order("#W1")
    ada = shop.customer("ada")
    assert first is not None
    assert ada is not None
    times = {"old": "2026-01-01T00:00:00Z", "new": "2026-03-01T00:00:00Z", "first": None, "second": None}
    fields = first.model_dump(mode="json")
    orders = [Order.model_validate({**fields, "order_id": name, "created_at": time}) for name, time in times.items()]
    customer = ada.model_copy(update={"orders": ("first", "old", "second", "new")})
    found = OrderBook(MemoryRecords([customer], orders, [])).orders("ada")
    assert [each.order_id for each in found] == ["new", "old", "second", "first"]


def test_orders_can_be_asked_for_by_status() -> None:
    assert book(status="delivered").orders("ada", OrderStatus.PENDING) == []
    assert len(book(status="delivered").orders("ada", OrderStatus.DELIVERED)) == 1


def test_the_customers_address_changes_and_orders_keep_theirs() -> None:
    records = small_shop()
    address = Address(address1="2 Oak Road", city="Leeds", country="UK", zip="LS1")
    records.save(OrderBook(records).change_customer_address("ada", address))
    assert OrderBook(records).customer("ada").address == address
    assert OrderBook(records).order("ada", "W1").address != address


def test_an_operation_by_itself_changes_nothing() -> None:
    records = small_shop(balance=100)
    before = (records.customer("ada"), records.order("#W1"))
    OrderBook(records).change_payment_method("ada", "#W1", "gift_card_1")
    assert (records.customer("ada"), records.order("#W1")) == before


def test_amounts_are_exact_to_the_cent_and_numbers_in_json() -> None:
    paid = Transaction.model_validate_json('{"transaction_type": "payment", "amount": 0.1, "payment_method_id": "x"}')
    assert paid.amount + Decimal("0.20") == Decimal("0.30")
    assert '"amount":0.1,' in paid.model_dump_json()
    assert Transaction(transaction_type="refund", amount=Decimal("1.005"), payment_method_id=RED).amount == Decimal(
        "1.01"
    )


def test_a_name_in_chinese_begins_with_the_family_name() -> None:
    ada = small_shop().customer("ada")
    assert ada is not None
    fields = ada.model_dump(mode="json")
    wang = Customer.model_validate({**fields, "name": {"first_name": "丽娜", "last_name": "王"}})
    assert (ada.name.display, wang.name.display) == ("Ada Byron", "王丽娜")

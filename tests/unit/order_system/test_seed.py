"""The demo's data, and what is said of data that cannot be loaded."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kefu.common.errors import StartupError
from kefu.order_system.config import DEMO_FOLDER
from kefu.order_system.domain.records import OrderStatus, is_chinese
from kefu.order_system.seed import read_folder

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)


def test_the_demo_has_customers_of_both_languages_and_orders_in_every_state() -> None:
    seed = read_folder(DEMO_FOLDER, NOW)
    assert (seed.shop.name, seed.shop.currency) == ("Songlu Home", "CNY")
    in_chinese = [is_chinese(each.name.last_name) for each in seed.customers]
    assert (in_chinese.count(True), in_chinese.count(False)) == (3, 3)
    assert {each.status for each in seed.orders} == {
        OrderStatus.PENDING,
        OrderStatus.PROCESSED,
        OrderStatus.DELIVERED,
        OrderStatus.CANCELLED,
    }
    assert all(each.name_zh and len(each.variants) > 1 for each in seed.products)
    assert all(each.email.endswith(".example") for each in seed.customers)


def test_the_demos_orders_are_paid_in_full_and_as_old_whenever_they_are_loaded() -> None:
    for order in read_folder(DEMO_FOLDER, NOW).orders:
        assert order.payment_history[0].amount == order.price
        assert order.created_at is not None
        assert order.created_at < (order.delivered_at or NOW) <= NOW
        assert (order.delivered_at is not None) == (order.status is OrderStatus.DELIVERED)


def test_the_demos_order_numbers_are_those_of_the_help_centre() -> None:
    for order in read_folder(DEMO_FOLDER, NOW).orders:
        assert order.order_id.startswith("SL")
        assert len(order.order_id) == 14
        assert order.order_id[2:].isdigit()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEMO_FOLDER, tmp_path / "data"))


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "orders.jsonl").unlink()
    with pytest.raises(StartupError, match=r"orders\.jsonl cannot be read"):
        read_folder(folder)


@pytest.mark.parametrize(("line", "said"), [("{", "no JSON"), ("[]", "no JSON object"), ('{"x": 1}', "user_id|custom")])
def test_a_record_that_is_none_is_named_by_file_and_line(folder: Path, line: str, said: str) -> None:
    with (folder / "users.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(StartupError, match=rf"users\.jsonl, line 7: .*({said})"):
        read_folder(folder)


def change_orders(folder: Path, **fields: object) -> None:
    file = folder / "orders.jsonl"
    first, *rest = file.read_text("utf-8").splitlines()
    file.write_text("\n".join([json.dumps({**json.loads(first), **fields}), *rest]), "utf-8")


def test_an_order_of_nobody_is_refused(folder: Path) -> None:
    change_orders(folder, user_id="nobody")
    with pytest.raises(StartupError, match="no customer nobody"):
        read_folder(folder)


def test_an_order_that_a_customer_names_must_be_there(folder: Path) -> None:
    change_orders(folder, order_id="SL000000000000")
    with pytest.raises(StartupError, match="lacks SL"):
        read_folder(folder)


def test_an_item_of_no_product_is_refused(folder: Path) -> None:
    options: dict[str, str] = {}
    change_orders(folder, items=[{"name": "X", "product_id": "X", "item_id": "X1", "price": 1, "options": options}])
    with pytest.raises(StartupError, match="no variant of a product X"):
        read_folder(folder)

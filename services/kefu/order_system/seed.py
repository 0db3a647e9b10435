"""The records that a new database begins with: a folder of users.jsonl, orders.jsonl and products.jsonl.

The layout is that of tau-bench's retail data (Sierra Research, MIT licence). A file shop.json may name the shop and its
currency. Instead of `created_at` and `delivered_at`, an order may have `placed_days_ago` and `delivered_days_ago`, so
that a demo's orders are as old whenever it is started.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from kefu.common.errors import StartupError
from kefu.order_system.domain.records import Customer, Order, Product, Record, Shop

RecordT = TypeVar("RecordT", bound=Record)
_AGES = {"placed_days_ago": "created_at", "delivered_days_ago": "delivered_at"}


@dataclass(frozen=True)
class Seed:
    """All records of a folder. Every order is of a customer there, and every item of a product there."""

    shop: Shop
    customers: tuple[Customer, ...]
    orders: tuple[Order, ...]
    products: tuple[Product, ...]


def read_folder(folder: Path, now: datetime | None = None) -> Seed:
    """The records of a folder; ages count from `now`, by default the present.

    Raises StartupError, with file and line, for a file that is missing or a record that is none.
    """
    moment = now or datetime.now(UTC)
    shop_file = folder / "shop.json"
    shop = Shop()
    if shop_file.exists():
        shop = _record(Shop, _json(shop_file.read_text("utf-8"), shop_file, 1), shop_file, 1)
    customers = tuple(_records(Customer, folder / "users.jsonl", moment))
    orders = tuple(_records(Order, folder / "orders.jsonl", moment))
    products = tuple(_records(Product, folder / "products.jsonl", moment))
    _check_complete(folder, customers, orders, products)
    return Seed(shop, customers, orders, products)


def _check_complete(
    folder: Path, customers: tuple[Customer, ...], orders: tuple[Order, ...], products: tuple[Product, ...]
) -> None:
    owners = {order_id: customer.customer_id for customer in customers for order_id in customer.orders}
    variants = {(product.product_id, item_id) for product in products for item_id in product.variants}
    if missing := owners.keys() - {order.order_id for order in orders}:
        raise StartupError(f"{folder}: orders.jsonl lacks {', '.join(sorted(missing))}, which users.jsonl names.")
    for order in orders:
        if owners.get(order.order_id) != order.customer_id:
            raise StartupError(f"{folder}: no customer {order.customer_id} names the order {order.order_id}.")
        for item in order.items:
            if (item.product_id, item.item_id) not in variants:
                raise StartupError(
                    f"{folder}: order {order.order_id} holds {item.item_id}, no variant of a product {item.product_id}."
                )


def _records(kind: type[RecordT], file: Path, now: datetime) -> Iterator[RecordT]:
    try:
        lines = file.read_text("utf-8").splitlines()
    except OSError as error:
        raise StartupError(f"{file} cannot be read ({error.strerror}); name the folder in KEFU_ORDERS_DATA.") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _record(kind, _with_times(_json(line, file, number), now), file, number)


def _with_times(fields: dict[str, Any], now: datetime) -> dict[str, Any]:
    found = dict(fields)
    for age, time in _AGES.items():
        if age in found:
            found[time] = (now - timedelta(days=float(found.pop(age)))).replace(microsecond=0)
    return found


def _json(text: str, file: Path, line: int) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except ValueError:
        raise StartupError(f"{file}, line {line}: this is no JSON.") from None
    if not isinstance(fields, dict):
        raise StartupError(f"{file}, line {line}: this is no JSON object.")
    return fields  # pyright: ignore[reportUnknownVariableType] - JSON


def _record(kind: type[RecordT], fields: dict[str, Any], file: Path, line: int) -> RecordT:
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise StartupError(f"{file}, line {line}: {place}: {first['msg']}.") from None

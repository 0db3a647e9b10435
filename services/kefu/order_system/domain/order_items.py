"""Which pieces of an order an operation is about, and what they are replaced with."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from kefu.order_system.domain.failures import Refusal, Refused
from kefu.order_system.domain.records import ZERO, Item, Order, Product, Record, Variant

ProductOf = Callable[[str], Product]
"""Finds a product by its id."""


class Replacement(Record):
    """A piece of an order, and the variant of the same product that is wanted instead."""

    item_id: str
    new_item_id: str


def positions_of(order: Order, item_ids: Sequence[str]) -> list[int]:
    """The places in the order of pieces with these item ids; an id that is named twice needs two pieces.

    Raises Refused when there are not that many.
    """
    free = list(range(len(order.items)))
    found: list[int] = []
    for item_id in item_ids:
        position = next((each for each in free if order.items[each].item_id == item_id), None)
        if position is None:
            raise Refused(Refusal.ITEM_NOT_IN_ORDER, f"Order {order.order_id} has no (further) item {item_id}.")
        free.remove(position)
        found.append(position)
    return found


def replacing_items(
    order: Order, replacements: Sequence[Replacement], product_of: ProductOf
) -> tuple[dict[int, Item], Decimal]:
    """The new items by their places in the order, and the prices of the new ones less those of the old ones.

    A piece may be replaced with the same variant. Raises Refused when a piece is not in the order, or a variant is not
    of the same product, or sold out.
    """
    positions = positions_of(order, [each.item_id for each in replacements])
    difference = ZERO
    items: dict[int, Item] = {}
    for position, replacement in zip(positions, replacements, strict=True):
        old = order.items[position]
        variant = _available_variant(product_of(old.product_id), replacement.new_item_id)
        difference += variant.price - old.price
        update = variant.model_dump(include={"item_id", "price", "options", "options_zh"})
        items[position] = old.model_copy(update=update)
    return items, difference


def return_fee(items: Sequence[Item], product_of: ProductOf) -> Decimal:
    """What the way back of these pieces costs: the highest return fee of their products."""
    return max((product_of(item.product_id).return_fee for item in items), default=ZERO)


def _available_variant(product: Product, item_id: str) -> Variant:
    variant = product.variants.get(item_id)
    if variant is None:
        raise Refused(
            Refusal.NEW_ITEM_UNAVAILABLE,
            f"Item {item_id} is no variant of {product.name}; choose another variant of the same product.",
        )
    if not variant.available:
        raise Refused(Refusal.NEW_ITEM_UNAVAILABLE, f"Item {item_id} ({product.name}) is sold out; choose another one.")
    return variant

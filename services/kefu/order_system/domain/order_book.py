"""The order book: looks customers, orders and products up, and works operations out. It stores nothing itself."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from kefu.order_system.domain import delivered_orders, pending_orders
from kefu.order_system.domain.failures import Missing, NotFound
from kefu.order_system.domain.order_items import Replacement
from kefu.order_system.domain.outcome import Operation, Outcome
from kefu.order_system.domain.records import (
    Address,
    Customer,
    Item,
    Order,
    OrderStatus,
    PaymentMethod,
    Product,
    Variant,
)


class Records(Protocol):
    """Where the records are kept."""

    def customer(self, customer_id: str) -> Customer | None:
        """The customer with this id."""
        ...

    def customers_by_email(self, email: str) -> list[Customer]:
        """Customers with this address, whatever its case."""
        ...

    def customers_by_name_and_zip(self, first_name: str, last_name: str, zip_code: str) -> list[Customer]:
        """Customers with this name, whatever its case, and this postal code."""
        ...

    def order(self, order_id: str) -> Order | None:
        """The order with exactly this id."""
        ...

    def orders_of(self, customer_id: str) -> list[Order]:
        """The customer's orders, as `Customer.orders` lists them."""
        ...

    def product(self, product_id: str) -> Product | None:
        """The product with this id."""
        ...

    def products(self) -> list[Product]:
        """All products."""
        ...


class OrderBook:
    """All that can be read and done, on records of one moment.

    Operations return the state afterwards, and the caller stores it: so the same call is also a trial run. They raise
    NotFound for a customer or an order that does not exist, or an order of another customer, and Refused.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    def customer(self, customer_id: str) -> Customer:
        """The customer with this id. Raises NotFound."""
        found = self._records.customer(customer_id)
        if found is None:
            raise NotFound(Missing.CUSTOMER, f"There is no customer {customer_id}.")
        return found

    def find_customers_by_email(self, email: str) -> list[Customer]:
        """Customers with this email address, whatever its case; empty without one."""
        return self._records.customers_by_email(email.strip())

    def find_customers_by_name_and_zip(self, first_name: str, last_name: str, zip_code: str) -> list[Customer]:
        """Customers with this name, whatever its case, and this postal code; empty without one."""
        return self._records.customers_by_name_and_zip(first_name.strip(), last_name.strip(), zip_code.strip())

    def orders(self, customer_id: str, status: OrderStatus | None = None) -> list[Order]:
        """The customer's orders, the newest first; with `status`, only those. Raises NotFound."""
        self.customer(customer_id)
        newest_first = list(reversed(self._records.orders_of(customer_id)))
        # Orders without a time keep the place that the customer's list gives them, behind those with one.
        newest_first.sort(key=lambda order: order.created_at.timestamp() if order.created_at else 0.0, reverse=True)
        return [order for order in newest_first if status is None or order.status is status]

    def order(self, customer_id: str, order_id: str) -> Order:
        """The customer's order. Its id may be written with or without a leading "#". Raises NotFound."""
        self.customer(customer_id)
        bare = order_id.strip().removeprefix("#")
        for written in (bare, f"#{bare}"):
            found = self._records.order(written)
            if found is not None and found.customer_id == customer_id:
                return found
        raise NotFound(Missing.ORDER, f"The customer has no order {order_id}.")

    def product(self, product_id: str) -> Product:
        """The product with this id. Raises NotFound."""
        found = self._records.product(product_id)
        if found is None:
            raise NotFound(Missing.PRODUCT, f"There is no product {product_id}.")
        return found

    def replacements(self, customer_id: str, order_id: str, item_id: str) -> tuple[Item, list[Variant]]:
        """An item of the customer's order, and the other variants of its product that can be had. Raises NotFound."""
        order = self.order(customer_id, order_id)
        item = next((each for each in order.items if each.item_id == item_id), None)
        if item is None:
            raise NotFound(Missing.ITEM, f"Order {order.order_id} has no item {item_id}.")
        variants = self.product(item.product_id).variants.values()
        return item, [each for each in variants if each.available and each.item_id != item_id]

    def refund_methods(self, customer_id: str, order_id: str) -> tuple[PaymentMethod, ...]:
        """See `delivered_orders.refund_methods`. Raises NotFound."""
        order = self.order(customer_id, order_id)
        return delivered_orders.refund_methods(self.customer(customer_id), order)

    def products(self) -> list[Product]:
        """All products, by name."""
        return sorted(self._records.products(), key=lambda product: product.name)

    def cancel_order(self, customer_id: str, order_id: str, reason: str) -> Outcome:
        """See `pending_orders.cancel`."""
        order = self.order(customer_id, order_id)
        return pending_orders.cancel(self.customer(customer_id), order, reason)

    def change_order_address(self, customer_id: str, order_id: str, address: Address) -> Outcome:
        """See `pending_orders.change_address`."""
        order = self.order(customer_id, order_id)
        return pending_orders.change_address(self.customer(customer_id), order, address)

    def change_payment_method(self, customer_id: str, order_id: str, payment_method_id: str) -> Outcome:
        """See `pending_orders.change_payment_method`."""
        order = self.order(customer_id, order_id)
        return pending_orders.change_payment_method(self.customer(customer_id), order, payment_method_id)

    def modify_items(
        self, customer_id: str, order_id: str, replacements: Sequence[Replacement], payment_method_id: str
    ) -> Outcome:
        """See `pending_orders.modify_items`."""
        order = self.order(customer_id, order_id)
        customer = self.customer(customer_id)
        return pending_orders.modify_items(customer, order, replacements, payment_method_id, self.product)

    def return_items(self, customer_id: str, order_id: str, item_ids: Sequence[str], payment_method_id: str) -> Outcome:
        """See `delivered_orders.return_items`."""
        order = self.order(customer_id, order_id)
        customer = self.customer(customer_id)
        now = datetime.now(UTC)
        return delivered_orders.return_items(customer, order, item_ids, payment_method_id, self.product, now)

    def exchange_items(
        self, customer_id: str, order_id: str, replacements: Sequence[Replacement], payment_method_id: str
    ) -> Outcome:
        """See `delivered_orders.exchange_items`."""
        order = self.order(customer_id, order_id)
        customer = self.customer(customer_id)
        now = datetime.now(UTC)
        return delivered_orders.exchange_items(customer, order, replacements, payment_method_id, self.product, now)

    def change_customer_address(self, customer_id: str, address: Address) -> Outcome:
        """Change the customer's own address, which new orders go to. Orders keep theirs."""
        changed = self.customer(customer_id).model_copy(update={"address": address})
        return Outcome(operation=Operation.CUSTOMER_ADDRESS, customer=changed)

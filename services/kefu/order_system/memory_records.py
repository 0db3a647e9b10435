"""Records in memory, for trying operations out: nothing is stored."""

from collections.abc import Iterable

from kefu.order_system.domain.outcome import Outcome
from kefu.order_system.domain.records import Customer, Order, Product


class MemoryRecords:
    """See kefu.order_system.domain.order_book.Records."""

    def __init__(self, customers: Iterable[Customer], orders: Iterable[Order], products: Iterable[Product]) -> None:
        self._customers = {each.customer_id: each for each in customers}
        self._orders = {each.order_id: each for each in orders}
        self._products = {each.product_id: each for each in products}

    def customer(self, customer_id: str) -> Customer | None:
        """The customer with this id."""
        return self._customers.get(customer_id)

    def customers_by_email(self, email: str) -> list[Customer]:
        """Customers with this address, whatever its case."""
        return [each for each in self._customers.values() if each.email.casefold() == email.casefold()]

    def customers_by_name_and_zip(self, first_name: str, last_name: str, zip_code: str) -> list[Customer]:
        """Customers with this name, whatever its case, and this postal code."""
        wanted = (first_name.casefold(), last_name.casefold(), zip_code)
        return [
            each
            for each in self._customers.values()
            if (each.name.first_name.casefold(), each.name.last_name.casefold(), each.address.zip) == wanted
        ]

    def order(self, order_id: str) -> Order | None:
        """The order with exactly this id."""
        return self._orders.get(order_id)

    def orders_of(self, customer_id: str) -> list[Order]:
        """The customer's orders."""
        return [self._orders[order_id] for order_id in self._customers[customer_id].orders]

    def product(self, product_id: str) -> Product | None:
        """The product with this id."""
        return self._products.get(product_id)

    def products(self) -> list[Product]:
        """All products."""
        return list(self._products.values())

    def save(self, outcome: Outcome) -> Outcome:
        """Keep what an operation came to."""
        self._customers[outcome.customer.customer_id] = outcome.customer
        if outcome.order is not None:
            self._orders[outcome.order.order_id] = outcome.order
        return outcome

"""The tables of the database: a record is a JSON document, with columns for what is searched by."""

import sqlite3

from kefu.order_system.domain.records import Customer, Order, Product

SCHEMA = """
CREATE TABLE shop (document TEXT NOT NULL);
CREATE TABLE customers (
  id TEXT PRIMARY KEY, email TEXT NOT NULL, first_name TEXT NOT NULL, last_name TEXT NOT NULL, zip TEXT NOT NULL,
  document TEXT NOT NULL
);
CREATE INDEX customers_by_email ON customers (email);
CREATE INDEX customers_by_zip ON customers (zip);
CREATE TABLE orders (id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, document TEXT NOT NULL);
CREATE INDEX orders_by_customer ON orders (customer_id);
CREATE TABLE products (id TEXT PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE operations (
  idempotency_key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, response TEXT NOT NULL, time REAL NOT NULL
);
CREATE TABLE sessions (token_hash TEXT PRIMARY KEY, customer_id TEXT NOT NULL, expires REAL NOT NULL);
"""
"""Statements that make the tables, with semicolons between."""


class SqliteRecords:
    """The records as a transaction sees them. See order_book.Records."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def customer(self, customer_id: str) -> Customer | None:
        """The customer with this id."""
        document = self._document("SELECT document FROM customers WHERE id = ?", customer_id)
        return None if document is None else Customer.model_validate_json(document)

    def customers_by_email(self, email: str) -> list[Customer]:
        """Customers with this address, whatever its case."""
        return read_customers(self._connection, "SELECT document FROM customers WHERE email = ?", (email.casefold(),))

    def customers_by_name_and_zip(self, first_name: str, last_name: str, zip_code: str) -> list[Customer]:
        """Customers with this name, whatever its case, and this postal code."""
        query = "SELECT document FROM customers WHERE zip = ? AND first_name = ? AND last_name = ?"
        return read_customers(self._connection, query, (zip_code, first_name.casefold(), last_name.casefold()))

    def order(self, order_id: str) -> Order | None:
        """The order with exactly this id."""
        document = self._document("SELECT document FROM orders WHERE id = ?", order_id)
        return None if document is None else Order.model_validate_json(document)

    def orders_of(self, customer_id: str) -> list[Order]:
        """The customer's orders, as `Customer.orders` lists them."""
        rows = self._connection.execute("SELECT document FROM orders WHERE customer_id = ?", (customer_id,))
        orders = {order.order_id: order for (document,) in rows for order in [Order.model_validate_json(document)]}
        customer = self.customer(customer_id)
        return [orders[order_id] for order_id in customer.orders] if customer else []

    def product(self, product_id: str) -> Product | None:
        """The product with this id."""
        document = self._document("SELECT document FROM products WHERE id = ?", product_id)
        return None if document is None else Product.model_validate_json(document)

    def products(self) -> list[Product]:
        """All products."""
        rows = self._connection.execute("SELECT document FROM products")
        return [Product.model_validate_json(document) for (document,) in rows]

    def _document(self, query: str, key: str) -> str | None:
        row = self._connection.execute(query, (key,)).fetchone()
        return None if row is None else row[0]


def read_customers(connection: sqlite3.Connection, query: str, values: tuple[str | int, ...]) -> list[Customer]:
    """The customers whose documents a query selects."""
    return [Customer.model_validate_json(document) for (document,) in connection.execute(query, values)]


def put_customer(connection: sqlite3.Connection, customer: Customer) -> None:
    """Store a customer in place of the one with the same id."""
    name = customer.name
    connection.execute(
        "INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET email = excluded.email,"
        " first_name = excluded.first_name, last_name = excluded.last_name, zip = excluded.zip,"
        " document = excluded.document",
        (
            customer.customer_id,
            customer.email.casefold(),
            name.first_name.casefold(),
            name.last_name.casefold(),
            customer.address.zip,
            customer.model_dump_json(exclude_none=True),
        ),
    )


def put_order(connection: sqlite3.Connection, order: Order) -> None:
    """Store an order in place of the one with the same id."""
    connection.execute(
        "INSERT INTO orders VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document",
        (order.order_id, order.customer_id, order.model_dump_json(exclude_none=True)),
    )

"""The order system's memory: one SQLite file.

A write and the record of its idempotency key are one transaction. The file is in WAL mode with synchronous=FULL, so
that a write which was acknowledged is on disk, and survives a kill -9 and a loss of power. Records of idempotency keys
are kept for ever.
"""

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kefu.common.errors import StartupError
from kefu.order_system.domain.order_book import OrderBook
from kefu.order_system.domain.outcome import Outcome
from kefu.order_system.domain.records import Customer, Order, Shop
from kefu.order_system.seed import Seed
from kefu.order_system.sqlite_records import SCHEMA, SqliteRecords, put_customer, put_order, read_customers

_BUSY_SECONDS = 10.0


class KeyReused(Exception):
    """The idempotency key was used before for another request."""


class OperationInProgress(Exception):
    """A request with this idempotency key is being worked on; its outcome is there in a moment."""


@dataclass(frozen=True)
class StoredOperation:
    """A write that has taken place."""

    response: str
    """The response's JSON."""
    time: float
    """Seconds since the epoch."""
    replayed: bool
    """Whether it took place before this call."""


class Store:
    """The database, for many threads. Readers see one moment each, and wait for no writer."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = self._connect()
        self._write_lock = threading.Lock()
        self._in_progress: set[str] = set()
        self._in_progress_lock = threading.Lock()

    @classmethod
    def open(cls, path: Path, seed: Callable[[], Seed]) -> "Store":
        """The store in this file. A new file gets the records of `seed`, all or none.

        Raises StartupError when the file cannot be opened, or is no database of this kind.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            store = cls(path)
        except (OSError, sqlite3.Error) as error:
            raise StartupError(f"The database {path} cannot be opened: {error}.") from None
        try:
            store._prepare(seed)
        except sqlite3.Error as error:
            store.close()
            raise StartupError(f"{path} is no database of the order system, or damaged: {error}.") from None
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Close the file."""
        self._writing.close()

    def _connect(self) -> sqlite3.Connection:
        # Without isolation_level the module begins no transactions by itself.
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _prepare(self, seed: Callable[[], Seed]) -> None:
        with self._transaction() as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'shop'").fetchone():
                connection.execute("SELECT document FROM shop").fetchone()
                return
            records = seed()
            for statement in SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute("INSERT INTO shop VALUES (?)", (records.shop.model_dump_json(),))
            for customer in records.customers:
                put_customer(connection, customer)
            for order in records.orders:
                put_order(connection, order)
            rows = [(product.product_id, product.model_dump_json()) for product in records.products]
            connection.executemany("INSERT INTO products VALUES (?, ?)", rows)

    def shop(self) -> Shop:
        """What the shop is called, and its currency."""
        with self._reading() as connection:
            (document,) = connection.execute("SELECT document FROM shop").fetchone()
        return Shop.model_validate_json(document)

    @contextmanager
    def reading(self) -> Iterator[OrderBook]:
        """The order book as it is now, unchanged while the block runs."""
        with self._reading() as connection:
            yield OrderBook(SqliteRecords(connection))

    def customers(self, most: int) -> list[Customer]:
        """The first customers of the data, at most so many."""
        with self._reading() as connection:
            return read_customers(connection, "SELECT document FROM customers ORDER BY rowid LIMIT ?", (most,))

    def count_customers(self) -> int:
        """How many customers there are."""
        with self._reading() as connection:
            return connection.execute("SELECT count(*) FROM customers").fetchone()[0]

    def write(
        self, key: str, request: str, decide: Callable[[OrderBook], Outcome], respond: Callable[[Outcome], str]
    ) -> StoredOperation:
        """Carry an operation out once, however often it is called with the same idempotency key.

        Args:
            key: the idempotency key.
            request: all that the request says; the same key with another request raises KeyReused.
            decide: works the outcome out. What it raises (NotFound, Refused) comes out, and nothing is stored: the key
                may be sent again.
            respond: makes the response's JSON, which is stored with the outcome.

        Raises OperationInProgress while another call has this key.
        """
        with self._claimed(key), self._transaction() as connection:
            fingerprint = hashlib.sha256(request.encode()).hexdigest()
            row = connection.execute(
                "SELECT fingerprint, response, time FROM operations WHERE idempotency_key = ?", (key,)
            ).fetchone()
            if row is not None:
                if row[0] != fingerprint:
                    raise KeyReused
                return StoredOperation(row[1], row[2], replayed=True)
            outcome = decide(OrderBook(SqliteRecords(connection)))
            response, now = respond(outcome), time.time()
            put_customer(connection, outcome.customer)
            if outcome.order is not None:
                put_order(connection, outcome.order)
            connection.execute("INSERT INTO operations VALUES (?, ?, ?, ?)", (key, fingerprint, response, now))
        return StoredOperation(response, now, replayed=False)

    def put(self, customers: Iterable[Customer], orders: Iterable[Order]) -> None:
        """Store records as they are given, in place of those of the same ids: for measurements that begin anew."""
        with self._transaction() as connection:
            for customer in customers:
                put_customer(connection, customer)
            for order in orders:
                put_order(connection, order)

    def operation(self, key: str) -> StoredOperation | None:
        """The write with this idempotency key; None when it has not taken place."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT response, time FROM operations WHERE idempotency_key = ?", (key,)
            ).fetchone()
        return None if row is None else StoredOperation(*row, replayed=True)

    def begin_session(self, token: str, customer_id: str, expires: float) -> None:
        """Remember who signed in with this token, until `expires` (seconds since the epoch)."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE expires < ?", (time.time(),))
            connection.execute("INSERT INTO sessions VALUES (?, ?, ?)", (_hash(token), customer_id, expires))

    def end_session(self, token: str) -> None:
        """Forget this token."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE token_hash = ?", (_hash(token),))

    def session(self, token: str) -> str | None:
        """The id of the customer who signed in with this token."""
        query = "SELECT customer_id FROM sessions WHERE token_hash = ? AND expires >= ?"
        with self._reading() as connection:
            row = connection.execute(query, (_hash(token), time.time())).fetchone()
        return None if row is None else row[0]

    @contextmanager
    def _claimed(self, key: str) -> Iterator[None]:
        with self._in_progress_lock:
            if key in self._in_progress:
                raise OperationInProgress
            self._in_progress.add(key)
        try:
            yield
        finally:
            with self._in_progress_lock:
                self._in_progress.remove(key)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._write_lock:
            self._writing.execute("BEGIN IMMEDIATE")
            try:
                yield self._writing
                self._writing.execute("COMMIT")
            except BaseException:
                if self._writing.in_transaction:
                    self._writing.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        connection = self._connect()
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.close()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

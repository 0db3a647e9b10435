"""Tasks: what a customer wants done, and the calls that do it, in the layout of tau-bench's retail data.

`tasks.jsonl` has {"_id", "user_id", "actions": [{"name", "kwargs"}]} a line; the calls are named as tau-bench's tools.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from kefu.evaluation.dataset import BadQuestionSet
from kefu.order_system.domain.failures import NotFound, Refused
from kefu.order_system.domain.order_book import OrderBook
from kefu.order_system.domain.order_items import Replacement
from kefu.order_system.domain.outcome import Outcome
from kefu.order_system.domain.records import Address, Customer, Order
from kefu.order_system.memory_records import MemoryRecords
from kefu.order_system.seed import Seed

TASKS = "tasks.jsonl"


class Kind(StrEnum):
    """What a call does."""

    CANCEL = "cancel_pending_order"
    RETURN = "return_delivered_order_items"
    EXCHANGE = "exchange_delivered_order_items"
    ITEMS = "modify_pending_order_items"
    ADDRESS = "modify_pending_order_address"
    PAYMENT = "modify_pending_order_payment"


@dataclass(frozen=True)
class Call:
    """Something that is done with an order."""

    kind: Kind
    order: str
    arguments: Mapping[str, Any]
    """Without the order."""

    def text(self, name: str) -> str:
        """An argument that is a text."""
        return str(self.arguments[name])

    @property
    def items(self) -> tuple[str, ...]:
        """The ids of the items that it is about."""
        return tuple(self.arguments.get("item_ids", ()))

    @property
    def replacements(self) -> list[Replacement]:
        """The items, and what is wanted in their place."""
        pairs = zip(self.items, self.arguments["new_item_ids"], strict=True)
        return [Replacement(item_id=old, new_item_id=new) for old, new in pairs]


@dataclass(frozen=True)
class Task:
    """What one customer wants in one conversation."""

    id: str
    customer: str
    calls: tuple[Call, ...]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of its calls, each once."""
        return tuple(dict.fromkeys(call.kind for call in self.calls))


@dataclass(frozen=True)
class State:
    """A customer's records, and those of the customer's orders."""

    customer: Customer
    orders: tuple[Order, ...]


def load_tasks(folder: Path) -> list[Task]:
    """The tasks of a folder that do something. Raises BadQuestionSet, with the line, for what is none."""
    path = folder / TASKS
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadQuestionSet(f"{path} cannot be read: {error}.") from None
    tasks: list[Task] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                task = _task(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise BadQuestionSet(f"{path}, line {number}: this is no task ({error!r}).") from None
            tasks += [task] if task.calls else []
    if not tasks:
        raise BadQuestionSet(f"{path} has no task with a call.")
    return tasks


def state_after(seed: Seed, task: Task) -> State:
    """What a task's calls come to, where nothing else was done before. A call that the rules refuse changes nothing."""
    records = MemoryRecords(seed.customers, seed.orders, seed.products)
    for call in task.calls:
        try:
            records.save(performed(OrderBook(records), task.customer, call))
        except (Refused, NotFound):
            continue
    return state_in(OrderBook(records), task.customer)


def state_in(book: OrderBook, customer: str) -> State:
    """The present records of a customer. Raises NotFound."""
    found = book.customer(customer)
    return State(found, tuple(book.order(customer, order) for order in sorted(found.orders)))


def performed(book: OrderBook, customer: str, call: Call) -> Outcome:
    """What a call comes to. Raises Refused, NotFound."""
    method = str(call.arguments.get("payment_method_id", ""))
    match call.kind:
        case Kind.CANCEL:
            return book.cancel_order(customer, call.order, call.text("reason"))
        case Kind.ADDRESS:
            return book.change_order_address(customer, call.order, Address(**call.arguments))
        case Kind.PAYMENT:
            return book.change_payment_method(customer, call.order, method)
        case Kind.ITEMS:
            return book.modify_items(customer, call.order, call.replacements, method)
        case Kind.RETURN:
            return book.return_items(customer, call.order, call.items, method)
        case Kind.EXCHANGE:
            return book.exchange_items(customer, call.order, call.replacements, method)


def _task(fields: Mapping[str, Any]) -> Task:
    calls = cast("Iterable[Mapping[str, Any]]", fields["actions"])
    named = {kind.value for kind in Kind}
    done = tuple(call_of(each["name"], each["kwargs"]) for each in calls if each["name"] in named)
    return Task(str(fields["_id"]), str(fields["user_id"]), done)


def call_of(name: str, arguments: Mapping[str, Any]) -> Call:
    """A call of one of tau-bench's tools. Raises ValueError, KeyError."""
    rest = {each: value for each, value in arguments.items() if each != "order_id"}
    return Call(Kind(name), str(arguments["order_id"]), rest)

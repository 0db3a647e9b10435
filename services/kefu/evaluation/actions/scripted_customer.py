"""A scripted customer: states each wish of a task, answers what is asked by reading it, and says yes to what fits.

No model plays the customer, so that each run is the same. The customer knows what a customer knows: the number of the
order, the names and options of its items and of what is wanted, and the own payment methods; ids of items and of
payment methods are never written. Wordings and ways to answer are chosen by the task's place in the set.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kefu.evaluation.actions.conversation import Conversation, Exchange
from kefu.evaluation.actions.tasks import Call, Kind, Task
from kefu.order_system.domain.records import Item, Order, PaymentMethod, Variant
from kefu.order_system.seed import Seed

_MOST_EXCHANGES = 30
_MOST_WORDINGS = 3
WISHES: Mapping[Kind, Sequence[str]] = {
    Kind.CANCEL: (
        "I'd like to cancel order {order}.",
        "Please cancel {order} for me.",
        "can you cancel my order {order}",
        "I don't need order {order} any more, cancel it please",
        "{order} has to be cancelled",
        "Hi there, my order {order} was a mistake. Could you cancel it?",
    ),
    Kind.RETURN: (
        "I want to return something from order {order}.",
        "I'd like to send back the {item} from order {order}",
        "Please set up a return for {order}",
        "The {item} I got with order {order} isn't for me, I want to give it back",
        "return {order}",
        "Hello, can I return part of order {order} please",
    ),
    Kind.EXCHANGE: (
        "I want to exchange the {item} from order {order}.",
        "Please exchange an item of order {order} that I received",
        "The {item} from {order} arrived but I'd like a different version, can we swap it?",
        "exchange for order {order}",
        "I received order {order} and would like to swap the {item} for another one",
        "Could you help me with exchanging something in {order}",
    ),
    Kind.ITEMS: (
        "I want to change the {item} in my order {order}.",
        "Please modify the items of order {order} before it ships",
        "Can I still get another version of the {item} in {order}? It hasn't shipped yet",
        "modify order {order}",
        "I picked the wrong {item} in order {order}, please change it",
        "Could you update an item in my pending order {order}",
    ),
    Kind.ADDRESS: (
        "Please change the shipping address of order {order}.",
        "I need {order} delivered to a different address",
        "The address on order {order} is wrong",
        "new delivery address for {order}",
        "Can you ship order {order} to another address instead",
    ),
    Kind.PAYMENT: (
        "I'd like to change the payment method of order {order}.",
        "Please use another payment method for {order}",
        "I want to pay order {order} a different way",
        "change payment for {order}",
        "Can order {order} be charged to a different card or account",
    ),
}
TITLES: Mapping[Kind, str] = {
    Kind.CANCEL: "Cancel an order",
    Kind.RETURN: "Return something",
    Kind.EXCHANGE: "Exchange something that was delivered",
    Kind.ITEMS: "Change the items of an order",
    Kind.ADDRESS: "Send an order to another address",
    Kind.PAYMENT: "Pay an order another way",
}
"""What the sample's actions are called, where Kefu asks which is meant."""
_YES = ("yes", "Yes, please.", "1", "ok, do it", "Yes, please do it")
_REASONS = {"no longer needed": "no longer need it", "ordered by mistake": "mistake"}
_ADDRESS_WORDS = {
    "street": "address1",
    "flat": "address2",
    "city": "city",
    "state": "state",
    "postal": "zip",
    "country": "country",
}
_SOURCES = {"gift_card": "gift card", "credit_card": "credit card", "paypal": "PayPal"}


class _GivesUp(Exception):
    """The customer gives up; the message says why."""


@dataclass(frozen=True)
class _Wanted:
    """An item that is to be replaced, and what is wanted."""

    item: Item
    new: Variant


class ScriptedCustomer:
    """Plays a task. `number`: its place in the set, by which wordings are chosen."""

    def __init__(self, task: Task, seed: Seed, number: int) -> None:
        self._task = task
        self._orders = {order.order_id: order for order in seed.orders}
        self._products = {product.product_id: product for product in seed.products}
        customers = {customer.customer_id: customer for customer in seed.customers}
        self._methods = customers[task.customer].payment_methods
        self._number = number
        self._turns = 0

    async def play(self, conversation: Conversation) -> str:
        """Hold the conversation. Returns why the customer gave a wish up; empty when all was said to be done.

        After a wish that was refused or not understood comes the next one; a person ends it.
        """
        why = list[str]()
        for call in self._task.calls:
            try:
                await self._want(call, conversation)
            except _GivesUp as cause:
                why.append(str(cause))
            if conversation.last.handoff:
                break
        return "; ".join(why)

    async def _want(self, call: Call, conversation: Conversation) -> None:
        order = self._orders[call.order]
        wordings, agreed = WISHES[call.kind], False
        for attempt in range(_MOST_WORDINGS):
            said = await conversation.say(self._wish(call, order, wordings[(self._number + attempt) % len(wordings)]))
            while reply := self._reply(call, order, said, agreed=agreed):
                self._turns += 1
                if self._turns > _MOST_EXCHANGES * len(self._task.calls):
                    raise _GivesUp("it goes on and on")
                if self._is_confirmation(said):
                    self._check(call, order, said)
                    conversation.agrees()
                    agreed = True
                said = await conversation.say(reply)
            if said.handoff:
                raise _GivesUp(f"a person was called ({said.handoff})")
            if agreed:
                return
        raise _GivesUp(f"the wish to {call.kind} was not understood")

    def _wish(self, call: Call, order: Order, wording: str) -> str:
        names = dict.fromkeys(each.name for each in order.items if each.item_id in call.items)
        return wording.format(order=order.order_id, item=" and the ".join(names))

    def _reply(self, call: Call, order: Order, said: Exchange, *, agreed: bool) -> str:
        """What the customer answers; empty where nothing more is asked, or nothing that the customer knows."""
        if said.handoff:
            return ""
        if self._is_confirmation(said):
            return _YES[self._turns % len(_YES)] if not agreed else ""
        if said.choices:
            return self._choose(call, order, said)
        if call.kind is Kind.ADDRESS and not agreed:
            lower = said.answer.casefold()
            field = next((field for word, field in _ADDRESS_WORDS.items() if word in lower and "?" in lower), "")
            return (call.text(field) or "-") if field else ""
        return ""

    def _choose(self, call: Call, order: Order, said: Exchange) -> str:
        """The reply to a question with choices."""
        choices = said.choices
        if numbers := [at for at, choice in enumerate(choices) if choice == TITLES[call.kind]]:
            return self._answer(choices, numbers, TITLES[call.kind])
        if numbers := [at for at, choice in enumerate(choices) if order.order_id in choice]:
            return self._answer(choices, numbers, order.order_id)
        if call.kind is Kind.CANCEL:
            word = _REASONS[call.text("reason")]
            return self._answer(choices, [at for at, choice in enumerate(choices) if word in choice], word)
        for wanted in self._wanted(call, order):
            if _describes(said.answer.split("\n")[0], wanted.item.name, wanted.item.options):
                numbers = [at for at, choice in enumerate(choices) if _describes(choice, "", wanted.new.options)]
                return self._answer(choices, numbers[:1], " ".join(wanted.new.options.values()))
        items = [each for each in order.items if each.item_id in call.items]
        numbers = [
            at
            for at, choice in enumerate(choices)
            if any(_describes(choice, item.name, item.options) for item in items)
        ]
        if numbers:
            return self._answer(choices, numbers, " and ".join(item.name for item in items))
        method = self._methods.get(str(call.arguments.get("payment_method_id", "")))
        if method is None:
            return ""
        known = _SOURCES.get(method.source, method.source)
        numbers = [at for at, choice in enumerate(choices) if known in choice]
        if len(numbers) > 1:  # of several of a kind, which one its digits or its balance say
            numbers = [at for at in numbers if all(mark in choices[at] for mark in _marks(method))]
        return self._answer(choices, numbers[:1], known)

    def _answer(self, choices: Sequence[str], numbers: Sequence[int], words: str) -> str:
        """A choice by number, by its own text, or in the customer's words: each in its turn."""
        if not numbers:
            return ""
        numbered = " and ".join(str(at + 1) for at in numbers)
        by_text = choices[numbers[0]] if len(numbers) == 1 else numbered
        return (numbered, by_text, words)[(self._number + self._turns) % 3]

    def _wanted(self, call: Call, order: Order) -> list[_Wanted]:
        if call.kind not in (Kind.EXCHANGE, Kind.ITEMS):
            return []
        items = {each.item_id: each for each in order.items}
        pairs = [(items[each.item_id], each.new_item_id) for each in call.replacements if each.item_id in items]
        return [
            _Wanted(item, variant)
            for item, new in pairs
            if (variant := self._products[item.product_id].variants.get(new)) is not None
        ]

    def _is_confirmation(self, said: Exchange) -> bool:
        return len(said.choices) == 2 and said.choices[0].startswith("Yes") and said.choices[1].startswith("No")

    def _check(self, call: Call, order: Order, said: Exchange) -> None:
        """Read what is to be agreed to, as a careful customer does."""
        if order.order_id not in said.answer:
            raise _GivesUp("the question names another order")
        lines = said.answer.split("\n")
        for wanted in self._wanted(call, order):
            if not any(_describes(line, wanted.item.name, wanted.new.options) for line in lines):
                raise _GivesUp(f"the question does not name the {wanted.item.name} that is wanted")
        if call.kind is Kind.RETURN:
            names = sorted(item.name for item in order.items if item.item_id in call.items)
            listed = sorted(line[2:] for line in lines if line.startswith("- "))
            if listed != names:
                raise _GivesUp(f"the question names {listed}, not {names}")
        if call.kind is Kind.ADDRESS and not all(
            text in said.answer for text in map(str, call.arguments.values()) if text
        ):
            raise _GivesUp("the question names another address")


def _describes(text: str, name: str, options: Mapping[str, str]) -> bool:
    """Whether a text names a thing with all its options."""
    return name in text and all(_says(text, f"{option} {value}") for option, value in options.items())


def _says(text: str, part: str) -> bool:
    """Whether a text holds a part that goes on on neither side: "size 8" is not in "size 8.5"."""
    at = text.find(part)
    while at >= 0:
        before, after = text[:at][-1:], text[at + len(part) :][:1]
        if not before.isalnum() and not after.isalnum() and after not in (".", "-"):
            return True
        at = text.find(part, at + 1)
    return False


def _marks(method: PaymentMethod) -> list[str]:
    """What tells a payment method from others of its kind, as its owner knows it."""
    balance = f"{method.balance:f}".rstrip("0").rstrip(".") if method.balance else ""
    return [mark for mark in (method.last_four or "", balance) if mark]

"""The records of the order system, in the layout of tau-bench's retail data, with a few fields of our own.

A record never changes: operations make new ones. Amounts are exact to the cent, in the shop's currency; in JSON they
are numbers. Our own fields are all optional: names in Chinese, times, the delivery fee, the return fee.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, PlainSerializer

_CENT = Decimal("0.01")
_CUSTOMER_ID = AliasChoices("customer_id", "user_id")
"""tau-bench's files say user_id."""


def in_cents(amount: Decimal) -> Decimal:
    """The amount, rounded to two digits (half up)."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


Money = Annotated[Decimal, AfterValidator(in_cents), PlainSerializer(float, return_type=float, when_used="json")]
"""An amount in the shop's currency, exact to the cent."""
ZERO = Decimal("0.00")


def is_chinese(text: str) -> bool:
    """Whether a text begins with a Chinese character."""
    return "\u4e00" <= text[:1] <= "\u9fff"


class Record(BaseModel):
    """The base of all records: frozen, and strict about fields that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class OrderStatus(StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    """Paid, and not packed yet: it may be changed or cancelled."""
    PENDING_ITEM_MODIFIED = "pending (item modified)"
    """As pending, but its items were changed once: nothing more can be changed."""
    PROCESSED = "processed"
    """Packed, or on its way."""
    DELIVERED = "delivered"
    """The customer has it: items may be returned or exchanged."""
    CANCELLED = "cancelled"
    RETURN_REQUESTED = "return requested"
    EXCHANGE_REQUESTED = "exchange requested"


class Address(Record):
    """A postal address."""

    address1: str = Field(min_length=1, max_length=200)
    """Street and number."""
    address2: str = Field(default="", max_length=200)
    """Flat, suite or building."""
    city: str = Field(min_length=1, max_length=100)
    country: str = Field(min_length=1, max_length=100)
    state: str = Field(default="", max_length=100)
    """State or province."""
    zip: str = Field(min_length=1, max_length=20)
    """Postal code."""

    @property
    def line(self) -> str:
        """The address in one line; in Chinese from the largest part to the smallest."""
        if is_chinese(self.address1):
            return f"{self.state}{self.city}{self.address1} {self.address2}".strip() + f"，{self.zip}"
        parts = (self.address1, self.address2, self.city, self.state, self.zip, self.country)
        return ", ".join(part for part in parts if part)


class PersonName(Record):
    """A customer's name."""

    first_name: str
    last_name: str

    @property
    def display(self) -> str:
        """The name as it is said: the family name first, without a space, when it is in Chinese characters."""
        if is_chinese(self.last_name):
            return f"{self.last_name}{self.first_name}"
        return f"{self.first_name} {self.last_name}"


GIFT_CARD = "gift_card"
"""The source of payment methods that have a balance here, and are paid from and to at once."""


class PaymentMethod(Record):
    """A payment method that a customer has saved."""

    source: str
    """gift_card, credit_card, paypal, alipay or wechat_pay."""
    id: str
    brand: str | None = None
    """Of a card."""
    last_four: str | None = None
    """Last digits of a card's number."""
    balance: Money | None = None
    """What is left on a gift card."""

    @property
    def is_gift_card(self) -> bool:
        """Whether it is a gift card."""
        return self.source == GIFT_CARD


class Customer(Record):
    """A customer of the shop."""

    customer_id: Annotated[str, Field(validation_alias=_CUSTOMER_ID)]
    name: PersonName
    email: str
    address: Address
    payment_methods: Mapping[str, PaymentMethod]
    """By their ids."""
    orders: tuple[str, ...] = ()
    """Ids of the customer's orders, the newest last unless the orders have times."""


class Variant(Record):
    """A product in one colour, size and so on: what an order holds."""

    item_id: str
    options: Mapping[str, str]
    options_zh: Mapping[str, str] | None = None
    """The options in Chinese."""
    available: bool
    price: Money


class Product(Record):
    """A product and its variants."""

    product_id: str
    name: str
    name_zh: str | None = None
    variants: Mapping[str, Variant]
    """By their item ids."""
    return_fee: Money = ZERO
    """What the way back costs the customer, once for a return or an exchange: the highest one of its products."""
    return_days: int | None = Field(default=None, ge=0)
    """Days after the day of delivery on which it may be returned or exchanged; None: at any time."""


class Item(Record):
    """A piece of an order."""

    name: str
    name_zh: str | None = None
    product_id: str
    item_id: str
    price: Money
    options: Mapping[str, str]
    options_zh: Mapping[str, str] | None = None


class Fulfillment(Record):
    """A parcel of an order."""

    tracking_id: tuple[str, ...]
    item_ids: tuple[str, ...]


class Transaction(Record):
    """An entry of an order's payment history."""

    transaction_type: Literal["payment", "refund"]
    amount: Money
    payment_method_id: str


class Order(Record):
    """An order of one customer."""

    order_id: str
    customer_id: Annotated[str, Field(validation_alias=_CUSTOMER_ID)]
    status: OrderStatus
    created_at: datetime | None = None
    """When it was placed; not known of all orders."""
    delivered_at: datetime | None = None
    items: tuple[Item, ...]
    address: Address
    fulfillments: tuple[Fulfillment, ...] = ()
    delivery_fee: Money = ZERO
    payment_history: tuple[Transaction, ...]
    cancel_reason: str | None = None
    return_items: tuple[str, ...] | None = None
    """Item ids that come back, sorted."""
    return_payment_method_id: str | None = None
    """Where the refund of a return goes."""
    exchange_items: tuple[str, ...] | None = None
    """Item ids that come back, sorted."""
    exchange_new_items: tuple[str, ...] | None = None
    """Item ids that are sent instead, sorted."""
    exchange_payment_method_id: str | None = None
    """What pays the price difference, or gets it."""
    exchange_price_difference: Money | None = None
    """Prices of the new items less those of the old ones, without the return fee."""

    @property
    def price(self) -> Decimal:
        """What the order costs: its items and the delivery."""
        return sum((item.price for item in self.items), self.delivery_fee)


class Shop(Record):
    """What the shop is called, and the currency of all amounts."""

    name: str = "Sample shop"
    name_zh: str = "示例商店"
    currency: str = Field(default="USD", min_length=3, max_length=3)
    """ISO 4217."""

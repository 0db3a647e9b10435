"""Cards: what an action's result is shown as, in place of the text that says the same. Plain values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CardField:
    """A line of a card."""

    label: str
    value: str


@dataclass(frozen=True)
class Card:
    """One thing of the customer's, such as an order. All of it is plain text."""

    title: str
    status: str = ""
    fields: tuple[CardField, ...] = ()
    link: str = ""
    """An https address to open; empty: none."""
    choice: str = ""
    """The one of the turn's choices that it stands for; empty: none."""


@dataclass(frozen=True)
class Cards:
    """Cards of an answer: at least one."""

    text: str
    """What stands above them, in Markdown; may be empty."""
    cards: tuple[Card, ...]

"""A handoff to a person: why, and what the person is told."""

from dataclasses import dataclass
from enum import StrEnum


class HandoffReason(StrEnum):
    """Why a person should take over."""

    NOTHING_RELEVANT = "nothing_relevant"
    CUSTOMER_ASKED = "customer_asked"
    SEARCH_UNAVAILABLE = "search_unavailable"
    MODEL_UNAVAILABLE = "model_unavailable"
    EMPTY_ANSWER = "empty_answer"
    UNSUPPORTED_ANSWER = "unsupported_answer"
    OVERLOADED = "overloaded"
    LOW_SUPPORT = "low_support"
    REPEATED_FAILURE = "repeated_failure"
    SENSITIVE = "sensitive"
    ABUSE = "abuse"


class Sentiment(StrEnum):
    """How messages sound; see `kefu.router.nlu.sentiment`."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class SlotKind(StrEnum):
    """What a slot's value is; see the contract."""

    NUMBER = "number"
    DATE = "date"
    AMOUNT = "amount"
    CODE = "code"
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True)
class Slot:
    """Something that the customer has told already."""

    kind: SlotKind
    value: str


@dataclass(frozen=True)
class PassageTried:
    """A passage that was found and not enough."""

    name: str
    title: str
    relevance: float


@dataclass(frozen=True)
class Handoff:
    """A person should take over. `message` is for the customer, `summary` for the person; see the contract."""

    reason: HandoffReason
    message: str
    summary: str
    out_of_hours: bool = False
    next_opening: float | None = None
    """Seconds since the epoch."""
    passages: tuple[PassageTried, ...] = ()
    slots: tuple[Slot, ...] = ()
    sentiment: Sentiment = Sentiment.NEUTRAL
    repeated: bool = False
    subject: str = ""


FAILURES = frozenset(
    {
        HandoffReason.NOTHING_RELEVANT,
        HandoffReason.EMPTY_ANSWER,
        HandoffReason.UNSUPPORTED_ANSWER,
        HandoffReason.LOW_SUPPORT,
        HandoffReason.REPEATED_FAILURE,
    }
)
"""Reasons that mean "tried, and failed"; not those of a service that was away."""

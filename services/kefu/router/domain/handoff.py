"""A handoff to a person: its reason, and what the agent is told."""

from dataclasses import dataclass
from enum import StrEnum


class HandoffReason(StrEnum):
    """Why a person should take over."""

    NOTHING_RELEVANT = "nothing_relevant"
    """The knowledge base does not hold the answer."""
    CUSTOMER_ASKED = "customer_asked"
    """The customer asked for a person."""
    SEARCH_UNAVAILABLE = "search_unavailable"
    """The knowledge base cannot be searched."""
    MODEL_UNAVAILABLE = "model_unavailable"
    """No replica could answer."""
    EMPTY_ANSWER = "empty_answer"
    """The model wrote nothing that could be sent."""
    UNSUPPORTED_ANSWER = "unsupported_answer"
    """The model wrote a literal that the evidence does not hold; the literal was not sent."""
    OVERLOADED = "overloaded"
    """The brown-out level leaves only a person."""
    LOW_SUPPORT = "low_support"
    """The answer shares hardly a word with the passages; it was sent."""
    REPEATED_FAILURE = "repeated_failure"
    """Earlier answers of the session have failed the customer; see the contract."""
    SENSITIVE = "sensitive"
    """The message is about a sensitive topic; see `Handoff.subject`."""
    ABUSE = "abuse"
    """The customer insults the assistant or its people."""
    COMPLAINT = "complaint"
    """The customer complains, asks nothing, and no document is about it."""
    OWN_CASE = "own_case"
    """The message is about the customer's own order, refund or account, which only a person can look up."""
    PROCEDURE = "procedure"
    """A procedure of the company's calls a person here; the summary says which, and why."""
    ACTION_FAILED = "action_failed"
    """The company's system did not answer an action as it should."""
    CHANGE_NEEDS_PERSON = "change_needs_person"
    """The customer wants a change that a person has to make; nothing was changed."""
    CHANGE_UNCONFIRMED = "change_unconfirmed"
    """Whether the company's system made a change is not known."""
    TRIAGE = "triage"
    """A rule of the tenant says that a person is needed; the summary names it."""


class Sentiment(StrEnum):
    """The sentiment of a customer's messages; see `kefu.router.nlu.sentiment`."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class SlotKind(StrEnum):
    """The kind of a slot's value; see the contract."""

    NUMBER = "number"
    DATE = "date"
    AMOUNT = "amount"
    CODE = "code"
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True)
class Slot:
    """A detail that the customer has given already."""

    kind: SlotKind
    value: str


@dataclass(frozen=True)
class PassageTried:
    """A passage that was found, and was not enough for an answer."""

    name: str
    title: str
    relevance: float


@dataclass(frozen=True)
class Handoff:
    """A handoff. `message` is for the customer, `summary` for the agent; see the contract."""

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
    """A person was called before and has not come. Summary, passages and slots are left out, but in an emergency."""
    subject: str = ""

    @property
    def calls_person(self) -> bool:
        """Whether people are to be told of it: the first handoff while a customer waits, and each emergency."""
        return not self.repeated or self.summary != ""


FAILURES = frozenset(
    {
        HandoffReason.NOTHING_RELEVANT,
        HandoffReason.EMPTY_ANSWER,
        HandoffReason.UNSUPPORTED_ANSWER,
        HandoffReason.LOW_SUPPORT,
        HandoffReason.REPEATED_FAILURE,
    }
)
"""Reasons that mean "tried, and failed". Those of a service that was away are not among them."""

"""Triage: what is read out of a customer's message, and what a tenant's rules make of it. Plain values."""

from dataclasses import dataclass
from enum import StrEnum

import pydantic

from kefu.router.domain.risk import Risk


class _Ordered(StrEnum):
    """Values in an order, the first the least."""

    @property
    def rank(self) -> int:
        """The place in the order, from 0."""
        return list(type(self)).index(self)


class Urgency(_Ordered):
    """How pressing a message is by what it says; see the contract."""

    LOW = "low"
    """Nobody waits for anything."""
    NORMAL = "normal"
    HIGH = "high"
    """Money is missing, or a day or less is left."""
    CRITICAL = "critical"
    """People are in danger, or an account is being plundered."""


class Mood(_Ordered):
    """The mood of a message."""

    CALM = "calm"
    UNHAPPY = "unhappy"
    ANGRY = "angry"
    """Hot words, shouting, threats."""


class ConversationPriority(_Ordered):
    """In which order people look at conversations."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class SignalKind(StrEnum):
    """What may point to fraud. Each has innocent reasons as well; see the contract."""

    IDENTITY_MISMATCH = "identity_mismatch"
    """The page claims another mail address than the one that is verified."""
    MANY_RETURNS = "many_returns"
    """The customer has asked for many returns, refunds and exchanges lately."""
    MANY_MESSAGES = "many_messages"
    """The person has written many messages within a minute."""
    MANY_IDENTITIES = "many_identities"
    """Many verified customers have written from the page of one address lately."""


@dataclass(frozen=True)
class Signal:
    """A signal, with the count that it rests on; 0: it rests on none."""

    kind: SignalKind
    count: int = 0


@dataclass(frozen=True)
class MessageReading:
    """What is read out of one message. By default: nothing is known of it."""

    intent: str = ""
    """What the customer wants; empty: not known. The intents of actions, and `rules`."""
    likelihood: float = 0.0
    """Of the intent, 0 to 1."""
    urgency: Urgency = Urgency.NORMAL
    mood: Mood = Mood.CALM
    is_abuse: bool = False
    is_compared: bool = False
    """The message was compared with known ones. Else only its words were looked at."""


@dataclass(frozen=True)
class TriageRule:
    """A tenant's rule. It applies where all conditions that are given hold; at least one is given."""

    name: str
    intents: tuple[str, ...] = ()
    """One of these is the message's."""
    least_urgency: Urgency | None = None
    moods: tuple[Mood, ...] = ()
    """One of these is the message's."""
    is_abuse: bool = False
    """The message is abusive."""
    signals: tuple[SignalKind, ...] = ()
    """One of these is there."""
    priority: ConversationPriority | None = None
    queue: str = ""
    needs_person: bool = False
    action_risk: Risk | None = None
    """The most that actions may do without a person."""


@dataclass(frozen=True)
class Triage:
    """A message's reading and signals, and what the tenant's rules make of them."""

    reading: MessageReading = MessageReading()
    signals: tuple[Signal, ...] = ()
    rules: tuple[str, ...] = ()
    """Names of the rules that apply, in the tenant's order."""
    priority: ConversationPriority = ConversationPriority.NORMAL
    queue: str = ""
    needs_person: bool = False
    action_risk: Risk | None = None
    """The most that actions may do without a person, by the rules; None: they do not say."""

    @property
    def rank(self) -> int:
        """How pressing it is: by its priority first, then by the message's urgency."""
        return self.priority.rank * len(Urgency) + self.reading.urgency.rank

    def risk_limit(self, limit: Risk) -> Risk:
        """The most that actions may do: the tenant's limit, or the rules' where that is less."""
        return self.action_risk if self.action_risk is not None and limit.exceeds(self.action_risk) else limit


TRIAGE = pydantic.TypeAdapter(Triage)
"""Triage to JSON and back. Unknown fields of a newer release are ignored."""

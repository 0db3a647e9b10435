"""
What happened in conversations, for whoever counts it or tells others of it.

An observer is told after the store has taken the change, once, by the router that made it; a router that dies in
between tells nobody. So an observer that must not lose anything writes down what it is told before it acts on it, and
says in its documentation that a kill may cost it the last moment.
"""

from dataclasses import dataclass

from kefu.router.domain.handoff import Handoff
from kefu.router.domain.session import SessionState
from kefu.router.domain.turn import Rating, Turn, TurnState


@dataclass(frozen=True)
class TurnStored:
    """A turn has ended and is stored: an answer of Kefu, a message for a person, or a person's reply (Turn.agent)."""

    tenant: str
    session_id: str
    subject: str
    """The key that owns the session."""
    user: str
    turn: Turn
    state: TurnState
    """FINISHED or FAILED."""
    embedding: bytes = b""
    """Of the question as it was searched, float16; empty when it was not, or not asked for."""


@dataclass(frozen=True)
class HandedOver:
    """A person should take over. Told after its TurnStored; `handoff.repeated` when one was called before."""

    tenant: str
    session_id: str
    turn: Turn
    handoff: Handoff


@dataclass(frozen=True)
class Rated:
    """A customer rated a turn, or took the rating back (Rating.NONE)."""

    tenant: str
    session_id: str
    turn: Turn
    rating: Rating
    comment: str
    number: int = 1
    """Grows with each rating in the session: of two that are told in another order, the greater one holds."""
    subject: str = ""
    """The key that owns the session."""
    user: str = ""


@dataclass(frozen=True)
class Replied:
    """A person has replied. Told after its TurnStored."""

    tenant: str
    session_id: str
    turn: Turn


@dataclass(frozen=True)
class StateChanged:
    """Somebody else answers from now on: a claim, a return, a lapsed claim. Hand-overs are told as HandedOver alone."""

    tenant: str
    session_id: str
    state: SessionState
    agent: str


@dataclass(frozen=True)
class Escalated:
    """A customer has waited for a person for longer than the tenant allows."""

    tenant: str
    session_id: str
    waiting_since: float
    """Seconds since the epoch."""


@dataclass(frozen=True)
class Erased:
    """A session was deleted with all that is in it: what was kept of it elsewhere has to go as well."""

    tenant: str
    session_id: str


DomainEvent = TurnStored | HandedOver | Rated | Replied | StateChanged | Escalated | Erased

"""
Domain events: what has happened in conversations, for the observers of the event bus.

An event is published after the store has taken the change, once, by the router that made it. A router that dies in
between publishes nothing. So an observer that must not lose events stores each one before it acts on it. Its
documentation says that a kill may cost the last moment.
"""

from dataclasses import dataclass

from kefu.router.domain.explanation import Explanation
from kefu.router.domain.handoff import Handoff
from kefu.router.domain.session import SessionState
from kefu.router.domain.turn import Rating, Turn, TurnState


@dataclass(frozen=True)
class TurnStored:
    """A turn has ended and is stored: an answer of Kefu, a message for an agent, or an agent's reply (Turn.agent)."""

    tenant: str
    session_id: str
    subject: str
    """The key that owns the session."""
    user: str
    turn: Turn
    state: TurnState
    """FINISHED or FAILED."""
    embedding: bytes = b""
    """The embedding of the searched question, float16. Empty: there was no search, or none was asked for."""
    explanation: Explanation | None = None
    """Why the answer is what it is. None for messages that Kefu did not answer."""


@dataclass(frozen=True)
class HandoffRequested:
    """A person should take over. Published after its TurnStored, once while the customer waits.

    In an emergency it is published again, with `handoff.repeated`.
    """

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
    """Grows with each rating in the session. Events may arrive out of order: the greatest number holds."""
    subject: str = ""
    """The key that owns the session."""
    user: str = ""


@dataclass(frozen=True)
class Replied:
    """An agent has replied. Published after its TurnStored."""

    tenant: str
    session_id: str
    turn: Turn


@dataclass(frozen=True)
class StateChanged:
    """A claim, a return or a lapsed claim changed who answers. A handoff publishes HandoffRequested alone."""

    tenant: str
    session_id: str
    state: SessionState
    agent: str


@dataclass(frozen=True)
class Escalated:
    """A customer has waited for an agent for longer than the tenant allows."""

    tenant: str
    session_id: str
    waiting_since: float
    """Seconds since the epoch."""


@dataclass(frozen=True)
class Erased:
    """A session was deleted with all that is in it. What observers keep of it must go as well."""

    tenant: str
    session_id: str


@dataclass(frozen=True)
class GoldenAnswersLost:
    """Answers to golden questions that were right are not any more: at night, or over a draft that is held for it."""

    tenant: str
    run: str
    """Id of the run."""
    trigger: str
    draft: str
    questions: tuple[str, ...]
    """Ids of golden questions, at most 200."""
    session_id: str = ""
    """It belongs to none."""


DomainEvent = TurnStored | HandoffRequested | Rated | Replied | StateChanged | Escalated | Erased | GoldenAnswersLost

"""A conversation: who answers in it, and where it stands. Plain values: no service and no store is known here."""

from dataclasses import dataclass
from enum import StrEnum

from kefu.router.domain.handoff import Handoff


class SessionState(StrEnum):
    """Who answers in a session; see the contract."""

    BOT = "bot"
    WAITING = "waiting"
    HUMAN = "human"
    RETURNED = "returned"
    CLOSED = "closed"


@dataclass(frozen=True)
class Session:
    """One conversation. Times are seconds since the epoch."""

    id: str
    subject: str
    """The key that opened it."""
    state: SessionState
    user: str
    title: str
    turn_count: int
    create_time: float
    update_time: float
    expire_time: float
    running_turn: str = ""
    replica: str = ""
    """The generation replica that answered last: its prefix cache is warm."""
    agent: str = ""
    """The name under which a person answers; empty: none does."""
    last_event: int = 0
    """Number of its last event; see `kefu.router.storage.session_events`."""


@dataclass(frozen=True)
class Conversation:
    """A session as the desk sees it. Times are seconds since the epoch."""

    session: Session
    handoff: Handoff | None
    """What called a person last; None when a person stepped in uninvited."""
    handoff_turn: str
    language: str
    waiting_since: float | None
    """None: the customer does not wait for a person's word."""
    escalated: bool
    last_message: str
    claim: int
    """Number of the last claim, in force while the session is HUMAN; 0 when it was never claimed."""
    claimant: str
    """The key that made it."""

"""Sessions, and sessions as the desk sees them. Plain values: no service and no store is known here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kefu.common.customers import Customer
from kefu.router.domain.handoff import Handoff
from kefu.router.domain.triage import Triage


class SessionState(StrEnum):
    """Who answers in a session; see the contract."""

    BOT = "bot"
    """Kefu answers."""
    WAITING = "waiting"
    """A person was called and has not come; Kefu goes on answering."""
    HUMAN = "human"
    """An agent answers; messages are stored for the agent."""
    RETURNED = "returned"
    """The agent returned the session; Kefu answers."""
    CLOSED = "closed"
    """The agent closed the session; nobody answers."""


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
    """The name of the agent who answers. Empty: none does."""
    last_event: int = 0
    """The number of the last session event; see `kefu.router.storage.session_events`."""
    customer: Customer | None = None
    """Who the customer is, as verified. None: nobody that is known."""
    profile: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the page claims of the person, unverified."""
    former_subject: str = ""
    """The visitor who opened it, before being known as a customer."""


@dataclass(frozen=True)
class Conversation:
    """A session as the desk sees it. Times are seconds since the epoch."""

    session: Session
    handoff: Handoff | None
    """The latest handoff. None when an agent stepped in without one."""
    handoff_turn: str
    language: str
    waiting_since: float | None
    """When the customer began to wait. None: the customer does not wait for an agent."""
    escalated: bool
    last_message: str
    claim: int
    """The number of the last claim, in force while the session is HUMAN. 0: it was never claimed."""
    claimant: str
    """The key that made the claim."""
    claim_expires: float | None = None
    """When the claim lapses unless its agent writes; None: it does not, or there is none."""
    triage: Triage | None = None
    """Of the most pressing message since an agent returned it; of equally pressing ones the latest. None: of none."""

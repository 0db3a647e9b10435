"""A message that may ask for an action, and what it gets. Plain values."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from kefu.common.auth import Principal
from kefu.router.actions.action import Action
from kefu.router.domain.card import Cards
from kefu.router.domain.risk import Risk
from kefu.router.domain.turn import InputValue, Pending
from kefu.text.language import AnswerLanguage


class Missing(Enum):
    """Why a message gets no text of the action's own."""

    IDENTITY = auto()
    """Nobody knows who the customer is."""
    NOT_THERE = auto()
    """The customer has nothing of this kind: it is another's, or nobody's."""
    FAILED = auto()
    """The company's system did not answer as it should, asked to look something up."""
    NOT_WANTED = auto()
    """The customer does not want the change. Nothing was changed."""
    BY_PROCEDURE = auto()
    """A procedure calls a person here."""
    NEEDS_PERSON = auto()
    """A person has to make the change: by the tenant's limit, or since it failed. Nothing was changed."""
    UNCONFIRMED = auto()
    """Whether the change was made is not known."""


@dataclass(frozen=True)
class ActionRequest:
    """A message that may ask for an action."""

    principal: Principal
    session_id: str
    text: str
    language: AnswerLanguage
    own_case: float
    """See `kefu.router.nlu.own_case`."""
    risk_limit: Risk
    """The most that is done without a person."""
    buttons: tuple[str, str]
    """What stands on the buttons below the question whether a change is to be made: yes and no."""
    all_of_these: str = ""
    """What stands on the button that chooses all."""
    choice: str = ""
    """The choice of the turn before that the message names."""
    asked: str = ""
    """With a choice: the message that was asked back about, and the choice."""
    shown: str = ""
    """The answer before it, where an action gave it."""
    pending: Pending | None = None
    """What the turn before asked the customer for."""
    deadline: float | None = None
    """When an answer is too late, in monotonic seconds."""
    intents: Mapping[str, float] = field(default_factory=dict[str, float])
    """How likely the message has each intent, where that is known."""
    tell: Callable[[str], None] = lambda _: None
    """Tells the customer what is being done."""

    def has_to_sign_in_for(self, action: Action) -> bool:
        """Whether an action is for customers alone whose identity is verified, and this one's is not."""
        return action.is_personal and self.principal.customer is None

    def seconds(self, most: float) -> float:
        """How long a call may take: `most`, or what is left."""
        return most if self.deadline is None else min(most, self.deadline - time.monotonic())


@dataclass(frozen=True)
class WantedAction:
    """An action that a message asks for."""

    action: Action
    others: Mapping[str, Action]
    """All of the tenant's, which it may choose from."""
    given: Mapping[str, InputValue]
    """Inputs that are known already, by name."""
    among: tuple[str, ...] = ()
    """What the reply to the question for an input left over of its values; empty: all."""
    text: str = ""
    """What the customer says of it, where that is not the message."""
    wish: str = ""
    """The message that asked for it, whose words may tell what is meant. A reply's words are for what it replies to."""


@dataclass(frozen=True)
class OfferedActions:
    """Actions of which a message may ask for one. `titles`: what the customer reads."""

    titles: tuple[str, ...]
    is_before_person: bool
    """They are offered only where else a person would be called."""


@dataclass(frozen=True)
class ActionReply:
    """What a message gets. With `missing` the tenant's own words say it, below the text if there is one."""

    action: str
    text: str = ""
    choices: tuple[str, ...] = ()
    pending: Pending | None = None
    missing: Missing | None = None
    detail: str = ""
    """For the lead: what failed, or what the customer wants."""
    is_asked_again: bool = False
    """The text is a question that was asked before."""
    is_made: bool = False
    """The text tells of a change that was made."""
    cards: Cards | None = None
    """What the text says, as cards."""


class InputAsked(Exception):
    """An input is missing, and this says so."""

    def __init__(self, reply: ActionReply) -> None:
        super().__init__(reply.action)
        self.reply = reply

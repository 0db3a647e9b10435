"""A question: a customer's message with all that is known when it is answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from kefu.common.auth import Principal
from kefu.router.domain.attachment import Attachment
from kefu.router.domain.turn import BrownOut, Pending, PendingChange, Turn
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.nlu.consent import Consent
from kefu.router.nlu.message import CustomerMessage
from kefu.router.tenants.canned_replies import CannedReplies
from kefu.router.tenants.settings import EffectiveSettings
from kefu.text.language import AnswerLanguage


@dataclass(frozen=True)
class Question:
    """A message in its place: what it says together with those it supersedes, and what was said before."""

    request: TurnRequest
    message: CustomerMessage
    carried: str
    """The part of the message that stands in superseded messages."""
    language: AnswerLanguage
    as_of: str
    """The day that the question asks about, such as 2026-11-25."""
    history: Sequence[Turn]
    settings: EffectiveSettings
    principal: Principal
    replica: str
    """Address of the preferred replica: it answered last in this session."""
    session_id: str = ""
    brown_out: BrownOut = BrownOut.NONE
    """What the answer has to do without now."""
    reads_evidence: bool = True
    """Whether evidence is read before it is chosen. The search has no time for it under load."""
    knowledge_version: str = ""
    """The version of the knowledge that the first search of the turn was over; later ones are over the same."""
    over_live: EffectiveSettings | None = None
    """The settings in force, for an answer over live where the draft that was drawn is gone. None: none was drawn."""
    waits_for_person: bool = False
    """A person was called in this session, and has not come."""
    choice: str = ""
    """The choice of a question back that the message names; `message` holds the question before it as well."""
    is_none_of_them: bool = False
    """The reply to a question back: none of the choices is meant. `message` is the question before it."""
    pending: Pending | None = None
    """What an action asked the customer for."""
    consent: Consent | None = None
    """What the message says to whether something is to be changed. To a question for an input: NO, or None."""
    attachments: Sequence[Attachment] = ()
    """The files that came with the message. What is read off them is in no text of the question, so that nothing rests
    on it: no figure of an answer, no input of an action, no rule."""
    attached_words: str = ""
    """What was read off them, as it may be searched with. Empty: nothing, or an order to the assistant."""
    disliked: frozenset[str] = frozenset()
    """Ids of earlier turns whose answers were rated down."""

    @property
    def text(self) -> str:
        """What the customer wrote."""
        return self.message.text

    @property
    def is_asked(self) -> bool:
        """Whether the turn before asked for what an action waits for."""
        is_settled = isinstance(self.pending, PendingChange) and self.pending.is_settled
        return self.pending is not None and not is_settled and self.history[-1].pending is self.pending

    @property
    def replies(self) -> CannedReplies:
        """The tenant's canned replies in the question's language."""
        return self.settings.texts[self.language]

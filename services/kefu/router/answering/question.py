"""A message on its way through the router: what was asked, what is known with it, and its answer as it grows."""

from collections.abc import Sequence
from dataclasses import dataclass

from kefu.common.auth import Principal
from kefu.common.text.language import AnswerLanguage
from kefu.router.domain.turn import BrownOut, Turn
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.tenants.settings import EffectiveSettings


@dataclass(frozen=True)
class Question:
    """A message in its place: what it says together with those it supersedes, and what was said before."""

    ask: TurnRequest
    text: str
    carried: str
    """The part of it that stands in superseded messages."""
    language: AnswerLanguage
    as_of: str
    history: Sequence[Turn]
    rules: EffectiveSettings
    principal: Principal
    replica: str
    """Preferred: it answered last in this session."""
    session_id: str = ""
    brown_out: BrownOut = BrownOut.NONE
    """What its answer has to do without now."""
    waits_for_person: bool = False
    """A person was called in this session, and has not come."""
    disliked: frozenset[str] = frozenset()
    """Ids of earlier turns whose answers were rated down."""

"""A message in its place: what it says with those it supersedes, in which language, on which day, after what."""

from datetime import datetime
from zoneinfo import ZoneInfo

from kefu.common.auth import Principal
from kefu.common.text.language import AnswerLanguage, answer_language
from kefu.router.answering.clarification import chosen
from kefu.router.answering.question import Question
from kefu.router.domain.session import SessionState
from kefu.router.domain.turn import BrownOut, Rating, TurnState
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.storage.turns import StartedTurn
from kefu.router.tenants.settings import EffectiveSettings


def question_of(
    ask: TurnRequest,
    begun: StartedTurn,
    rules: EffectiveSettings,
    principal: Principal,
    session_id: str,
    default: AnswerLanguage,
    brown_out: BrownOut,
) -> Question:
    """What is to be answered. What a router that died had decided of the same turn stays so."""
    history = [record.turn for record in begun.history if record.state is TurnState.FINISHED]
    carried = history[-1].full_question if history and history[-1].superseded else ""
    history = [turn for turn in history if not turn.superseded]
    text = f"{carried}\n{ask.text}" if carried else ask.text
    if choice := chosen(ask.text, history):
        text = f"{history[-1].full_question} {choice}"
    last = next((turn.language for turn in reversed(history) if turn.language), None)
    fallback: AnswerLanguage = "zh" if last == "zh" else "en" if last == "en" else default
    about = begun.saved.context if begun.saved is not None else None
    today = datetime.now(ZoneInfo(rules.time_zone)).date().isoformat()
    return Question(
        ask=ask,
        text=text,
        carried=carried,
        language=about.language if about is not None else ask.language or answer_language(text) or fallback,
        as_of=about.as_of if about is not None else ask.as_of or today,
        history=history,
        rules=rules,
        principal=principal,
        replica=begun.replica,
        session_id=session_id,
        brown_out=brown_out,
        waits_for_person=begun.state is SessionState.WAITING,
        disliked=frozenset(record.turn.id for record in begun.history if record.rating is Rating.DOWN),
    )

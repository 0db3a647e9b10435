"""The question builder: a message with those it supersedes, its language, its day and what came before."""

from datetime import datetime
from zoneinfo import ZoneInfo

from kefu.common.auth import Principal
from kefu.router.answering.attachments.words import without_note
from kefu.router.answering.clarification import chosen_subject, is_none_of_them
from kefu.router.answering.history import pending_of, was_asked_back
from kefu.router.answering.question import Question
from kefu.router.domain.session import SessionState
from kefu.router.domain.turn import BrownOut, PendingChange, PendingInput, Rating, TurnState
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.nlu.consent import Consent, calls_off, consent_of
from kefu.router.nlu.message import CustomerMessage
from kefu.router.storage.turns import StartedTurn
from kefu.router.tenants.settings import EffectiveSettings
from kefu.text.language import AnswerLanguage, answer_language

_MOST_CARRIED = 4_000
"""Characters of superseded messages that go on: the last ones, as many as one message may have."""


def build_question(
    request: TurnRequest,
    started: StartedTurn,
    settings: EffectiveSettings,
    principal: Principal,
    session_id: str,
    default: AnswerLanguage,
    brown_out: BrownOut,
) -> Question:
    """What is to be answered. What a router that died had decided of the same turn stays so."""
    history = [without_note(record.turn) for record in started.history if record.state is TurnState.FINISHED]
    carried = history[-1].full_question[-_MOST_CARRIED:] if history and history[-1].superseded else ""
    history = [turn for turn in history if not turn.superseded]
    message = CustomerMessage(f"{carried}\n{request.text}" if carried else request.text)
    reply = CustomerMessage(request.text)
    choice = chosen_subject(reply, history)
    pending, consent = pending_of(history), None
    rejects = was_asked_back(history) and is_none_of_them(reply, choice, settings)
    is_asked = pending is not None and history[-1].pending is pending
    if isinstance(pending, PendingChange) and is_asked:
        consent = _consent_to(pending, reply, choice, history[-1].question)
        if consent is None and not pending.is_settled and calls_off(reply.normalized):
            consent = Consent.UNCLEAR  # the question, or an order
        choice, rejects = "", False
    elif isinstance(pending, PendingChange) and not pending.is_settled:
        # Something else was said since. A yes may be one to that: it is asked again.
        consent = Consent.UNCLEAR if consent_of(reply.normalized) is Consent.YES else None
    elif isinstance(pending, PendingInput) and not choice and consent_of(reply.normalized) is Consent.YES:
        consent = Consent.YES if is_asked else Consent.UNCLEAR  # else it is no answer to that question
    elif pending is not None and not is_asked:
        pending = None
    elif pending is not None and not choice and _is_no(reply):
        consent, rejects = Consent.NO, False
    if choice or rejects:
        asked = history[-1].full_question
        message = CustomerMessage(asked if rejects else f"{asked} {choice}".strip())
    last = next((turn.language for turn in reversed(history) if turn.language), None)
    fallback: AnswerLanguage = "zh" if last == "zh" else "en" if last == "en" else default
    about = started.saved.context if started.saved is not None else None
    today = datetime.now(ZoneInfo(settings.time_zone)).date().isoformat()
    return Question(
        request=request,
        message=message,
        carried=carried,
        language=about.language if about is not None else request.language or answer_language(message.text) or fallback,
        as_of=about.as_of if about is not None else request.as_of or today,
        history=history,
        settings=settings,
        principal=principal,
        replica=started.replica,
        session_id=session_id,
        brown_out=brown_out,
        waits_for_person=started.state is SessionState.WAITING,
        choice="" if rejects else choice,
        is_none_of_them=rejects,
        pending=pending,
        consent=consent,
        disliked=frozenset(record.turn.id for record in started.history if record.rating is Rating.DOWN),
    )


def _is_no(reply: CustomerMessage) -> bool:
    """Whether a reply to the question for an input leaves what asked it."""
    return consent_of(reply.normalized) is Consent.NO or calls_off(reply.normalized)


def _consent_to(pending: PendingChange, reply: CustomerMessage, choice: str, before: str) -> Consent | None:
    """What the reply to a question says whether something is to be changed: by its button, or in words.

    Once that is settled only the same yes again, as in `before`, or the button: who clicks twice is told it twice.
    """
    said = consent_of(reply.normalized)
    if choice in pending.choices:
        said = Consent.YES if choice == pending.choices[0] else Consent.NO
    if pending.is_settled and not (said is Consent.YES and reply.text in (before, pending.choices[0])):
        return None
    return said

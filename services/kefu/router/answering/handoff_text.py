"""A handoff: what is told to the customer, in one sentence or two, and to the person who takes over."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from kefu.router.answering.handoff_summary import handoff_summary
from kefu.router.answering.question import Question
from kefu.router.answering.repeated_failures import has_handed_over_again
from kefu.router.domain.handoff import FAILURES, Handoff, HandoffReason, PassageTried
from kefu.router.domain.turn import Passage, Turn
from kefu.router.nlu.message import CustomerMessage
from kefu.router.nlu.sensitive_topics import EMERGENCIES
from kefu.router.nlu.sentiment import sentiment_of
from kefu.router.nlu.slots import slots_of
from kefu.router.tenants.business_hours import format_opening, opening_status
from kefu.text.pii import redacted

_MOST_PASSAGES = 5
_OPENING = "{opening}"
_MOST_RECENT = 4_000
"""Characters of earlier messages that slots and sentiment are read from: ordinary conversations are shorter."""


def handoff_of(question: Question, reason: HandoffReason, nearest: Sequence[Passage] = (), detail: str = "") -> Handoff:
    """The handoff of a question. `detail`: what the summary adds to the reason; no personal data stays in it."""
    if reason in FAILURES and has_handed_over_again(question.history):
        reason = HandoffReason.REPEATED_FAILURE
    settings, message = question.settings, question.message
    topic = message.sensitive_topic(settings.sensitive_topics)
    is_open, opening = opening_status(settings.business_hours, settings.time_zone)
    if question.waits_for_person and topic not in EMERGENCIES:  # a person was called, and has it all from then
        return Handoff(
            reason=reason,
            message=message.in_its_variant(_message(question, reason, topic, is_open=is_open, opening=opening)),
            summary="",
            out_of_hours=not is_open,
            next_opening=None if opening is None else opening.timestamp(),
            repeated=True,
            subject=topic,
        )
    messages = [*_recent_messages(question.history), message]
    files = len(question.attachments)
    summary = handoff_summary(
        question.language, reason, message.text, question.history, nearest, detail or topic, files
    )
    return Handoff(
        reason=reason,
        message=message.in_its_variant(_message(question, reason, topic, is_open=is_open, opening=opening)),
        summary=redacted(summary),
        out_of_hours=not is_open,
        next_opening=None if opening is None else opening.timestamp(),
        passages=tuple(
            PassageTried(passage.name, passage.title, passage.relevance) for passage in nearest[:_MOST_PASSAGES]
        ),
        slots=slots_of([each.text for each in messages]),
        sentiment=sentiment_of([each.normalized for each in messages]),
        repeated=question.waits_for_person,
        subject=topic,
    )


def _recent_messages(history: Sequence[Turn]) -> list[CustomerMessage]:
    """The last of the messages before, oldest first: whole ones, as many as have `_MOST_RECENT` characters together."""
    recent: list[CustomerMessage] = []
    left = _MOST_RECENT
    for turn in reversed(history):
        left -= len(turn.full_question)
        if left < 0:
            break
        if turn.full_question:
            recent.append(CustomerMessage(turn.full_question))
    return recent[::-1]


def _message(question: Question, reason: HandoffReason, topic: str, *, is_open: bool, opening: datetime | None) -> str:
    texts = question.replies
    if topic in EMERGENCIES:  # whatever else there is to say, and however often
        return texts.handoff_emergency
    if not is_open and opening is not None:
        now = datetime.now(ZoneInfo(question.settings.time_zone))
        return texts.handoff_out_of_hours.replace(_OPENING, format_opening(opening, now, question.language))
    if question.waits_for_person:
        return texts.handoff_repeated
    return texts.handoff(reason)

"""Sessions, turns and their events as messages of the contract."""

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from kefu.common.customers import Customer, Verification
from kefu.router.domain.card import Cards
from kefu.router.domain.handoff import Handoff, HandoffReason, Sentiment, SlotKind
from kefu.router.domain.session import Session, SessionState
from kefu.router.domain.turn import (
    AnswerSource,
    BrownOut,
    Completed,
    FinishReason,
    Passage,
    Rating,
    TurnRecord,
    TurnState,
)
from kefu.router.messages.triage_messages import triage_message
from kefu.router.storage.session_events import SessionEvent, SessionEventsMissed, SessionStateChanged, SessionTurnStored
from kefu.router.turn_stream.turn_events import (
    HandedOff,
    PassagesFound,
    Progress,
    Reasoning,
    Started,
    StreamEnd,
    Text,
    TurnEvent,
)
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import identity_pb2

_VERIFICATIONS = {
    Verification.TOKEN: identity_pb2.VerifiedCustomer.METHOD_TOKEN,
    Verification.SHARED_SECRET: identity_pb2.VerifiedCustomer.METHOD_SHARED_SECRET,
    Verification.EMAIL_CODE: identity_pb2.VerifiedCustomer.METHOD_EMAIL_CODE,
}
_FINISH = {
    FinishReason.STOP: pb.FINISH_REASON_STOP,
    FinishReason.LENGTH: pb.FINISH_REASON_LENGTH,
    FinishReason.HANDOFF: pb.FINISH_REASON_HANDOFF,
    FinishReason.STOPPED: pb.FINISH_REASON_STOPPED,
    FinishReason.INTERRUPTED: pb.FINISH_REASON_INTERRUPTED,
    FinishReason.HUMAN: pb.FINISH_REASON_HUMAN,
}
_SOURCE = {
    AnswerSource.NONE: pb.ANSWER_SOURCE_UNSPECIFIED,
    AnswerSource.GENERATED: pb.ANSWER_SOURCE_GENERATED,
    AnswerSource.CURATED: pb.ANSWER_SOURCE_CURATED,
    AnswerSource.CANNED: pb.ANSWER_SOURCE_CANNED,
    AnswerSource.EXTRACTIVE: pb.ANSWER_SOURCE_EXTRACTIVE,
    AnswerSource.CACHED: pb.ANSWER_SOURCE_CACHED,
    AnswerSource.CLARIFYING: pb.ANSWER_SOURCE_CLARIFYING,
    AnswerSource.REFUSED: pb.ANSWER_SOURCE_REFUSED,
    AnswerSource.PERSON: pb.ANSWER_SOURCE_PERSON,
    AnswerSource.ACTION: pb.ANSWER_SOURCE_ACTION,
}
_REASON = {
    HandoffReason.NOTHING_RELEVANT: pb.Handoff.REASON_NOTHING_RELEVANT,
    HandoffReason.CUSTOMER_ASKED: pb.Handoff.REASON_CUSTOMER_ASKED,
    HandoffReason.SEARCH_UNAVAILABLE: pb.Handoff.REASON_SEARCH_UNAVAILABLE,
    HandoffReason.MODEL_UNAVAILABLE: pb.Handoff.REASON_MODEL_UNAVAILABLE,
    HandoffReason.EMPTY_ANSWER: pb.Handoff.REASON_EMPTY_ANSWER,
    HandoffReason.UNSUPPORTED_ANSWER: pb.Handoff.REASON_UNSUPPORTED_ANSWER,
    HandoffReason.OVERLOADED: pb.Handoff.REASON_OVERLOADED,
    HandoffReason.LOW_SUPPORT: pb.Handoff.REASON_LOW_SUPPORT,
    HandoffReason.REPEATED_FAILURE: pb.Handoff.REASON_REPEATED_FAILURE,
    HandoffReason.SENSITIVE: pb.Handoff.REASON_SENSITIVE,
    HandoffReason.ABUSE: pb.Handoff.REASON_ABUSE,
    HandoffReason.COMPLAINT: pb.Handoff.REASON_COMPLAINT,
    HandoffReason.OWN_CASE: pb.Handoff.REASON_OWN_CASE,
    HandoffReason.PROCEDURE: pb.Handoff.REASON_PROCEDURE,
    HandoffReason.ACTION_FAILED: pb.Handoff.REASON_ACTION_FAILED,
    HandoffReason.CHANGE_NEEDS_PERSON: pb.Handoff.REASON_CHANGE_NEEDS_PERSON,
    HandoffReason.CHANGE_UNCONFIRMED: pb.Handoff.REASON_CHANGE_UNCONFIRMED,
    HandoffReason.TRIAGE: pb.Handoff.REASON_TRIAGE,
}
_SENTIMENT = {
    Sentiment.NEGATIVE: pb.Handoff.SENTIMENT_NEGATIVE,
    Sentiment.NEUTRAL: pb.Handoff.SENTIMENT_NEUTRAL,
    Sentiment.POSITIVE: pb.Handoff.SENTIMENT_POSITIVE,
}
_SLOT = {
    SlotKind.NUMBER: pb.Handoff.Slot.KIND_NUMBER,
    SlotKind.DATE: pb.Handoff.Slot.KIND_DATE,
    SlotKind.AMOUNT: pb.Handoff.Slot.KIND_AMOUNT,
    SlotKind.CODE: pb.Handoff.Slot.KIND_CODE,
    SlotKind.PHONE: pb.Handoff.Slot.KIND_PHONE,
    SlotKind.EMAIL: pb.Handoff.Slot.KIND_EMAIL,
}
_BROWN_OUT = {
    BrownOut.NONE: pb.BROWN_OUT_UNSPECIFIED,
    BrownOut.FEWER_PASSAGES: pb.BROWN_OUT_FEWER_PASSAGES,
    BrownOut.SHORTER_ANSWER: pb.BROWN_OUT_SHORTER_ANSWER,
    BrownOut.WITHOUT_MODEL: pb.BROWN_OUT_WITHOUT_MODEL,
    BrownOut.HANDOFF: pb.BROWN_OUT_HANDOFF,
}
SESSION_STATES = {
    SessionState.BOT: pb.Session.STATE_BOT,
    SessionState.WAITING: pb.Session.STATE_WAITING,
    SessionState.HUMAN: pb.Session.STATE_HUMAN,
    SessionState.RETURNED: pb.Session.STATE_RETURNED,
    SessionState.CLOSED: pb.Session.STATE_CLOSED,
}
_TURN_STATE = {
    TurnState.RUNNING: pb.Turn.STATE_RUNNING,
    TurnState.FINISHED: pb.Turn.STATE_FINISHED,
    TurnState.FAILED: pb.Turn.STATE_FAILED,
}
_RATING = {Rating.NONE: pb.RATING_UNSPECIFIED, Rating.UP: pb.RATING_UP, Rating.DOWN: pb.RATING_DOWN}


def session_name(session_id: str) -> str:
    """The resource name of a session."""
    return f"sessions/{session_id}"


def turn_name(session_id: str, turn_id: str) -> str:
    """The resource name of a turn."""
    return f"sessions/{session_id}/turns/{turn_id}"


def attachment_name(session_id: str, attachment_id: str) -> str:
    """The resource name of an attachment."""
    return f"sessions/{session_id}/attachments/{attachment_id}"


def timestamp(seconds: float) -> Timestamp:
    """A time in seconds since the epoch, as a Timestamp."""
    message = Timestamp()
    message.FromMicroseconds(round(seconds * 1e6))
    return message


def reason_message(reason: HandoffReason) -> pb.Handoff.Reason.ValueType:
    """The reason of a handoff."""
    return _REASON[reason]


def source_message(source: AnswerSource) -> pb.AnswerSource.ValueType:
    """The source of an answer's text."""
    return _SOURCE[source]


def rating_message(rating: Rating) -> pb.Rating.ValueType:
    """A customer's rating."""
    return _RATING[rating]


def event_message(event: TurnEvent) -> pb.ConverseEvent:
    """One event of a turn."""
    match event:
        case Started():
            started = pb.TurnStarted(
                session=session_name(event.session_id),
                turn=turn_name(event.session_id, event.turn_id),
                language=event.language,
                replayed=event.replayed,
                ephemeral=event.ephemeral,
            )
            return pb.ConverseEvent(turn_started=started)
        case PassagesFound():
            found = pb.PassagesFound(passages=map(_passage, event.passages), query=event.query)
            return pb.ConverseEvent(passages_found=found)
        case Reasoning():
            return pb.ConverseEvent(reasoning_delta=pb.ReasoningDelta(text=event.text))
        case Progress():
            return pb.ConverseEvent(progress=pb.Progress(text=event.text))
        case Text():
            return pb.ConverseEvent(text_delta=pb.TextDelta(offset=event.offset, text=event.text))
        case HandedOff():
            return pb.ConverseEvent(handoff=handoff_message(event.handoff))
        case StreamEnd():
            return pb.ConverseEvent(turn_completed=_completed(event.completed))


def session_message(session: Session) -> pb.Session:
    """A session as a message."""
    return pb.Session(
        name=session_name(session.id),
        state=SESSION_STATES[session.state],
        user=session.user,
        turn_count=session.turn_count,
        create_time=timestamp(session.create_time),
        update_time=timestamp(session.update_time),
        expire_time=timestamp(session.expire_time),
        title=session.title,
        running_turn=turn_name(session.id, session.running_turn) if session.running_turn else "",
        agent=session.agent,
        last_event=str(session.last_event),
        customer=None if session.customer is None else customer_message(session.customer),
        profile=session.profile,
    )


def customer_message(customer: Customer) -> identity_pb2.VerifiedCustomer:
    """A verified customer as a message."""
    return identity_pb2.VerifiedCustomer(
        sub=customer.sub,
        claims=customer.claims,
        method=_VERIFICATIONS[customer.method],
        verify_time=timestamp(customer.verify_time),
    )


def turn_message(session_id: str, record: TurnRecord, *, with_triage: bool = False) -> pb.Turn:
    """A stored turn as a message. `with_triage`: what was read out of it is shown; it is not for customers."""
    turn = record.turn
    triage = turn.triage if with_triage else None
    return pb.Turn(
        name=turn_name(session_id, turn.id),
        state=_TURN_STATE[record.state],
        request_id=turn.request_id,
        question=turn.question,
        text=turn.text,
        passages=map(_passage, turn.passages),
        handoff=None if turn.handoff is None else handoff_message(turn.handoff),
        completed=None if turn.completed is None else _completed(turn.completed),
        rating=_RATING[record.rating],
        rating_comment=record.rating_comment,
        create_time=timestamp(turn.create_time),
        language=turn.language,
        as_of=turn.as_of,
        agent=turn.agent,
        withdrawn=turn.withdrawn,
        triage=None if triage is None else triage_message(triage),
        arm=turn.arm or "",
        attachments=[attachment_name(session_id, each) for each in turn.attachments],
    )


def session_event_message(session_id: str, event: SessionEvent, *, with_triage: bool = False) -> pb.SessionEvent:
    """A session event as a message. `with_triage`: as in `turn_message`."""
    number = str(event.number)
    match event:
        case SessionStateChanged():
            changed = pb.SessionEvent.StateChanged(state=SESSION_STATES[event.state], agent=event.agent)
            return pb.SessionEvent(id=number, state_changed=changed)
        case SessionTurnStored():
            return pb.SessionEvent(
                id=number, turn_stored=turn_message(session_id, event.record, with_triage=with_triage)
            )
        case SessionEventsMissed():
            return pb.SessionEvent(id=number, missed=pb.SessionEvent.Missed())


def _passage(passage: Passage) -> pb.SourcePassage:
    return pb.SourcePassage(
        number=passage.number,
        name=passage.name,
        title=passage.title,
        headings=passage.headings,
        text=passage.text,
        uri=passage.uri,
        relevance=passage.relevance,
        language=passage.language,
    )


def handoff_message(handoff: Handoff) -> pb.Handoff:
    """A handoff as a message."""
    return pb.Handoff(
        reason=_REASON[handoff.reason],
        message=handoff.message,
        summary=handoff.summary,
        out_of_hours=handoff.out_of_hours,
        next_opening=None if handoff.next_opening is None else timestamp(handoff.next_opening),
        passages=[
            pb.Handoff.PassageTried(name=passage.name, title=passage.title, relevance=passage.relevance)
            for passage in handoff.passages
        ],
        slots=[pb.Handoff.Slot(kind=_SLOT[slot.kind], value=slot.value) for slot in handoff.slots],
        sentiment=_SENTIMENT[handoff.sentiment],
        repeated=handoff.repeated,
        subject=handoff.subject,
    )


def _completed(completed: Completed) -> pb.TurnCompleted:
    usage, timings = completed.usage, completed.timings
    return pb.TurnCompleted(
        finish_reason=_FINISH[completed.finish_reason],
        source=_SOURCE[completed.source],
        citations=[
            pb.Citation(
                start=citation.start,
                end=citation.end,
                number=citation.number,
                passage=citation.passage,
                title=citation.title,
                uri=citation.uri,
            )
            for citation in completed.citations
        ],
        usage=None
        if usage is None
        else pb.Usage(
            prompt_tokens=usage.prompt_tokens,
            cached_prompt_tokens=usage.cached_prompt_tokens,
            completion_tokens=usage.completion_tokens,
            reasoning_tokens=usage.reasoning_tokens,
        ),
        timings=pb.Timings(
            queue=_duration(timings.queue),
            search=_duration(timings.search),
            first_text=_duration(timings.first_text),
            total=_duration(timings.total),
        ),
        text_bytes=completed.text_bytes,
        model=completed.model,
        brown_out=_BROWN_OUT[completed.brown_out],
        supports=[
            pb.Support(
                start=support.start,
                end=support.end,
                share=support.share,
                number=support.number,
                evidence=support.evidence,
            )
            for support in completed.supports
        ],
        choices=completed.choices,
        cards=None if completed.cards is None else cards_message(completed.cards),
    )


def cards_message(cards: Cards) -> pb.Cards:
    """Cards as a message."""
    return pb.Cards(
        text=cards.text,
        cards=[
            pb.Card(
                title=card.title,
                status=card.status,
                fields=[pb.Card.Field(label=field.label, value=field.value) for field in card.fields],
                link=card.link,
                choice=card.choice,
            )
            for card in cards.cards
        ],
    )


def _duration(seconds: float | None) -> Duration | None:
    if seconds is None:
        return None
    message = Duration()
    message.FromMicroseconds(round(seconds * 1e6))
    return message

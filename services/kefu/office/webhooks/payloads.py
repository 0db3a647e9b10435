"""Webhook payloads: domain events as the contract's messages, in JSON."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from google.protobuf.json_format import MessageToDict

from kefu.office.golden_questions.golden_question import PREFIX, RUN_PREFIX
from kefu.router.domain.events import DomainEvent, Escalated, GoldenAnswersLost, HandoffRequested, Rated, TurnStored
from kefu.router.domain.turn import Rating, TurnRecord, TurnState
from kefu.router.messages.chat import session_name, timestamp, turn_message, turn_name
from kefu.router.v1 import chat_pb2 as pb


class WebhookEvent(StrEnum):
    """The events that a webhook can subscribe to; see the contract. The value is the `type` of a body."""

    HANDOFF = "handoff"
    TURN = "turn"
    RATING = "rating"
    ESCALATION = "escalation"
    GOLDEN = "golden"


_RATINGS = {Rating.NONE: pb.RATING_UNSPECIFIED, Rating.UP: pb.RATING_UP, Rating.DOWN: pb.RATING_DOWN}


def webhook_event(event: DomainEvent) -> tuple[WebhookEvent, Mapping[str, Any]] | None:
    """The webhook event of a domain event, with its data. None: webhooks do not receive it."""
    match event:
        case HandoffRequested(_, session_id, turn):
            message = turn_message(session_id, TurnRecord(turn, TurnState.FINISHED), with_triage=True)
            data = {
                "session": session_name(session_id),
                "turn": message.name,
                "handoff": MessageToDict(message.handoff),
            }
            if message.HasField("triage"):
                data["triage"] = MessageToDict(message.triage)
            return WebhookEvent.HANDOFF, data
        case TurnStored(_, session_id):
            message = turn_message(session_id, TurnRecord(event.turn, event.state), with_triage=True)
            del message.passages[:]
            return WebhookEvent.TURN, {"turn": MessageToDict(message)}
        case Rated(_, session_id, turn, rating, comment):
            name = turn_name(session_id, turn.id)
            return WebhookEvent.RATING, {"turn": name, "rating": pb.Rating.Name(_RATINGS[rating]), "comment": comment}
        case Escalated(_, session_id, waiting_since):
            since = timestamp(waiting_since).ToJsonString()
            return WebhookEvent.ESCALATION, {"session": session_name(session_id), "waitingSince": since}
        case GoldenAnswersLost(_, run, trigger, draft, questions):
            names = [f"{PREFIX}{each}" for each in questions]
            data = {"run": f"{RUN_PREFIX}{run}", "trigger": trigger, "draft": draft, "questions": names}
            return WebhookEvent.GOLDEN, data
        case _:
            return None


def delivery_body(
    delivery_id: str, event: WebhookEvent, happened_at: float, tenant: str, data: Mapping[str, Any]
) -> str:
    """The body of a delivery. `happened_at` in seconds since the epoch."""
    time = datetime.fromtimestamp(happened_at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = {"id": delivery_id, "type": event, "time": time, "tenant": tenant, "data": data}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))

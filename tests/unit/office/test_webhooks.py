"""Signatures of deliveries, their bodies, and the pauses between tries."""

import base64
import itertools
import json
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from kefu.office.webhooks.payloads import WebhookEvent, delivery_body, webhook_event
from kefu.office.webhooks.sender import LONGEST_PAUSE_SECONDS, pause_after
from kefu.office.webhooks.signature import make_secret, signed_headers
from kefu.office.webhooks.webhook_store import Webhook
from kefu.router.domain.events import Erased, Escalated, HandoffRequested, Rated, StateChanged, TurnStored
from kefu.router.domain.handoff import Handoff, HandoffReason
from kefu.router.domain.session import SessionState
from kefu.router.domain.turn import AnswerSource, Completed, FinishReason, Passage, Rating, Turn, TurnState

PASSAGE = Passage(1, "collections/a/documents/d/passages/p", "Refunds", (), "Refunds take 7 days.", "", 0.9, "en")
HANDOFF = Handoff(HandoffReason.NOTHING_RELEVANT, "A colleague will answer.", "Asked: submarines")
TURN = Turn(
    "t1",
    "Do you sell submarines? 你好",
    "en",
    "2026-11-25",
    1.0,
    text="A colleague will answer.",
    passages=(PASSAGE,),
    handoff=HANDOFF,
    completed=Completed(FinishReason.HANDOFF, AnswerSource.CANNED),
)


def now() -> int:
    return int(datetime.now(UTC).timestamp())


def test_an_independent_implementation_takes_our_signature() -> None:
    secret, body = make_secret(), '{"type":"turn","text":"你好"}'.encode()
    assert Verifier(secret).verify(body, signed_headers(secret, "msg-1", now(), body)) == json.loads(body)


@pytest.mark.parametrize("broken", ["body", "id", "secret", "old", "future"])
def test_it_refuses_what_was_changed_or_is_replayed(broken: str) -> None:
    secret, body = make_secret(), b'{"a":1}'
    time = now() + {"old": -3600, "future": 3600}.get(broken, 0)
    headers = signed_headers(secret, "msg-1", time, body)
    if broken == "id":
        headers["webhook-id"] = "msg-2"
    verifier = Verifier(make_secret() if broken == "secret" else secret)
    with pytest.raises(WebhookVerificationError):
        verifier.verify(b'{"a":2}' if broken == "body" else body, headers)


def test_a_secret_has_256_random_bits_and_does_not_print() -> None:
    secret = make_secret()
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert make_secret() != secret
    webhook = Webhook("w1", "https://hooks.example/?token=abc", (WebhookEvent.TURN,), secret, 1.0)
    assert secret not in f"{webhook} {webhook!r}"
    assert "token" not in f"{webhook} {webhook!r}"


def test_a_turn_is_told_as_the_contracts_json_without_passages() -> None:
    told = webhook_event(TurnStored("acme", "s1", "k1", "u1", TURN, TurnState.FINISHED))
    assert told is not None
    event, data = told
    assert event == "turn"
    assert data["turn"]["name"] == "sessions/s1/turns/t1"
    assert data["turn"]["question"] == "Do you sell submarines? 你好"
    assert data["turn"]["completed"]["finishReason"] == "FINISH_REASON_HANDOFF"
    assert "passages" not in data["turn"]


def test_a_hand_over_a_rating_and_an_escalation_name_their_session_or_turn() -> None:
    told = webhook_event(HandoffRequested("acme", "s1", TURN, HANDOFF))
    assert told is not None
    assert told[1]["session"] == "sessions/s1"
    assert told[1]["turn"] == "sessions/s1/turns/t1"
    assert told[1]["handoff"]["reason"] == "REASON_NOTHING_RELEVANT"
    rated = webhook_event(Rated("acme", "s1", TURN, Rating.DOWN, "no"))
    assert rated == ("rating", {"turn": "sessions/s1/turns/t1", "rating": "RATING_DOWN", "comment": "no"})
    assert webhook_event(Escalated("acme", "s1", 0.5)) == (
        "escalation",
        {"session": "sessions/s1", "waitingSince": "1970-01-01T00:00:00.500Z"},
    )


def test_nothing_else_is_told() -> None:
    assert webhook_event(Erased("acme", "s1")) is None
    assert webhook_event(StateChanged("acme", "s1", SessionState.HUMAN, "Ann")) is None


def test_a_body_has_id_type_time_tenant_and_data() -> None:
    body = json.loads(delivery_body("d1", WebhookEvent.RATING, 1.5, "acme", {"turn": "t"}))
    time = "1970-01-01T00:00:01.500Z"
    assert body == {"id": "d1", "type": "rating", "time": time, "tenant": "acme", "data": {"turn": "t"}}


def test_pauses_grow_to_three_hours_and_a_day_holds_a_dozen_tries() -> None:
    pauses = [pause_after(attempts, 5.0) for attempts in range(1, 30)]
    assert 4.5 <= pauses[0] <= 5.5
    assert all(pause <= LONGEST_PAUSE_SECONDS * 1.1 for pause in pauses)
    assert all(later > earlier * 1.5 for earlier, later in itertools.pairwise(pauses[:6]))
    within_a_day = sum(sum(pauses[:n]) < 86_400 for n in range(1, 30))
    assert 10 <= within_a_day <= 20

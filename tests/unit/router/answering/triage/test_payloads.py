"""Webhooks are told what was read of a message."""

from kefu.office.webhooks.payloads import webhook_event
from kefu.router.domain.events import HandoffRequested, TurnStored
from kefu.router.domain.handoff import Handoff, HandoffReason
from kefu.router.domain.triage import ConversationPriority, MessageReading, Triage, Urgency
from kefu.router.domain.turn import Turn, TurnState

HANDOFF = Handoff(HandoffReason.TRIAGE, "a matter for a person", "fraud")
READ = Triage(
    MessageReading("account_security", 0.75, Urgency.CRITICAL, is_compared=True),
    rules=("fraud",),
    priority=ConversationPriority.URGENT,
    queue="fraud",
    needs_person=True,
)
TURN = Turn("t", "somebody is in my account", "en", "2026-11-28", 0.0, handoff=HANDOFF, triage=READ)
TOLD = {
    "intent": "account_security",
    "likelihood": 0.75,
    "urgency": "critical",
    "mood": "calm",
    "rules": ["fraud"],
    "priority": "urgent",
    "queue": "fraud",
    "needsPerson": True,
    "compared": True,
}


def test_a_handoff_and_a_turn_carry_it() -> None:
    handoff = webhook_event(HandoffRequested("acme", "s", TURN, HANDOFF))
    assert handoff is not None
    assert handoff[1]["triage"] == TOLD
    stored = webhook_event(TurnStored("acme", "s", "key", "", TURN, TurnState.FINISHED))
    assert stored is not None
    assert stored[1]["turn"]["triage"] == TOLD


def test_a_message_that_was_not_read_has_none() -> None:
    unread = Turn("t", "hello", "en", "2026-11-28", 0.0, handoff=HANDOFF)
    handoff = webhook_event(HandoffRequested("acme", "s", unread, HANDOFF))
    assert handoff is not None
    assert "triage" not in handoff[1]

"""Triage as a message of the contract, and checked triage rules from messages."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from kefu.common.errors import BadRequest
from kefu.common.resource_names import check_id
from kefu.router.actions.asked_action import known_messages
from kefu.router.domain.risk import Risk
from kefu.router.domain.triage import ConversationPriority, Mood, SignalKind, Triage, TriageRule, Urgency
from kefu.router.v1 import triage_pb2 as pb

MAX_RULES = 50
_MAX_QUEUE_CHARACTERS = 60
ValueT = TypeVar("ValueT", bound=StrEnum)


def triage_message(triage: Triage) -> pb.Triage:
    """The triage of a message."""
    reading = triage.reading
    return pb.Triage(
        intent=reading.intent,
        likelihood=reading.likelihood,
        urgency=reading.urgency,
        mood=reading.mood,
        abuse=reading.is_abuse,
        signals=[pb.Triage.Signal(kind=signal.kind, count=signal.count) for signal in triage.signals],
        rules=triage.rules,
        priority=triage.priority,
        queue=triage.queue,
        needs_person=triage.needs_person,
        action_risk=triage.action_risk or "",
        compared=reading.is_compared,
    )


def rule_message(rule: TriageRule) -> pb.TriageRule:
    """A triage rule."""
    return pb.TriageRule(
        name=rule.name,
        intents=rule.intents,
        at_least=rule.least_urgency or "",
        moods=rule.moods,
        abuse=rule.is_abuse,
        signals=rule.signals,
        priority=rule.priority or "",
        queue=rule.queue,
        needs_person=rule.needs_person,
        action_risk=rule.action_risk or "",
    )


def rules_of(messages: Sequence[pb.TriageRule]) -> tuple[TriageRule, ...]:
    """Triage rules from messages. Raises BadRequest, which names the field."""
    if len(messages) > MAX_RULES:
        raise BadRequest("settings.triage_rules", f"must have at most {MAX_RULES} rules.")
    rules = tuple(_rule(f"settings.triage_rules[{at}]", each) for at, each in enumerate(messages))
    names = [rule.name for rule in rules]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise BadRequest("settings.triage_rules", f'must have names of their own: "{twice}" is there twice.')
    return rules


def _rule(field: str, message: pb.TriageRule) -> TriageRule:
    rule = TriageRule(
        name=check_id(f"{field}.name", message.name),
        intents=_intents(f"{field}.intents", message.intents),
        least_urgency=_value(Urgency, f"{field}.at_least", message.at_least),
        moods=_values(Mood, f"{field}.moods", message.moods),
        is_abuse=message.abuse,
        signals=_values(SignalKind, f"{field}.signals", message.signals),
        priority=_value(ConversationPriority, f"{field}.priority", message.priority),
        queue=_queue(f"{field}.queue", message.queue),
        needs_person=message.needs_person,
        action_risk=_value(Risk, f"{field}.action_risk", message.action_risk),
    )
    if rule.least_urgency is Urgency.LOW:
        raise BadRequest(f"{field}.at_least", 'must be "normal", "high" or "critical": every message is at least low.')
    if not (rule.intents or rule.least_urgency or rule.moods or rule.is_abuse or rule.signals):
        raise BadRequest(field, "must have a condition: intents, at_least, moods, abuse or signals.")
    if not (rule.priority or rule.queue or rule.needs_person or rule.action_risk):
        raise BadRequest(field, "must have an effect: priority, queue, needs_person or action_risk.")
    return rule


def _intents(field: str, given: Sequence[str]) -> tuple[str, ...]:
    for intent in given:
        if intent not in known_messages():
            raise BadRequest(field, f'must be of {", ".join(sorted(known_messages()))}; "{intent}" is none.')
    return tuple(dict.fromkeys(given))


def _values(kind: type[ValueT], field: str, given: Sequence[str]) -> tuple[ValueT, ...]:
    return tuple(dict.fromkeys(value for each in given if (value := _value(kind, field, each, may_be_empty=False))))


def _value(kind: type[ValueT], field: str, given: str, *, may_be_empty: bool = True) -> ValueT | None:
    if not given and may_be_empty:
        return None
    try:
        return kind(given)
    except ValueError:
        raise BadRequest(field, f'must be of {", ".join(kind)}; "{given}" is none.') from None


def _queue(field: str, given: str) -> str:
    if len(given) > _MAX_QUEUE_CHARACTERS:
        raise BadRequest(field, f"must have at most {_MAX_QUEUE_CHARACTERS} characters.")
    return " ".join(given.split())

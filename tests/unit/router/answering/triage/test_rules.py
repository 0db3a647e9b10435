"""Which rules apply to a message, and what they come to."""

import pytest

from kefu.common.errors import BadRequest
from kefu.router.answering.triage.rules import applies, triage_of
from kefu.router.domain.risk import Risk
from kefu.router.domain.triage import (
    ConversationPriority,
    MessageReading,
    Mood,
    Signal,
    SignalKind,
    Triage,
    TriageRule,
    Urgency,
)
from kefu.router.messages.triage_messages import MAX_RULES, rule_message, rules_of, triage_message
from kefu.router.v1 import triage_pb2 as pb
from tests.support.table import table

READ = MessageReading("account_security", 0.9, Urgency.HIGH, Mood.UNHAPPY, is_compared=True)
MANY = Signal(SignalKind.MANY_RETURNS, 6)


@table(
    ("rule", "holds"),
    [
        (TriageRule("a", intents=("invoice", "account_security")), True),
        (TriageRule("a", intents=("invoice",)), False),
        (TriageRule("a", least_urgency=Urgency.NORMAL), True),
        (TriageRule("a", least_urgency=Urgency.HIGH), True),
        (TriageRule("a", least_urgency=Urgency.CRITICAL), False),
        (TriageRule("a", moods=(Mood.ANGRY, Mood.UNHAPPY)), True),
        (TriageRule("a", moods=(Mood.ANGRY,)), False),
        (TriageRule("a", is_abuse=True), False),
        (TriageRule("a", signals=(SignalKind.MANY_MESSAGES, SignalKind.MANY_RETURNS)), True),
        (TriageRule("a", signals=(SignalKind.MANY_MESSAGES,)), False),
        (TriageRule("a", intents=("account_security",), least_urgency=Urgency.CRITICAL), False),
    ],
)
def test_a_rule_applies_where_all_of_its_conditions_hold(rule: TriageRule, *, holds: bool) -> None:
    assert applies(rule, READ, [MANY]) is holds


def test_without_a_rule_nothing_is_decided() -> None:
    found = triage_of(READ, [MANY], [])
    assert found == Triage(READ, (MANY,))
    assert (found.priority, found.queue, found.needs_person) == (ConversationPriority.NORMAL, "", False)
    assert found.risk_limit(Risk.MONEY) is Risk.MONEY


def test_of_the_rules_that_apply_the_strictest_effect_wins() -> None:
    rules = [
        TriageRule("mild", least_urgency=Urgency.NORMAL, priority=ConversationPriority.HIGH, action_risk=Risk.WRITE),
        TriageRule("other", moods=(Mood.ANGRY,), priority=ConversationPriority.URGENT, queue="anger"),
        TriageRule("strict", least_urgency=Urgency.HIGH, queue="fraud", needs_person=True, action_risk=Risk.READ),
        TriageRule("late", least_urgency=Urgency.HIGH, queue="late", priority=ConversationPriority.LOW),
    ]
    found = triage_of(READ, [], rules)
    assert found.rules == ("mild", "strict", "late")
    assert (found.priority, found.queue, found.needs_person) == (ConversationPriority.HIGH, "fraud", True)
    assert found.action_risk is Risk.READ


def test_rules_lower_what_actions_may_do_and_never_raise_it() -> None:
    assert Triage(action_risk=Risk.READ).risk_limit(Risk.MONEY) is Risk.READ
    assert Triage(action_risk=Risk.MONEY).risk_limit(Risk.WRITE) is Risk.WRITE


def test_a_higher_priority_is_more_pressing_than_any_urgency() -> None:
    calm = MessageReading(urgency=Urgency.LOW)
    critical = MessageReading(urgency=Urgency.CRITICAL)
    ranks = [
        Triage(calm).rank,
        Triage(critical).rank,
        Triage(calm, priority=ConversationPriority.HIGH).rank,
        Triage(critical, priority=ConversationPriority.URGENT).rank,
    ]
    assert ranks == sorted(set(ranks))


def test_rules_come_back_as_they_were_stored() -> None:
    message = pb.TriageRule(
        name="fraud",
        intents=["account_security"],
        at_least="high",
        moods=["angry"],
        abuse=True,
        signals=["many_returns"],
        priority="urgent",
        queue="fraud",
        needs_person=True,
        action_risk="read",
    )
    [rule] = rules_of([message])
    assert rule_message(rule) == message


@table(
    ("wrong", "field", "says"),
    [
        (pb.TriageRule(abuse=True, queue="a"), "settings.triage_rules[0].name", "63"),
        (pb.TriageRule(name="a", queue="a"), "settings.triage_rules[0]", "condition"),
        (pb.TriageRule(name="a", abuse=True), "settings.triage_rules[0]", "effect"),
        (pb.TriageRule(name="a", intents=["refund"], queue="a"), "settings.triage_rules[0].intents", "refund"),
        (pb.TriageRule(name="a", at_least="soon", queue="a"), "settings.triage_rules[0].at_least", "critical"),
        (pb.TriageRule(name="a", at_least="low", queue="a"), "settings.triage_rules[0].at_least", "every message"),
        (pb.TriageRule(name="a", moods=[""], queue="a"), "settings.triage_rules[0].moods", "unhappy"),
        (pb.TriageRule(name="a", signals=["x"], queue="a"), "settings.triage_rules[0].signals", "many_returns"),
        (pb.TriageRule(name="a", abuse=True, priority="top"), "settings.triage_rules[0].priority", "urgent"),
        (pb.TriageRule(name="a", abuse=True, action_risk="all"), "settings.triage_rules[0].action_risk", "write"),
        (pb.TriageRule(name="a", abuse=True, queue="q" * 61), "settings.triage_rules[0].queue", "60"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_by_the_field_that_is_wrong(
    wrong: pb.TriageRule, field: str, says: str
) -> None:
    with pytest.raises(BadRequest, match=says) as refused:
        rules_of([wrong])
    assert str(refused.value).startswith(f"{field}: ")


def test_rules_have_names_of_their_own_and_a_bound() -> None:
    rule = pb.TriageRule(name="a", abuse=True, queue="q")
    with pytest.raises(BadRequest, match='"a" is there twice'):
        rules_of([rule, rule])
    with pytest.raises(BadRequest, match="at most 50"):
        rules_of([rule] * (MAX_RULES + 1))


def test_a_message_of_the_contract_says_all_of_it() -> None:
    found = triage_message(triage_of(READ, [MANY], [TriageRule("x", intents=("account_security",), queue="fraud")]))
    assert (found.intent, found.urgency, found.mood, found.priority) == (
        "account_security",
        "high",
        "unhappy",
        "normal",
    )
    assert [(each.kind, each.count) for each in found.signals] == [("many_returns", 6)]
    assert (list(found.rules), found.queue, found.compared, found.needs_person) == (["x"], "fraud", True, False)

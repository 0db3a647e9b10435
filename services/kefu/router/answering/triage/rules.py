"""
A tenant's rules: all that apply do, and the strictest effect wins.

Of several priorities it is the highest, of several limits of actions the lowest, and one rule is enough to need a
person. The queue is that of the first rule that names one.
"""

from collections.abc import Sequence

from kefu.router.domain.risk import Risk
from kefu.router.domain.triage import ConversationPriority, MessageReading, Signal, Triage, TriageRule


def triage_of(reading: MessageReading, signals: Sequence[Signal], rules: Sequence[TriageRule]) -> Triage:
    """The triage of a message."""
    applying = [rule for rule in rules if applies(rule, reading, signals)]
    priorities = [rule.priority for rule in applying if rule.priority is not None]
    limits = [rule.action_risk for rule in applying if rule.action_risk is not None]
    return Triage(
        reading=reading,
        signals=tuple(signals),
        rules=tuple(rule.name for rule in applying),
        priority=max(priorities, key=lambda each: each.rank, default=ConversationPriority.NORMAL),
        queue=next((rule.queue for rule in applying if rule.queue), ""),
        needs_person=any(rule.needs_person for rule in applying),
        action_risk=min(limits, key=list(Risk).index, default=None),
    )


def applies(rule: TriageRule, reading: MessageReading, signals: Sequence[Signal]) -> bool:
    """Whether all conditions of a rule hold."""
    return (
        (not rule.intents or reading.intent in rule.intents)
        and (rule.least_urgency is None or reading.urgency.rank >= rule.least_urgency.rank)
        and (not rule.moods or reading.mood in rule.moods)
        and (not rule.is_abuse or reading.is_abuse)
        and (not rule.signals or any(signal.kind in rule.signals for signal in signals))
    )

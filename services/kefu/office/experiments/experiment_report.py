"""What an experiment says so far: each arm's figures, their difference, and what to make of it."""

from dataclasses import dataclass
from enum import StrEnum

from kefu.office.experiments.sequential_test import (
    Arm,
    Comparison,
    Interval,
    compare,
    share_interval,
)
from kefu.office.insight.numbers_report import Percentiles, percentiles
from kefu.office.insight.turn_counters import FIRST_TEXT
from kefu.router.domain import experiment as domain
from kefu.router.tenants.running_experiment import EndedExperiment


class ExperimentVerdict(StrEnum):
    """What the sequential test says."""

    UNDECIDED = "undecided"
    """No difference is shown yet."""
    DRAFT_BETTER = "draft_better"
    DRAFT_WORSE = "draft_worse"


@dataclass(frozen=True)
class Share:
    """A share of an arm's conversations, with an interval that holds at all times."""

    count: int
    share: float
    interval: Interval


@dataclass(frozen=True)
class ArmReport:
    """The figures of one arm."""

    conversations: int
    resolved: Share
    handed_over: Share
    rated_down: Share
    first_text: Percentiles
    repeated: int
    """Conversations left out: their customer had been counted before."""
    without_question: int
    """Conversations left out: nothing was asked that has an outcome."""
    fell_back: int
    """Messages that were answered over live in the draft's arm."""


@dataclass(frozen=True)
class ExperimentReport:
    """The figures of both arms, and their difference in what was resolved."""

    live: ArmReport
    draft: ArmReport
    comparison: Comparison
    verdict: ExperimentVerdict


def experiment_report(of: EndedExperiment) -> ExperimentReport:
    """The report of an experiment. It takes some tens of milliseconds where the counts are new."""
    live, draft = _arm(of.counted, domain.Arm.LIVE), _arm(of.counted, domain.Arm.DRAFT)
    comparison = compare(
        Arm(draft.conversations, draft.resolved.count),
        Arm(live.conversations, live.resolved.count),
        of.experiment.share,
    )
    verdict = ExperimentVerdict.UNDECIDED
    if comparison.differs and live.conversations and draft.conversations:
        verdict = ExperimentVerdict.DRAFT_BETTER if comparison.difference > 0 else ExperimentVerdict.DRAFT_WORSE
    return ExperimentReport(live, draft, comparison, verdict)


def _arm(counted: dict[str, int], arm: domain.Arm) -> ArmReport:
    own = {name.removeprefix(f"{arm}:"): n for name, n in counted.items() if name.startswith(f"{arm}:")}
    conversations = own.get("conversations", 0)

    def share(name: str) -> Share:
        of = Arm(conversations, own.get(name, 0))
        return Share(of.successes, of.share, share_interval(of))

    buckets = {name.removeprefix(FIRST_TEXT): n for name, n in own.items() if name.startswith(FIRST_TEXT)}
    return ArmReport(
        conversations=conversations,
        resolved=share("resolved"),
        handed_over=share("handed_over"),
        rated_down=share("rated_down"),
        first_text=percentiles(buckets),
        repeated=own.get("repeated", 0),
        without_question=own.get("without_question", 0),
        fell_back=own.get("fell_back", 0),
    )

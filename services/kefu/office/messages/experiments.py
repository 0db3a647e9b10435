"""Experiments as messages of the contract, and back."""

from kefu.common.errors import BadRequest
from kefu.common.resource_names import parse_name
from kefu.office.experiments.experiment_report import ArmReport, ExperimentReport, ExperimentVerdict, Share
from kefu.office.experiments.sequential_test import ALPHA
from kefu.router.messages.chat import timestamp
from kefu.router.tenants.running_experiment import (
    DEFAULT_MOST_CONVERSATIONS,
    MAX_MOST_CONVERSATIONS,
    MAX_SHARE_PERCENT,
    MAX_TITLE_CHARACTERS,
    EndedExperiment,
    Ending,
    Experiment,
)
from kefu.router.tenants.staged_settings import PREFIX
from kefu.router.v1 import experiment_pb2 as pb
from kefu.router.v1 import insight_pb2

_ENDS = {
    None: pb.Experiment.END_UNSPECIFIED,
    Ending.STOPPED: pb.Experiment.END_STOPPED,
    Ending.PROMOTED: pb.Experiment.END_PROMOTED,
    Ending.PLANNED: pb.Experiment.END_PLANNED,
    Ending.DRAFT_GONE: pb.Experiment.END_DRAFT_GONE,
}
_VERDICTS = {
    ExperimentVerdict.UNDECIDED: pb.ExperimentFigures.VERDICT_UNDECIDED,
    ExperimentVerdict.DRAFT_BETTER: pb.ExperimentFigures.VERDICT_DRAFT_BETTER,
    ExperimentVerdict.DRAFT_WORSE: pb.ExperimentFigures.VERDICT_DRAFT_WORSE,
}


def experiment_of(given: pb.Experiment, author: str) -> Experiment:
    """The experiment that a message asks for. Raises BadRequest."""
    if given.draft or not given.staged_settings:
        parse_name("experiment.draft", given.draft, "collections", "drafts")
    staged = (
        given.staged_settings and parse_name("experiment.staged_settings", given.staged_settings, "stagedSettings")[0]
    )
    if not 1 <= given.share_percent <= MAX_SHARE_PERCENT:
        raise BadRequest("experiment.share_percent", f"must be 1 to {MAX_SHARE_PERCENT}.")
    if given.most_conversations > MAX_MOST_CONVERSATIONS:
        raise BadRequest("experiment.most_conversations", f"must be at most {MAX_MOST_CONVERSATIONS}.")
    if len(given.title) > MAX_TITLE_CHARACTERS:
        raise BadRequest("experiment.title", f"must have at most {MAX_TITLE_CHARACTERS} characters.")
    return Experiment(
        draft=given.draft,
        staged_settings=staged,
        share_percent=given.share_percent,
        most_conversations=given.most_conversations or DEFAULT_MOST_CONVERSATIONS,
        title=given.title,
        author=author,
    )


def experiment_message(of: EndedExperiment, report: ExperimentReport) -> pb.Experiment:
    """An experiment with its figures."""
    experiment = of.experiment
    return pb.Experiment(
        name=f"experiments/{experiment.id}",
        draft=experiment.draft,
        staged_settings=f"{PREFIX}{experiment.staged_settings}" if experiment.staged_settings else "",
        share_percent=experiment.share_percent,
        most_conversations=experiment.most_conversations,
        title=experiment.title,
        author=experiment.author,
        start_time=timestamp(experiment.start_time),
        end_time=None if of.ending is None else timestamp(of.end_time),
        end=_ENDS[of.ending],
        end_author=of.end_author,
        figures=_figures(report),
    )


def _figures(report: ExperimentReport) -> pb.ExperimentFigures:
    comparison = report.comparison
    return pb.ExperimentFigures(
        live=_arm(report.live),
        draft=_arm(report.draft),
        difference=comparison.difference,
        difference_low=comparison.interval.low,
        difference_high=comparison.interval.high,
        evidence=comparison.evidence,
        false_alarm_rate=ALPHA,
        verdict=_VERDICTS[report.verdict],
    )


def _arm(arm: ArmReport) -> pb.ArmFigures:
    first = arm.first_text
    return pb.ArmFigures(
        conversations=arm.conversations,
        resolved=_share(arm.resolved),
        handed_over=_share(arm.handed_over),
        rated_down=_share(arm.rated_down),
        first_text=insight_pb2.Percentiles(count=first.count, p50=first.p50, p95=first.p95, p99=first.p99),
        repeated=arm.repeated,
        without_question=arm.without_question,
        fell_back=arm.fell_back,
    )


def _share(share: Share) -> pb.ArmShare:
    return pb.ArmShare(count=share.count, share=share.share, low=share.interval.low, high=share.interval.high)

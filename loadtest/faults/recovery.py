"""Recovery time: when the figures are back at those without a fault."""

from collections.abc import Sequence
from dataclasses import dataclass

from loadtest.bench.records import Outcome, TurnRecord
from loadtest.harness.statistics import percentile

WINDOW_SECONDS = 3.0
_STEP_SECONDS = 0.25
_LEAST_TURNS = 3
_SHARE = 0.95
_FIRST_TEXT = (1.5, 0.2)
_SILENCE = (2.0, 0.5)
"""Limits: so many times the baseline's figure, and so many seconds more."""


@dataclass(frozen=True)
class Baseline:
    """Figures measured without a fault, in seconds."""

    first_text: float
    """95th percentile, from the question to the first text."""
    silence: float
    """99th percentile of each turn's longest wait between two deltas."""

    @classmethod
    def of(cls, records: Sequence[TurnRecord]) -> "Baseline":
        """Baseline of these turns, without those that were not answered."""
        answered = [record.verdict for record in records if record.outcome is Outcome.ANSWERED]
        first = [verdict.first_text for verdict in answered if verdict.first_text is not None]
        return cls(percentile(first, _SHARE), percentile([verdict.longest_gap for verdict in answered], 0.99))

    @property
    def first_text_limit(self) -> float:
        """As good as normal: up to this."""
        return self.first_text * _FIRST_TEXT[0] + _FIRST_TEXT[1]

    @property
    def silence_limit(self) -> float:
        """As good as normal: up to this."""
        return self.silence * _SILENCE[0] + _SILENCE[1]


def recovery_seconds(records: Sequence[TurnRecord], fault_at: float, until: float, baseline: Baseline) -> float | None:
    """Seconds from the fault until nothing shows it any more; 0 when nothing ever did, None when not before `until`.

    Two things have to be over: the last turn that fell silent for longer than normal, was asked again and late, or was
    not answered by the model; and first texts that come late. The latter are over with the first WINDOW_SECONDS in
    which 95 % of the turns asked get theirs as soon as normally. A stream that broke and went on as if nothing had
    happened needs no recovery.
    """
    recovered = fault_at
    for record in records:
        if record.outcome is not Outcome.ABANDONED and record.ended_at >= fault_at:
            recovered = max([recovered, *_symptom_ends(record, fault_at, baseline)])
    begin = recovered
    while not _is_normal(records, begin, baseline):
        begin += _STEP_SECONDS
        if begin + WINDOW_SECONDS > until:
            return None
    return begin - fault_at


def _symptom_ends(record: TurnRecord, fault_at: float, baseline: Baseline) -> list[float]:
    """Times at which the symptoms of the fault in one turn ended."""
    if record.outcome is not Outcome.ANSWERED:
        return [record.ended_at]
    marks = [end for begin, end in record.silences if end > fault_at and end - begin > baseline.silence_limit]
    first = record.verdict.first_text
    if record.breaks and first is not None and first > baseline.first_text_limit:
        marks.append(record.asked_at + first)
    return marks


def _is_normal(records: Sequence[TurnRecord], begin: float, baseline: Baseline) -> bool:
    asked = [record for record in records if begin <= record.asked_at < begin + WINDOW_SECONDS]
    first = [record.verdict.first_text for record in asked if record.outcome is Outcome.ANSWERED]
    seconds = [one for one in first if one is not None]
    return len(seconds) >= _LEAST_TURNS and percentile(seconds, _SHARE) <= baseline.first_text_limit

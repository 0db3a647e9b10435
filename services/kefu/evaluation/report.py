"""The report of a run, in Markdown."""

import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psutil

from kefu.evaluation.results import SetResults

_READING = (
    "A hit: every string of one of the question's right answers occurs in the answer, normalised (NFKC, simplified "
    "characters, lower case, no punctuation); an answer of more than 300 characters (English) or 120 (Chinese) counts "
    "as wrong. In brackets the interval that 95 % of samples of so many questions would give (bootstrap); differences "
    "are of the same questions, resampled together."
)


@dataclass
class Run:
    """The results of one run."""

    sets: list[SetResults] = field(default_factory=list[SetResults])
    texts: list[str] = field(default_factory=list[str])
    """Every answer as a line of JSON."""
    written: int = 0
    """Number of answers that the model wrote in this run; the others were recorded."""


def markdown(run: Run) -> str:
    """The report as Markdown."""
    head = [
        "# Answers",
        "",
        measured_on(),
        "",
        _READING,
        "",
    ]
    return "\n".join([*head, *(found.markdown() for found in run.sets), ""])


def measured_on() -> str:
    """The day and the machine, as a sentence."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{datetime.now(UTC).date().isoformat()}, {psutil.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB."
    )

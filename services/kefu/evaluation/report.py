"""A run as a report in Markdown."""

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
    """What was measured at once."""

    sets: list[SetResults] = field(default_factory=list[SetResults])
    texts: list[str] = field(default_factory=list[str])
    """Every answer as JSON."""
    written: int = 0
    """Answers written by the model in this run; the others were remembered."""


def markdown(run: Run) -> str:
    """The whole report."""
    memory = psutil.virtual_memory().total / 2**30
    head = [
        "# Answers",
        "",
        f"{datetime.now(UTC).date().isoformat()}, {psutil.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB.",
        "",
        _READING,
        "",
    ]
    return "\n".join([*head, *(found.markdown() for found in run.sets), ""])

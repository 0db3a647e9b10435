"""Results of a check: what each step found, as data that a page, a terminal and JSON are made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["passed", "failed", "noted"]
"""Noted: worth knowing, or not to be told here; neither good nor bad."""


@dataclass(frozen=True)
class Finding:
    """One sentence that a step found out."""

    status: Status
    what: str


@dataclass(frozen=True)
class Table:
    """Figures of a step. The first column is text, the others are numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass
class StepResult:
    """What one step found. A step that planned only, or had nothing to look at, passed nothing."""

    name: str
    title: str
    findings: list[Finding] = field(default_factory=list[Finding])
    tables: list[Table] = field(default_factory=list[Table])
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether anything is wrong."""
        return any(finding.status == "failed" for finding in self.findings)

    @property
    def outcome(self) -> str:
        """In a word, for people."""
        if self.failed:
            return "FAILED"
        return "passed" if any(finding.status == "passed" for finding in self.findings) else "not run"

    def passed(self, what: str) -> None:
        """Note something that is as it should be."""
        self.findings.append(Finding("passed", what))

    def fail(self, what: str) -> None:
        """Note something that is wrong; the step may go on."""
        self.findings.append(Finding("failed", what))

    def note(self, what: str) -> None:
        """Note something worth knowing."""
        self.findings.append(Finding("noted", what))

    def check(self, holds: bool, what: str, otherwise: str = "") -> None:
        """Note `what` as passed when it holds; else `otherwise`, or `what` again, as failed."""
        self.passed(what) if holds else self.fail(otherwise or f"Not so: {what}")

    def tabulate(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Add a table."""
        self.tables.append(Table(tuple(head), tuple(tuple(row) for row in rows)))


@dataclass(frozen=True)
class CheckRun:
    """A whole run."""

    when: str
    machine: str
    model: str
    versions: Mapping[str, str]
    steps: tuple[StepResult, ...]
    planned_only: bool = False
    """A dry run: nothing was started."""
    on_cpu: bool = False
    """A rehearsal on vLLM's CPU build: its figures say nothing of a card."""

    @property
    def failed(self) -> bool:
        """Whether any step failed."""
        return any(step.failed for step in self.steps)

"""The page of a run, in Markdown, and the same lines for a terminal."""

from collections.abc import Iterator

from loadtest.gpu_check.results import CheckRun, StepResult, Table

_MARKS = {"passed": "✓", "failed": "✗", "noted": "·"}


def page(run: CheckRun) -> str:
    """The whole page."""
    return "\n".join(_lines(run)) + "\n"


def terminal_lines(step: StepResult) -> Iterator[str]:
    """A step as it is shown while the run goes on."""
    yield f"{step.title}: {step.outcome}" + (f" ({step.seconds:.0f} s)" if step.seconds >= 1 else "")
    for finding in step.findings:
        yield f"  {_MARKS[finding.status]} {finding.what}"
    for table in step.tables:
        yield from (f"  {line}" for line in markdown_table(table))


def markdown_table(table: Table) -> Iterator[str]:
    """A table; its first column to the left, the others to the right."""
    yield _row(table.head)
    yield "|".join(("", "---", *("---:" for _ in table.head[1:]), ""))
    yield from map(_row, table.rows)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _lines(run: CheckRun) -> Iterator[str]:
    yield "# GPU check"
    yield ""
    yield f"Made by `make gpu-check`, {run.when}, with {run.model}. {_kind(run)}"
    yield ""
    yield f"- Machine: {run.machine}"
    for name, version in run.versions.items():
        yield f"- {name}: {version}"
    yield ""
    yield "| step | outcome | seconds |"
    yield "|---|---|---:|"
    for step in run.steps:
        yield _row((step.title, step.outcome, f"{step.seconds:.0f}"))
    for step in run.steps:
        yield ""
        yield f"## {step.title}"
        yield ""
        for finding in step.findings:
            words = {"passed": "", "failed": "**Failed:** ", "noted": "Note: "}[finding.status]
            yield f"- {words}{finding.what}"
        for table in step.tables:
            yield ""
            yield from markdown_table(table)


def _kind(run: CheckRun) -> str:
    if run.planned_only:
        return "A dry run: nothing was started, and no figure here is measured."
    if run.on_cpu:
        return "**A rehearsal on vLLM's CPU build**: it shows that the check works, and says nothing of a card."
    return "A step **failed**." if run.failed else "Every step passed."

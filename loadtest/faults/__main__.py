"""
Break one thing after another under continuous load, and print what the customers noticed.

    python -m loadtest.faults [--only kill-router] [--seconds 20] [--conversations 24] [--json FILE] [--markdown FILE]

Everything runs on this machine: Redis, two retrieval services over a part of the sample help centre, three generation
replicas with the simulated engine (its answers are always the same, so that every character can be checked), two
routers, and the customers, whose clients take up a broken stream at the other router. Exit status 1: a row missed its
target, which it also does when turns were handed over or refused for load, unless nothing is left that could answer. A
whole table takes about eight minutes.
"""

import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from kefu.common.errors import StartupError
from loadtest.bench.bench import Bench, BenchSettings, open_bench
from loadtest.bench.reference import Reference, ask_reference
from loadtest.faults import report
from loadtest.faults.injections import FAULTS, Fault
from loadtest.faults.recovery import Baseline
from loadtest.faults.runner import run_fault
from loadtest.harness.environment import describe_environment

_NAMES = [fault.name for fault in FAULTS]


async def measure(
    chosen: Sequence[Fault],
    settings: BenchSettings,
    seconds: float,
    conversations: int,
    folder: Path,
    out: Console,
    *,
    burst: int = 1,
) -> list[report.Row]:
    """A row for each fault, the one without a fault first. `burst`: see `run_fault`."""
    out.print(f"Starting the suite (logs in {folder}) …", soft_wrap=True)
    async with open_bench(folder, settings) as bench:
        reference = await ask_reference(bench)
        rows: list[report.Row] = []
        baseline: Baseline | None = None
        for number, fault in enumerate([FAULTS[0], *(fault for fault in chosen if fault is not FAULTS[0])]):
            row, baseline = await _one(bench, fault, seconds, conversations, reference, baseline, burst)
            rows.append(row)
            recovery = "-" if row.recovery is None else f"{row.recovery:.1f} s"
            out.print(
                f"{number + 1}. {row.title}: {row.turns} turns, {row.failed} failed, {row.degraded} handed over, "
                f"{row.refused_for_load} refused for load, recovery {recovery}, {'met' if row.met else 'MISSED'}",
                style="" if row.met else "red",
                soft_wrap=True,
            )
        return rows


async def _one(
    bench: Bench,
    fault: Fault,
    seconds: float,
    conversations: int,
    reference: Reference,
    baseline: Baseline | None,
    burst: int,
) -> tuple[report.Row, Baseline]:
    result = await run_fault(bench, fault, seconds, conversations, reference, burst=burst)
    baseline = baseline or Baseline.of(result.records)
    row = report.row_of(fault, result.run, result.records, reference.text, result.stored, baseline)
    return row, baseline


def main(
    only: Annotated[list[str] | None, typer.Option(help=f"One fault of {', '.join(_NAMES)}. May be repeated.")] = None,
    seconds: Annotated[float, typer.Option(min=5, help="Load after each fault has struck, at least.")] = 20.0,
    conversations: Annotated[int, typer.Option(min=1, max=200, help="Conversations at once.")] = 24,
    burst: Annotated[int, typer.Option(min=1, help="So many times as many ask for 20 s, from the fault on.")] = 1,
    nginx: Annotated[
        bool, typer.Option("--nginx", help="Customers come through nginx, not to a router they pick.")
    ] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the rows here as JSON.")] = None,
    markdown_file: Annotated[Path | None, typer.Option("--markdown", help="Write the table here.")] = None,
    logs: Annotated[
        Path | None, typer.Option(help="Keep the processes' logs here. Default: kept when a row missed.")
    ] = None,
) -> None:
    """Break one thing after another under continuous load, and print what the customers noticed."""
    if unknown := set(only or ()) - set(_NAMES):
        raise typer.BadParameter(f"no such fault: {', '.join(sorted(unknown))}", param_hint="--only")
    chosen = [fault for fault in FAULTS if not only or fault.name in only]
    out = Console(stderr=True)
    environment, began = describe_environment(), time.monotonic()
    folder = logs or Path(tempfile.mkdtemp(prefix="kefu-faults-"))
    try:
        rows = asyncio.run(
            measure(chosen, BenchSettings(nginx=nginx), seconds, conversations, folder.absolute(), out, burst=burst)
        )
    except (RuntimeError, TimeoutError, StartupError) as error:
        out.print(f"This could not be measured: {error}", style="red", soft_wrap=True, markup=False)
        out.print(f"The logs are in {folder}.", soft_wrap=True)
        sys.exit(2)
    way = "through nginx" if nginx else "at two routers"
    crowd = f", {burst} times as many for 20 s from each fault on" if burst > 1 else ""
    conditions = (
        f"{environment}; {conversations} conversations {way}{crowd}, simulated engine, "
        f"{time.monotonic() - began:.0f} s in all; first text p95 without a fault {rows[0].first_text * 1000:.0f} ms"
    )
    report.print_rows(Console(width=None if sys.stdout.isatty() else 140), rows, conditions)
    if json_file is not None:
        written = {**environment.as_json(), **report.as_json(rows, conditions)}
        json_file.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", "utf-8")
    if markdown_file is not None:
        markdown_file.write_text(report.markdown(rows, conditions), "utf-8")
    if not all(row.met for row in rows):
        out.print(f"A target was missed; the logs are in {folder}.", soft_wrap=True)
        sys.exit(1)
    if logs is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    typer.run(main)

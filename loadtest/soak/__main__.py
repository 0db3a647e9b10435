"""
Does anything leak? Moderate load for a while with 30 % of customers leaving in mid-answer, then rest: is all as before?

    python -m loadtest.soak [--minutes 30] [--conversations 24] [--folder loadtest-results/soak]

The suite is that of `loadtest.faults`, on this machine, with the simulated engine. It is loaded for a short while, so
that what a process allocates once is allocated, and left to rest: that is the starting level. After the load it rests
again. Exit status 1: resident memory, open descriptors or calls in flight of some process did not return, or a turn
failed, was handed over for load, or was refused for load.
"""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from loadtest.bench.bench import BenchSettings, open_bench
from loadtest.bench.customers import BURST_SECONDS, CustomerLoad
from loadtest.bench.records import TurnRecord
from loadtest.bench.reference import ask_reference
from loadtest.harness.environment import describe_environment
from loadtest.harness.report import lost_answers
from loadtest.harness.tables import table
from loadtest.soak.levels import DESCRIPTORS, MEMORY_MIB, MEMORY_TIMES, Finding, Levels, compare_levels
from loadtest.soak.plot import draw
from loadtest.soak.turns import turn_figures, turn_sentence

_CANCELLING = 0.3
_WARM_SECONDS = 20.0
_REST_SECONDS = 12.0


def print_findings(findings: Sequence[Finding], records: Sequence[TurnRecord], conditions: str) -> None:
    """The verdict on the terminal."""
    print(conditions)
    print(turn_sentence(records))
    head = ("process", "MiB before", "most", "after", "descriptors", "most", "after", "in flight", "most", "after", "")
    rows = [
        (
            one.name,
            *(f"{level.mib:.1f}" for level in (one.before, one.most, one.after)),
            *(level.descriptors for level in (one.before, one.most, one.after)),
            *(level.in_flight for level in (one.before, one.most, one.after)),
            f"NOT BACK: {one.problem}" if one.problem else "back",
        )
        for one in findings
    ]
    print(table(head, rows))
    print(
        f"Back means: memory at most {MEMORY_TIMES:g} times the starting level and {MEMORY_MIB:g} MiB more (Redis "
        f"keeps what was said and is not judged by it), at most {DESCRIPTORS} more descriptors, nothing more in flight."
    )


async def soak(
    minutes: float, conversations: int, burst: int, folder: Path, out: Console
) -> tuple[list[Finding], list[TurnRecord], Levels]:
    """Load and rest; what was found, every turn of the load, every sample. `burst` times as many ask in the middle."""
    out.print(f"Starting the suite (logs in {folder}) …", soft_wrap=True)
    async with open_bench(folder, BenchSettings()) as bench:
        reference = await ask_reference(bench)
        levels = Levels(bench)
        following = asyncio.create_task(levels.sample_continuously(), name="levels")

        async def loaded(seconds: float, times: int = 1) -> list[TurnRecord]:
            load = CustomerLoad(
                bench.client_addresses,
                bench.metadata,
                reference.questions,
                conversations,
                len(reference.text.encode()),
                abandoned_share=_CANCELLING,
            )
            async with load.asking():
                await _wait(seconds / 2, following)
                crowd = asyncio.create_task(load.burst(times, BURST_SECONDS))
                await _wait(seconds / 2, following)
                await crowd
            await _wait(_REST_SECONDS, following)
            return load.records

        try:
            with Progress(console=out, transient=True) as progress:
                whole = _WARM_SECONDS + minutes * 60 + 2 * _REST_SECONDS
                clock = asyncio.create_task(_tick(progress, whole), name="progress")
                try:
                    await loaded(_WARM_SECONDS)
                    before = levels.current_levels()
                    records = await loaded(minutes * 60, burst)
                finally:
                    clock.cancel()
            return compare_levels(levels.samples, before, levels.current_levels()), records, levels
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


async def _wait(seconds: float, following: asyncio.Task[None]) -> None:
    """Let time pass; RuntimeError when a process is gone, so that nothing can be sampled."""
    done, _ = await asyncio.wait({following}, timeout=seconds)
    if done:
        raise RuntimeError(f"A process ended during the run: {following.exception()}")


async def _tick(progress: Progress, seconds: float) -> None:
    task = progress.add_task("load and rest", total=seconds)
    while True:
        await asyncio.sleep(1)
        progress.advance(task, 1)


def main(
    minutes: Annotated[float, typer.Option(min=0.2, help="Time under load.")] = 30.0,
    conversations: Annotated[int, typer.Option(min=1, max=200, help="Conversations at once.")] = 24,
    burst: Annotated[int, typer.Option(min=1, help="So many times as many ask for 20 s in the middle.")] = 1,
    folder: Annotated[Path, typer.Option(help="For soak.json and soak.png.")] = Path("loadtest-results/soak"),
) -> None:
    """Load the suite for a while, and see whether every turn is answered, and memory, descriptors and calls return."""
    environment, out = describe_environment(), Console(stderr=True)
    logs = Path(tempfile.mkdtemp(prefix="kefu-soak-"))
    try:
        findings, records, levels = asyncio.run(soak(minutes, conversations, burst, logs, out))
    except (RuntimeError, TimeoutError) as error:
        out.print(f"This could not be measured: {error} The logs are in {logs}.", style="red", soft_wrap=True)
        sys.exit(2)
    crowd = f", {burst} times as many for 20 s in the middle" if burst > 1 else ""
    conditions = (
        f"{environment}; {conversations} conversations for {minutes:g} min{crowd}, {_CANCELLING:.0%} cancel, "
        "simulated engine"
    )
    print_findings(findings, records, conditions)
    folder.mkdir(parents=True, exist_ok=True)
    samples = {name: [asdict(sample) for sample in one] for name, one in levels.samples.items()}
    turns = turn_figures(records)
    result = {**environment.as_json(), "conditions": conditions, **turns}
    result |= {"findings": [asdict(one) for one in findings], "samples": samples}
    (folder / "soak.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(f"Plot: {draw(levels.samples, findings, folder / 'soak.png', conditions)}")
    if any(one.problem for one in findings) or lost_answers(turns):
        out.print(f"Something did not return, or a turn was not answered; the logs are in {logs}.", soft_wrap=True)
        sys.exit(1)
    shutil.rmtree(logs)


if __name__ == "__main__":
    typer.run(main)

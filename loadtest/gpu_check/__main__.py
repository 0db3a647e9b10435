"""
Everything that only an NVIDIA card can show, with a page at the end: python -m loadtest.gpu_check --model FOLDER

It needs no network: the model is a folder on this machine. Each step stands alone; one that fails is reported, and the
next ones run. Exit status 1: a step failed. `--dry-run` starts nothing, says what each step would do, and looks at all
that can be looked at without a card.
"""

import asyncio
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import psutil
import typer

from kefu.common.auth import make_key
from kefu.generation.models.nvidia_cards import nvidia_cards
from loadtest.bench.process import PortAllocator
from loadtest.gpu_check.page import page, terminal_lines
from loadtest.gpu_check.preflight import versions
from loadtest.gpu_check.results import CheckRun, StepResult
from loadtest.gpu_check.setting import LEVELS, Setting
from loadtest.gpu_check.steps import STEPS, Session, Step, plan_step, run_step
from loadtest.harness.environment import describe_environment

_NAMES = tuple(step.name for step in STEPS)


async def _run(setting: Setting, chosen: tuple[Step, ...]) -> list[StepResult]:
    session = Session(setting)
    results: list[StepResult] = []
    try:
        for step in chosen:
            results.append(await run_step(step, session))
            _show(results[-1])
    finally:
        await session.end()
    return results


def _show(result: StepResult) -> None:
    for line in terminal_lines(result):
        print(line, flush=True)


def _machine(setting: Setting) -> str:
    cards = ", ".join(f"{card.name} (driver {card.driver})" for card in setting.cards) or "no NVIDIA card"
    memory = psutil.virtual_memory().total / 2**30
    return f"{describe_environment().hardware}, {memory:.0f} GiB, Linux {platform.release()}; {cards}"


def main(
    model: Annotated[Path, typer.Option(help="Folder of the model, in the layout of the model hub.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Start nothing; say what would be done.")] = False,
    on_cpu: Annotated[
        bool, typer.Option("--on-cpu", help="Rehearse every step on vLLM's CPU build: that the check works.")
    ] = False,
    page_file: Annotated[Path | None, typer.Option("--page", help="Write the page here, in Markdown.")] = None,
    only: Annotated[list[str] | None, typer.Option(help=f"One step of {', '.join(_NAMES)}. May be repeated.")] = None,
    levels: Annotated[str, typer.Option(help="Answers at once, with commas.")] = ",".join(map(str, LEVELS)),
    answer_tokens: Annotated[int, typer.Option(min=8, help="Most tokens of a timed answer.")] = 128,
    prompts: Annotated[int, typer.Option(min=1, help="Prompts of a level, times the answers at once.")] = 4,
    utilization: Annotated[float, typer.Option(min=0.05, max=1.0, help="Share of the card for a replica.")] = 0.9,
    tensor_parallel_size: Annotated[int, typer.Option(min=1, help="Cards over which a replica is split.")] = 1,
    max_model_tokens: Annotated[int, typer.Option(min=256, help="Most tokens of prompt and answer.")] = 8192,
    max_running: Annotated[int, typer.Option(min=1, help="Most answers that a replica writes at once.")] = 256,
    logs: Annotated[Path | None, typer.Option(help="Keep logs and outcomes here. Default: a new folder.")] = None,
) -> None:
    """Check everything that only an NVIDIA card can show."""
    if unknown := set(only or ()) - set(_NAMES):
        raise typer.BadParameter(f"no such step: {', '.join(sorted(unknown))}", param_hint="--only")
    try:
        at_once = tuple(int(level) for level in levels.split(","))
    except ValueError:
        raise typer.BadParameter("must be numbers with commas, such as 1,16", param_hint="--levels") from None
    if min(at_once) < 1:
        raise typer.BadParameter("must be above 0", param_hint="--levels")
    folder = logs or Path(tempfile.mkdtemp(prefix="kefu-gpu-check-"))
    folder.mkdir(parents=True, exist_ok=True)
    setting = Setting(
        model=model.expanduser().absolute(),
        device="cpu" if on_cpu else "cuda",
        cards=() if on_cpu else nvidia_cards(),
        logs=folder.absolute(),
        ports=PortAllocator(),
        internal_key=make_key("internal").secret,
        levels=at_once,
        prompts_per_level=prompts,
        answer_tokens=answer_tokens,
        utilization=utilization,
        tensor_parallel_size=tensor_parallel_size,
        max_model_tokens=max_model_tokens,
        max_running=max_running,
    )
    chosen = tuple(step for step in STEPS if not only or step.name in only)
    if dry_run:
        results = [plan_step(step, setting) for step in chosen]
        for result in results:
            _show(result)
    else:
        results = asyncio.run(_run(setting, chosen))
    run = CheckRun(
        when=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        machine=_machine(setting),
        model=setting.model.name,
        versions=versions(),
        steps=tuple(results),
        planned_only=dry_run,
        on_cpu=on_cpu,
    )
    if page_file is not None:
        page_file.write_text(page(run), "utf-8")
        print(f"The page is {page_file}.")
    if not dry_run:
        print(f"Logs and outcomes are in {folder}.")
    sys.exit(1 if run.failed else 0)


if __name__ == "__main__":
    typer.run(main)

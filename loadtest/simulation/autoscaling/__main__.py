"""
A day with the autoscaler, simulated: python -m loadtest.simulation.autoscaling - writes
docs/benchmarks/simulations/autoscaling.md and its plot.

The rules are read from k8s/overlays/gpu-production as kubectl renders it: change one there, run this, see what it does.
See `loadtest.simulation.autoscaling.model` for what is simulated.
"""

import datetime
import shlex
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from loadtest.harness.suite import H100, EnginePace
from loadtest.simulation.autoscaling.hpa import Policy, Rules, written
from loadtest.simulation.autoscaling.model import DaySimulation, slower
from loadtest.simulation.autoscaling.report import Row, page, plot, table

COLD_START = 180.0
SLOWER = 10.0
LARGE, SMALL = 1_000_000, 100_000


def variants(rules: Rules) -> dict[str, tuple[Rules, float]]:
    """What is compared with the rules as they are written, each with its cold start."""
    at_once = (Policy(percent=1000, period=15.0),)
    return {
        "no schedule": (replace(rules, scheduled=0), COLD_START),
        "a cold start of 60 s": (rules, 60.0),
        "a cold start of 600 s": (rules, 600.0),
        "half as many turns a replica (12)": (replace(rules, threshold=rules.threshold / 2), COLD_START),
        "three times as many (72)": (replace(rules, threshold=rules.threshold * 3), COLD_START),
        "scale-up without a bound": (replace(rules, up=at_once), COLD_START),
        "scale-down at once": (replace(rules, down=at_once, down_window=0.0), COLD_START),
        "always 8": (replace(rules, least=rules.most), COLD_START),
        "always 4": (replace(rules, least=4, most=4), COLD_START),
    }


def main(
    seed: int = 7,
    compare: Annotated[bool, typer.Option(help="Play other rules as well.")] = True,
    out: Annotated[Path, typer.Option(help="Folder of the page and its plot.")] = Path("docs/benchmarks/simulations"),
) -> None:
    """Simulate, and write docs/benchmarks/simulations/autoscaling.md and its plot."""
    began = time.perf_counter()
    rules, slow = written(), slower(H100, SLOWER)
    print(rules)

    def play(what: str, rules: Rules, pace: EnginePace, questions: int, cold_start: float) -> Row:
        row = Row(what, pace, questions, DaySimulation(rules, pace, questions, cold_start=cold_start, seed=seed).play())
        print(table([row]).splitlines()[-1], flush=True)
        return row

    as_written = [
        play("as written", rules, pace, questions, COLD_START) for questions in (SMALL, LARGE) for pace in (H100, slow)
    ]
    others = [
        play(what, other, slow, LARGE, cold_start)
        for what, (other, cold_start) in (variants(rules) if compare else {}).items()
    ]
    command = shlex.join(["python", "-m", "loadtest.simulation.autoscaling", *sys.argv[1:]])
    plot([as_written[-1], *others], out / "autoscaling.png")
    today = datetime.datetime.now(datetime.UTC).date()
    text = page(rules, as_written, others, command=command, cold_start=COLD_START, seed=seed, day=today)
    (out / "autoscaling.md").write_text(text, "utf-8")
    print(f"{time.perf_counter() - began:.0f} s; wrote {out / 'autoscaling.md'} and {out / 'autoscaling.png'}")


if __name__ == "__main__":
    typer.run(main)

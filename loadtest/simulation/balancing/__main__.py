"""
What Kefu's balancing gains, simulated: python -m loadtest.simulation.balancing - writes
docs/benchmarks/simulations/balancing.md and its plot.

The same conversations are played against the same simulated replicas once for each way to balance, in simulated time:
see `model` for what is simulated and `policies` for the ways.
"""

import datetime
import shlex
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from loadtest.simulation.balancing.report import page, plot, table
from loadtest.simulation.balancing.simulate import WORKLOADS, compare


def main(
    seconds: Annotated[float, typer.Option(help="Simulated seconds, the first minute not counted.")] = 360.0,
    seed: int = 7,
    out: Annotated[Path, typer.Option(help="Folder of the page and its plot.")] = Path("docs/benchmarks/simulations"),
) -> None:
    """Simulate, and write docs/benchmarks/simulations/balancing.md and its plot."""
    began = time.perf_counter()
    results = {workload: compare(workload, seconds, seed) for workload in WORKLOADS}
    for workload, outcomes in results.items():
        print(f"{workload.title}\n{table(outcomes)}\n")
    command = shlex.join(["python", "-m", "loadtest.simulation.balancing", *sys.argv[1:]])
    today = datetime.datetime.now(datetime.UTC).date()
    plot(results, out / "balancing.png")
    (out / "balancing.md").write_text(page(results, seconds, seed, command, today), "utf-8")
    print(f"{time.perf_counter() - began:.1f} s; wrote {out / 'balancing.md'} and {out / 'balancing.png'}")


if __name__ == "__main__":
    typer.run(main)

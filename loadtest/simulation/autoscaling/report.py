"""docs/benchmarks/simulations/autoscaling.md and its plot."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

from loadtest.harness.suite import H100, EnginePace
from loadtest.simulation.autoscaling.hpa import SYNC_SECONDS, Rules
from loadtest.simulation.autoscaling.model import (
    AROUND_SECONDS,
    DAY,
    PROMPT_TOKENS,
    SCRAPE_SECONDS,
    Outcome,
    capacity,
    rate_at,
)

matplotlib.use("Agg")
from matplotlib import pyplot

_DRAWN = ("as written", "a cold start of 600 s", "three times as many (72)")


@dataclass
class Row:
    """One day that was played."""

    what: str
    pace: EnginePace
    questions: int
    outcome: Outcome


def table(rows: Sequence[Row]) -> str:
    """The days in Markdown."""
    lines = [
        "| rules | replica | questions | refused | first token p50, p95, p99, ms | worst quarter's p95, ms "
        "| most replicas | GPU hours |",
        "|---|---|---:|---:|---|---:|---:|---:|",
    ]
    for row in rows:
        outcome = row.outcome
        first = ", ".join(f"{outcome.at(share):,.0f}" for share in (0.5, 0.95, 0.99))
        lines.append(
            f"| {row.what} | {row.pace.name} | {outcome.questions:,} | {outcome.refused:,} | {first} "
            f"| {_worst(outcome):,.0f} "
            f"| {outcome.most_ready} | {_hours(outcome):.1f} |"
        )
    return "\n".join(lines)


def page(
    rules: Rules,
    as_written: Sequence[Row],
    others: Sequence[Row],
    *,
    command: str,
    cold_start: float,
    seed: int,
    day: datetime.date,
) -> str:
    """The text of docs/benchmarks/simulations/autoscaling.md."""
    slow = as_written[-1].pace
    rates = "\n".join(
        f"| {running} | {capacity(H100, running):.1f} | {capacity(slow, running):.1f} |"
        for running in (8, round(rules.threshold), 64, 128, rules.places)
    )
    mean = 1_000_000 / DAY
    peak = max(rate_at(second, 1_000_000) for second in range(0, round(DAY), 60))
    return f"""# Autoscaling, simulated

<!-- Written by `{command}`: change loadtest/simulation/autoscaling/report.py, not this file. -->

What the autoscaler of [k8s/components/autoscaling](../../../k8s/components/autoscaling/README.md) does in a day, for
operators who choose its rules. How to scale by hand is in [Kubernetes](../../operate/kubernetes.md#scale).

**Simulated, on no real machine, on no cluster.** A day of questions with a quiet night, a morning peak and a sale in
the evening is played against replicas that take a while to come up, and the rules of the autoscaler, read from
`k8s/overlays/gpu-production` as `kubectl` renders it. Change a rule there, run it again, see the difference.

    {command}
    {day}, seed {seed}, {cold_start:g} s from ordering a replica to its first answer

{table(as_written)}

"Worst quarter" is the quarter of an hour with the latest first tokens. GPU hours count from ordering a replica until it
has gone; {rules.least} replicas kept all day are {24 * rules.least}, {rules.most} are {24 * rules.most}.

![The day](autoscaling.png)

## What it says

{_words(as_written)}
{_findings(as_written, others)}
## Other rules

1,000,000 questions, {slow.name}:

{table(others) if others else "Not played this time."}

## What is played

- **Customers.** {PROMPT_TOKENS} tokens of prompt and {H100.answer_tokens} of answer in the mean, spread as texts are;
  every question asks the model. In the morning the rate rises to {peak / mean:.1f} times the day's mean within half an
  hour, {peak:.0f} a second of a million a day; at 20:00 a sale brings as many within a minute.
- **A replica.** {H100.name} is the engine that the load tests imitate, from NVIDIA's published figures for an 8B model
  ({H100.source}): {H100.step_milliseconds} ms a step,
  {H100.step_milliseconds_per_request} ms more for each further answer, {H100.prefill_tokens_per_second:,.0f} prompt
  tokens a second, during which nothing is written. "{slow.name}" is the same, slower: an assumption that stands for a
  cheaper card or a larger model. Questions a second that one can answer, by answers at once:

  | at once | {H100.name} | {slow.name} |
  |---:|---:|---:|
{_indented(rates)}

- **The cold start** of a replica on a GPU has not been measured by us. {cold_start:g} s is assumed: a node with the
  image, the weights on the replica's own volume, compiled before. (On two CPU cores it is 38 s, without compiling.) A
  fresh node takes longer: see the row with 600 s.
- **Routers.** Least loaded of two at random; one line when all places are taken; a turn that would wait longer than
  {rules.admission_seconds:g} s is refused. {AROUND_SECONDS * 1000:.0f} ms are added for search and router.
- **The autoscaler.** Running and waiting turns, {SCRAPE_SECONDS:g} s old, looked at every {SYNC_SECONDS:g} s; its
  tolerance of 10 %, its windows and policies. {rules.least} to {rules.most} replicas, {rules.threshold:g} turns each,
  {rules.scheduled} from {_clock(rules.opens)} to {_clock(rules.closes)}.
- **Left out**: brown-out, which makes answers shorter before anyone is refused; hedging; failures; the prefix cache;
  answers that need no model; the time that Kubernetes takes to find a node.
"""


def _words(rows: Sequence[Row]) -> str:
    lines: list[str] = []
    for row in rows:
        most = max(work for *_, work in row.outcome.samples)
        lines.append(
            f"- {row.questions:,} a day on {row.pace.name} each: at most {most:.0f} turns in hand, "
            f"{row.outcome.most_ready} replicas, {row.outcome.refused} refused."
        )
    return "\n".join(lines)


def _findings(as_written: Sequence[Row], others: Sequence[Row]) -> str:
    """What the figures say, for as long as they say it: each sentence holds the figures that it rests on."""
    by_rule = {row.what: row.outcome for row in others}
    base, small = as_written[-1].outcome, as_written[0].outcome
    lines: list[str] = []
    if (without := by_rule.get("no schedule")) is not None:
        lines.append(
            f"- Without the schedule the worst quarter's p95 is {_worst(without):,.0f} ms, with it {_worst(base):,.0f}"
            ": a morning that takes half an hour is slower than a replica that takes three minutes. The schedule "
            f"is for mornings that are not, and it is what a small day pays for: {_hours(small):.0f} GPU hours where "
            "two replicas sufficed."
        )
    if (cold := by_rule.get("a cold start of 600 s")) is not None:
        lines.append(
            f"- With replicas that take ten minutes to come up: {_worst(cold):,.0f} ms, {cold.refused:,} refused. That "
            "is what half-used replicas are for."
        )
    if (full := by_rule.get("three times as many (72)")) is not None:
        lines.append(
            f"- Three times as many turns a replica save GPU hours ({_hours(full):.0f} instead of {_hours(base):.0f}), "
            f"until the sale comes: {_worst(full):,.0f} ms and {full.refused:,} refused."
        )
    return "\n".join([*lines, ""])


def _worst(outcome: Outcome) -> float:
    return max((late for _, late in outcome.worst), default=0.0) * 1000


def _hours(outcome: Outcome) -> float:
    return outcome.gpu_seconds / 3600


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _clock(hour: float) -> str:
    return f"{int(hour)}:{round(hour % 1 * 60):02}"


def plot(rows: Sequence[Row], path: Path) -> None:
    """The day of the first row, and of some others beside it."""
    drawn = [row for row in rows if row.what in _DRAWN]
    drawing: Any = pyplot.subplots(4, 1, figsize=(9, 11), sharex=True)  # pyright: ignore[reportUnknownMemberType] - matplotlib types its arguments in part
    figure, grid = drawing
    axes: list[Any] = list(grid)
    first = drawn[0]
    axes[0].set_title(f"A simulated day of {first.questions:,} questions, {first.pace.name} each")
    seconds = range(0, round(DAY), 120)
    axes[0].plot([second / 3600 for second in seconds], [rate_at(second, first.questions) for second in seconds])
    axes[0].set_ylabel("questions a second")
    for row in drawn:
        hours = [at / 3600 for at, *_ in row.outcome.samples]
        axes[1].plot(hours, [ready for _, ready, _, _ in row.outcome.samples], label=row.what)
        axes[2].plot(hours, [work for *_, work in row.outcome.samples], label=row.what, linewidth=0.8)
        worst = row.outcome.worst
        axes[3].plot([at / 3600 for at, _ in worst], [late * 1000 for _, late in worst], label=row.what)
    for axis, label in zip(axes[1:], ("replicas ready", "turns in hand", "first token p95, ms"), strict=True):
        axis.set_ylabel(label)
        axis.legend(fontsize="small")
    for axis in axes:
        axis.grid(visible=True, alpha=0.3)
        axis.set_ylim(bottom=0)
    axes[3].set_xlabel("hour of the day")
    axes[3].set_xticks(range(0, 25, 3))
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    pyplot.close(figure)

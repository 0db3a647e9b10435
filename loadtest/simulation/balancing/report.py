"""docs/benchmarks/simulations/balancing.md and its picture, from the outcomes of `loadtest.simulation.balancing`."""

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from kefu.router.replicas.load import STALE_SECONDS
from kefu.router.replicas.load_balancer import STICKY_BOUND, STICKY_TOKENS
from loadtest.harness.statistics import percentile
from loadtest.simulation.balancing.model import EngineSpeed, Workload
from loadtest.simulation.balancing.simulate import (
    REPLICAS,
    REPORT_SECONDS,
    ROUTERS,
    UNDER_WAY_SECONDS,
    WARM_UP_SECONDS,
    Outcome,
)

Results = Mapping[Workload, Mapping[str, Outcome]]
_SHARES = [n / 200 for n in range(1, 200)] + [0.996, 0.998, 0.999]
_PAGE = """\
# Load balancing, simulated

<!-- Written by `{command}`: change loadtest/simulation/balancing/report.py, not this file. -->

What Kefu's way to choose a replica gains over others, for whoever doubts it or changes it. The way itself is described
in [Load balancing](../../concepts/load-balancing.md). Here a session stays while its replica's load is at most
{bound:g} times the mean and {allowance:,} tokens more. A replica whose last report is older than {stale:g} s
counts as saturated.

## The comparison

**Simulated, on no real machine**: every figure below comes from a model in simulated time. Real is the code that chose
in the last two rows of each table: the router's own. The same conversations were played once for each way to balance.

    {command}
    {day}, seed {seed}, {seconds:g} simulated seconds, of which the first {warm_up:g} do not count

![First tokens and cache hits](balancing.png)

{tables}

Cache hits: share of all prompt tokens that the replica's prefix cache held. Same replica: share of further turns that
went where the turn before went. Open requests: mean over time, at the first replica (the slow one, where there is one)
and at the others. A turn counts when its first token comes: ways that let turns pile up count fewer, and look better
than they are.

## What is simulated

- {replicas} replicas. Each prefills {prefill:,.0f} tokens a second, one prompt after the other; writes at most
  {stream:g} tokens a second for a request and {all_streams:,.0f} for all; runs {places} requests and lets the others
  wait; keeps {cache:,} tokens in its prefix cache and forgets those used longest ago. These are round figures for a
  small model on a data-centre GPU, chosen and not measured. A slow replica is {slowed:g} times slower in all of this.
- {routers} routers; each turn goes to any of them. No router knows what another one sends. A replica reports every
  {report:g} s, the longest that the contract allows, and everything is {under_way:g} ms under way.
- Conversations begin at random, {a_second:g} a second, with {turns:g} turns in the mean and {think:g} s of thought
  between them. Answers are skewed: 100 tokens in the median, 2,000 at most. A tenant's prompts all begin with its
  {instructions} tokens of instructions; there are {tenants} tenants, of unequal size. In a long conversation the
  prompt holds all that was said before; a short one holds instructions, passages and the question.
- "Least requests" is what a proxy does: the fewest open requests of its own. "Consistent hash" never moves a session.
  "Owed tokens, not sticky" is Kefu's choice without the preference for the session's last replica.

## Where it gains nothing

While all replicas are alike and none is short of anything, never moving a session is better still: Kefu gives some
cache hits away for even loads, which pay once a replica is slow. Where prompts share nothing but the instructions, as
Kefu's own do once a conversation is longer than `KEFU_ROUTER_HISTORY_TOKENS`, staying gains nothing: the last table
shows what it costs. Tokens are not seconds: a slow replica gets its share of tokens and takes longer for them, as its
open requests show.
"""


def page(results: Results, seconds: float, seed: int, command: str, day: datetime.date) -> str:
    """The page, in Markdown."""
    speed, workload = EngineSpeed(), next(iter(results))
    return _PAGE.format(
        command=command,
        day=day.isoformat(),
        seed=seed,
        seconds=seconds,
        warm_up=WARM_UP_SECONDS,
        bound=STICKY_BOUND,
        allowance=STICKY_TOKENS,
        stale=STALE_SECONDS,
        tables="\n\n".join(f"### {one.title}\n\n{table(found)}" for one, found in results.items()),
        replicas=REPLICAS,
        prefill=speed.prefill,
        stream=speed.stream,
        all_streams=speed.all_streams,
        places=speed.max_running,
        cache=speed.cache,
        slowed=max(one.slowed for one in results),
        routers=ROUTERS,
        report=REPORT_SECONDS,
        under_way=UNDER_WAY_SECONDS * 1000,
        a_second=workload.a_second,
        turns=workload.mean_turns,
        think=workload.mean_think,
        instructions=workload.instructions,
        tenants=workload.tenants,
    )


def table(outcomes: Mapping[str, Outcome]) -> str:
    """A table in Markdown."""
    lines = [
        "| | turns | first token p50, ms | p95, ms | p99, ms | cache hits | same replica "
        "| open requests: first replica | others, most / least |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, outcome in outcomes.items():
        slow, *others = outcome.loads
        lines.append(
            f"| {name} | {len(outcome.first):,} | {outcome.at(0.5):,.0f} | {outcome.at(0.95):,.0f} "
            f"| {outcome.at(0.99):,.0f} | {outcome.hits:.1%} | {outcome.same:.1%} | {slow:.1f} "
            f"| {max(others):.1f} / {min(others):.1f} |"
        )
    return "\n".join(lines)


def plot(results: Results, path: Path) -> None:
    """First-token times and cache hits, side by side, a row for each workload."""
    figure: Any = Figure(figsize=(11, 3.6 * len(results)), layout="constrained")  # matplotlib is typed in part
    FigureCanvasAgg(figure)
    figure.suptitle("Simulated: first tokens and cache hits by way to balance")
    rows = figure.subplots(len(results), 2, squeeze=False, width_ratios=(3, 2))
    for (first, hits), (workload, outcomes) in zip(rows, results.items(), strict=True):
        for name, outcome in outcomes.items():
            ordered = sorted(outcome.first)
            first.plot([percentile(ordered, share) * 1000 for share in _SHARES], _SHARES, label=name)
        first.set_xscale("log")
        first.set_xlabel("first token within, ms")
        first.set_ylabel("share of turns")
        first.set_title(workload.title, fontsize="medium")
        first.axhline(0.95, color="grey", linewidth=0.5)
        first.grid(visible=True, alpha=0.3)
        first.legend(fontsize="small", loc="lower right")
        names = list(outcomes)
        hits.barh(names, [outcomes[name].hits for name in names])
        hits.set_xlim(0, 1)
        hits.set_xlabel("prompt tokens found in the cache, share")
        hits.invert_yaxis()
    figure.savefig(path, dpi=110)

"""
Start a suite, put one kind of load on it, judge every answer, print the figures, stop all.

    python -m loadtest.scenarios short                       50 customers for 30 s (`make loadtest`)
    python -m loadtest.scenarios web                         the same customers at locust's web page, until Ctrl-C
    python -m loadtest.scenarios open-loop --seconds 600     12 questions a second, an engine as fast as an H100
    python -m loadtest.scenarios streams --streams 5000      that many answers at once, a token every 50 ms
    python -m loadtest.scenarios streams --profile evidence  answers in the pages' own words, by retrieval's reader
    python -m loadtest.scenarios idle --streams 10000        connections left alone for minutes, then each asks once
    python -m loadtest.scenarios neighbours flood            a tenant sends 20 times its share: do three others notice?
    python -m loadtest.scenarios neighbours stalled          200 clients stop reading: does anyone notice?

`--routers 2` runs so many router processes behind nginx. Redis, retrieval with its real embedder, routers and nginx
are the real ones; the engine is simulated and says so in every answer. Results go to the folder `--out`: a JSON
summary, CSV files and plots. The exit status is 1 when any answer failed, was handed over for load, or was refused for
load. Refusals that say when to come back are allowed where more is asked than can be answered: to the tenant that
floods, and with `--may-refuse` (open-loop, streams, idle), which looks for the breaking point.
"""

import asyncio
import json
import math
import os
import signal
import sys
from collections.abc import Coroutine
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from kefu.testing.suite import Suite
from loadtest.generator.worker_processes import WorkerPlan
from loadtest.harness.environment import describe_environment
from loadtest.harness.report import usage_summary, usage_table
from loadtest.harness.resource_usage import pids_of_suite
from loadtest.harness.suite import COLLECTION, H100, EnginePace, steady_pace
from loadtest.scenarios.common_options import CommonOptions
from loadtest.scenarios.noisy_neighbour import Disturbance, Rates, count_lost, figures, print_figures, run_periods
from loadtest.scenarios.streams import MAY_REFUSE, ReportOptions, make_plan, report, run_plan

_LOCUSTFILE = Path(__file__).parents[1] / "locustfile.py"
_ROOT = Path(__file__).parents[2]
_MayRefuse = Annotated[bool, typer.Option("--may-refuse", help=MAY_REFUSE)]
app = typer.Typer(add_completion=False, help=__doc__, rich_markup_mode=None)


class AnswerProfile(StrEnum):
    """See KEFU_ROUTER_ANSWER_PROFILE."""

    EVIDENCE = "evidence"
    UNCHECKED = "unchecked"


@app.callback()
def _common(
    context: typer.Context,
    routers: Annotated[int, typer.Option(min=1, help="Router processes; more than one need nginx.")] = 1,
    generations: Annotated[int, typer.Option(min=1, help="Simulated engines.")] = 1,
    retrievals: Annotated[int, typer.Option(min=1, help="Retrieval processes.")] = 1,
    retrieval_cores: Annotated[
        float, typer.Option(min=0, help="Hold each of them to so many cores, by control groups (root); 0: to none.")
    ] = 0.0,
    corpus: Annotated[
        list[Path] | None, typer.Option(help="BEIR corpus.jsonl to import, 10,000 documents at most; none: the sample.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for results.")] = Path("loadtest-results"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON (streams, idle and neighbours).")] = False,
    up: Annotated[list[str] | None, typer.Option(help="A further word for `kefu up`; again for more.")] = None,
    variable: Annotated[list[str] | None, typer.Option(help="NAME=VALUE for the services; again for more.")] = None,
) -> None:
    pairs = [one.partition("=") for one in variable or ()]
    context.obj = CommonOptions(
        routers,
        generations,
        retrievals,
        retrieval_cores,
        tuple(corpus or ()),
        out,
        as_json,
        describe_environment(),
        tuple(up or ()),
        {name: value for name, _, value in pairs},
    )


@app.command()
def short(
    context: typer.Context,
    users: Annotated[int, typer.Option(help="Customers.")] = 50,
    seconds: Annotated[int, typer.Option(help="How long.")] = 30,
) -> None:
    """A few customers in three journeys, for half a minute."""
    common: CommonOptions = context.obj
    _locust(common, H100, *_headless(common), *_locust_users(users, seconds))


@app.command()
def web(context: typer.Context, port: Annotated[int, typer.Option(help="Of locust's web page.")] = 8089) -> None:
    """A suite for locust's web page: choose users there and start; Ctrl-C ends all."""
    _locust(context.obj, H100, "--web-host", "127.0.0.1", "--web-port", str(port))


@app.command(name="open-loop")
def open_loop(
    context: typer.Context,
    rate: Annotated[float, typer.Option(help="Questions a second.")] = 12.0,
    seconds: Annotated[int, typer.Option(help="How long.")] = 600,
    may_refuse: _MayRefuse = False,
) -> None:
    """Questions at a fixed rate, whatever the answers take: 12 a second is ten times 100,000 a day."""
    common: CommonOptions = context.obj
    words = ("--rate", f"{rate:g}", "--users", "1", "--run-time", f"{seconds}s")
    _locust(common, H100, *_headless(common), *words, *(("--may-refuse",) if may_refuse else ()))


@app.command()
def streams(
    context: typer.Context,
    streams: Annotated[int, typer.Option(min=1, help="Answers at once.")] = 5000,
    ramp: Annotated[float, typer.Option(help="Seconds over which they begin.")] = 60.0,
    hold: Annotated[float, typer.Option(help="Seconds that they go on after the ramp.")] = 30.0,
    interval: Annotated[float, typer.Option(help="Milliseconds between tokens.")] = 50.0,
    clients: Annotated[int, typer.Option(min=1, help="Client processes.")] = 2,
    profile: Annotated[
        AnswerProfile,
        typer.Option(
            help="unchecked: the engine writes each answer; evidence: it is the pages' own words, which retrieval's "
            "reader chooses, and comes at once, so few are open at the same time."
        ),
    ] = AnswerProfile.UNCHECKED,
    may_refuse: _MayRefuse = False,
) -> None:
    """Many answers streaming at the same time: each is long enough that all of them overlap."""
    common: CommonOptions = context.obj
    tokens = min(max(math.ceil((ramp + hold) * 1000 / interval), 200), 4096)
    pace = steady_pace(interval, tokens)
    generated = profile is AnswerProfile.UNCHECKED
    answering = {
        "KEFU_ROUTER_ANSWER_PROFILE": profile,
        "KEFU_ROUTER_DESK_CONVERSATIONS": "0",  # a full desk takes no handover, and would hide those for load
    }

    async def run() -> int:
        async with replace(common, variables=answering | common.variables).suite(pace, streams=streams) as suite:
            plan = make_plan(
                suite.router,
                suite.key,
                streams=streams,
                ramp=ramp,
                hold=tokens * interval / 1000,
                tokens=tokens,
                clients=clients,
                collections=[COLLECTION],
                must_generate=generated,
            )
            engine_seconds = pace.least_first_token_seconds if generated else 0.0
            options = _report_options(common, engine_seconds, may_refuse=may_refuse)
            return await _run_and_report(suite, plan, options, tell_every=5.0)

    raise typer.Exit(1 if asyncio.run(_until_terminated(run())) else 0)


@app.command()
def idle(
    context: typer.Context,
    address: Annotated[str, typer.Option(help="host:port of nginx with TLS; empty: the suite's, as it is.")] = "",
    authority: Annotated[Path | None, typer.Option(help="Certificates to trust; none: any.")] = None,
    streams: Annotated[int, typer.Option(min=1, help="Connections.")] = 10_000,
    ramp: Annotated[float, typer.Option(help="Seconds over which they are opened.")] = 120.0,
    minutes: Annotated[float, typer.Option(help="For which they are left alone.")] = 10.0,
    spread: Annotated[float, typer.Option(help="Seconds over which they ask.")] = 120.0,
    tls: Annotated[bool, typer.Option(help="Speak TLS.")] = True,
    clients: Annotated[int, typer.Option(min=1, help="Client processes.")] = 2,
    may_refuse: _MayRefuse = False,
) -> None:
    """Connections with a session each, left alone, then asked once over the same connection."""
    common: CommonOptions = context.obj
    pace = steady_pace(10, 60)

    async def run() -> int:
        # nginx takes twice as many idle connections as streams; see deploy/nginx/README.md.
        async with common.suite(pace, streams=math.ceil(streams / 2), tls=tls and not address) as suite:
            plan = make_plan(
                address or suite.router.removeprefix("https://"),
                suite.key,
                streams=streams,
                ramp=ramp,
                hold=30,
                tokens=60,
                clients=clients,
                tls=tls,
                authority=authority,
                collections=[COLLECTION],
                idle=minutes * 60,
                spread=spread,
            )
            options = _report_options(common, pace.least_first_token_seconds, may_refuse=may_refuse)
            return await _run_and_report(suite, plan, options, tell_every=30.0)

    raise typer.Exit(1 if asyncio.run(_until_terminated(run())) else 0)


@app.command()
def neighbours(
    context: typer.Context,
    disturbance: Annotated[Disturbance, typer.Argument(help="What the others should not notice.")],
    rate: Annotated[float, typer.Option(help="Questions a second of each of four tenants.")] = 1.5,
    times: Annotated[float, typer.Option(help="flood: the fourth sends so many times that.")] = 20.0,
    count: Annotated[int, typer.Option(min=1, help="stalled: clients that stop reading.")] = 200,
    seconds: Annotated[
        float, typer.Option(help="How long a spell is; 0: 60 for a flood, 20 for stalled clients.")
    ] = 0.0,
    onset: Annotated[float, typer.Option(help="flood: its first seconds are shown apart.")] = 15.0,
    rounds: Annotated[int, typer.Option(min=1, help="Quiet and disturbed spells, each so often.")] = 3,
    most_ratio: Annotated[
        float, typer.Option(help="Of the others' first text p95; above it the exit status is 1.")
    ] = 1.3,
) -> None:
    """Tenants beside one that sends too much, or beside clients that read nothing."""
    common: CommonOptions = context.obj
    floods = disturbance is Disturbance.FLOOD
    # Ten answers of 480 tokens a second: the four tenants' share fits, a flood is several times too much.
    pace = replace(steady_pace(20, 480), max_running=96) if floods else steady_pace(20, 120)
    seconds = seconds or (60.0 if floods else 20.0)

    async def run() -> int:
        longest = {"KEFU_ROUTER_MAX_ANSWER_TOKENS": str(pace.answer_tokens)}
        async with replace(common, variables=longest | common.variables).suite(pace) as suite:
            spells, sampler = await run_periods(suite, disturbance, Rates(rate, times), count, seconds, rounds)
        found = {**common.environment.as_json(), **figures(spells, onset if floods else 0.0)}
        if common.as_json:
            print(json.dumps({**found, "processes": usage_summary(sampler.usage)}, indent=2, ensure_ascii=False))
        else:
            print(common.environment)
            print(print_figures(found))
            print(usage_table(sampler.usage))
        if warning := sampler.generator_warning():
            common.say(warning)
        return count_lost(found, flood=floods) + (found["first_text_p95_ratio"] > most_ratio)

    raise typer.Exit(1 if asyncio.run(_until_terminated(run())) else 0)


def _report_options(common: CommonOptions, engine_seconds: float, *, may_refuse: bool) -> ReportOptions:
    return ReportOptions(common.environment, engine_seconds, may_refuse, common.as_json, common.out)


async def _run_and_report(suite: Suite, plan: WorkerPlan, options: ReportOptions, *, tell_every: float) -> int:
    """Run a plan and report it; how many answers count against the run."""
    every = 1e9 if options.as_json else tell_every
    outcomes, sampler = await run_plan(plan, pids_of_suite(suite.folder.path), tell_every=every)
    return report(plan, outcomes, sampler, options)


async def _until_terminated(run: Coroutine[Any, Any, int]) -> int:
    """At SIGTERM stop all that was started, as at Ctrl-C."""
    task = asyncio.ensure_future(run)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _headless(common: CommonOptions) -> tuple[str, ...]:
    return ("--headless", "--environment", json.dumps(common.environment.as_json()))


def _locust_users(users: int, seconds: int) -> tuple[str, ...]:
    return ("--users", str(users), "--spawn-rate", f"{max(users / 5, 1):g}", "--run-time", f"{seconds}s")


def _locust(common: CommonOptions, pace: EnginePace, *words: str) -> None:
    async def run() -> int:
        async with common.suite(pace) as suite:
            common.out.mkdir(parents=True, exist_ok=True)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "locust", "-f", str(_LOCUSTFILE), "--host", suite.router, "--only-summary"),
                *(
                    "--collection",
                    COLLECTION,
                    "--data-dir",
                    str(suite.folder.path),
                    "--out",
                    str(common.out.absolute()),
                ),
                *("--engine-first", f"{pace.least_first_token_seconds * 1000:g}", "--stop-timeout", "20"),
                *("--csv", str(common.out / "locust"), "--loglevel", "WARNING"),
                *words,
                env=os.environ | {"KEFU_KEY": suite.key},
                cwd=_ROOT,
            )
            try:
                return await process.wait()
            finally:
                if process.returncode is None:
                    process.terminate()
                    await process.wait()

    raise typer.Exit(asyncio.run(_until_terminated(run())))


if __name__ == "__main__":
    app()

"""
Hold many answers streaming at once through one address, and give a verdict on every one.

    python -m loadtest.scenarios.streams --address 127.0.0.1:50051 --key KEY --streams 5000 --ramp 60 --hold 30

Turn number k of N begins at k/N of the ramp, whatever the others do. Give the answers enough tokens (and the engine
its pace) so that each lasts longer than ramp and hold together: then all of them stream at the same time, and the
table says how many did. With --idle the N turns are N connections instead, each with a session of its own, which are
left alone for so many minutes and then each asked once, over the same connection.

The client is HTTP/2 on the bare socket (generator/http2_client.py): its CPU per frame is printed, and a warning when it
is itself what was measured. Everything goes to one address; use a loopback one. The exit status is 1 when an answer
failed, was handed over for load, or was refused for load; with --may-refuse, for a load that looks for the breaking
point, refusals that say when to come back are counted and allowed.
"""

import asyncio
import json
import math
import multiprocessing
import multiprocessing.connection
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer

from loadtest.generator.worker_processes import WorkerOutcome, WorkerPlan, WorkerProgress, run_worker
from loadtest.harness.environment import Environment, describe_environment
from loadtest.harness.report import (
    lost_answers,
    summary,
    usage_summary,
    usage_table,
    verdict_table,
    write_report,
)
from loadtest.harness.resource_usage import GENERATOR, Pids, Sampler, pids_of_suite, sampling
from loadtest.harness.statistics import Spread, Timeline

MAY_REFUSE = "More is asked than can be answered: refusals that say when to come back are counted and allowed."
"""Help of the option."""
_START_SECONDS = 3.0
"""Time for the client processes to start before the run begins."""
_SILENT_SECONDS = 60.0
"""Beyond the planned end, streams may last this much longer before they are given up."""


async def run_plan(plan: WorkerPlan, pids: Pids, *, tell_every: float = 5.0) -> tuple[list[WorkerOutcome], Sampler]:
    """Run a plan with `plan.of` client processes; prints a line of progress now and then. `plan.share` is ignored."""
    spawn = multiprocessing.get_context("spawn")
    ends: list[Pipe] = []
    children: list[BaseProcess] = []
    outcomes: list[WorkerOutcome] = []
    for share in range(plan.of):
        ours, theirs = spawn.Pipe(duplex=False)
        child = spawn.Process(target=run_worker, args=(replace(plan, share=share), theirs), daemon=True)
        child.start()
        theirs.close()
        ends.append(ours)
        children.append(child)

    def processes() -> dict[str, list[int]]:
        found = dict(pids())
        found.pop(GENERATOR, None)
        found.update((f"client-{share + 1}", [child.pid or 0]) for share, child in enumerate(children))
        return found

    try:
        async with sampling(processes) as sampler:
            await asyncio.to_thread(_collect_outcomes, ends, outcomes, plan, tell_every)
    finally:
        for child in children:
            child.terminate()
            child.join()
    return outcomes, sampler


def _collect_outcomes(ends: Iterable[Pipe], outcomes: list[WorkerOutcome], plan: WorkerPlan, tell_every: float) -> None:
    waiting, latest, told = list(ends), dict[int, WorkerProgress](), time.monotonic()
    while waiting:
        for pipe in multiprocessing.connection.wait(waiting, timeout=1.0):
            assert isinstance(pipe, Pipe)
            try:
                news: WorkerProgress | WorkerOutcome = pipe.recv()
            except EOFError:
                raise RuntimeError("A client process died; its own message is above.") from None
            if isinstance(news, WorkerOutcome):
                outcomes.append(news)
                waiting.remove(pipe)
                latest.pop(news.share, None)
            else:
                latest[news.share] = news
        if latest and time.monotonic() - told >= tell_every:
            told = time.monotonic()
            totals = [sum(column) for column in list(zip(*latest.values(), strict=True))[1:]]
            print(
                f"{told - plan.began:6.0f} s: {totals[0]} turns open, {totals[1]} streaming, {totals[2]} messages, "
                f"{totals[3]} connections{_at_server(plan)}",
                flush=True,
            )


def _at_server(plan: WorkerPlan) -> str:
    """Connections as the listening side's kernel sockets count them; only in idle mode, where it is the point."""
    if not plan.idle:
        return ""
    port = int(plan.address.rpartition(":")[2])
    count = sum(
        one.status == psutil.CONN_ESTABLISHED and bool(one.laddr) and one.laddr.port == port
        for one in psutil.net_connections("tcp4")
    )
    return f" ({count} at the server)"


@dataclass(frozen=True)
class ReportOptions:
    """How a run is reported and judged."""

    environment: Environment
    """As the run started."""
    engine_seconds: float = 0.0
    """The engine's own least time to a first token."""
    may_refuse: bool = False
    """See `lost_answers`."""
    as_json: bool = False
    out: Path | None = None
    """Folder for results."""


def _figures(
    plan: WorkerPlan, outcomes: list[WorkerOutcome], sampler: Sampler, options: ReportOptions
) -> dict[str, Any]:
    verdicts = [verdict for outcome in outcomes for verdict in outcome.verdicts]
    sessions = [verdict for outcome in outcomes for verdict in outcome.sessions]
    frames, cpu = sum(one.frames for one in outcomes), sum(one.cpu_seconds for one in outcomes)
    late = Spread.of([seconds for one in outcomes for seconds in one.lateness])
    figures: dict[str, Any] = {
        **options.environment.as_json(),
        "plan": {
            "streams": plan.streams,
            "ramp_seconds": plan.ramp,
            "max_tokens": plan.tokens,
            "idle_seconds": plan.idle,
            "spread_seconds": plan.spread,
            "client_processes": plan.of,
            "tls": plan.tls,
            "must_generate": plan.must_generate,
            "may_refuse": options.may_refuse,
        },
        **summary(verdicts, engine_seconds=options.engine_seconds),
        "client_us_per_message": round(cpu / frames * 1e6, 1) if frames else None,
        "asked_late_ms": late.milliseconds(),
        "processes": usage_summary(sampler.usage),
    }
    if plan.idle:
        figures["opening"] = summary(sessions)
    return figures


def report(plan: WorkerPlan, outcomes: list[WorkerOutcome], sampler: Sampler, options: ReportOptions) -> int:
    """Print the figures, write them to a folder if one is given, and return how many answers count against the run."""
    figures = _figures(plan, outcomes, sampler, options)
    timeline = Timeline(plan.began)
    for outcome in outcomes:
        timeline.merge(outcome.timeline)
    warnings = [text for share in range(plan.of) if (text := sampler.generator_warning(f"client-{share + 1}"))]
    if options.out is not None:
        write_report(options.out, f"{plan.streams} streams over {plan.ramp:g} s", figures, timeline, sampler.usage)
    if options.as_json:
        print(json.dumps({**figures, "warnings": warnings}, indent=2, ensure_ascii=False))
    else:
        print()
        print(options.environment)
        if plan.idle:
            print(verdict_table("opening", figures["opening"]))
        print(verdict_table("turns", figures))
        late = figures["asked_late_ms"]
        print(
            f"client: {figures['client_us_per_message']} µs of CPU a message; "
            f"questions asked late by p99 {late['p99']} ms, max {late['max']} ms"
        )
        print(usage_table(sampler.usage))
        for text in warnings:
            print(text)
    judged = [figures, figures["opening"]] if plan.idle else [figures]
    return sum(lost_answers(each, may_refuse=options.may_refuse) for each in judged)


def make_plan(
    address: str,
    key: str,
    *,
    streams: int,
    ramp: float,
    hold: float,
    tokens: int,
    clients: int = 2,
    streams_each: int = 100,
    tls: bool = False,
    authority: Path | None = None,
    collections: Iterable[str] = (),
    idle: float = 0.0,
    spread: float = 120.0,
    must_generate: bool = True,
) -> WorkerPlan:
    """A plan that begins in a moment. Times are in seconds. `hold`: how long the last answer may take to stream."""
    began = time.monotonic() + _START_SECONDS
    return WorkerPlan(
        address=address,
        key=key,
        tls=tls,
        authority=authority,
        share=0,
        of=clients,
        streams=streams,
        began=began,
        ramp=ramp,
        ends=began + ramp + (idle + spread if idle else 0) + hold + _SILENT_SECONDS,
        tokens=tokens,
        streams_each=streams_each,
        collections=tuple(collections),
        idle=idle,
        spread=spread,
        must_generate=must_generate,
    )


def main(
    key: Annotated[str, typer.Option(envvar="KEFU_KEY", help="A key with the chat scope.")],
    address: Annotated[str, typer.Option(help="host:port of the router, or of nginx.")] = "127.0.0.1:50051",
    streams: Annotated[int, typer.Option(min=1, help="Turns (with --idle: connections).")] = 100,
    ramp: Annotated[float, typer.Option(min=0, help="Seconds over which they begin.")] = 5.0,
    hold: Annotated[float, typer.Option(min=0, help="Seconds that they go on after the ramp.")] = 10.0,
    interval: Annotated[float, typer.Option(help="The engine's milliseconds between tokens, to ask for enough.")] = 50,
    tokens: Annotated[int, typer.Option(help="Most tokens of an answer; 0: what ramp and hold need.")] = 0,
    engine_first: Annotated[float, typer.Option(help="The engine's own least ms to a first token.")] = 0.0,
    clients: Annotated[int, typer.Option(min=1, max=4, help="Client processes.")] = 2,
    streams_each: Annotated[int, typer.Option(min=1, help="Most streams on one connection.")] = 100,
    tls: Annotated[bool, typer.Option("--tls", help="Speak TLS.")] = False,
    authority: Annotated[Path | None, typer.Option(help="Certificates to trust; none: any.")] = None,
    collection: Annotated[list[str] | None, typer.Option(help="Search only these.")] = None,
    idle: Annotated[float, typer.Option(min=0, help="Idle mode: minutes to leave each connection alone.")] = 0.0,
    spread: Annotated[float, typer.Option(min=0, help="Idle mode: seconds over which all ask.")] = 120.0,
    data_dir: Annotated[Path, typer.Option(help="The suite's data folder, to find its processes.")] = Path(".kefu"),
    out: Annotated[Path | None, typer.Option(help="Folder for CSV, JSON and plots.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    may_refuse: Annotated[bool, typer.Option("--may-refuse", help=MAY_REFUSE)] = False,
) -> None:
    """Exits with 1 when any answer failed, was handed over for load, or was refused for load."""
    environment = describe_environment()
    plan = make_plan(
        address,
        key,
        streams=streams,
        ramp=ramp,
        hold=hold,
        tokens=tokens or min(math.ceil((ramp + hold) * 1000 / interval), 4096),
        clients=clients,
        streams_each=streams_each,
        tls=tls,
        authority=authority,
        collections=collection or (),
        idle=idle * 60,
        spread=spread,
    )
    outcomes, sampler = asyncio.run(run_plan(plan, pids_of_suite(data_dir), tell_every=1e9 if as_json else 5.0))
    options = ReportOptions(environment, engine_first / 1000, may_refuse, as_json, out)
    raise typer.Exit(1 if report(plan, outcomes, sampler, options) else 0)


if __name__ == "__main__":
    typer.run(main)

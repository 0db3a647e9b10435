"""
One visitor sends what was made to keep a router busy, while others ask: does anybody notice?

    python -m loadtest.scenarios.hostile                      1,000 messages beside 20 customers, three rounds
    python -m loadtest.scenarios.hostile --direct             without the gateway, and so without its limits
    python -m loadtest.scenarios.hostile --messages 100 --seconds 10 --rounds 1

Two routers, retrieval, the gateway and Redis are the real ones, as bare processes; the engine is simulated. The visitor
sends a few messages at a time to the gateway, with a token as the chat page has it; what the gateway refuses counts as
sent. With --direct it calls the routers, as no visitor can, and a part of its messages goes on in one session,
superseding one another. Quiet and disturbed periods take turns in one run, so
that whatever else the machine does falls on both alike. How long a loop stood still is what the routers measure
themselves (kefu_event_loop_lag_seconds). The exit status is 1 when an answer of the others failed, was handed over for
load or was refused for load, their first text's p95 grew by more than a fifth, or a router's loop stood still for more
than 100 ms. How the visitor's own messages end is counted, and not judged.
"""

import asyncio
import itertools
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import grpc.aio
import httpx
import typer

from kefu.common.auth import Principal, Scope
from kefu.common.rpc.interceptor import delegated_metadata
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from kefu.testing import hostile_text
from loadtest.bench.bench import COLLECTION, Bench, BenchSettings, open_bench
from loadtest.bench.process import Process
from loadtest.bench.scraping import scrape
from loadtest.generator.connection_pool import ConnectionPool
from loadtest.generator.turn_client import TurnClient
from loadtest.harness.environment import describe_environment
from loadtest.harness.questions import Question, endless_questions
from loadtest.harness.report import ENDINGS_HEAD, endings, lost_answers, remarks, summary
from loadtest.harness.statistics import Timeline, percentile
from loadtest.harness.tables import table
from loadtest.harness.verdicts import Verdict

MOST_RATIO = 1.2
"""Of the others' first text p95, with the visitor over without."""
MOST_LAG_SECONDS = 0.1
_AT_ONCE = 4
"""Messages of the visitor that are under way at the same time."""
_GIVE_UP_SECONDS = 60.0
_PAUSE_SECONDS = 1.0
"""A customer reads an answer for about so long."""


@dataclass
class _Period:
    """A period with or without the visitor: verdicts of the others, ends of the visitor's messages, loop lags."""

    others: list[Verdict] = field(default_factory=list[Verdict])
    ends: Counter[str] = field(default_factory=Counter[str])
    lags: dict[str, Counter[float]] = field(default_factory=dict[str, Counter[float]])
    """By router: how many times its loop came back late, by the upper bound of the bucket in seconds."""


async def measure(
    messages: int, customers: int, seconds: float, rounds: int, seed: int, *, direct: bool
) -> dict[str, Any]:
    """All periods of a run, and their figures."""
    hostile = itertools.chain(hostile_text.SHORT, hostile_text.hostile_texts(), hostile_text.generated(seed))
    quiet, disturbed = _Period(), _Period()
    with tempfile.TemporaryDirectory() as folder:
        settings = BenchSettings(generations=1, retrievals=1, answer_tokens=40, gateway=not direct)
        async with open_bench(Path(folder), settings) as bench:
            addresses = [router.address for router in bench.routers]
            with closing(Customers(addresses, bench.key, customers, seed)) as others:
                await others.ask_for(5.0, [])  # what is made once is made
                for _ in range(rounds):
                    await _run_period(bench, others, seconds, quiet)
                    share = list(itertools.islice(hostile, messages // rounds))
                    await _run_period(bench, others, seconds, disturbed, share)
    return figures(quiet, disturbed)


async def _run_period(
    bench: Bench, others: "Customers", seconds: float, period: _Period, hostile: Sequence[str] = ()
) -> None:
    before = {router.name: await _lags(router) for router in bench.routers}
    visit = _visit_routers if bench.gateway is None else _visit_gateway
    visiting = asyncio.create_task(visit(bench, hostile, seconds, period.ends))
    await others.ask_for(seconds, period.others, until=visiting)
    await visiting
    for router in bench.routers:
        period.lags.setdefault(router.name, Counter()).update(await _lags(router) - before[router.name])


class Customers:
    """Customers who each ask, read for a while, and ask again. `addresses`: of the routers, by turns."""

    def __init__(self, addresses: Sequence[str], key: str, count: int, seed: int) -> None:
        self._count = count
        self._pools = [ConnectionPool(address) for address in addresses]
        self._clients = [TurnClient(address, key, Timeline(time.monotonic())) for address in addresses]
        self._questions: Iterator[Question] = endless_questions(seed)
        self._random = random.Random(seed)

    def close(self) -> None:
        """Close the connections."""
        for pool in self._pools:
            pool.close()

    async def ask_for(
        self, seconds: float, verdicts: list[Verdict], *, until: "asyncio.Task[None] | None" = None
    ) -> None:
        """Ask for so long, and on until a task is done."""
        ends = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for number in range(self._count):
                group.create_task(self._customer(number, ends, verdicts, until))

    async def _customer(
        self, number: int, ends: float, verdicts: list[Verdict], until: "asyncio.Task[None] | None"
    ) -> None:
        await asyncio.sleep(self._random.uniform(0, _PAUSE_SECONDS))
        at = number % len(self._pools)
        while time.monotonic() < ends or (until is not None and not until.done()):
            text = next(self._questions).text
            request = pb.ConverseRequest(session="sessions/-", text=text, collections=[COLLECTION])
            turn = self._clients[at].ask(await self._pools[at].acquire(), request, must_generate=False)
            try:
                verdicts.append(await asyncio.wait_for(turn.verdict(), _GIVE_UP_SECONDS))
            except TimeoutError:
                turn.give_up("no end came")
                verdicts.append(await turn.verdict())
            await asyncio.sleep(self._random.uniform(0.5, 1.5) * _PAUSE_SECONDS)


async def _visit_gateway(bench: Bench, messages: Sequence[str], seconds: float, ends: Counter[str]) -> None:
    """Send all messages over so long to the gateway, as one visitor."""
    assert bench.gateway is not None
    began, waiting = time.monotonic(), iter(enumerate(messages))
    async with httpx.AsyncClient(base_url=f"http://{bench.gateway.address}", timeout=_GIVE_UP_SECONDS) as http:
        token = (await http.post("/api/visitor")).json()["token"]

        async def send() -> None:
            for number, text in waiting:
                await asyncio.sleep(max(0.0, began + seconds * number / len(messages) - time.monotonic()))
                body = {"model": "kefu", "messages": [{"role": "user", "content": text}]}
                headers = {"authorization": f"Bearer {token}"}
                try:
                    response = await http.post("/v1/chat/completions", json=body, headers=headers)
                    ends[f"HTTP {response.status_code}"] += 1
                except httpx.HTTPError as error:
                    ends[type(error).__name__] += 1

        if messages:
            await asyncio.gather(*(send() for _ in range(_AT_ONCE)))


async def _visit_routers(bench: Bench, messages: Sequence[str], seconds: float, ends: Counter[str]) -> None:
    """Send all messages over so long, each to the next router; every other one goes on in one session."""
    visitor = Principal("default", "visitor-00000000-0000-4000-8000-000000000000", frozenset({Scope.CHAT}))
    metadata = delegated_metadata(bench.internal_key, visitor)
    session, began, waiting = "", time.monotonic(), iter(enumerate(messages))
    async with (
        grpc.aio.insecure_channel(bench.routers[0].address) as first,
        grpc.aio.insecure_channel(bench.routers[-1].address) as last,
    ):
        stubs = itertools.cycle((rpc.ChatServiceStub(first), rpc.ChatServiceStub(last)))

        async def send() -> None:
            nonlocal session
            for number, text in waiting:
                await asyncio.sleep(max(0.0, began + seconds * number / len(messages) - time.monotonic()))
                goes_on = bool(session) and number % 2 == 1
                request = pb.ConverseRequest(
                    session=session if goes_on else "sessions/-", text=text, on_busy=pb.ON_BUSY_SUPERSEDE
                )
                try:
                    async with asyncio.timeout(_GIVE_UP_SECONDS):
                        async for event in next(stubs).Converse(request, metadata=metadata):
                            if event.WhichOneof("event") == "turn_started":
                                session = session or event.turn_started.session
                            elif event.WhichOneof("event") == "turn_completed":
                                ends[pb.FinishReason.Name(event.turn_completed.finish_reason)] += 1
                except grpc.aio.AioRpcError as error:
                    ends[error.code().name] += 1
                except TimeoutError:
                    ends["no end within a minute"] += 1

        await asyncio.gather(*(send() for _ in range(_AT_ONCE)))


async def _lags(router: Process) -> Counter[float]:
    """How many times a router's loop came back late so far, by the upper bound of the bucket."""
    samples = await scrape(router)
    if samples is None:
        raise RuntimeError(f"{router.name} does not answer; see its log.")
    bounds = sorted(
        (float(one.labels["le"]), one.value) for one in samples if one.name == "kefu_event_loop_lag_seconds_bucket"
    )
    counts = [round(value) for _, value in bounds]
    within = [after - before for before, after in itertools.pairwise([0, *counts])]
    return Counter(dict(zip((bound for bound, _ in bounds), within, strict=True)))


def figures(quiet: _Period, disturbed: _Period) -> dict[str, Any]:
    """The figures of both kinds of periods."""
    return {
        "others_quiet": summary(quiet.others),
        "others_disturbed": summary(disturbed.others),
        "visitor": dict(disturbed.ends.most_common()),
        "first_text_p95_ratio": p95_ratio(quiet.others, disturbed.others),
        "loops": {
            name: {
                "quiet": _lag_figures(quiet.lags[name]),
                "disturbed": _lag_figures(disturbed.lags[name]),
            }
            for name in sorted(quiet.lags)
        },
    }


def _lag_figures(lags: Counter[float]) -> dict[str, Any]:
    late = {bound: count for bound, count in sorted(lags.items()) if count}
    return {
        "turns": sum(late.values()),
        "longest_at_most_seconds": max(late, default=0.0),
        "over_100_ms": sum(count for bound, count in late.items() if bound > MOST_LAG_SECONDS),
    }


def is_noticed(found: dict[str, Any]) -> bool:
    """Whether an answer of the others was lost, they waited longer, or a loop stood still."""
    lost = lost_answers(found["others_quiet"]) + lost_answers(found["others_disturbed"])
    blocked = sum(both["disturbed"]["over_100_ms"] for both in found["loops"].values())
    return bool(lost or blocked) or found["first_text_p95_ratio"] > MOST_RATIO


def others_table(found: dict[str, Any]) -> list[str]:
    """What became of the others' questions, in quiet and disturbed periods."""
    head = ("", "turns", "good", *ENDINGS_HEAD, "first text p50", "p95", "p99 ms")
    rows: list[Sequence[object]] = []
    for name, key in (("others, undisturbed", "others_quiet"), ("others, disturbed", "others_disturbed")):
        one, first = found[key], found[key]["first_text_ms"]
        rows.append((name, one["started"], one["good"], *endings(one), first["p50"], first["p95"], first["p99"]))
    ratio = f"first text p95, disturbed over undisturbed: {found['first_text_p95_ratio']}"
    return [table(head, rows), *remarks(found["others_quiet"]), *remarks(found["others_disturbed"]), ratio]


def p95_ratio(quiet: Sequence[Verdict], disturbed: Sequence[Verdict]) -> float:
    """Of the first text's p95 of answers that were given."""
    p95 = [percentile([one.first_text or 0.0 for one in each if one.good], 0.95) for each in (quiet, disturbed)]
    return round(p95[1] / p95[0], 3)


def print_figures(found: dict[str, Any]) -> str:
    """The figures as tables."""
    lines = others_table(found)
    lines.append("the visitor's messages: " + ", ".join(f"{count} {end}" for end, count in found["visitor"].items()))
    loops: list[Sequence[object]] = [
        (name, which, one["turns"], one["over_100_ms"], f"{one['longest_at_most_seconds'] * 1000:g}")
        for name, both in found["loops"].items()
        for which, one in both.items()
    ]
    lines.append(table(("loop of", "", "measured", "late by over 100 ms", "longest at most ms"), loops))
    return "\n".join(lines)


def main(
    messages: Annotated[int, typer.Option(min=1, help="Messages of the visitor, over all rounds.")] = 1000,
    customers: Annotated[int, typer.Option(min=1, help="Others, who ask meanwhile.")] = 20,
    seconds: Annotated[float, typer.Option(min=1, help="Least length of a period.")] = 60.0,
    rounds: Annotated[int, typer.Option(min=1, help="Quiet and disturbed periods, each so often.")] = 3,
    seed: Annotated[int, typer.Option(help="Of the generator of messages.")] = 0,
    direct: Annotated[bool, typer.Option(help="The visitor calls the routers, without the gateway's limits.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """One visitor's hostile messages beside others' questions."""
    environment = describe_environment()
    found = asyncio.run(measure(messages, customers, seconds, rounds, seed, direct=direct))
    if as_json:
        print(json.dumps({**environment.as_json(), **found}, indent=2, ensure_ascii=False))
    else:
        print(environment)
        print(print_figures(found))
    raise typer.Exit(1 if is_noticed(found) else 0)


if __name__ == "__main__":
    typer.run(main)

"""
Do others notice? Three well-behaved tenants ask at a steady rate while something disturbs them, and while nothing does.

Quiet and disturbed periods take turns in one run, so that whatever else the machine does falls on both alike. A flood
is a fourth tenant that sends many times its share; stalled clients ask for long answers and then read nothing. The
others have to be answered by the model, whatever happens beside them: an answer without it counts as failed, and none
may be handed over or refused for load. The tenant that floods may be refused while it does, with a time to come back.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.suite import Suite
from loadtest.generator.connection_pool import ConnectionPool
from loadtest.generator.http2_client import Connection
from loadtest.generator.turn_client import TurnClient
from loadtest.harness.questions import Question, endless_questions, help_center
from loadtest.harness.report import ENDINGS_HEAD, endings, lost_answers, remarks, summary
from loadtest.harness.resource_usage import Sampler, pids_of_suite, sampling
from loadtest.harness.statistics import Timeline, percentile
from loadtest.harness.suite import COLLECTION
from loadtest.harness.tables import table
from loadtest.harness.verdicts import Verdict

QUIET_TENANTS = ("north", "east", "south")
NOISY_TENANT = "west"
_GIVE_UP_SECONDS = 60.0
_STALL_SECONDS = 3.0
"""Clients that will stall ask over so long; then the period begins."""


class Disturbance(StrEnum):
    """The disturbance beside the well-behaved tenants."""

    FLOOD = "flood"
    STALLED = "stalled"


@dataclass
class Period:
    """A quiet or disturbed period of the run, with its verdicts."""

    disturbed: bool
    began: float = 0.0
    """On the clock of the verdicts."""
    others: list[Verdict] = field(default_factory=list[Verdict])
    noisy: list[Verdict] = field(default_factory=list[Verdict])


@dataclass(frozen=True)
class Rates:
    """Questions a second of each tenant, and how many times as many the noisy one sends in a flood."""

    each: float
    flood: float = 1.0


async def make_tenants(suite: Suite) -> dict[str, str]:
    """Name -> key of each tenant. Each has some articles of the sample."""
    keys: dict[str, str] = {}
    for name in (*QUIET_TENANTS, NOISY_TENANT):
        await _run_kefu(suite, "tenants", "create", name)
        scopes = ("--scope", "chat", "--scope", "knowledge")
        keys[name] = (await _run_kefu(suite, "keys", "create", "--tenant", name, *scopes)).strip()
        articles = str(help_center() / "en" / "refunds")
        await _run_kefu(suite, "import", articles, "--collection", COLLECTION, "--create", "--key", keys[name])
    return keys


async def _run_kefu(suite: Suite, *arguments: str) -> str:
    done = await suite.kefu(*arguments)
    if done.status:
        raise RuntimeError(f"kefu {arguments[0]} failed: {done.err}")
    return done.out


class Customers:
    """All tenants' customers, each tenant over connections of its own."""

    def __init__(self, address: str, keys: dict[str, str], seed: int = 0) -> None:
        self._pools = {name: ConnectionPool(address) for name in keys}
        self._clients = {name: TurnClient(address, key, Timeline(time.monotonic())) for name, key in keys.items()}
        self._questions: Iterator[Question] = endless_questions(seed)
        self._random = random.Random(seed)

    def close(self) -> None:
        """Close the connections."""
        for pool in self._pools.values():
            pool.close()

    async def run_period(self, seconds: float, rates: Rates, *, disturbed: bool) -> Period:
        """All tenants ask for so long at random times. Returns when each turn has ended."""
        period = Period(disturbed, time.monotonic())
        async with asyncio.TaskGroup() as group:
            for name in QUIET_TENANTS:
                group.create_task(self._arrivals(name, rates.each, seconds, period.others, must_generate=True))
            group.create_task(self._arrivals(NOISY_TENANT, rates.each * rates.flood, seconds, period.noisy))
        return period

    async def _arrivals(
        self, name: str, rate: float, seconds: float, verdicts: list[Verdict], *, must_generate: bool = False
    ) -> None:
        ends = time.monotonic() + seconds
        due = time.monotonic() + self._random.expovariate(rate)
        async with asyncio.TaskGroup() as group:
            while due < ends:
                await asyncio.sleep(max(due - time.monotonic(), 0))
                group.create_task(self._ask(name, verdicts, must_generate=must_generate))
                due += self._random.expovariate(rate)

    async def _ask(self, name: str, verdicts: list[Verdict], *, must_generate: bool) -> None:
        connection = await self._pools[name].acquire()
        turn = self._clients[name].ask(connection, request(next(self._questions)), must_generate=must_generate)
        try:
            verdicts.append(await asyncio.wait_for(turn.verdict(), _GIVE_UP_SECONDS))
        except TimeoutError:
            turn.give_up("no end came")
            verdicts.append(await turn.verdict())


def request(question: Question, max_tokens: int = 0) -> pb.ConverseRequest:
    """A message that opens a session. `max_tokens` 0: the server's choice."""
    asked = pb.ConverseRequest(session="sessions/-", text=question.text, collections=[f"collections/{COLLECTION}"])
    if max_tokens:
        asked.max_tokens = max_tokens
    return asked


@asynccontextmanager
async def open_stalled_clients(address: str, key: str, count: int, tokens: int) -> AsyncIterator[None]:
    """Clients that ask for an answer and read nothing of it, while the block runs.

    Each grants the server no HTTP/2 window, so that what it is sent stays there: on loopback the kernel alone would
    hold whole answers for a client that merely does not read its socket. RuntimeError when some were answered, refused
    or cut before the block ended: then something else was measured.
    """
    client = TurnClient(address, key, Timeline(time.monotonic()))
    questions = endless_questions(seed=2)
    connections: list[Connection] = []
    try:
        for _ in range(count):
            connection = await Connection.connect(address, window=0)
            connections.append(connection)
            client.ask(connection, request(next(questions), tokens))
            await asyncio.sleep(_STALL_SECONDS / count)
        yield
        held = sum(one.open_calls for one in connections if not one.messages)
        if held < count:
            raise RuntimeError(f"Only {held} of {count} clients stood still until the end.")
    finally:
        for connection in connections:
            connection.close()


async def alternate_periods(
    customers: Customers,
    quiet: Rates,
    disturbed: Rates,
    seconds: float,
    rounds: int,
    beside: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
) -> list[Period]:
    """Run quiet and disturbed periods in turn. `beside` is entered for each disturbed one."""
    periods: list[Period] = []
    for _ in range(rounds):
        periods.append(await customers.run_period(seconds, quiet, disturbed=False))
        async with beside():
            periods.append(await customers.run_period(seconds, disturbed, disturbed=True))
    return periods


async def run_periods(
    suite: Suite, disturbance: Disturbance, rates: Rates, count: int, seconds: float, rounds: int
) -> tuple[list[Period], Sampler]:
    """All periods of a run, beside a flood or `count` stalled clients, and the suite's resource usage."""
    keys = await make_tenants(suite)
    quiet = Rates(rates.each)
    with closing(Customers(suite.router, keys)) as customers:
        async with sampling(pids_of_suite(suite.folder.path)) as sampler:
            await customers.run_period(10.0, quiet, disturbed=False)  # what is made once is made
            if disturbance is Disturbance.FLOOD:
                periods = await alternate_periods(customers, quiet, rates, seconds, rounds)
            else:
                beside = partial(open_stalled_clients, suite.router, keys[NOISY_TENANT], count, 4096)
                periods = await alternate_periods(customers, quiet, quiet, seconds, rounds, beside)
    return periods, sampler


def figures(periods: Sequence[Period], onset: float = 0.0) -> dict[str, Any]:
    """Figures of the other tenants without and with the disturbance, of the noisy tenant, and the ratio of the p95s.

    The first `onset` seconds of disturbed periods, in which the router finds out what the engine can do, are apart.
    """
    others: dict[str, list[Verdict]] = {"quiet": [], "onset": [], "disturbed": []}
    for period in periods:
        for verdict in period.others:
            begins = period.disturbed and verdict.asked_at - period.began < onset
            others["onset" if begins else "disturbed" if period.disturbed else "quiet"].append(verdict)
    noisy = {
        which: [verdict for period in periods if period.disturbed is disturbed for verdict in period.noisy]
        for which, disturbed in (("quiet", False), ("disturbed", True))
    }
    p95 = {
        which: percentile([one.first_text or 0.0 for one in found if one.good], 0.95) for which, found in others.items()
    }
    return {
        **{f"others_{which}": summary(found) for which, found in others.items()},
        **{f"noisy_{which}": summary(found) for which, found in noisy.items()},
        "onset_seconds": onset,
        "first_text_p95_ratio": round(p95["disturbed"] / p95["quiet"], 3),
    }


def count_lost(found: dict[str, Any], *, flood: bool) -> int:
    """How many answers count against the run. Refusals are allowed to the tenant that floods, while it does."""
    return sum(lost_answers(found[key], may_refuse=flood and key == "noisy_disturbed") for _, key in _groups(found))


def _groups(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and key of each group of questions that was asked."""
    named = [
        ("others, undisturbed", "others_quiet"),
        (f"others, first {found['onset_seconds']:g} s of it", "others_onset"),
        ("others, disturbed", "others_disturbed"),
        ("the noisy one, before", "noisy_quiet"),
        ("the noisy one", "noisy_disturbed"),
    ]
    return [(name, key) for name, key in named if found[key]["started"]]


def print_figures(found: dict[str, Any]) -> str:
    """Print the figures as a table."""
    head = ("", "turns", "good", *ENDINGS_HEAD, "first text p50", "p95", "p99 ms", "by the model", "without")
    rows: list[Sequence[object]] = []
    for name, key in _groups(found):
        one = found[key]
        first, by_model = one["first_text_ms"], one["sources"].get("GENERATED", 0)
        counts = (one["started"], one["good"], *endings(one))
        rows.append((name, *counts, first["p50"], first["p95"], first["p99"], by_model, one["good"] - by_model))
    lines = [table(head, rows)]
    lines += [f"  {name}:{remark[1:]}" for name, key in _groups(found) for remark in remarks(found[key])]
    lines.append(f"first text p95 of the others, disturbed over undisturbed: {found['first_text_p95_ratio']}")
    return "\n".join(lines)

"""The client processes of `loadtest.scenarios.streams`: each asks its share of the questions from one event loop."""

import asyncio
import itertools
import resource
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import NamedTuple

import uvloop

from kefu.router.v1 import chat_pb2 as pb
from loadtest.generator.connection_pool import ConnectionPool
from loadtest.generator.http2_client import Connection, ConnectionLost
from loadtest.generator.turn_client import Turn, TurnClient, client_context
from loadtest.harness.questions import endless_questions
from loadtest.harness.statistics import Timeline
from loadtest.harness.verdicts import Verdict

_GREETING = "Hello"
"""Answered by a fixed reply: it opens a session and costs next to nothing."""


@dataclass(frozen=True)
class WorkerPlan:
    """The work of one client process: every `of`-th turn, beginning with number `share`."""

    address: str
    key: str
    tls: bool
    authority: Path | None
    """Certificates to trust; None trusts any."""
    share: int
    of: int
    streams: int
    """Turns of all client processes together."""
    began: float
    """When the run begins, by time.monotonic, which all processes of a machine share."""
    ramp: float
    """Seconds over which turns begin; in idle mode, over which connections are opened."""
    ends: float
    """Time at which open turns are given up, by time.monotonic."""
    tokens: int
    """Most tokens of an answer."""
    streams_each: int
    """Most streams on one connection."""
    collections: tuple[str, ...] = ()
    idle: float = 0.0
    """Seconds for which each connection is left alone. 0: not in idle mode."""
    spread: float = 0.0
    """Idle mode: seconds over which the questions are asked afterwards."""
    must_generate: bool = True
    """Whether an answer that the model did not write has failed."""


class WorkerProgress(NamedTuple):
    """Progress of a client process."""

    share: int
    open: int
    streaming: int
    frames: int
    connections: int


@dataclass
class WorkerOutcome:
    """Results of a client process."""

    share: int
    timeline: Timeline
    verdicts: list[Verdict] = field(default_factory=list[Verdict])
    sessions: list[Verdict] = field(default_factory=list[Verdict])
    """Idle mode: verdicts of the turns that opened the sessions."""
    lateness: list[float] = field(default_factory=list[float])
    """Seconds by which each question was asked later than planned: the generator's own fault."""
    frames: int = 0
    cpu_seconds: float = 0.0


def run_worker(plan: WorkerPlan, pipe: Pipe) -> None:
    """Carry out a plan. The pipe gets a WorkerProgress every second, and the WorkerOutcome at the end."""
    uvloop.run(_run(plan, pipe))


async def _run(plan: WorkerPlan, pipe: Pipe) -> None:
    outcome = WorkerOutcome(plan.share, Timeline(plan.began))
    client = TurnClient(plan.address, plan.key, outcome.timeline, tls=plan.tls)
    mode = _Idle(plan, client, outcome) if plan.idle else _Streams(plan, client, outcome)

    async def report_progress() -> None:
        while True:
            await asyncio.sleep(1)
            pipe.send(WorkerProgress(plan.share, client.open, client.streaming, mode.messages(), mode.connections()))

    reporting = asyncio.create_task(report_progress(), name="progress")
    before = _cpu()
    try:
        await mode.run()
    finally:
        reporting.cancel()
        with suppress(asyncio.CancelledError):
            await reporting
    outcome.frames, outcome.cpu_seconds = mode.messages(), _cpu() - before
    pipe.send(outcome)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _requests(plan: WorkerPlan) -> Iterator[pb.ConverseRequest]:
    for question in itertools.islice(endless_questions(), plan.share, None, plan.of):
        yield pb.ConverseRequest(
            session="sessions/-",
            text=question.text,
            max_tokens=plan.tokens,
            collections=[f"collections/{name}" for name in plan.collections],
        )


class _Streams:
    """Turns that begin evenly over the ramp, with as many on a connection as it accepts."""

    def __init__(self, plan: WorkerPlan, client: TurnClient, outcome: WorkerOutcome) -> None:
        self._plan = plan
        self._client = client
        self._outcome = outcome
        self._pool = ConnectionPool(
            plan.address, client_context(plan.authority) if plan.tls else None, streams_each=plan.streams_each
        )

    def messages(self) -> int:
        return self._pool.messages

    def connections(self) -> int:
        return self._pool.count

    async def run(self) -> None:
        plan, requests, turns = self._plan, _requests(self._plan), list[Turn]()
        for number in range(plan.share, plan.streams, plan.of):
            due = plan.began + plan.ramp * number / plan.streams
            await asyncio.sleep(max(due - time.monotonic(), 0))
            self._outcome.lateness.append(max(time.monotonic() - due, 0.0))
            request = next(requests)
            try:
                connection = await self._pool.acquire()
                turns.append(self._client.ask(connection, request, must_generate=plan.must_generate))
            except (OSError, TimeoutError, ConnectionLost) as error:
                now = time.monotonic()
                self._outcome.verdicts.append(Verdict(f"no connection: {type(error).__name__}", asked_at=now))
        await _collect(turns, plan.ends, self._outcome.verdicts)
        self._pool.close()


class _Idle:
    """Connections of one session each: opened, left alone, and then asked once."""

    def __init__(self, plan: WorkerPlan, client: TurnClient, outcome: WorkerOutcome) -> None:
        self._plan = plan
        self._client = client
        self._outcome = outcome
        self._tls = client_context(plan.authority) if plan.tls else None
        self._all: list[Connection] = []

    def messages(self) -> int:
        return sum(one.messages for one in self._all)

    def connections(self) -> int:
        return sum(not one.draining for one in self._all)

    async def run(self) -> None:
        plan = self._plan
        numbers = range(plan.share, plan.streams, plan.of)
        sessions = await asyncio.gather(*(self._open(number) for number in numbers))
        await asyncio.sleep(max(plan.began + plan.ramp + plan.idle - time.monotonic(), 0))
        asked_from = max(time.monotonic(), plan.began + plan.ramp + plan.idle)
        turns = list[Turn]()
        for number, opened, request in zip(numbers, sessions, _requests(plan), strict=False):
            due = asked_from + plan.spread * number / plan.streams
            await asyncio.sleep(max(due - time.monotonic(), 0))
            self._outcome.lateness.append(max(time.monotonic() - due, 0.0))
            if isinstance(opened, Verdict):
                self._outcome.verdicts.append(opened if opened.refused else Verdict("never connected", asked_at=due))
                continue
            connection, request.session = opened
            try:
                turns.append(self._client.ask(connection, request))
            except ConnectionLost:
                self._outcome.verdicts.append(Verdict("connection closed while idle", asked_at=due))
        await _collect(turns, plan.ends, self._outcome.verdicts)
        for one in self._all:
            one.close()

    async def _open(self, number: int) -> tuple[Connection, str] | Verdict:
        """A connection and its session, or why there is none."""
        plan = self._plan
        due = plan.began + plan.ramp * number / plan.streams
        await asyncio.sleep(max(due - time.monotonic(), 0))
        try:
            connection = await Connection.connect(plan.address, self._tls)
            self._all.append(connection)
            hello = pb.ConverseRequest(session="sessions/-", text=_GREETING)
            turn = self._client.ask(connection, hello, must_generate=False)
            verdict = await asyncio.wait_for(turn.verdict(), 60)
        except (OSError, TimeoutError, ConnectionLost) as error:
            verdict = Verdict(f"no connection: {type(error).__name__}", asked_at=due)
            self._outcome.sessions.append(verdict)
            return verdict
        self._outcome.sessions.append(verdict)
        return (connection, turn.session) if verdict.good else verdict


async def _collect(turns: list[Turn], ends: float, verdicts: list[Verdict]) -> None:
    waits = [asyncio.ensure_future(turn.verdict()) for turn in turns]
    if waits:
        await asyncio.wait(waits, timeout=max(ends - time.monotonic(), 0))
    for turn in turns:
        turn.give_up("not ended when the run was")
    verdicts += [await turn.verdict() for turn in turns]

"""The load tests' clients against a router that refuses, hands over, or answers: each reports what came."""

import asyncio
import json
import multiprocessing
import os
import sys
import time
from pathlib import Path
from typing import Any

import grpc.aio
import pytest

from kefu.common.errors import BackendUnavailable
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from loadtest.bench.customers import CustomerTurn, open_router_channels
from loadtest.bench.records import Outcome, TurnRecord
from loadtest.generator.http2_client import Connection
from loadtest.generator.turn_client import TurnClient
from loadtest.generator.worker_processes import WorkerOutcome, WorkerPlan, run_worker
from loadtest.harness.environment import describe_environment
from loadtest.harness.resource_usage import Sampler
from loadtest.harness.statistics import Timeline
from loadtest.harness.verdicts import Verdict
from loadtest.scenarios.streams import ReportOptions, make_plan, report
from loadtest.scenarios.watchers import greet
from tests.engines.loadtest.scripted_router import (
    ANSWER,
    EXTRACT,
    OVERLOADED,
    REFUSED,
    REFUSED_WITHOUT_A_TIME,
    STARTED,
    Step,
    scripted_router,
    text,
)

ROOT = Path(__file__).parents[3]


async def bare_verdict(*steps: Step) -> tuple[Verdict, Timeline]:
    async with scripted_router(steps) as address:
        connection = await Connection.connect(address)
        timeline = Timeline(time.monotonic())
        verdict = await TurnClient(address, "key", timeline).ask(connection, pb.ConverseRequest(text="?")).verdict()
        connection.close()
    return verdict, timeline


async def test_the_bare_client_reads_reason_and_time_of_a_refusal() -> None:
    verdict, _ = await bare_verdict(REFUSED)
    assert (verdict.failure, verdict.retry_after) == ("RESOURCE_EXHAUSTED / OVERLOADED", 0.2)
    verdict, _ = await bare_verdict(STARTED, REFUSED)
    assert verdict.refused


async def test_the_bare_client_tells_other_ends_from_refusals() -> None:
    verdict, _ = await bare_verdict(REFUSED_WITHOUT_A_TIME)
    assert (verdict.failure, verdict.refused) == (
        "RESOURCE_EXHAUSTED / OVERLOADED without a time to come back",
        False,
    )
    verdict, _ = await bare_verdict(STARTED, text("Yes"), BackendUnavailable("gone"))
    assert verdict.failure == "UNAVAILABLE / BACKEND_UNAVAILABLE"


async def test_a_hand_over_for_load_does_not_look_fast_in_the_timeline() -> None:
    verdict, timeline = await bare_verdict(*OVERLOADED)
    assert verdict.handed_over
    assert [(second.failed, second.first_text) for _, second in timeline.rows()] == [(1, [])]
    verdict, timeline = await bare_verdict(*ANSWER)
    assert [(second.failed, second.first_text) for _, second in timeline.rows()] == [(0, [verdict.first_text])]


async def customer_record(*turns: tuple[Step, ...]) -> TurnRecord:
    async with scripted_router(*turns) as address, open_router_channels([address], ()) as channels:
        return await CustomerTurn(channels, "How long?", "").run()


async def test_a_customer_who_comes_back_in_time_is_answered_and_counts_as_refused_at_first() -> None:
    record = await customer_record((REFUSED,), ANSWER)
    assert (record.outcome, record.refused) == (Outcome.ANSWERED, True)
    record = await customer_record((BackendUnavailable("gone"),), ANSWER)
    assert (record.outcome, record.refused) == (Outcome.ANSWERED, False)


async def test_a_customer_who_is_not_told_when_to_come_back_has_failed() -> None:
    record = await customer_record((REFUSED_WITHOUT_A_TIME,), ANSWER)
    assert (record.outcome, record.refused) == (Outcome.FAILED, False)
    assert "without a time" in record.verdict.failure


async def test_a_watchers_greeting_is_judged() -> None:
    async def greeted(*steps: Step) -> tuple[Verdict, str]:
        async with scripted_router(steps) as address, grpc.aio.insecure_channel(address) as channel:
            return await greet(rpc.ChatServiceStub(channel), ())

    verdict, session = await greeted(*EXTRACT)
    assert (verdict.good, session) == (True, "sessions/s")
    assert (await greeted(REFUSED))[0].refused
    assert (await greeted(*OVERLOADED))[0].handed_over


async def worker_outcome(plan: WorkerPlan) -> WorkerOutcome:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    await asyncio.to_thread(run_worker, plan, theirs)
    while ours.poll(1):
        if isinstance(said := ours.recv(), WorkerOutcome):
            return said
    raise AssertionError("The worker said nothing.")


def plan_for(address: str, **options: Any) -> WorkerPlan:
    return make_plan(address, "key", streams=1, ramp=0.0, hold=1.0, tokens=10, clients=1, **options)


def lost(plan: WorkerPlan, outcome: WorkerOutcome, capsys: pytest.CaptureFixture[str], *, may_refuse: bool) -> int:
    options = ReportOptions(describe_environment(), may_refuse=may_refuse, as_json=True)
    capsys.readouterr()
    count = report(plan, [outcome], Sampler(dict), options)
    printed = json.loads(capsys.readouterr().out)
    assert printed["processor"] == options.environment.processor
    assert printed["plan"]["may_refuse"] is may_refuse
    return count


async def test_streams_that_are_refused_fail_the_run_unless_they_may_be(capsys: pytest.CaptureFixture[str]) -> None:
    for steps, strictly, allowed in (
        ((REFUSED,), 1, 0),
        (OVERLOADED, 1, 1),
        ((REFUSED_WITHOUT_A_TIME,), 1, 1),
        (ANSWER, 0, 0),
    ):
        async with scripted_router(steps) as address:
            plan = plan_for(address)
            outcome = await worker_outcome(plan)
        assert lost(plan, outcome, capsys, may_refuse=False) == strictly
        assert lost(plan, outcome, capsys, may_refuse=True) == allowed


async def test_an_idle_connection_that_is_refused_its_session_counts_as_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with scripted_router((REFUSED,)) as address:
        plan = plan_for(address, idle=0.1, spread=0.1)
        outcome = await worker_outcome(plan)
    assert [one.refused for one in (*outcome.sessions, *outcome.verdicts)] == [True, True]
    assert lost(plan, outcome, capsys, may_refuse=False) == 2
    assert lost(plan, outcome, capsys, may_refuse=True) == 0


async def test_an_idle_connection_that_is_handed_over_never_connected(capsys: pytest.CaptureFixture[str]) -> None:
    async with scripted_router(OVERLOADED) as address:
        plan = plan_for(address, idle=0.1, spread=0.1)
        outcome = await worker_outcome(plan)
    assert [one.failure for one in outcome.verdicts] == ["never connected"]
    assert lost(plan, outcome, capsys, may_refuse=True) == 2


async def test_the_pages_own_words_are_good_only_where_the_model_need_not_write() -> None:
    async with scripted_router(EXTRACT) as address:
        [strict] = (await worker_outcome(plan_for(address))).verdicts
        [evidence] = (await worker_outcome(plan_for(address, must_generate=False))).verdicts
    assert strict.failure == "not generated but ANSWER_SOURCE_EXTRACTIVE"
    assert (evidence.good, evidence.source) == (True, "EXTRACTIVE")


async def locust_run(address: str, out: Path, *words: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "locust", "-f", "loadtest/locustfile.py", "--host", address, "--headless"]
    command += ["--users", "1", "--rate", "10", "--run-time", "1s", "--stop-timeout", "60s", "--abandon-share", "0"]
    command += [
        "--key",
        "key",
        "--data-dir",
        str(out),
        "--out",
        str(out),
        "--loglevel",
        "ERROR",
        "--only-summary",
        *words,
    ]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=os.environ | {"MPLBACKEND": "agg"}, stdout=asyncio.subprocess.DEVNULL
    )
    status = await process.wait()
    return status, json.loads((out / "summary.json").read_text())


@pytest.mark.parametrize(
    ("steps", "words", "status", "key"),
    [
        ((REFUSED,), (), 1, "refused_for_load"),
        ((REFUSED,), ("--may-refuse",), 0, "refused_for_load"),
        (OVERLOADED, ("--may-refuse",), 1, "handed_over_for_load"),
    ],
)
async def test_a_locust_run_tells_refusals_and_hand_overs_apart(
    tmp_path: Path, steps: tuple[Step, ...], words: tuple[str, ...], status: int, key: str
) -> None:
    known = describe_environment().as_json() | {"processor": "One of its own"}
    async with scripted_router(steps) as address:
        found, figures = await locust_run(address, tmp_path, "--environment", json.dumps(known), *words)
    assert found == status
    assert figures["started"] > 0
    assert figures[key] == figures["started"]
    assert figures["processor"] == "One of its own"

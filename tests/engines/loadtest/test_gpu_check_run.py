"""The steps of the GPU check against real replicas over real gRPC, with the simulated engine in vLLM's place."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from kefu.common.auth import make_key
from kefu.generation.engine import Channel, Finished, FinishReason, Piece, Started
from loadtest.bench.process import PortAllocator, Process
from loadtest.gpu_check import failing, replica
from loadtest.gpu_check.answers import check_answers
from loadtest.gpu_check.results import StepResult
from loadtest.gpu_check.setting import Setting
from loadtest.gpu_check.steps import STEPS, Session, run_step
from loadtest.gpu_check.throughput import measure_kefu
from tests.support.generation_harness import ScriptedEngine, serve_generation
from tests.support.grpc_calls import INTERNAL_KEY


def simulated_replica(setting: Setting, number: int, utilization: float) -> Process:
    process = replica.make_replica(setting, number, utilization)
    process.environment["KEFU_GENERATION_ENGINE"] = "simulated"
    process.environment["KEFU_GENERATION_SIMULATED"] = '{"answer_tokens": 200}'
    return process


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    key = make_key("internal").secret
    return Setting(tmp_path, "cuda", (), tmp_path, PortAllocator(), key, levels=(1, 4), prompts_per_level=2)


@pytest.fixture
async def running(setting: Setting) -> AsyncIterator[Process]:
    process = simulated_replica(setting, 1, 0.9)
    await process.start()
    yield process
    await process.kill()


def failed(result: StepResult) -> list[str]:
    return [finding.what for finding in result.findings if finding.status == "failed"]


def passed(result: StepResult) -> str:
    return "\n".join(finding.what for finding in result.findings if finding.status == "passed")


async def test_answers_are_whole_and_continued_and_only_the_device_is_wrong(setting: Setting, running: Process) -> None:
    result = StepResult("answers", "Answers")
    await check_answers(setting, running.address, result)
    assert failed(result) == ["The replica runs on none, not on cuda"]
    assert "Answered without thinking" in passed(result)
    assert "An answer that its caller leaves ends in the engine within a second" in passed(result)


async def test_kefu_is_timed_at_every_level(setting: Setting, running: Process) -> None:
    result = StepResult("throughput", "Throughput")
    speeds = await measure_kefu(setting, running.address, result)
    assert failed(result) == []
    assert [(one.at_once, one.answers, one.failed) for one in speeds] == [(1, 2, 0), (4, 8, 0)]
    assert all(one.tokens_per_second > 0 and one.first.count == one.answers for one in speeds)


async def test_a_replica_that_drains_breaks_no_answer(setting: Setting, running: Process) -> None:
    result = StepResult("drain", "Drain")
    await failing.check_drain(setting, running, result)
    assert failed(result) == []
    assert "SIGTERM with 16 answers open: all of them came whole" in passed(result)
    assert "left with status 0" in passed(result)


async def test_answers_of_a_killed_replica_go_on_at_the_other(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failing, "make_replica", simulated_replica)
    result = StepResult("kill", "Replica killed")
    processes: dict[int, float] = {}
    await failing.check_kill(replace(setting, device="cpu"), processes, result)
    assert len(processes) >= 2
    assert list(replica.still_running(processes)) == []
    assert failed(result) == []
    assert "SIGKILL of one replica broke 16 answers; all went on at the other from their token ids" in passed(result)


async def test_a_replica_that_cannot_start_fails_its_steps_with_the_end_of_its_log(setting: Setting) -> None:
    """There is no model in the folder. Each step says so, and none keeps the others from running."""
    session = Session(replace(setting, start_seconds=60.0))
    step = next(step for step in STEPS if step.name == "answers")
    result = await run_step(step, session)
    await session.end()
    assert len(failed(result)) == 1
    assert "holds no config.json" in failed(result)[0]


async def test_a_replica_that_thinks_unasked_and_does_not_stop_is_found_out(setting: Setting) -> None:
    """A scripted engine: it reasons whatever it is asked, breaks a character, and counts requests for ever."""
    broken = (
        Started(7),
        Piece(Channel.REASONING, "hm", tuple(range(1, 100))),
        Piece(Channel.TEXT, "half a character: \ufffd", (3, 4)),
        Finished(FinishReason.STOP, 7, 0, 101, 99),
    )
    result = StepResult("answers", "Answers")
    async with serve_generation(ScriptedEngine(broken)) as (_, _, server):
        await check_answers(replace(setting, internal_key=INTERNAL_KEY), f"127.0.0.1:{server.port}", result)
    found = "\n".join(failed(result))
    assert "Answered without thinking: How long are…: no whole text; it begins 'half a character: \ufffd'" in found
    assert "It holds reasoning: 'hm'" in found
    assert "99 tokens of thinking, and the cap was 64" in found
    assert "An answer that its caller left: still running after 10.0 s" in found
    assert "Its reasoning came apart from the answer" in passed(result)

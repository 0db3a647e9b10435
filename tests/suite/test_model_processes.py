"""The generation service as a process: when its engine dies or hangs it says so and leaves, and nothing outlives it."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from kefu.generation.config import WeightsConfig
from kefu.generation.models.catalog import SMOLLM2
from kefu.generation.models.resolver import resolve, resolve_gguf
from kefu.generation.service import ENGINE_DIED
from kefu.generation.v1 import generation_pb2 as pb
from kefu.generation.v1.generation_pb2_grpc import GenerationServiceStub
from kefu.testing.ports import free_port
from tests.support.grpc_calls import INTERNAL_KEY, bearer_metadata

pytestmark = [
    pytest.mark.engines,
    pytest.mark.model,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("default"),  # converting imports torch, which warns
]
READY_SECONDS = 180
ENDED_SECONDS = 20
"""Of the five that are promised, on a machine that does other things as well."""
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Service:
    """The service's process."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.log = log

    def family(self) -> list[psutil.Process]:
        """All its descendants."""
        return psutil.Process(self.process.pid).children(recursive=True)

    async def until(self, holds: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            await asyncio.sleep(0.1)


ENGINE_PROCESSES = {"llamacpp": "llamacpp_server", "vllm": "VLLM::"}
CORES = {"llamacpp": "llamacpp_server", "vllm": "VLLM::EngineCore"}
"""What the command lines of engines' processes hold."""
over_both = pytest.mark.parametrize("engine", ["llamacpp", "vllm"])


def processes_of(family: list[psutil.Process], words: str) -> list[psutil.Process]:
    return [process for process in family if process.is_running() and words in " ".join(process.cmdline())]


def model_of(engine: str) -> Path:
    cache = WeightsConfig().cache_dir
    return (resolve_gguf if engine == "llamacpp" else resolve)(SMOLLM2.name, cache).path


@asynccontextmanager
async def service(tmp_path: Path, engine: str, **settings: str) -> AsyncIterator[Service]:
    model = model_of(engine)
    port, log = free_port(), tmp_path / "log"
    environment = os.environ | {
        "KEFU_INTERNAL_KEY": INTERNAL_KEY,
        "KEFU_GENERATION_LISTEN": f"127.0.0.1:{port}",
        "KEFU_GENERATION_ENGINE": engine,
        "KEFU_GENERATION_MODEL": str(model),
        "KEFU_GENERATION_MAX_MODEL_TOKENS": "1024",
        "KEFU_GENERATION_KV_CACHE_GIB": "0.25",
        "KEFU_DRAIN_SECONDS": "2",
        "PYTHONPATH": str(Path(__file__).parents[2] / "services"),
        **settings,
    }
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "kefu.generation", env=environment, stdout=out, stderr=out
        )
    running = Service(process, port, log)
    family: list[psutil.Process] = []
    try:
        await running.until(
            lambda: '"event": "serving"' in log.read_text() or process.returncode is not None, READY_SECONDS
        )
        assert process.returncode is None, log.read_text()[-3000:]
        family = running.family()
        yield running
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        for left in family:
            if left.is_running():
                left.kill()


@over_both
async def test_when_the_engine_core_is_killed_the_service_says_not_serving_and_leaves(
    tmp_path: Path, engine: str
) -> None:
    async with service(tmp_path, engine) as running, grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        watched = watch_health(channel)
        statuses: list[int] = []

        async def watch() -> None:
            try:
                async for answer in watched:
                    statuses.append(answer.status)  # noqa: PERF401 - those before the end of the stream count
            except grpc.aio.AioRpcError:
                return  # the process is gone

        watching = asyncio.create_task(watch())
        await running.until(lambda: statuses == [SERVING], 60)
        family = running.family()
        (core,) = processes_of(family, CORES[engine])
        core.kill()
        assert await asyncio.wait_for(running.process.wait(), 60) == ENGINE_DIED
        await asyncio.wait_for(watching, 60)
        assert statuses == [SERVING, NOT_SERVING]
        await running.until(lambda: all(gone(process) for process in family), ENDED_SECONDS)


@over_both
async def test_nothing_outlives_a_service_that_is_killed(tmp_path: Path, engine: str) -> None:
    async with service(tmp_path, engine) as running:
        family = running.family()
        assert processes_of(family, ENGINE_PROCESSES[engine])
        running.process.kill()
        await running.process.wait()
        # The rule is five seconds; a process that has ended may stay for its parent to look at it.
        await running.until(lambda: all(gone(process) for process in family), ENDED_SECONDS)


@over_both
async def test_nothing_outlives_a_service_that_is_killed_while_its_engine_is_starting(
    tmp_path: Path, engine: str
) -> None:
    log = tmp_path / "log"
    environment = os.environ | {
        "KEFU_INTERNAL_KEY": INTERNAL_KEY,
        "KEFU_GENERATION_LISTEN": "127.0.0.1:0",
        "KEFU_GENERATION_ENGINE": engine,
        "KEFU_GENERATION_MODEL": str(model_of(engine)),
        "PYTHONPATH": str(Path(__file__).parents[2] / "services"),
    }
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "kefu.generation", env=environment, stdout=out, stderr=out
        )
    running = Service(process, 0, log)
    begun = 1 if engine == "llamacpp" else 3  # the reaper and what vLLM has begun
    await running.until(lambda: len(running.family()) >= begun, READY_SECONDS)
    family = running.family()
    process.kill()
    await process.wait()
    await running.until(lambda: all(gone(process) for process in family), ENDED_SECONDS)


@over_both
async def test_a_service_that_is_told_to_end_ends_cleanly(tmp_path: Path, engine: str) -> None:
    async with service(tmp_path, engine) as running:
        family = running.family()
        running.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(running.process.wait(), 60) == 0
        assert all(gone(process) for process in family)
        assert "Traceback" not in running.log.read_text()


async def test_when_llamacpp_hangs_in_an_answer_the_service_fails_it_and_leaves(tmp_path: Path) -> None:
    settings = {"KEFU_GENERATION_STUCK_SECONDS": "3"}
    async with (
        service(tmp_path, "llamacpp", **settings) as running,
        grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel,
    ):
        family = running.family()
        stub = GenerationServiceStub(channel)
        asked = pb.ChatPrompt(messages=[pb.ChatMessage(role=pb.ChatMessage.ROLE_USER, content="Count to a thousand.")])
        call: Any = stub.Generate(
            pb.GenerateRequest(chat=asked, max_tokens=700), metadata=bearer_metadata(INTERNAL_KEY)
        )
        assert (await call.read()).HasField("accepted")
        (core,) = processes_of(family, CORES["llamacpp"])
        core.suspend()
        assert await call.code() is grpc.StatusCode.UNAVAILABLE
        assert await asyncio.wait_for(running.process.wait(), 60) == ENGINE_DIED
        assert all(gone(process) for process in family)


async def test_a_stopped_engine_ends_with_a_service_that_is_killed(tmp_path: Path) -> None:
    async with service(tmp_path, "llamacpp") as running:
        family = running.family()
        (core,) = processes_of(family, CORES["llamacpp"])
        core.suspend()
        running.process.kill()
        await running.process.wait()
        await running.until(lambda: all(gone(process) for process in family), ENDED_SECONDS)


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings for a model that vLLM splits over two workers; one of random weights, whose answers never end early."""
    from tests.support.tiny_models import write_model  # brings PyTorch

    model = write_model(tmp_path_factory.mktemp("models") / "random")
    return {"KEFU_GENERATION_MODEL": str(model.path), "KEFU_GENERATION_TENSOR_PARALLEL_SIZE": "2"}


async def test_when_vllms_core_hangs_in_an_answer_the_service_says_so_and_leaves(tmp_path: Path) -> None:
    """SIGSTOP stands for a stuck driver or collective call: the process lives, and takes no step."""
    async with service(tmp_path, "vllm", KEFU_GENERATION_STUCK_SECONDS="5") as running, asking(running, 900) as call:
        family = running.family()
        for process in processes_of(family, "VLLM::"):
            process.suspend()
        assert await call.code() is grpc.StatusCode.UNAVAILABLE
        assert await asyncio.wait_for(running.process.wait(), 60) == ENGINE_DIED
        assert "took no step for 5 s" in running.log.read_text()
        await running.until(lambda: all(gone(process) for process in family), ENDED_SECONDS)


async def test_a_model_split_over_two_workers_ends_when_one_of_them_is_killed(
    tmp_path: Path, two_workers: dict[str, str]
) -> None:
    async with service(tmp_path, "vllm", **two_workers) as running, asking(running, 900) as call:
        family = running.family()
        workers = processes_of(family, "VLLM::Worker")
        assert len(workers) == 2
        workers[1].kill()
        assert await call.code() is grpc.StatusCode.UNAVAILABLE
        assert await asyncio.wait_for(running.process.wait(), 60) == ENGINE_DIED
        await running.until(lambda: all(gone(process) for process in family), ENDED_SECONDS)


async def test_a_model_split_over_two_workers_finishes_its_answers_before_it_ends(
    tmp_path: Path, two_workers: dict[str, str]
) -> None:
    settings = {**two_workers, "KEFU_DRAIN_SECONDS": "30"}
    async with service(tmp_path, "vllm", **settings) as running, asking(running, 900) as call:
        family = running.family()
        running.process.send_signal(signal.SIGTERM)
        last: Any = None
        while (event := await call.read()) is not grpc.aio.EOF:
            last = event
        assert last.completed.completion_tokens == 900
        assert await asyncio.wait_for(running.process.wait(), 60) == 0
        assert all(gone(process) for process in family)
        assert "Traceback" not in running.log.read_text()


@asynccontextmanager
async def asking(running: Service, max_tokens: int) -> AsyncIterator[Any]:
    """A call of which the first text has come."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        asked = pb.ChatPrompt(messages=[pb.ChatMessage(role=pb.ChatMessage.ROLE_USER, content="Count to a thousand.")])
        request = pb.GenerateRequest(chat=asked, max_tokens=max_tokens)
        call: Any = GenerationServiceStub(channel).Generate(request, metadata=bearer_metadata(INTERNAL_KEY))
        while not (await call.read()).HasField("delta"):
            continue
        yield call


def watch_health(channel: grpc.aio.Channel) -> AsyncIterator[health_pb2.HealthCheckResponse]:
    stub: Any = health_pb2_grpc.HealthStub(channel)  # its methods are not typed
    return stub.Watch(health_pb2.HealthCheckRequest())


def gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True

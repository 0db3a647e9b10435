"""The generation service as a process: when its engine dies it says so and leaves, and nothing outlives it."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from kefu.generation.config import WeightsConfig
from kefu.generation.models.catalog import SMOLLM2
from kefu.generation.models.resolver import resolve
from kefu.generation.service import ENGINE_DIED
from kefu.testing.ports import free_port
from tests.support.grpc_calls import INTERNAL_KEY

pytestmark = [
    pytest.mark.model,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("default"),  # converting imports torch, which warns
]
READY_SECONDS = 180
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


def engine_processes(family: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in family if process.is_running() and "VLLM::" in " ".join(process.cmdline())]


@asynccontextmanager
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    model = resolve(SMOLLM2.name, WeightsConfig().cache_dir)
    port, log = free_port(), tmp_path / "log"
    environment = os.environ | {
        "KEFU_INTERNAL_KEY": INTERNAL_KEY,
        "KEFU_GENERATION_LISTEN": f"127.0.0.1:{port}",
        "KEFU_GENERATION_MODEL": str(model.path),
        "KEFU_GENERATION_MAX_MODEL_TOKENS": "1024",
        "KEFU_GENERATION_KV_CACHE_GIB": "0.25",
        "KEFU_DRAIN_SECONDS": "2",
        "PYTHONPATH": str(Path(__file__).parents[2] / "services"),
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


async def test_when_the_engine_core_is_killed_the_service_says_not_serving_and_leaves(tmp_path: Path) -> None:
    async with service(tmp_path) as running, grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        watched = watch_health(channel)
        statuses: list[int] = []

        async def watch() -> None:
            try:
                async for answer in watched:
                    statuses.append(answer.status)  # noqa: PERF401 - those before the end of the stream count
            except grpc.aio.AioRpcError:
                return  # the process is gone

        watching = asyncio.create_task(watch())
        await running.until(lambda: statuses == [SERVING], 10)
        family = running.family()
        core = next(process for process in family if "VLLM::EngineCore" in " ".join(process.cmdline()))
        core.kill()
        assert await asyncio.wait_for(running.process.wait(), 15) == ENGINE_DIED
        await asyncio.wait_for(watching, 10)
        assert statuses == [SERVING, NOT_SERVING]
        await running.until(lambda: all(gone(process) for process in family), 5)


async def test_nothing_outlives_a_service_that_is_killed(tmp_path: Path) -> None:
    async with service(tmp_path) as running:
        family = running.family()
        assert len(engine_processes(family)) >= 2  # the core and a worker
        running.process.kill()
        await running.process.wait()
        # The rule is five seconds; a process that has ended may stay for its parent to look at it.
        await running.until(lambda: all(gone(process) for process in family), 5)


async def test_nothing_outlives_a_service_that_is_killed_while_its_engine_is_starting(tmp_path: Path) -> None:
    log = tmp_path / "log"
    model = resolve(SMOLLM2.name, WeightsConfig().cache_dir)
    environment = os.environ | {
        "KEFU_INTERNAL_KEY": INTERNAL_KEY,
        "KEFU_GENERATION_LISTEN": "127.0.0.1:0",
        "KEFU_GENERATION_MODEL": str(model.path),
        "PYTHONPATH": str(Path(__file__).parents[2] / "services"),
    }
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "kefu.generation", env=environment, stdout=out, stderr=out
        )
    running = Service(process, 0, log)
    await running.until(lambda: len(running.family()) >= 3, READY_SECONDS)  # the reaper and what vLLM has begun
    family = running.family()
    process.kill()
    await process.wait()
    await running.until(lambda: all(gone(process) for process in family), 5)


async def test_a_service_that_is_told_to_end_ends_cleanly(tmp_path: Path) -> None:
    async with service(tmp_path) as running:
        family = running.family()
        running.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(running.process.wait(), 40) == 0
        assert all(gone(process) for process in family)
        assert "Traceback" not in running.log.read_text()


def watch_health(channel: grpc.aio.Channel) -> AsyncIterator[health_pb2.HealthCheckResponse]:
    stub: Any = health_pb2_grpc.HealthStub(channel)  # its methods are not typed
    return stub.Watch(health_pb2.HealthCheckRequest())


def gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True

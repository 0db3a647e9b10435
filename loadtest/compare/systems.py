"""Processes of the comparison, each started on a free port and killed at the end."""

import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp

from kefu.local.health_probes import grpc_probe
from kefu.testing.ports import free_port
from kefu.testing.suite import Suite, clean_environment
from loadtest.compare.mock_backend import MODEL
from loadtest.compare.virtualenvs import LITELLM, VLLM_ROUTER, program

_START_SECONDS = 90.0
_ROOT = Path(__file__).parent.parent.parent


class RunningSystem(NamedTuple):
    """A started system that answers."""

    port: int
    pid: int
    key: str = ""
    """Key to send, where the system requires one."""


class NotStarted(Exception):
    """A process ended, or did not answer in time."""


@asynccontextmanager
async def backend(tokens: int, interval: float, coalesce: float) -> AsyncIterator[RunningSystem]:
    """The simulated model server; times in milliseconds."""
    words = ("--tokens", str(tokens), "--interval", f"{interval:g}", "--coalesce", f"{coalesce:g}")
    port = free_port()
    command = [sys.executable, "-m", "loadtest.compare.mock_backend", "--port", str(port), *words]
    async with _process(command, {}) as process:
        await _http_ready(process, port, "/health")
        yield RunningSystem(port, process.pid)


@asynccontextmanager
async def vllm_router(behind: int) -> AsyncIterator[RunningSystem]:
    """vllm-router in front of a server, at its defaults but for time-outs and logs."""
    port = free_port()
    command = [str(program(VLLM_ROUTER)), "--worker-urls", f"http://127.0.0.1:{behind}", "--policy", "round_robin"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--prometheus-port", str(free_port())]
    command += ["--log-level", "error", "--request-timeout-secs", "3600"]
    async with _process(command, {}) as process:
        await _http_ready(process, port, "/health")
        yield RunningSystem(port, process.pid)


@asynccontextmanager
async def litellm(behind: int) -> AsyncIterator[RunningSystem]:
    """LiteLLM's proxy in front of a server: one worker, no database, no network look-ups."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(
            f"model_list:\n- model_name: {MODEL}\n  litellm_params:\n    model: openai/{MODEL}\n"
            f"    api_base: http://127.0.0.1:{behind}/v1\n    api_key: none\n"
        )
        command = [str(program(LITELLM)), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
        key = f"sk-{secrets.token_hex(32)}"
        environment = {
            "LITELLM_MASTER_KEY": key,
            "LITELLM_LOG": "ERROR",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_MODE": "PRODUCTION",
        }
        async with _process([*command, "--num_workers", "1"], environment) as process:
            await _http_ready(process, port, "/health/liveliness")
            yield RunningSystem(port, process.pid, key)


@asynccontextmanager
async def bare_router(suite: Suite) -> AsyncIterator[RunningSystem]:
    """Kefu's router without sessions and retrieval, before the suite's generation service."""
    port = free_port()
    environment = {
        "KEFU_ROUTER_LISTEN": f"127.0.0.1:{port}",
        "KEFU_ROUTER_GENERATION": suite.service("generation").address,
        "KEFU_INTERNAL_KEY": suite.internal_key,
        "KEFU_BOOTSTRAP_KEY": suite.key,
        "KEFU_LOG_LEVEL": "warning",
    }
    async with _process([sys.executable, "-m", "loadtest.compare.bare_router"], environment) as process:
        probe, ends = grpc_probe(f"127.0.0.1:{port}"), time.monotonic() + _START_SECONDS
        while not await probe():
            if time.monotonic() > ends:
                raise NotStarted("The bare router does not answer.")
            await asyncio.sleep(0.1)
        yield RunningSystem(port, process.pid)


@asynccontextmanager
async def _process(command: Sequence[str], environment: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        env={**clean_environment(), **environment},
        cwd=_ROOT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _http_ready(process: asyncio.subprocess.Process, port: int, path: str) -> None:
    ends = time.monotonic() + _START_SECONDS
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while True:
            try:
                async with session.get(f"http://127.0.0.1:{port}{path}") as response:
                    if response.status == 200:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass  # not yet
            if process.returncode is not None:
                raise NotStarted(f"It ended with status {process.returncode}; its own message is above.")
            if time.monotonic() > ends:
                raise NotStarted(f"Nothing answers at port {port}{path} after {_START_SECONDS:g} s.")
            await asyncio.sleep(0.2)

"""A replica whose model is elsewhere: it serves as long as that server is there, and its process stays."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import grpc.aio
from structlog.testing import capture_logs

import kefu.generation
from kefu.common.probe import ALIVE
from kefu.generation.engines.openai import OpenAIEngine, OpenAISettings, open_openai
from kefu.generation.service import until_end
from kefu.local.ports import unused_ports
from tests.support.generation_harness import serve_generation
from tests.support.grpc_calls import INTERNAL_KEY, is_serving
from tests.support.reasoning_server import TEMPLATES, Behaviour, reasoning_server
from tests.support.table import table
from tests.support.waiting import wait_until, wait_until_async

QWEN3 = (TEMPLATES / "qwen3.jinja").read_text("utf-8")


def engine_settings(port: int) -> OpenAISettings:
    return OpenAISettings(f"http://127.0.0.1:{port}/v1", "k", "m", 1000, False, 64, check_seconds=0.05)


@asynccontextmanager
async def replica_of(engine: OpenAIEngine) -> AsyncIterator[int]:
    """The port of a replica that follows its engine's server, as the service does."""
    async with serve_generation(engine) as (_, servicer, server):
        ending = asyncio.create_task(until_end(engine, servicer, server))
        yield server.port
        ending.cancel()
        with suppress(asyncio.CancelledError):
            await ending


async def test_a_replica_serves_while_its_server_is_there_and_by_itself_again_once_that_is_back() -> None:
    [port] = unused_ports(1)
    with capture_logs() as logs:
        async with open_openai(engine_settings(port)) as engine, replica_of(engine) as replica:

            async def away() -> bool:
                return not await is_serving(replica)

            await wait_until_async(away)
            for _ in range(2):
                with reasoning_server(Behaviour(QWEN3), port):
                    await wait_until_async(lambda: is_serving(replica))
                await wait_until_async(away)
                assert await is_serving(replica, ALIVE)
    told = [one for one in logs if one["event"] == "openai.server_away"]
    assert [(one["log_level"], str(port) in one["url"], bool(one["why"])) for one in told] == [
        ("error", True, True)
    ] * 3


async def test_one_check_that_fails_does_not_take_a_replica_out() -> None:
    behaviour = Behaviour(QWEN3)
    with reasoning_server(behaviour) as server:
        async with open_openai(engine_settings(server.server_port)) as engine:
            changes = engine.availability()
            assert await anext(changes)
            waiting = asyncio.ensure_future(anext(changes))
            behaviour.models_statuses += [500, 200, 500]
            await wait_until(lambda: not behaviour.models_statuses)
            assert not waiting.done()
            behaviour.models_statuses += [500, 500]
            assert await waiting is False
            await changes.aclose()


@table(("status", "there"), [(200, True), (404, True), (429, True), (401, False), (403, False), (503, False)])
async def test_a_server_is_there_unless_it_fails_or_refuses_the_key(status: int, there: bool) -> None:
    behaviour = Behaviour(QWEN3, models_statuses=[status])
    with reasoning_server(behaviour) as server:
        async with open_openai(engine_settings(server.server_port)) as engine:
            changes = engine.availability()
            assert await anext(changes) is there
            await changes.aclose()


async def probe(port: int, *how: str) -> int:
    """The status of the command by which container engines look at a replica."""
    asked = await asyncio.create_subprocess_exec(sys.executable, "-m", "kefu.common.probe", str(port), *how)
    return await asyncio.wait_for(asked.wait(), 60)


async def test_a_replica_that_starts_without_its_server_is_alive_and_does_not_serve(tmp_path: Path) -> None:
    port, dead = unused_ports(2)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kefu.generation"),
        env=os.environ
        | {
            "KEFU_INTERNAL_KEY": INTERNAL_KEY,
            "KEFU_GENERATION_LISTEN": f"127.0.0.1:{port}",
            "KEFU_GENERATION_ENGINE": "openai",
            "KEFU_GENERATION_MODEL": "m",
            "KEFU_GENERATION_OPENAI_URL": f"http://127.0.0.1:{dead}/v1",
            "KEFU_DRAIN_SECONDS": "0",
            "PYTHONPATH": str(Path(kefu.generation.__path__[0]).parents[1]),
        },
        cwd=tmp_path,
        stderr=asyncio.subprocess.STDOUT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:

        async def alive() -> bool:
            with suppress(grpc.aio.AioRpcError):
                return await is_serving(port, ALIVE)
            return False

        await wait_until_async(alive, 60)
        assert [await probe(port), await probe(port, "--alive")] == [1, 0]
        assert process.stdout is not None
        async with asyncio.timeout(30):
            while b"openai.server_away" not in await process.stdout.readline():
                assert process.returncode is None
    finally:
        process.terminate()
        await process.communicate()

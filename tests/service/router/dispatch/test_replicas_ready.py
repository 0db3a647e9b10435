"""`kefu_replicas_ready`: while a replica loads its metrics are there already, and no router counts it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
from prometheus_client import REGISTRY

from kefu.common.aio import cancel_and_wait
from kefu.common.telemetry import metrics
from kefu.generation import service as generation
from kefu.generation.config import GenerationConfig
from kefu.generation.engine import Engine
from kefu.router.replicas.circuit_breaker import BreakerState
from kefu.router.replicas.pool import open_pool
from kefu.router.replicas.retrieval_pool import open_retrieval_pool
from kefu.testing.ports import free_port
from tests.support.grpc_calls import INTERNAL_KEY
from tests.support.scripted_services import ScriptedKnowledge, serve_knowledge
from tests.support.waiting import wait_until


def ready(kind: str) -> float | None:
    return REGISTRY.get_sample_value("kefu_replicas_ready", {"kind": kind})


async def test_a_replica_counts_once_it_has_loaded_and_no_more_when_it_drains(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = asyncio.Event()
    open_engine = generation.open_engine

    @asynccontextmanager
    async def slowly(config: GenerationConfig) -> AsyncIterator[Engine]:
        await loaded.wait()
        async with open_engine(config) as engine:
            yield engine

    monkeypatch.setattr(generation, "open_engine", slowly)
    address, told = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    config = GenerationConfig.model_validate(
        {"internal_key": INTERNAL_KEY, "listen": address, "engine": "simulated", "drain_seconds": 1}
    )
    with metrics(told):
        replica = asyncio.create_task(generation.main(config))
        try:
            async with open_pool(address, INTERNAL_KEY, "a router") as pool, httpx.AsyncClient() as prometheus:
                page = await prometheus.get(f"http://{told}/metrics")
                assert page.status_code == 200  # so `up` is 1
                assert 'kefu_replicas_ready{kind="generation"} 0.0' in page.text
                loaded.set()
                await wait_until(lambda: ready("generation") == 1)
                [known] = pool.replicas
                for _ in range(10):
                    known.breaker.failed(known.breaker.begin())
                assert known.breaker.state is BreakerState.OPEN
                assert ready("generation") == 0
                known.breaker.reset()
                assert ready("generation") == 1
                await cancel_and_wait(replica)
                await wait_until(lambda: ready("generation") == 0)
        finally:
            await cancel_and_wait(replica)
    assert ready("generation") is None


async def test_a_replica_of_retrieval_counts_while_it_is_connected() -> None:
    address = f"127.0.0.1:{free_port()}"
    async with open_retrieval_pool(address), AsyncExitStack() as stack:
        assert ready("retrieval") == 0
        served = ScriptedKnowledge()  # pyright: ignore[reportAbstractUsage] - what is not scripted is not called
        await stack.enter_async_context(serve_knowledge(served, address))
        await wait_until(lambda: ready("retrieval") == 1)
        await stack.aclose()
        await wait_until(lambda: ready("retrieval") == 0)

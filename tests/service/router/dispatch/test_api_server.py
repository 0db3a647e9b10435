"""A router whose replicas only the cluster's API server knows: ready once it was told them, and ready ever after."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from kefu.common.probe import is_serving
from kefu.router.replicas import discovery, pool
from kefu.router.replicas.kubernetes_endpoints import EndpointSliceSource, ServiceAccount
from kefu.testing.ports import free_port
from kefu.testing.redis_server import RedisServer
from tests.support.kubernetes_api import open_switched_api
from tests.support.router_harness import open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until


async def is_ready(port: int) -> bool:
    """What the kubelet's probe finds."""
    return await asyncio.to_thread(is_serving, f"127.0.0.1:{port}", None)


async def test_a_router_that_was_never_told_its_replicas_is_not_ready_and_one_that_was_stays_so(
    own_redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    async with (
        open_switched_api() as api,
        open_router_harness(own_redis, routers=0, listen=f"127.0.0.1:{port}") as suite,
    ):
        account = ServiceAccount(api.url, tmp_path / "token", tmp_path / "ca.crt", tmp_path / "namespace")
        account.token_file.write_text("token", "ascii")
        suite.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        replica_port = suite.generation.rpartition(":")[2]

        def sources(_: str) -> list[discovery.AddressSource]:
            [source] = discovery.address_sources(f"k8s:///kefu-generation.kefu:{replica_port}", account)
            assert isinstance(source, EndpointSliceSource)
            return [replace(source, backoff=(0.01, 0.05))]

        monkeypatch.setattr(pool, "address_sources", sources)
        monkeypatch.setattr(discovery, "_FIRST_ANSWER_SECONDS", 0.1)
        api.status = 403
        with capture_logs() as logs:
            starting = asyncio.create_task(suite.start_router())
            await wait_until(lambda: len(api.requests) > 20)  # longer than any other source is waited for
            assert not await is_ready(port)
            assert not starting.done()
            assert [one["log_level"] for one in logs if one["event"] == "discovery.not_ready"] == ["error"]
            api.status = 200
            await asyncio.wait_for(starting, 20)
            assert await is_ready(port)
            client = await suite.client()
            assert (await client.ask("How long does a refund take?")).text
            api.cut()
            await wait_until(lambda: any(one["event"] == "discovery.watch_lost" for one in logs))
            assert await is_ready(port)
            asked = len(suite.replica.calls)
            assert (await client.ask("When does a refund arrive?")).text
            assert len(suite.replica.calls) > asked, "the replica that it knew of is asked as before"
        lost = [one for one in logs if one["event"] == "discovery.watch_lost"]
        assert {one["replicas_kept"] for one in lost} == {1}

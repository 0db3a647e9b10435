"""Containers that are killed, pods that are told to leave, under load: customers notice nothing. Run in this order."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc
import grpc.aio
import pytest

from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from tests.compose.asking import ENGLISH, ask
from tests.pods.cpu_demo.customers import CUSTOMERS, killed, load
from tests.pods.installed import Installed
from tests.pods.kubelet import watching
from tests.support.grpc_calls import bearer_metadata

T = TypeVar("T")
pytestmark = pytest.mark.timeout(600)


async def test_probes_succeed_all_the_time_while_customers_ask(kefu: Installed) -> None:
    names = [name for name, pod in kefu.pods.pods.items() if pod.workload not in ("kefu-toolbox", "kefu-smoke-test")]
    with watching(kefu.pods.probes(*names)) as watched:
        async with load(kefu) as customers:
            await asyncio.sleep(25)  # longer than a liveness probe's period
    assert watched.breaches == []
    assert watched.done >= 4 * len(names)
    assert customers.failed + customers.failed_by_gateway + customers.otherwise == []


@pytest.mark.parametrize("name", ["kefu-retrieval-0", "kefu-gateway-0"])
async def test_a_container_that_is_killed_comes_back_and_nobody_notices(kefu: Installed, name: str) -> None:
    async with load(kefu) as customers:
        await killed(kefu, name)
        await asyncio.to_thread(kefu.pods.until_ready, name)
    assert customers.failed + customers.otherwise == []
    assert customers.by_gateway
    assert len(customers.failed_by_gateway) <= (name == "kefu-gateway-0"), "what it was about to answer"


async def test_a_router_that_is_killed_takes_its_own_answers_with_it_and_no_others(kefu: Installed) -> None:
    """Their streams break, as the docs on failover say; whoever asks again is answered."""
    async with load(kefu) as customers:
        await killed(kefu, "kefu-router-0")
        await asyncio.to_thread(kefu.pods.until_ready, "kefu-router-0")
        broken = list(customers.failed)
        await customers.until_more(CUSTOMERS)
    assert len(broken) <= CUSTOMERS
    assert all("UNAVAILABLE" in one or "RST_STREAM" in one for one in broken), broken
    assert customers.failed == broken, "answers go on"


@pytest.mark.parametrize("name", ["kefu-router-0", "kefu-retrieval-0", "kefu-gateway-0"])
async def test_a_pod_that_is_told_to_leave_drops_nothing_and_is_gone_within_its_grace(
    kefu: Installed, name: str
) -> None:
    async with load(kefu) as customers:
        began = time.monotonic()
        ended = await asyncio.to_thread(kefu.pods.leave, name)
        took = time.monotonic() - began
        kefu.pods.play(name)
        await asyncio.to_thread(kefu.pods.until_ready, name)
    assert customers.failed + customers.failed_by_gateway + customers.otherwise == []
    assert customers.by_gateway
    assert set(ended.values()) == {0}, ended
    assert took < kefu.pods.pods[name].grace_seconds


async def test_redis_that_is_told_to_leave_comes_back_with_all_that_it_knew(kefu: Installed) -> None:
    async with kefu.customers() as channel:
        before = await ask(channel, kefu.key, ENGLISH)
        ended = await asyncio.to_thread(kefu.pods.leave, "kefu-redis-0")
        assert ended == {"redis": 0}
        kefu.pods.play("kefu-redis-0")
        await asyncio.to_thread(kefu.pods.until_ready)
        session = before.turn.partition("/turns/")[0]
        chat, request = rpc.ChatServiceStub(channel), pb.ListTurnsRequest(session=session)
        turns = await once_more(lambda: chat.ListTurns(request, metadata=bearer_metadata(kefu.key)))
        assert [one.text.encode() for one in turns.turns] == [before.text]
        after = await once_more(lambda: ask(channel, kefu.key, ENGLISH))
    assert "3 years" in after.text.decode()
    assert after.completed.citations


async def once_more(call: Callable[[], Awaitable[T]]) -> T:
    """As a client does that is told to come back: services connect anew."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await call()
            except grpc.aio.AioRpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise
                await asyncio.sleep(1)

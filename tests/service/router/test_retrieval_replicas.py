"""Several replicas of retrieval behind one router: balanced by their own load, added and lost while customers ask."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import grpc
import pytest

from kefu.common.auth import Principal, Scope
from kefu.common.errors import BackendUnavailable, CollectionNotFound
from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.router.replicas.retrieval_client import RetrievalClient, SearchLate
from kefu.router.replicas.retrieval_pool import RetrievalPool
from kefu.testing.ports import free_port
from tests.support.grpc_calls import INTERNAL_KEY
from tests.support.scripted_services import Context, ScriptedKnowledge, make_hit, serve_knowledge

SOMEBODY = Principal("acme", "somebody", frozenset({Scope.CHAT}))


@asynccontextmanager
async def searching(*addresses: str) -> AsyncIterator[tuple[RetrievalPool, RetrievalClient]]:
    pool = RetrievalPool()
    await pool.set_addresses(addresses)
    try:
        yield pool, RetrievalClient(pool, INTERNAL_KEY)
    finally:
        await pool.close()


async def search(client: RetrievalClient, seconds: float = 5.0) -> int:
    found = await client.search(SOMEBODY, "Refund?", collections=(), as_of="2026-11-28", top_k=5, seconds=seconds)
    return len(found.passages)


def knowledge(delay: float = 0.0) -> ScriptedKnowledge:
    served = ScriptedKnowledge()  # pyright: ignore[reportAbstractUsage] - what is not scripted is not called
    served.hits, served.delay = [make_hit("Refunds arrive within 7 business days.")], delay
    return served


async def ask_steadily(client: RetrievalClient, count: int, pause: float = 0.01) -> list[int | BaseException]:
    asking: list[asyncio.Task[int]] = []
    for _ in range(count):
        asking.append(asyncio.create_task(search(client)))
        await asyncio.sleep(pause)
    return await asyncio.gather(*asking, return_exceptions=True)


async def test_a_replica_that_takes_longer_gets_fewer_and_equal_ones_get_alike() -> None:
    quick, alike, slow = knowledge(0.03), knowledge(0.03), knowledge(0.3)
    async with AsyncExitStack() as stack:
        addresses = [await stack.enter_async_context(serve_knowledge(one)) for one in (quick, alike, slow)]
        _, client = await stack.enter_async_context(searching(*addresses))
        assert await ask_steadily(client, 200) == [1] * 200
        assert len(slow.requests) < 0.5 * len(quick.requests)
        assert 0.6 < len(quick.requests) / len(alike.requests) < 1.7


async def test_a_replica_that_dies_costs_nobody_an_answer() -> None:
    stays, dies = knowledge(0.02), knowledge(0.02)
    async with serve_knowledge(stays) as first, AsyncExitStack() as stack:
        second = await stack.enter_async_context(serve_knowledge(dies))
        async with searching(first, second) as (_, client):
            asking = asyncio.create_task(ask_steadily(client, 150))
            await asyncio.sleep(0.5)
            await stack.aclose()
            assert await asking == [1] * 150
            assert dies.requests
            assert len(stays.requests) > len(dies.requests)


class EndingKnowledge(ScriptedKnowledge):
    """A replica that is ending: what it was asked it cancels, as a server does whose time to end is over."""

    async def Search(self, request: kb.SearchRequest, context: Context) -> kb.SearchResponse:
        self.requests.append(request)
        await context.abort(grpc.StatusCode.CANCELLED)


async def test_what_a_replica_cancels_when_it_ends_is_asked_of_another_one() -> None:
    ending, stays = EndingKnowledge(), knowledge()  # pyright: ignore[reportAbstractUsage] - as above
    async with (
        serve_knowledge(ending) as first,
        serve_knowledge(stays) as second,
        searching(first, second) as (_, client),
    ):
        assert await ask_steadily(client, 20) == [1] * 20
        assert len(ending.requests) >= 1, "it was asked, then left alone"
        assert len(stays.requests) == 20


async def test_an_added_replica_is_asked_at_once_and_a_removed_one_ends_what_it_began() -> None:
    first, second = knowledge(0.5), knowledge()
    async with (
        serve_knowledge(first) as at_first,
        serve_knowledge(second) as at_second,
        searching(at_first) as (pool, client),
    ):
        began = asyncio.create_task(search(client))
        while not first.requests:
            await asyncio.sleep(0.01)
        await pool.set_addresses([at_second])
        assert await search(client) == 1
        assert (len(first.requests), len(second.requests)) == (1, 1)
        assert await began == 1


async def test_the_only_replica_is_waited_for_while_it_starts_within_the_time() -> None:
    address = f"127.0.0.1:{free_port()}"
    async with searching(address) as (_, client):
        began = time.monotonic()
        with pytest.raises(BackendUnavailable):
            await search(client, seconds=0.3)
        assert 0.2 < time.monotonic() - began < 2.0
        asking = asyncio.create_task(search(client, seconds=10.0))
        await asyncio.sleep(0.3)
        async with serve_knowledge(knowledge(), address):
            assert await asking == 1


async def test_without_a_replica_it_is_said_at_once() -> None:
    async with searching() as (_, client):
        with pytest.raises(BackendUnavailable, match="UNAVAILABLE: no replica of retrieval is known"):
            await search(client)


async def test_what_is_wrong_with_the_request_is_asked_of_one_replica_only() -> None:
    first, second = knowledge(), knowledge()
    first.error = second.error = CollectionNotFound("There is no collection faq.")
    async with (
        serve_knowledge(first) as at_first,
        serve_knowledge(second) as at_second,
        searching(at_first, at_second) as (_, client),
    ):
        with pytest.raises(CollectionNotFound):
            await search(client)
    assert len(first.requests) + len(second.requests) == 1


async def test_late_is_load_only_while_others_are_answered() -> None:
    served = knowledge()
    async with serve_knowledge(served) as address, searching(address) as (_, client):
        served.delay = 30.0
        with pytest.raises(BackendUnavailable) as caught:
            await search(client, seconds=0.2)
        assert not isinstance(caught.value, SearchLate), "nobody was ever answered: it does not work"
        served.delay = 0.0
        await search(client)
        served.delay = 30.0
        with pytest.raises(SearchLate):
            await search(client, seconds=0.2)


async def test_every_call_is_timed_the_late_ones_too() -> None:
    served, times = knowledge(0.1), list[float]()
    async with serve_knowledge(served) as address, searching(address) as (pool, _):
        client = RetrievalClient(pool, INTERNAL_KEY, on_call=times.append)
        await search(client)
        served.delay = 30.0
        with pytest.raises(SearchLate):
            await search(client, seconds=0.3)
    first, late = times
    assert 0.1 <= first < 5.0
    assert 0.3 <= late < 5.0

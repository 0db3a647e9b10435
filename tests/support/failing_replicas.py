"""A router in front of two generation services with the simulated engine, which fail as a test plans."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from kefu.common.auth import open_keyring
from kefu.common.rpc.server import serving
from kefu.generation.engine import EngineLoad, Event, GenerationRequest, ModelDescription, Piece, Started
from kefu.generation.engines.simulated import SimulatedEngine, SimulatedSettings, open_simulated
from kefu.generation.service import PERMISSIONS
from kefu.generation.servicer import GenerationServicer, ServingLimits
from kefu.router.replicas.load import SATURATED_TOKENS
from kefu.router.replicas.pool import ReplicaPool
from tests.support.grpc_calls import INTERNAL_KEY
from tests.support.router_harness import RouterClient, RouterHarness
from tests.support.waiting import wait_until

FAST_ENGINE = SimulatedSettings(
    prefill_tokens_per_second=1e6,
    step_seconds=0.01,
    step_seconds_per_request=0.0,
    kv_tokens=100_000,
    answer_tokens=40,
    max_model_tokens=4096,
    max_running=64,
)
PlannedFailure = tuple[int, Exception | None]
"""After so many pieces the engine raises this error, or falls silent."""


class FailingEngine:
    """The simulated engine with planned failures. Whichever replica is asked has the next one."""

    def __init__(self, engine: SimulatedEngine, failures: list[PlannedFailure]) -> None:
        self._engine = engine
        self._failures = failures
        self.coalesces = engine.coalesces
        self.calls = 0
        self.pieces = 0

    def describe(self) -> ModelDescription:
        return self._engine.describe()

    def load(self) -> EngineLoad:
        # It does not say how many it can run, so that some wait in it.
        return self._engine.load()._replace(max_running=0)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event, None]:
        self.calls += 1
        after, failure = self._failures.pop(0) if self._failures else (-1, None)
        written = 0
        events = self._engine.generate(request)
        try:
            async for event in events:
                if after == written and not isinstance(event, Started):
                    if failure is None:
                        await asyncio.Event().wait()
                    else:
                        raise failure
                if isinstance(event, Piece):
                    written += 1
                    self.pieces += 1
                yield event
        finally:
            await events.aclose()

    async def died(self) -> str:
        return await self._engine.died()


class SimulatedReplica:
    """One generation service in this process."""

    def __init__(self, engine: FailingEngine, servicer: GenerationServicer, stack: AsyncExitStack) -> None:
        self.engine = engine
        self.servicer = servicer
        self._stack = stack

    async def kill(self) -> None:
        """Cut all streams of the replica, and stop serving."""
        await self._stack.aclose()

    @property
    def open_work(self) -> tuple[int, int, int, int]:
        """Open requests, owed tokens, running and waiting of the replica: all 0 when no request is left."""
        ledger, load = self.servicer.accounting, self.engine.load()
        return ledger.open_requests, ledger.owed_tokens, load.running, load.waiting


class FailingReplicas:
    """A router in front of two replicas."""

    def __init__(
        self,
        harness: RouterHarness,
        pool: ReplicaPool,
        replicas: list[SimulatedReplica],
        failures: list[PlannedFailure],
    ) -> None:
        self.router = harness
        self.pool = pool
        self.replicas = replicas
        self.failures = failures
        self._loads = [replica.load for replica in pool.replicas]

    async def customer(self) -> RouterClient:
        return await self.router.client()

    @property
    def calls(self) -> int:
        return sum(replica.engine.calls for replica in self.replicas)

    async def wait_until_writing(self, calls: int = 1) -> None:
        await wait_until(lambda: self.calls >= calls and any(replica.engine.pieces > 3 for replica in self.replicas))

    def owed(self) -> list[tuple[int, int]]:
        """Streams and tokens of each replica, as the router counts them."""
        return [(load.in_flight, load.owed_tokens - (SATURATED_TOKENS if load.is_stale else 0)) for load in self._loads]

    async def check_nothing_owed(self) -> None:
        """Check that router and replicas owe nothing once a load report or two have come."""
        try:
            async with asyncio.timeout(10):
                while any(any(pair) for pair in self.owed()) or any(
                    any(replica.open_work) for replica in self.replicas
                ):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            pytest.fail(f"router: {self.owed()}; replicas: {[replica.open_work for replica in self.replicas]}")


@asynccontextmanager
async def serve_simulated_replica(
    settings: SimulatedSettings, failures: list[PlannedFailure]
) -> AsyncIterator[tuple[str, SimulatedReplica]]:
    async with AsyncExitStack() as stack:
        engine = FailingEngine(await stack.enter_async_context(open_simulated("", settings)), failures)
        servicer = GenerationServicer(engine, ServingLimits(512, 0.02, 0.0, 0.02, 30.0))
        serves = await stack.enter_async_context(AsyncExitStack())
        keyring = await serves.enter_async_context(open_keyring(INTERNAL_KEY))
        running = await serves.enter_async_context(
            serving("127.0.0.1:0", servicer.register, keyring=keyring, permissions=PERMISSIONS, drain_seconds=0)
        )
        yield f"127.0.0.1:{running.port}", SimulatedReplica(engine, servicer, serves)

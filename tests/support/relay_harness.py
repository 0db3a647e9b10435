"""Relays over real gRPC to scripted replicas: failures between router and replicas, without the rest of the router."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from kefu.common.auth import Principal, Scope
from kefu.router.dispatch.hedging import Hedging
from kefu.router.dispatch.relay import RelayFactory, RelayPolicy
from kefu.router.dispatch.retry_budget import RetryBudget
from kefu.router.domain.generation import Frame, GenerationEnd, GenerationRequest, Message, Role
from kefu.router.replicas.pool import ReplicaPool, open_pool
from tests.support.grpc_calls import INTERNAL_KEY
from tests.support.scripted_services import ScriptedReplica, Step, serve_replica

CUSTOMER = Principal("default", "someone", frozenset({Scope.CHAT}))


def make_request(
    *, estimated_tokens: int = 500, reasoning_tokens: int | None = None, deadline: float | None = None
) -> GenerationRequest:
    """The generation request of every test."""
    return GenerationRequest(
        messages=(Message(Role.USER, "How long does a refund take?"),),
        estimated_tokens=estimated_tokens,
        max_tokens=100,
        reasoning_tokens=reasoning_tokens,
        deadline=deadline,
    )


def make_replica(*frames: Step) -> ScriptedReplica:
    """A scripted replica that writes these frames."""
    replica = ScriptedReplica()
    replica.frames = list(frames)
    return replica


def make_measured_hedging(*, share: float = 1.0, seconds: float = 0.05) -> Hedging:
    """Hedging with enough measured first tokens to hedge."""
    hedging = Hedging(share=share)
    for _ in range(60):
        hedging.first_token_times.add(seconds)
    return hedging


@dataclass
class ReceivedFrames:
    """Frames and end of one request."""

    frames: list[Frame] = field(default_factory=list[Frame])
    end: GenerationEnd | None = None

    @property
    def text(self) -> str:
        """The visible answer."""
        return "".join(frame.text for frame in self.frames if not frame.reasoning)

    @property
    def token_ids(self) -> list[int]:
        """Token ids of all frames."""
        return [token_id for frame in self.frames for token_id in frame.token_ids]


class RelayHarness:
    """Scripted replicas and the relays in front of them."""

    def __init__(
        self, relays: RelayFactory, pool: ReplicaPool, addresses: list[str], replicas: list[ScriptedReplica]
    ) -> None:
        self.relays = relays
        self.pool = pool
        self.addresses = addresses
        self.replicas = replicas

    async def ask(
        self, request: GenerationRequest | None = None, *, preferred: int = 0, first_by: float | None = None
    ) -> ReceivedFrames:
        """Ask, and return all frames. The replica with the number `preferred` is asked first."""
        received = ReceivedFrames()
        await self.ask_into(received, request, preferred=preferred, first_by=first_by)
        return received

    async def ask_into(
        self,
        received: ReceivedFrames,
        request: GenerationRequest | None = None,
        *,
        preferred: int = 0,
        first_by: float | None = None,
    ) -> None:
        """As `ask`, into `received`, which keeps the frames before a failure."""
        relay = self.relays.relay(CUSTOMER, preferred=self.addresses[preferred], session="s")
        async for event in relay.frames(request or make_request(), first_frame_deadline=first_by):
            if isinstance(event, GenerationEnd):
                received.end = event
            else:
                received.frames.append(event)

    async def wait_until_idle(self, seconds: float = 5.0) -> None:
        """Wait until no tokens are owed, no call is in flight, and no task waits for a first frame."""
        async with asyncio.timeout(seconds):
            while any(replica.load.in_flight or replica.load.owed_tokens for replica in self.pool.replicas):
                await asyncio.sleep(0.02)
            while any(task.get_name().startswith("first frame") for task in asyncio.all_tasks()):
                await asyncio.sleep(0.02)

    async def wait_until_known(self) -> None:
        """Wait until every replica has reported its load."""
        await self.wait_until_idle(10.0)


@asynccontextmanager
async def open_relay_harness(
    *scripted: ScriptedReplica,
    patience: RelayPolicy | None = None,
    retries: RetryBudget | None = None,
    hedging: Hedging | None = None,
) -> AsyncIterator[RelayHarness]:
    """Replicas and relays while the block runs, with every load known. Hedging is off by default."""
    async with AsyncExitStack() as stack:
        addresses = [await stack.enter_async_context(serve_replica(replica)) for replica in scripted]
        pool = await stack.enter_async_context(open_pool(",".join(addresses), INTERNAL_KEY, "bench"))
        relays = RelayFactory(
            pool,
            patience or RelayPolicy(first_token_seconds=1.0, idle_seconds=1.0, max_attempts=3),
            retries or RetryBudget(share=0.2, reserve=100.0),
            hedging or Hedging(share=0.0),
        )
        harness = RelayHarness(relays, pool, addresses, list(scripted))
        await harness.wait_until_known()
        yield harness

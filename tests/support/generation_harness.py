"""A generation service whose engine plays given events, over real gRPC."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

from kefu.common.auth import open_keyring
from kefu.common.rpc.server import RunningServer, serving
from kefu.generation.engine import (
    Channel,
    Engine,
    EngineLoad,
    Event,
    Finished,
    FinishReason,
    GenerationRequest,
    ModelDescription,
    Piece,
    Started,
)
from kefu.generation.engine_metrics import EngineMetrics
from kefu.generation.service import PERMISSIONS
from kefu.generation.servicer import GenerationServicer, ServingLimits
from kefu.generation.v1 import generation_pb2 as pb
from kefu.generation.v1.generation_pb2_grpc import GenerationServiceStub
from tests.support.grpc_calls import INTERNAL_KEY, bearer_metadata, open_channel

if TYPE_CHECKING:
    from kefu.generation.v1.generation_pb2_grpc import GenerationServiceAsyncStub

KEY_METADATA = bearer_metadata(INTERNAL_KEY)


class ScriptedEngine:
    """An engine that plays given events. `hold` keeps an answer from ending, `fail()` ends the engine."""

    coalesces = False

    def __init__(self, events: Sequence[Event], *, hold: bool = False) -> None:
        self.events = events
        self.hold = hold
        self.requests: list[GenerationRequest] = []
        self.closed = asyncio.Event()
        self._death = asyncio.Event()

    def describe(self) -> ModelDescription:
        return ModelDescription("scripted", "simulated", "1", "f", 4096, True, True, True, "none")

    def load(self) -> EngineLoad:
        return EngineLoad(running=len(self.requests), max_running=7)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event, None]:
        self.requests.append(request)
        try:
            for event in self.events:
                yield event
            if self.hold:
                await asyncio.Event().wait()
        finally:
            self.closed.set()

    async def died(self) -> str:
        await self._death.wait()
        return "scripted"

    def fail(self) -> None:
        self._death.set()


RunningService: TypeAlias = "tuple[GenerationServiceAsyncStub, GenerationServicer, RunningServer]"


@asynccontextmanager
async def serve_generation(
    engine: Engine, *, max_requests: int = 8, stall_seconds: float = 30.0, metrics: EngineMetrics | None = None
) -> AsyncIterator[RunningService]:
    limits = ServingLimits(max_requests, 0.01, 0.0, 0.01, stall_seconds)
    servicer = GenerationServicer(engine, limits, metrics)
    async with (
        open_keyring(INTERNAL_KEY) as keyring,
        serving(
            "127.0.0.1:0", servicer.register, keyring=keyring, permissions=PERMISSIONS, drain_seconds=0.5
        ) as server,
        open_channel(server.port) as channel,
    ):
        stub: GenerationServiceAsyncStub = GenerationServiceStub(channel)  # pyright: ignore[reportAssignmentType]
        yield stub, servicer, server


def make_request(text: str = "Hello", **fields: object) -> pb.GenerateRequest:
    message = pb.ChatMessage(role=pb.ChatMessage.ROLE_USER, content=text)
    return pb.GenerateRequest(**({"chat": pb.ChatPrompt(messages=[message])} | fields))  # pyright: ignore[reportArgumentType] - tests give what it takes


async def collect_events(stub: "GenerationServiceAsyncStub", request: pb.GenerateRequest) -> list[pb.GenerateEvent]:
    return [event async for event in stub.Generate(request, metadata=KEY_METADATA)]


ANSWER: tuple[Event, ...] = (
    Started(7),
    Piece(Channel.REASONING, "hm", (1, 2)),
    Piece(Channel.TEXT, "答案", (3, 4, 5)),
    Finished(FinishReason.STOP, 7, 4, 5, 2),
)

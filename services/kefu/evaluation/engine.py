"""The model to measure: a running generation service, or one in this process."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import grpc.aio

from kefu.common.auth import open_keyring
from kefu.common.rpc.interceptor import internal_metadata
from kefu.common.rpc.server import serving
from kefu.generation.config import GenerationConfig
from kefu.generation.service import PERMISSIONS, limits_of, open_engine
from kefu.generation.servicer import GenerationServicer
from kefu.generation.v1 import generation_pb2 as pb
from kefu.generation.v1 import generation_pb2_grpc as rpc
from kefu.router.dispatch.relay import ReplicaChooser
from kefu.router.replicas.pool import open_pool

_CALLER = "evaluation"


@dataclass(frozen=True)
class MeasuredModel:
    """A pool of replicas with one model."""

    pool: ReplicaChooser
    model: str
    fingerprint: str
    reasons: bool
    """Whether the model can think before it answers."""


@asynccontextmanager
async def running_model(model: str) -> AsyncIterator[MeasuredModel]:
    """Serve a model over gRPC on a free port while the block runs; empty: the default model."""
    key = f"kefu_internal_{secrets.token_hex(32)}"
    config = GenerationConfig(internal_key=key, **({"model": model} if model else {}))  # pyright: ignore[reportArgumentType]
    async with AsyncExitStack() as stack:
        servicer = GenerationServicer(await stack.enter_async_context(open_engine(config)), limits_of(config))
        keyring = await stack.enter_async_context(open_keyring(key))
        server = await stack.enter_async_context(
            serving("127.0.0.1:0", servicer.register, keyring=keyring, permissions=PERMISSIONS, drain_seconds=1.0)
        )
        yield await stack.enter_async_context(served_at(f"127.0.0.1:{server.port}", key))


@asynccontextmanager
async def served_at(addresses: str, internal_key: str) -> AsyncIterator[MeasuredModel]:
    """Connect to running replicas. Raises grpc.aio.AioRpcError when none answers."""
    async with open_pool(addresses, internal_key, _CALLER) as pool:
        async with grpc.aio.insecure_channel(addresses.split(",")[0]) as channel:
            described = await rpc.GenerationServiceStub(channel).DescribeModel(
                pb.DescribeModelRequest(), metadata=internal_metadata(internal_key), timeout=30.0, wait_for_ready=True
            )
        yield MeasuredModel(pool, described.model, described.fingerprint, described.supports_reasoning)

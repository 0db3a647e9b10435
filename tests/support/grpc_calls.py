"""Calls of a service as its clients make them: over real gRPC, with a key."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2

from kefu.common.auth import make_key
from kefu.common.rpc.status import RpcFailure, failure_of

INTERNAL_KEY = make_key("internal").secret
BOOTSTRAP_KEY = make_key("bootstrap").secret


def bearer_metadata(key: str, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Call metadata with a key, and further entries."""
    return (("authorization", f"Bearer {key}"), *more)


@asynccontextmanager
async def open_channel(port: int) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server on this machine."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel


async def expect_failure(call: Callable[[], Awaitable[object]]) -> RpcFailure:
    """Make a call, and return its failure. The test fails when the call succeeds."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call()
    return failure_of(caught.value)


async def is_serving(port: int, service: str = "") -> bool:
    """Whether grpc.health.v1 reports a service as serving. No key is needed."""
    async with open_channel(port) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        answer = await check(health_pb2.HealthCheckRequest(service=service))
        return answer.status == health_pb2.HealthCheckResponse.SERVING

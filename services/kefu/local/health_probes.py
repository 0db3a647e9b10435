"""Readiness probes of the local suite: PING for Redis, /readyz for the gateway, grpc.health.v1 for the services."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable

import grpc.aio
import httpx
import redis.exceptions
from grpc_health.v1 import health_pb2
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from kefu.client.channels import channel_to
from kefu.local.ports import HOST

Probe = Callable[[], Awaitable[bool | None]]
"""Whether a service is ready now; None when nothing answers."""
_SECONDS = 2.0
_NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Of clients that speak plain HTTP: one of its own reads the machine's certificates, 30 ms of CPU each second."""


async def channel_serving(channel: grpc.aio.Channel) -> bool | None:
    """Whether a server as a whole is SERVING, by grpc.health.v1; None when nothing answers within 2 s."""
    check = channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    try:
        answer = await check(health_pb2.HealthCheckRequest(), timeout=_SECONDS, wait_for_ready=False)
    except grpc.RpcError:
        return None
    return answer.status == health_pb2.HealthCheckResponse.SERVING


def grpc_probe(address: str, root_certificate: str = "") -> Probe:
    """A probe that is true when the server as a whole is SERVING. For the arguments see `channel_to`."""

    async def ready() -> bool | None:
        async with channel_to(address, root_certificate) as channel:
            return await channel_serving(channel)

    return ready


async def http_serving(address: str) -> bool | None:
    """Whether /readyz at "http://host:port" answers with success; None when nothing answers within 2 s."""
    try:
        async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False, verify=_NO_AUTHORITIES) as client:
            response = await client.get(f"{address}/readyz")
    except httpx.HTTPError:
        return None
    return response.is_success


def http_probe(address: str) -> Probe:
    """A probe that is true when /readyz at "http://host:port" answers with success."""

    async def ready() -> bool | None:
        return await http_serving(address)

    return ready


def redis_probe(port: int, password: str) -> Probe:
    """A probe that is true when Redis answers PING, which it does only once its data is loaded.

    Left to itself, redis-py would try for 26 s to reach a Redis that accepts connections and says nothing.
    """

    async def ready() -> bool | None:
        try:
            async with (
                asyncio.timeout(_SECONDS),
                Redis(host=HOST, port=port, password=password, retry=Retry(NoBackoff(), 0)) as client,
            ):
                await client.ping()  # pyright: ignore[reportUnknownMemberType, reportGeneralTypeIssues]
        except redis.exceptions.BusyLoadingError:  # a ConnectionError to redis-py
            return False
        except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, OSError):  # TimeoutError is one
            return None
        except redis.exceptions.RedisError:
            return False
        return True

    return ready

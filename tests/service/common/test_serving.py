"""What every service gets from `serving`: keys, scopes, errors, health, reflection, a drain. Over real gRPC."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from prometheus_client import REGISTRY
from pydantic import SecretStr

from kefu.common import auth
from kefu.common.auth import REVOKED_CHANNEL, Scope, StoredKey, make_key, open_keyring, redis_key
from kefu.common.errors import ServiceError, StartupError
from kefu.common.grpc_options import DEFAULT_TRANSPORT, Transport
from kefu.common.redis.client import open_redis
from kefu.common.rpc.health import MAX_WATCHES
from kefu.common.rpc.interceptor import internal_metadata
from kefu.common.rpc.reflection import MAX_CALLS, Reflection
from kefu.common.rpc.server import RunningServer, serving
from kefu.generation.config import GenerationConfig
from kefu.generation.service import main
from kefu.generation.v1 import generation_pb2 as pb
from kefu.generation.v1 import generation_pb2_grpc as rpc
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import (
    BOOTSTRAP_KEY,
    INTERNAL_KEY,
    bearer_metadata,
    expect_failure,
    is_serving,
    open_channel,
)

SERVICE = "kefu.generation.v1.GenerationService"


class Scripted(rpc.GenerationServiceServicer):
    """Answers with the caller, or fails as told."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.release = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def DescribeModel(self, request: object, context: object) -> pb.DescribeModelResponse:
        if self.error:
            raise self.error
        who = auth.caller()
        collections = "*" if who.collections is None else ",".join(sorted(who.collections))
        return pb.DescribeModelResponse(model=f"{who.tenant}/{who.subject}/{collections}")

    async def WatchLoad(self, request: object, context: object) -> AsyncIterator[pb.LoadReport]:
        yield pb.LoadReport(boot_id="scripted")

    async def Generate(self, request: object, context: object) -> AsyncIterator[pb.GenerateEvent]:
        try:
            yield pb.GenerateEvent(accepted=pb.Accepted(prompt_tokens=1))
            if self.error:
                raise self.error
            await self.release.wait()
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled.set()
            raise
        yield pb.GenerateEvent(completed=pb.Completed())


@asynccontextmanager
async def scripted_server(
    redis: RedisServer | None = None,
    *,
    listen: str = "127.0.0.1:0",
    drain: float = 5,
    transport: Transport = DEFAULT_TRANSPORT,
) -> AsyncIterator[tuple[Scripted, RunningServer]]:
    servicer = Scripted()  # pyright: ignore[reportAbstractUsage]
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_redis(redis.url)) if redis else None
        keyring = await stack.enter_async_context(open_keyring(INTERNAL_KEY, BOOTSTRAP_KEY, store))
        running = await stack.enter_async_context(
            serving(
                listen,
                lambda server: rpc.add_GenerationServiceServicer_to_server(servicer, server),
                keyring=keyring,
                permissions={SERVICE: dict.fromkeys(("DescribeModel", "Generate"), (Scope.INTERNAL, Scope.CHAT))},
                drain_seconds=drain,
                transport=transport,
            )
        )
        yield servicer, running


async def describe(port: int, metadata: tuple[tuple[str, str], ...] = ()) -> str:
    async with open_channel(port) as channel:
        return (
            await rpc.GenerationServiceStub(channel).DescribeModel(pb.DescribeModelRequest(), metadata=metadata)
        ).model


async def test_every_error_of_the_table_reaches_the_client_with_its_own_reason() -> None:
    async with scripted_server() as (servicer, running):
        for error in ServiceError.__subclasses__():
            servicer.error = error.__new__(error)
            ServiceError.__init__(servicer.error, "What happened; what to do.")
            servicer.error.__dict__.update(field="text", description="is wrong.")
            read = await expect_failure(lambda: describe(running.port, bearer_metadata(INTERNAL_KEY)))
            assert (read.code, read.reason, read.message) == (error.code, error.reason, "What happened; what to do.")


@pytest.mark.parametrize("streaming", [False, True])
async def test_a_foreign_exception_shows_nothing_of_itself(streaming: bool) -> None:
    async with scripted_server() as (servicer, running), open_channel(running.port) as channel:
        servicer.error = RuntimeError("the password is hunter2")
        stub = rpc.GenerationServiceStub(channel)

        async def call() -> None:
            if streaming:
                async for _ in stub.Generate(pb.GenerateRequest(), metadata=bearer_metadata(INTERNAL_KEY)):
                    pass
            else:
                await stub.DescribeModel(pb.DescribeModelRequest(), metadata=bearer_metadata(INTERNAL_KEY))

        read = await expect_failure(call)
        assert (read.code, read.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
        assert "hunter2" not in read.message
        assert len(read.metadata["trace_id"]) == 32


@pytest.mark.parametrize(
    "authorization",
    [
        *(None, "", "Bearer", "Basic abc", "Bearer kefu_x"),
        pytest.param(f"Bearer {make_key().secret}", id="a key of nobody"),
        pytest.param(INTERNAL_KEY, id="a key without Bearer"),
    ],
)
async def test_without_a_valid_key_nothing_is_answered(authorization: str | None) -> None:
    async with scripted_server() as (_, running):
        metadata = () if authorization is None else (("authorization", authorization),)
        read = await expect_failure(lambda: describe(running.port, metadata))
        assert (read.code, read.reason) == (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED")


async def test_static_keys_make_their_principals() -> None:
    async with scripted_server() as (_, running):
        assert await describe(running.port, bearer_metadata(INTERNAL_KEY)) == "default/internal/*"
        assert await describe(running.port, bearer_metadata(BOOTSTRAP_KEY)) == "default/bootstrap/*"


async def test_only_the_services_own_key_may_act_for_someone() -> None:
    async with scripted_server() as (_, running):
        acme = auth.Principal("acme", "k1", frozenset({Scope.CHAT}), frozenset({"help", "faq"}))
        assert await describe(running.port, internal_metadata(INTERNAL_KEY, acme)) == "acme/k1/faq,help"
        read = await expect_failure(
            lambda: describe(running.port, bearer_metadata(BOOTSTRAP_KEY, ("kefu-tenant", "acme")))
        )
        assert (read.code, read.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")


def stored(secret_id: str, digest: str, *scopes: Scope) -> StoredKey:
    return StoredKey(secret_id, digest, "acme", frozenset(scopes), frozenset({"help"}), "a key", time.time())


async def test_a_stored_key_works_until_it_is_revoked_and_then_at_once_no_more(own_redis: RedisServer) -> None:
    key = make_key()
    async with scripted_server(own_redis) as (_, running), open_redis(own_redis.url) as store:
        await store.hset(redis_key(key.id), mapping=stored(key.id, key.sha256, Scope.CHAT).to_hash())  # pyright: ignore
        assert await describe(running.port, bearer_metadata(key.secret)) == f"acme/{key.id}/help"
        await asyncio.sleep(0.3)  # let it be remembered
        assert await describe(running.port, bearer_metadata(key.secret)) == f"acme/{key.id}/help"
        await store.delete(redis_key(key.id))
        await store.publish(REVOKED_CHANNEL, key.id)  # pyright: ignore
        read = await expect_failure(lambda: describe(running.port, bearer_metadata(key.secret)))
        assert read.reason == "UNAUTHENTICATED"


async def test_a_key_with_another_scope_is_told_which_it_needs(own_redis: RedisServer) -> None:
    key = make_key()
    async with scripted_server(own_redis) as (_, running), open_redis(own_redis.url) as store:
        await store.hset(redis_key(key.id), mapping=stored(key.id, key.sha256, Scope.KNOWLEDGE).to_hash())  # pyright: ignore
        read = await expect_failure(lambda: describe(running.port, bearer_metadata(key.secret)))
        assert (read.reason, read.metadata) == ("SCOPE_MISSING", {"scope": "internal or chat"})


async def test_a_right_id_with_a_wrong_secret_is_refused(own_redis: RedisServer) -> None:
    key, forged = make_key(), make_key()
    async with scripted_server(own_redis) as (_, running), open_redis(own_redis.url) as store:
        await store.hset(redis_key(key.id), mapping=stored(key.id, key.sha256, Scope.CHAT).to_hash())  # pyright: ignore
        secret = f"kefu_{key.id}_{forged.secret.rpartition('_')[2]}"
        assert (
            await expect_failure(lambda: describe(running.port, bearer_metadata(secret)))
        ).reason == "UNAUTHENTICATED"


async def test_a_stored_key_while_redis_is_down_gets_unavailable_not_unauthenticated(own_redis: RedisServer) -> None:
    async with scripted_server(own_redis) as (_, running):
        own_redis.kill()
        read = await expect_failure(lambda: describe(running.port, bearer_metadata(make_key().secret)))
        assert (read.code, read.reason) == (grpc.StatusCode.UNAVAILABLE, "BACKEND_UNAVAILABLE")
        assert await describe(running.port, bearer_metadata(INTERNAL_KEY)) == "default/internal/*"


async def test_health_needs_no_key() -> None:
    async with scripted_server() as (_, running):
        assert await is_serving(running.port)
        assert await is_serving(running.port, SERVICE)
        await running.set_healthy(False)
        assert not await is_serving(running.port, SERVICE)


async def test_reflection_needs_no_key_and_names_the_service() -> None:
    async with scripted_server() as (_, running), open_channel(running.port) as channel:
        ask = channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        replies = [reply async for reply in ask(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))]
        assert SERVICE in str(replies[0])


async def test_a_cancelled_call_is_cancelled_in_the_servicer() -> None:
    async with scripted_server() as (servicer, running), open_channel(running.port) as channel:
        call = rpc.GenerationServiceStub(channel).Generate(pb.GenerateRequest(), metadata=bearer_metadata(INTERNAL_KEY))
        async for _ in call:
            break
        call.cancel()
        async with asyncio.timeout(10):
            await servicer.cancelled.wait()
        assert not servicer.release.is_set()


async def test_a_drain_lets_a_running_call_end_and_takes_no_new_one() -> None:
    async with AsyncExitStack() as outside:
        async with scripted_server() as (servicer, running):
            channel = await outside.enter_async_context(open_channel(running.port))
            stub = rpc.GenerationServiceStub(channel)
            kinds: list[str | None] = []

            async def read() -> None:
                async for event in stub.Generate(pb.GenerateRequest(), metadata=bearer_metadata(INTERNAL_KEY)):
                    kinds.append(event.WhichOneof("event"))  # noqa: PERF401 - looked at while it grows

            reading = asyncio.create_task(read())
            while not kinds:
                await asyncio.sleep(0.01)
            asyncio.get_running_loop().call_later(0.5, servicer.release.set)
        await reading
        assert kinds == ["accepted", "completed"]
        read_late = await expect_failure(lambda: describe(running.port, bearer_metadata(INTERNAL_KEY)))
        assert read_late.code == grpc.StatusCode.UNAVAILABLE


async def test_an_open_watch_of_the_health_does_not_hold_a_drain() -> None:
    async with AsyncExitStack() as outside:
        async with scripted_server(drain=60) as (_, running):
            channel = await outside.enter_async_context(open_channel(running.port))
            watch = channel.unary_stream(
                "/grpc.health.v1.Health/Watch",
                request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
                response_deserializer=health_pb2.HealthCheckResponse.FromString,
            )(health_pb2.HealthCheckRequest())
            first = await watch.read()
            assert isinstance(first, health_pb2.HealthCheckResponse)
            assert first.status == health_pb2.HealthCheckResponse.SERVING
            began = time.monotonic()
        assert time.monotonic() - began < 30, "far from the 60 seconds of the drain"

        async def read_on() -> None:
            while await watch.read() is not grpc.aio.EOF:
                pass

        assert (await expect_failure(read_on)).code == grpc.StatusCode.UNAVAILABLE


async def test_health_is_watched_by_a_hundred_at_once_and_no_more_until_one_leaves() -> None:
    async with scripted_server() as (_, running), open_channel(running.port) as channel:
        watch = channel.unary_stream(
            "/grpc.health.v1.Health/Watch",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        watches = [watch(health_pb2.HealthCheckRequest()) for _ in range(MAX_WATCHES)]
        for each in watches:
            assert isinstance(await each.read(), health_pb2.HealthCheckResponse)
        refused = await expect_failure(lambda: watch(health_pb2.HealthCheckRequest()).read())
        assert refused.code == grpc.StatusCode.RESOURCE_EXHAUSTED
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        assert (await check(health_pb2.HealthCheckRequest())).status == health_pb2.HealthCheckResponse.SERVING

        watches[0].cancel()
        async with asyncio.timeout(10):
            while True:
                again = watch(health_pb2.HealthCheckRequest())
                with suppress(grpc.aio.AioRpcError):
                    assert isinstance(await again.read(), health_pb2.HealthCheckResponse)
                    return
                await asyncio.sleep(0.01)


async def test_reflection_is_for_a_hundred_at_once_and_a_minute_each() -> None:
    server = grpc.aio.server()
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(Reflection([SERVICE], max_seconds=2.0), server)  # pyright: ignore[reportUnknownMemberType]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with open_channel(port) as channel:
        ask = channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        calls = [ask() for _ in range(MAX_CALLS)]
        for call in calls:
            await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
            assert isinstance(await call.read(), reflection_pb2.ServerReflectionResponse)
        refused = await expect_failure(lambda: ask().read())
        assert refused.code == grpc.StatusCode.RESOURCE_EXHAUSTED
        ended = await expect_failure(lambda: calls[0].read())
        assert ended.code == grpc.StatusCode.DEADLINE_EXCEEDED
        async with asyncio.timeout(10):
            for call in calls[1:]:
                await call.code()
            again = ask()
            await again.write(reflection_pb2.ServerReflectionRequest(list_services=""))
            assert isinstance(await again.read(), reflection_pb2.ServerReflectionResponse)
    await server.stop(0)


@pytest.mark.parametrize("key", ["", f"kefu_nobody_{'0' * 64}", BOOTSTRAP_KEY], ids=["none", "unknown", "scope"])
async def test_a_call_that_is_refused_is_not_read_and_counts_once(key: str) -> None:
    decoded: list[bytes] = []

    async def once(request: object, context: object) -> bytes:
        return b""

    async def stream(request: object, context: object) -> AsyncIterator[bytes]:
        yield b""

    def read(data: bytes) -> bytes:
        decoded.append(data)
        return data

    handlers: dict[str, Any] = {
        "Once": grpc.unary_unary_rpc_method_handler(once, request_deserializer=read),
        "Stream": grpc.unary_stream_rpc_method_handler(stream, request_deserializer=read),
    }
    async with (
        open_keyring(INTERNAL_KEY, BOOTSTRAP_KEY) as keyring,
        serving(
            "127.0.0.1:0",
            lambda server: server.add_generic_rpc_handlers(
                (grpc.method_handlers_generic_handler("test.Read", handlers),)
            ),
            keyring=keyring,
            permissions={"test.Read": {"Once": (Scope.INTERNAL,), "Stream": (Scope.INTERNAL,)}},
        ) as running,
        open_channel(running.port) as channel,
    ):
        call_once = channel.unary_unary("/test.Read/Once", bytes, bytes)
        call_stream = channel.unary_stream("/test.Read/Stream", bytes, bytes)
        metadata = bearer_metadata(key) if key else ()
        expected = grpc.StatusCode.PERMISSION_DENIED if key == BOOTSTRAP_KEY else grpc.StatusCode.UNAUTHENTICATED

        def calls(method: str) -> float:
            labels = {"method": f"test.Read/{method}", "code": expected.name}
            return REGISTRY.get_sample_value("kefu_rpc_seconds_count", labels) or 0.0

        before = calls("Once"), calls("Stream")
        failures = [
            await expect_failure(lambda: call_once(b"x" * 100_000, metadata=metadata)),
            await expect_failure(lambda: call_stream(b"x", metadata=metadata).read()),
        ]
        reason = "SCOPE_MISSING" if key == BOOTSTRAP_KEY else "UNAUTHENTICATED"
        assert [(each.code, each.reason) for each in failures] == [(expected, reason)] * 2
        assert decoded == []
        assert (calls("Once"), calls("Stream")) == (before[0] + 1, before[1] + 1)

        await call_once(b"y", metadata=bearer_metadata(INTERNAL_KEY))
        assert decoded == [b"y"]


async def test_while_it_drains_it_refuses_connections_first_and_serves_those_it_has() -> None:
    async with AsyncExitStack() as outside:
        transport = Transport(listener_grace_seconds=1.0)
        stack = await outside.enter_async_context(AsyncExitStack())
        _, running = await stack.enter_async_context(scripted_server(transport=transport))
        channel = await outside.enter_async_context(open_channel(running.port))
        stub = rpc.GenerationServiceStub(channel)
        await stub.DescribeModel(pb.DescribeModelRequest(), metadata=bearer_metadata(INTERNAL_KEY))
        draining = asyncio.create_task(stack.aclose())
        async with asyncio.timeout(10):
            while await connects(running.port):
                await asyncio.sleep(0.01)
        assert not draining.done()
        await stub.DescribeModel(pb.DescribeModelRequest(), metadata=bearer_metadata(INTERNAL_KEY))
        await draining


async def connects(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


async def test_a_port_in_use_is_a_startup_error_that_names_it() -> None:
    async with scripted_server() as (_, running):
        with pytest.raises(StartupError, match=f"127.0.0.1:{running.port}"):
            async with scripted_server(listen=f"127.0.0.1:{running.port}"):
                pass


async def test_a_port_in_use_is_noticed_before_the_engine_loads() -> None:
    async with scripted_server() as (_, running):
        config = GenerationConfig(
            internal_key=SecretStr(INTERNAL_KEY), listen=f"127.0.0.1:{running.port}", model="/there/is/no/such/model"
        )
        with pytest.raises(StartupError, match=f"127.0.0.1:{running.port}"):
            await main(config)

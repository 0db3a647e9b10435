"""The generation replicas: where they are, what they owe, and one stream from one of them."""

import asyncio
import random
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

import grpc
import grpc.aio
import structlog

from kefu.common.auth import Principal
from kefu.common.errors import (
    BackendUnavailable,
    CannotContinue,
    EngineDead,
    PromptTooLong,
    ReplicaFull,
    ServiceError,
)
from kefu.common.interceptor import acting_for
from kefu.common.status import failure_of
from kefu.common.tasks import cancelled
from kefu.generation.v1 import generation_pb2 as pb
from kefu.generation.v1 import generation_pb2_grpc as rpc
from kefu.router.balance import ReplicaLoad, choose
from kefu.router.frames import Accepted, Ended, Event, Frame, Order
from kefu.router.model import Usage
from kefu.router.prompt import Role

_LOOK_UP_SECONDS = 5.0
_BACKOFF_SECONDS = (0.1, 3.0)
_OPTIONS = (
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 3000),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
)
_ROLES = {
    Role.SYSTEM: pb.ChatMessage.ROLE_SYSTEM,
    Role.USER: pb.ChatMessage.ROLE_USER,
    Role.ASSISTANT: pb.ChatMessage.ROLE_ASSISTANT,
}
_log = structlog.stdlib.get_logger()


class Replica:
    """One process of the generation service."""

    def __init__(self, address: str, internal_key: str, caller: str) -> None:
        self.address = address
        self.load = ReplicaLoad()
        self.model = ""
        self._internal_key = internal_key
        self._caller = caller
        self._channel = grpc.aio.insecure_channel(address, options=_OPTIONS)
        self._stub = rpc.GenerationServiceStub(self._channel)

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close()

    async def generate(self, order: Order, principal: Principal) -> AsyncGenerator[Event, None]:
        """One answer's events. Closing the iterator cancels the call, and with it the work in the replica.

        Raises PromptTooLong, CannotContinue, ReplicaFull, EngineDead or BackendUnavailable.
        """
        dispatch = self.load.sending(order.estimated_tokens)
        call = self._stub.Generate(
            _request(order, self._caller), metadata=acting_for(self._internal_key, principal), wait_for_ready=False
        )
        try:
            while True:
                message = await call.read()
                if not isinstance(message, pb.GenerateEvent):
                    break
                event = _event(message)
                if event is None:
                    continue
                if isinstance(event, Accepted):
                    dispatch.accepted = True
                yield event
        except grpc.aio.AioRpcError as error:
            raise _error(error, self.address) from error
        finally:
            call.cancel()  # a call that is only dropped goes on forever
            self.load.ended(dispatch)

    async def watch(self) -> None:
        """Follow the replica's load until cancelled."""
        backoff, longest = _BACKOFF_SECONDS
        while True:
            call = self._stub.WatchLoad(
                pb.WatchLoadRequest(caller=self._caller), metadata=acting_for(self._internal_key), wait_for_ready=True
            )
            try:
                async for report in call:
                    self.load.reported(
                        report.boot_id, report.owed_tokens, report.accepted_tokens, draining=report.draining
                    )
                    backoff = _BACKOFF_SECONDS[0]
                    if not self.model:
                        await self._describe()
            except grpc.aio.AioRpcError as error:
                _log.warning("replica.unwatched", address=self.address, code=error.code().name, cause=error.details())
            finally:
                call.cancel()
                if not self.load.draining:
                    self.load.silent()
            self.model = ""
            await asyncio.sleep(backoff * (0.5 + random.random()))  # noqa: S311 - spreads retries
            backoff = min(backoff * 2, longest)

    async def _describe(self) -> None:
        call = self._stub.DescribeModel(pb.DescribeModelRequest(), metadata=acting_for(self._internal_key), timeout=5.0)
        try:
            self.model = (await call).model
        finally:
            call.cancel()


class ReplicaPool:
    """All replicas of a list of addresses; see `RouterConfig.generation`."""

    def __init__(self, internal_key: str, caller: str) -> None:
        self._internal_key = internal_key
        self._caller = caller
        self._replicas: dict[str, tuple[Replica, asyncio.Task[None]]] = {}

    @property
    def replicas(self) -> list[Replica]:
        """Those known now."""
        return [replica for replica, _ in self._replicas.values()]

    def choose(self, *, preferred: str = "", exclude: frozenset[str] = frozenset()) -> Replica | None:
        """The replica for the next answer; None when there is none."""
        return choose(self.replicas, preferred=preferred, exclude=exclude)

    async def set_addresses(self, addresses: Iterable[str]) -> None:
        """Watch these replicas, and no others. Streams from one that is gone go on until they end."""
        wanted = set(addresses)
        for address in wanted - self._replicas.keys():
            replica = Replica(address, self._internal_key, self._caller)
            task = asyncio.create_task(replica.watch(), name=f"watch {address}")
            self._replicas[address] = (replica, task)
        for address in self._replicas.keys() - wanted:
            replica, task = self._replicas.pop(address)
            await cancelled(task)
            if not replica.load.in_flight:
                await replica.close()

    async def close(self) -> None:
        """Watch none."""
        for replica, task in self._replicas.values():
            await cancelled(task)
            await replica.close()
        self._replicas.clear()


@asynccontextmanager
async def open_pool(addresses: str, internal_key: str, caller: str) -> AsyncIterator[ReplicaPool]:
    """A pool over `addresses` (comma between; dns:///name:port is looked up again every few seconds)."""
    parts = [part.strip() for part in addresses.split(",") if part.strip()]
    async with AsyncExitStack() as stack:
        pool = ReplicaPool(internal_key, caller)
        stack.push_async_callback(pool.close)
        await pool.set_addresses(await _resolved(parts, []))
        if any(part.startswith("dns:///") for part in parts):
            looking = asyncio.create_task(_follow(pool, parts), name="look up replicas")
            stack.push_async_callback(cancelled, looking)
        yield pool


async def _follow(pool: ReplicaPool, parts: list[str]) -> None:
    while True:
        await asyncio.sleep(_LOOK_UP_SECONDS)
        await pool.set_addresses(await _resolved(parts, [replica.address for replica in pool.replicas]))


async def _resolved(parts: list[str], known: list[str]) -> list[str]:
    addresses: list[str] = []
    for part in parts:
        if not part.startswith("dns:///"):
            addresses.append(part)
            continue
        host, _, port = part.removeprefix("dns:///").rpartition(":")
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
        except OSError as error:
            _log.warning("replicas.not_found", name=part, cause=str(error))
            return [*addresses, *(address for address in known if address not in addresses)]
        for *_, where in found:
            ip = str(where[0])
            addresses.append(f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}")
    return list(dict.fromkeys(addresses))


def _request(order: Order, caller: str) -> pb.GenerateRequest:
    request = pb.GenerateRequest(
        chat=pb.ChatPrompt(
            messages=[pb.ChatMessage(role=_ROLES[message.role], content=message.content) for message in order.messages]
        ),
        max_tokens=order.max_tokens,
        caller=caller,
        estimated_tokens=order.estimated_tokens,
    )
    if order.temperature is not None:
        request.temperature = order.temperature
    if order.reasoning_tokens is not None:
        request.reasoning.max_tokens = order.reasoning_tokens
    if order.continuation is not None:
        request.continuation.token_ids.extend(order.continuation.token_ids)
        request.continuation.text = order.continuation.text
        request.continuation.fingerprint = order.continuation.fingerprint
    return request


def _event(message: pb.GenerateEvent) -> Event | None:
    match message.WhichOneof("event"):
        case "accepted":
            return Accepted(message.accepted.prompt_tokens, message.accepted.fingerprint)
        case "delta":
            delta = message.delta
            return Frame(delta.text, tuple(delta.token_ids), reasoning=delta.channel == pb.Delta.CHANNEL_REASONING)
        case "completed":
            done = message.completed
            usage = Usage(done.prompt_tokens, done.cached_prompt_tokens, done.completion_tokens, done.reasoning_tokens)
            return Ended(usage, cut=done.finish_reason == pb.Completed.FINISH_REASON_LENGTH)
        case _:
            return None


def _error(error: grpc.aio.AioRpcError, address: str) -> ServiceError:
    failure = failure_of(error)
    match failure.reason:
        case PromptTooLong.reason:
            counts = (int(failure.metadata.get(name, "0")) for name in ("prompt_tokens", "max_prompt_tokens"))
            return PromptTooLong(*counts)
        case CannotContinue.reason:
            return CannotContinue(failure.message)
        case ReplicaFull.reason:
            return ReplicaFull(failure.message, retry_after=failure.retry_after)
        case EngineDead.reason:
            return EngineDead(failure.message)
        case _:
            return BackendUnavailable(f"Replica {address} failed ({failure.code.name}: {failure.message}).")

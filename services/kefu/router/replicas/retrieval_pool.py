"""
Retrieval pool: all replicas of the retrieval service, and the choice of the replica for the next call.

A call goes to the one of two random replicas with the fewest calls of this router in flight (M. Mitzenmacher, "The
power of two choices in randomized load balancing", IEEE TPDS 12, 2001). A replica that is slower, or busy for other
routers, keeps its calls longer, and so gets fewer. All calls only read, so one that a replica could not take is made at
another.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

import grpc
import grpc.aio

from kefu.common.aio import cancel_and_wait
from kefu.common.grpc_options import CLIENT_OPTIONS
from kefu.common.outage import outages_logged
from kefu.common.rpc.renewed_channel import internal_channel
from kefu.common.tls import Tls
from kefu.retrieval.v1 import draft_pb2_grpc as draft_rpc
from kefu.retrieval.v1 import knowledge_pb2_grpc as rpc
from kefu.router.replicas.discovery import address_sources, open_discovery, server_name_of
from kefu.router.replicas.replica import PLAINTEXT, ReplicaTls
from kefu.router.replicas.replica_metrics import exported_ready

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
ResultT = TypeVar("ResultT")
Metadata = Sequence[tuple[str, str]]

_OPTIONS = (
    *CLIENT_OPTIONS,
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1000),
)
_GONE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
"""A process that ends also cancels what it was doing. Calls that are cancelled here raise asyncio.CancelledError."""
_FAILED = (*_GONE, grpc.StatusCode.DEADLINE_EXCEEDED)
_PAUSE_SECONDS = 1.0
"""A replica that could not be reached, or was late, is left alone for so long, unless there is no other."""
_MOST_REPLICAS = 3
"""Replicas that one call is tried at."""
_LATE_SECONDS = 0.05
"""gRPC may be so late with its own time-out."""


@dataclass(frozen=True)
class RetrievalStubs:
    """What a replica of retrieval can be asked, by its services."""

    knowledge: "rpc.KnowledgeServiceAsyncStub"
    drafts: "draft_rpc.DraftServiceAsyncStub"


class Method(Protocol[RequestT, ResponseT]):
    """Names a method of one of the stubs."""

    def __call__(self, stubs: RetrievalStubs, /) -> Callable[..., grpc.aio.UnaryUnaryCall[RequestT, ResponseT]]:
        """That method."""
        ...


class StreamMethod(Protocol[RequestT, ResponseT]):
    """Names a method of one of the stubs that streams both ways."""

    def __call__(self, stubs: RetrievalStubs, /) -> Callable[..., grpc.aio.StreamStreamCall[RequestT, ResponseT]]:
        """That method."""
        ...


class RetrievalReplica:
    """One process of the retrieval service, at host:port `address`."""

    def __init__(self, address: str, tls: ReplicaTls) -> None:
        self.address = address
        self.in_flight = 0
        self._failed_at = float("-inf")
        self._was_connected = False
        self._channel = internal_channel(address, tls.tls, _OPTIONS, tls.server_name)
        self._stubs = RetrievalStubs(rpc.KnowledgeServiceStub(self._channel), draft_rpc.DraftServiceStub(self._channel))
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def is_paused(self) -> bool:
        """Whether it failed a moment ago."""
        return time.monotonic() - self._failed_at < _PAUSE_SECONDS

    @property
    def is_ready(self) -> bool:
        """Whether it can be called: it is connected, or was until it was idle. It listens once it can search.

        Asking connects where nothing is connected, so a replica that nobody has called yet is ready at a later look.
        """
        state = self._channel.get_state(try_to_connect=True)
        if state is not grpc.ChannelConnectivity.IDLE:
            self._was_connected = state is grpc.ChannelConnectivity.READY
        return self._was_connected and not self.is_paused

    async def call(
        self, method: Method[RequestT, ResponseT], request: RequestT, seconds: float, metadata: Metadata, *, wait: bool
    ) -> ResponseT:
        """Raises AioRpcError, and TimeoutError. `wait`: for a process that is being restarted, within the time."""
        self.in_flight += 1
        self._idle.clear()
        call = method(self._stubs)(request, timeout=seconds, metadata=metadata, wait_for_ready=wait)
        try:
            async with asyncio.timeout(seconds + _LATE_SECONDS):
                return await call
        except grpc.aio.AioRpcError as error:
            if error.code() in _FAILED:
                self._failed_at = time.monotonic()
            raise
        finally:
            call.cancel()
            self.in_flight -= 1
            if not self.in_flight:
                self._idle.set()

    async def exchange(
        self,
        method: StreamMethod[RequestT, ResponseT],
        requests: Sequence[RequestT],
        seconds: float,
        metadata: Metadata,
        *,
        wait: bool,
    ) -> list[ResponseT]:
        """All responses to all requests of one stream; as `call`."""
        self.in_flight += 1
        self._idle.clear()
        call = method(self._stubs)(iter(requests), timeout=seconds, metadata=metadata, wait_for_ready=wait)
        try:
            async with asyncio.timeout(seconds + _LATE_SECONDS):
                return [response async for response in call]
        except grpc.aio.AioRpcError as error:
            if error.code() in _GONE:
                self._failed_at = time.monotonic()
            raise
        finally:
            call.cancel()
            self.in_flight -= 1
            if not self.in_flight:
                self._idle.set()

    async def close(self) -> None:
        """Close the channel, and with it every call."""
        await self._channel.close()

    async def close_when_idle(self) -> None:
        """Close the channel once no call is in flight, or when this is cancelled."""
        try:
            await self._idle.wait()
        finally:
            await self.close()


class RetrievalPool:
    """All retrieval replicas that are known now."""

    def __init__(self, tls: ReplicaTls = PLAINTEXT) -> None:
        self._tls = tls
        self._replicas: dict[str, RetrievalReplica] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def ready(self) -> int:
        """How many replicas can be called."""
        return sum(replica.is_ready for replica in list(self._replicas.values()))  # copied, as metrics have a thread

    async def call(
        self, method: Method[RequestT, ResponseT], request: RequestT, seconds: float, metadata: Metadata
    ) -> ResponseT:
        """Call a method of a replica, or of another one where that cannot be reached, within `seconds` in all.

        Raises AioRpcError: UNAVAILABLE also where no replica is known. Raises TimeoutError.
        """

        async def once(replica: RetrievalReplica, left: float, wait: bool) -> ResponseT:
            return await replica.call(method, request, left, metadata, wait=wait)

        return await self._at_some_replica(once, seconds)

    async def exchange(
        self,
        method: StreamMethod[RequestT, ResponseT],
        requests: Sequence[RequestT],
        seconds: float,
        metadata: Metadata,
    ) -> list[ResponseT]:
        """All responses to the requests of one stream; as `call`."""

        async def once(replica: RetrievalReplica, left: float, wait: bool) -> list[ResponseT]:
            return await replica.exchange(method, requests, left, metadata, wait=wait)

        return await self._at_some_replica(once, seconds)

    async def _at_some_replica(
        self, once: Callable[[RetrievalReplica, float, bool], Awaitable[ResultT]], seconds: float
    ) -> ResultT:
        deadline = time.monotonic() + seconds
        tried: set[RetrievalReplica] = set()
        while True:
            replica = self._choose(tried)
            if replica is None:
                raise grpc.aio.AioRpcError(
                    grpc.StatusCode.UNAVAILABLE,
                    grpc.aio.Metadata(),
                    grpc.aio.Metadata(),
                    details="no replica of retrieval is known",
                )
            tried.add(replica)
            is_last = len(tried) >= min(len(self._replicas), _MOST_REPLICAS)
            seconds_left = max(deadline - time.monotonic(), 0.0)
            try:
                return await once(replica, seconds_left, is_last)
            except grpc.aio.AioRpcError as error:
                if is_last or error.code() not in _GONE:
                    raise

    def _choose(self, tried: set[RetrievalReplica]) -> RetrievalReplica | None:
        untried = [replica for replica in self._replicas.values() if replica not in tried]
        candidates = [replica for replica in untried if not replica.is_paused] or untried
        sample = random.sample(candidates, min(2, len(candidates)))
        return min(sample, key=lambda replica: replica.in_flight, default=None)

    async def set_addresses(self, addresses: Iterable[str]) -> None:
        """Call these replicas and no others. Calls of a removed one go on until they end."""
        wanted = list(dict.fromkeys(addresses))
        for address in self._replicas.keys() - set(wanted):
            replica = self._replicas.pop(address)
            closing = asyncio.create_task(replica.close_when_idle(), name=f"close {address} when idle")
            self._leaving.add(closing)
            closing.add_done_callback(self._leaving.discard)
        for address in wanted:
            if address not in self._replicas:
                self._replicas[address] = RetrievalReplica(address, self._tls)

    async def close(self) -> None:
        """Close all channels."""
        for closing in list(self._leaving):
            await cancel_and_wait(closing)
        for replica in self._replicas.values():
            await replica.close()
        self._replicas.clear()


@asynccontextmanager
async def open_retrieval_pool(addresses: str, tls: Tls | None = None) -> AsyncIterator[RetrievalPool]:
    """A pool over `addresses` (see `RouterConfig.retrieval`), which follows their changes while the block runs."""
    async with AsyncExitStack() as stack:
        pool = RetrievalPool(ReplicaTls(tls, server_name_of(addresses)))
        stack.push_async_callback(pool.close)
        stack.enter_context(exported_ready("retrieval", lambda: pool.ready))
        await stack.enter_async_context(open_discovery(address_sources(addresses), pool.set_addresses))
        cause = "no replica of retrieval is connected: questions are handed over"
        await stack.enter_async_context(outages_logged("retrieval", addresses, lambda: pool.ready > 0, cause))
        yield pool

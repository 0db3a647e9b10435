"""The generation replicas: what they owe, how they fare, and which one gets the next answer."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import grpc
import grpc.aio
import structlog

from kefu.common.aio import cancelled
from kefu.common.auth import Principal
from kefu.common.grpc_options import CLIENT_OPTIONS
from kefu.common.rpc.interceptor import acting_for, naming
from kefu.common.tls import Tls, channel_inside
from kefu.generation.v1 import generation_pb2 as pb
from kefu.generation.v1 import generation_pb2_grpc as rpc
from kefu.router.domain.generation import Event, Order
from kefu.router.replicas import replica_metrics
from kefu.router.replicas.answer_stream import ReplicaStream, request_of
from kefu.router.replicas.circuit_breaker import Breaker
from kefu.router.replicas.discovery import discovering, server_name_of, sources_of
from kefu.router.replicas.engine_load import EngineLoad, reported, together
from kefu.router.replicas.load_balancer import ReplicaLoad, choose
from kefu.router.replicas.multiplexing import Lines

_BACKOFF_SECONDS = (0.1, 3.0)
_OPTIONS = (
    *CLIENT_OPTIONS,
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 3000),
)
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class Secured:
    """Replicas are called over TLS: with what, and who has to answer at an address that is an IP."""

    tls: Tls | None = None
    server_name: str = ""


_PLAIN = Secured()


class Replica:
    """One process of the generation service. `patience`: see `ReplicaStream`."""

    def __init__(
        self,
        address: str,
        internal_key: str,
        caller: str,
        *,
        patience: float = float("inf"),
        secured: Secured = _PLAIN,
    ) -> None:
        self.address = address
        self.load = ReplicaLoad()
        self.breaker = Breaker(on_open=self._opened)
        self.model = ""
        self.fingerprint: str | None = None
        """Of its weights, as it last described them."""
        self.engine = EngineLoad()
        self._internal_key = internal_key
        self._caller = caller
        self._patience = patience
        self._known = True
        replica_metrics.show(address, self.load, self.breaker)
        self._channel = channel_inside(address, secured.tls, _OPTIONS, secured.server_name)
        self._stub = rpc.GenerationServiceStub(self._channel)
        self._lines = Lines(self._stub, acting_for(internal_key))

    def leave(self) -> None:
        """It is no longer one of those known: its figures are no longer shown."""
        self._known = False
        replica_metrics.forget(self.address)

    async def close(self) -> None:
        """Cancel what is open, and close the channel."""
        await self._lines.close()
        await self._channel.close()

    def generate(self, order: Order, principal: Principal) -> AsyncGenerator[Event, None]:
        """One answer's events; it begins at once. Closing the iterator cancels it, and the work in the replica.

        Its events raise PromptTooLong, CannotContinue, ReplicaFull, EngineDead or BackendUnavailable.
        """
        answer = self._lines.begin(
            request_of(order, self._caller), timeout=order.seconds_left(), metadata=naming(principal)
        )
        return ReplicaStream(
            answer, order, address=self.address, load=self.load, breaker=self.breaker, patience=self._patience
        )

    async def watch(self) -> None:
        """Follow the replica's load until cancelled."""
        backoff, longest = _BACKOFF_SECONDS
        while True:
            call = self._stub.WatchLoad(
                pb.WatchLoadRequest(caller=self._caller), metadata=acting_for(self._internal_key), wait_for_ready=True
            )
            try:
                async for report in call:
                    if report.boot_id != self.load.boot_id:
                        self.breaker.reset()
                    self.load.reported(
                        report.boot_id, report.owed_tokens, report.accepted_tokens, draining=report.draining
                    )
                    self.engine = reported(report.running, report.waiting, report.max_running, report.kv_cache_usage)
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
            described = await call
            self.model, self.fingerprint = described.model, described.fingerprint
        finally:
            call.cancel()

    def _opened(self) -> None:
        if self._known:
            replica_metrics.BREAKER_OPENED.labels(self.address).inc()
        _log.warning("replica.breaker_opened", address=self.address)


class ReplicaPool:
    """All replicas that are known now, and how they are chosen."""

    def __init__(
        self, internal_key: str, caller: str, *, patience: float = float("inf"), secured: Secured = _PLAIN
    ) -> None:
        self._secured = secured
        self._internal_key = internal_key
        self._caller = caller
        self._patience = patience
        self._replicas: dict[str, tuple[Replica, asyncio.Task[None]]] = {}
        self._leaving: dict[Replica, asyncio.Task[None]] = {}

    @property
    def replicas(self) -> list[Replica]:
        """Those known now."""
        return [replica for replica, _ in self._replicas.values()]

    @property
    def fingerprints(self) -> frozenset[str]:
        """Of the weights in service, as far as they are known."""
        return frozenset(replica.fingerprint for replica in self.replicas if replica.fingerprint is not None)

    @property
    def engine_load(self) -> EngineLoad:
        """Requests in the engines of all replicas that take more, by fresh reports."""
        able = [replica for replica in self.replicas if not (replica.load.stale or replica.load.draining)]
        sent = sum(replica.load.in_flight for replica in able)
        everywhere = sum(replica.load.in_flight for replica in (*self.replicas, *self._leaving))
        return together((replica.engine for replica in able), sent=sent, astray=everywhere - sent)

    def choose(
        self, *, preferred: str = "", session: str = "", exclude: frozenset[str] = frozenset()
    ) -> Replica | None:
        """The replica for the next answer; None when there is none. Call its `generate` without awaiting in between.

        `session` is any name of the conversation; see `balance.choose`. Replicas whose breaker is open are left out,
        unless all are: then the one whose last failure is longest ago is asked.
        """
        able = [replica for replica in self.replicas if replica.address not in exclude and not replica.load.draining]
        admitted = [replica for replica in able if replica.breaker.admits]
        if able and not admitted:
            return min(able, key=lambda replica: replica.breaker.failed_at)
        chosen = choose(admitted, preferred=preferred, session=session)
        if chosen is not None:
            chosen.breaker.reserve()
        return chosen

    async def set_addresses(self, addresses: Iterable[str]) -> None:
        """Watch these replicas, and no others. Streams from one that is gone go on until they end."""
        wanted = list(dict.fromkeys(addresses))
        for address in self._replicas.keys() - set(wanted):
            replica, task = self._replicas.pop(address)
            replica.leave()
            await cancelled(task)
            self._leaving[replica] = asyncio.create_task(self._let_go(replica), name=f"let go of {address}")
        for address in wanted:
            if address in self._replicas:
                continue
            replica = Replica(address, self._internal_key, self._caller, patience=self._patience, secured=self._secured)
            task = asyncio.create_task(replica.watch(), name=f"watch {address}")
            self._replicas[address] = (replica, task)

    async def close(self) -> None:
        """Watch none."""
        for replica, task in self._replicas.values():
            replica.leave()
            await cancelled(task)
            await replica.close()
        self._replicas.clear()
        for replica, task in list(self._leaving.items()):
            await cancelled(task)
            await replica.close()
        self._leaving.clear()

    async def _let_go(self, replica: Replica) -> None:
        await replica.load.idle()
        await replica.close()
        self._leaving.pop(replica, None)


@asynccontextmanager
async def open_pool(
    addresses: str, internal_key: str, caller: str, *, patience: float = float("inf"), tls: Tls | None = None
) -> AsyncIterator[ReplicaPool]:
    """A pool over `addresses` (see `RouterConfig.generation`), which follows their changes while the block runs.

    `patience`: seconds in which a replica has to write its first token.
    """
    secured = Secured(tls, server_name_of(addresses))
    async with AsyncExitStack() as stack:
        pool = ReplicaPool(internal_key, caller, patience=patience, secured=secured)
        stack.push_async_callback(pool.close)
        await stack.enter_async_context(discovering(sources_of(addresses), pool.set_addresses))
        yield pool

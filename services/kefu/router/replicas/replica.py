"""One replica of the model: its channel, its load reports, its breaker."""

import asyncio
import random
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import grpc
import grpc.aio
import structlog

from kefu.common.auth import Principal
from kefu.common.grpc_options import CLIENT_OPTIONS
from kefu.common.rpc.interceptor import internal_metadata, principal_metadata
from kefu.common.tls import Tls, internal_channel
from kefu.generation.v1 import generation_pb2 as pb
from kefu.generation.v1 import generation_pb2_grpc as rpc
from kefu.router.domain.generation import Event, GenerationRequest
from kefu.router.replicas import replica_metrics
from kefu.router.replicas.answer_stream import ReplicaStream, request_of
from kefu.router.replicas.circuit_breaker import Breaker
from kefu.router.replicas.engine_load import EngineLoad, reported
from kefu.router.replicas.load import ReplicaLoad
from kefu.router.replicas.multiplexing import AnswerMultiplexer

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


PLAIN = Secured()


class Replica:
    """One process of the generation service. `patience`: see `ReplicaStream`."""

    def __init__(
        self,
        address: str,
        internal_key: str,
        caller: str,
        *,
        patience: float = float("inf"),
        secured: Secured = PLAIN,
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
        self._channel = internal_channel(address, secured.tls, _OPTIONS, secured.server_name)
        self._stub = rpc.GenerationServiceStub(self._channel)
        self._lines = AnswerMultiplexer(self._stub, internal_metadata(internal_key))

    def leave(self) -> None:
        """It is no longer one of those known: its figures are no longer shown."""
        self._known = False
        replica_metrics.forget(self.address)

    async def close(self) -> None:
        """Cancel what is open, and close the channel."""
        await self._lines.close()
        await self._channel.close()

    def generate(self, order: GenerationRequest, principal: Principal) -> AsyncGenerator[Event, None]:
        """One answer's events; it begins at once. Closing the iterator cancels it, and the work in the replica.

        Its events raise PromptTooLong, CannotContinue, ReplicaFull, EngineDead or BackendUnavailable.
        """
        answer = self._lines.begin(
            request_of(order, self._caller), timeout=order.seconds_left(), metadata=principal_metadata(principal)
        )
        return ReplicaStream(
            answer, order, address=self.address, load=self.load, breaker=self.breaker, patience=self._patience
        )

    async def watch(self) -> None:
        """Follow the replica's load until cancelled."""
        backoff, longest = _BACKOFF_SECONDS
        while True:
            call = self._stub.WatchLoad(
                pb.WatchLoadRequest(caller=self._caller),
                metadata=internal_metadata(self._internal_key),
                wait_for_ready=True,
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
        call = self._stub.DescribeModel(
            pb.DescribeModelRequest(), metadata=internal_metadata(self._internal_key), timeout=5.0
        )
        try:
            described = await call
            self.model, self.fingerprint = described.model, described.fingerprint
        finally:
            call.cancel()

    def _opened(self) -> None:
        if self._known:
            replica_metrics.BREAKER_OPENED.labels(self.address).inc()
        _log.warning("replica.breaker_opened", address=self.address)

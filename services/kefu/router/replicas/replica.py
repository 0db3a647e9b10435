"""One replica of the generation service: its channel, its load reports, its circuit breaker."""

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

import grpc
import grpc.aio
import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.auth import Principal
from kefu.common.grpc_options import CLIENT_OPTIONS
from kefu.common.rpc.interceptor import internal_metadata, principal_metadata
from kefu.common.rpc.renewed_channel import internal_channel
from kefu.common.tls import Tls
from kefu.generation.v1 import generation_pb2 as pb
from kefu.generation.v1 import generation_pb2_grpc as rpc
from kefu.router.domain.generation import GenerationEvent, GenerationRequest
from kefu.router.replicas import replica_metrics
from kefu.router.replicas.answer_stream import ReplicaStream, request_message
from kefu.router.replicas.circuit_breaker import CircuitBreaker
from kefu.router.replicas.engine_load import EngineLoad, engine_load_of
from kefu.router.replicas.load import ReplicaLoad
from kefu.router.replicas.multiplexing import AnswerMultiplexer

_BACKOFF_SECONDS = (0.1, 3.0)
_WARM_UP_SECONDS = 60.0
_OPTIONS = (
    *CLIENT_OPTIONS,
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 3000),
)
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class ReplicaTls:
    """TLS of calls to replicas."""

    tls: Tls | None = None
    """None: plaintext."""
    server_name: str = ""
    """Name that the certificate must hold when the address is an IP."""


PLAINTEXT = ReplicaTls()


class Replica:
    """One process of the generation service, at host:port `address`.

    `first_token_seconds`: see `ReplicaStream`. `warm_up`: requests that each new process answers once.
    """

    def __init__(
        self,
        address: str,
        internal_key: str,
        caller: str,
        *,
        first_token_seconds: float = float("inf"),
        warm_up: Sequence[GenerationRequest] = (),
        tls: ReplicaTls = PLAINTEXT,
    ) -> None:
        self.address = address
        self.load = ReplicaLoad()
        self.breaker = CircuitBreaker(on_open=self._on_breaker_open)
        self.model = ""
        self.answer_profile = ""
        """See DescribeModelResponse.answer_profile."""
        self.fingerprint: str | None = None
        """Fingerprint of the weights that the replica described last; None before."""
        self.engine_load = EngineLoad()
        self._internal_key = internal_key
        self._caller = caller
        self._first_token_seconds = first_token_seconds
        self._warm_up = warm_up
        self._warmed = ""
        """Process of the replica that was warmed up last."""
        self._warming: asyncio.Task[None] | None = None
        self._is_known = True
        replica_metrics.export(address, self.load, self.breaker)
        self._channel = internal_channel(address, tls.tls, _OPTIONS, tls.server_name)
        self._stub = rpc.GenerationServiceStub(self._channel)
        self._multiplexer = AnswerMultiplexer(self._stub, internal_metadata(internal_key))

    @property
    def model_id(self) -> str:
        """What tells the model from others: the fingerprint of its weights, or its name where a server tells none."""
        return self.fingerprint or self.model

    @property
    def progressed_at(self) -> float:
        """See `ReplicaLoad.progressed_at`."""
        return self.load.progressed_at

    def retire(self) -> None:
        """Remove the metrics of a replica that is no longer in the pool."""
        self._is_known = False
        replica_metrics.remove(self.address)

    async def close(self) -> None:
        """Cancel open answers, and close the channel."""
        if self._warming is not None:
            await cancel_and_wait(self._warming)
        await self._multiplexer.close()
        await self._channel.close()

    def generate(self, request: GenerationRequest, principal: Principal) -> AsyncGenerator[GenerationEvent, None]:
        """Events of one answer, which begins at once. Closing the iterator cancels it, and the work in the replica.

        Reading raises PromptTooLong, CannotContinue, ReplicaFull, EngineDead or BackendUnavailable.
        """
        answer = self._multiplexer.begin(
            request_message(request, self._caller),
            timeout=request.seconds_left(),
            metadata=principal_metadata(principal),
        )
        return ReplicaStream(
            answer,
            request,
            address=self.address,
            load=self.load,
            breaker=self.breaker,
            first_token_seconds=self._first_token_seconds,
        )

    async def watch(self) -> None:
        """Follow the replica's load reports until cancelled."""
        backoff, longest = _BACKOFF_SECONDS
        while True:
            call = self._stub.WatchLoad(
                pb.WatchLoadRequest(caller=self._caller),
                metadata=internal_metadata(self._internal_key),
                wait_for_ready=True,
            )
            is_described = False
            try:
                async for report in call:
                    if not is_described:
                        # Before it is known to be there: whoever is answered by it is told by which model.
                        await self._describe()
                        is_described = True
                    if report.boot_id != self.load.boot_id:
                        self.breaker.reset()
                    self.load.update(
                        report.boot_id,
                        report.owed_tokens,
                        report.accepted_tokens,
                        done=report.done_tokens,
                        draining=report.draining,
                    )
                    self.engine_load = engine_load_of(
                        report.running, report.waiting, report.max_running, report.kv_cache_usage
                    )
                    backoff = _BACKOFF_SECONDS[0]
                    if self._warm_up and report.boot_id != self._warmed and not report.draining:
                        self._warmed = report.boot_id
                        self._warming = asyncio.create_task(self._fill_cache(), name=f"warm up {self.address}")
            except grpc.aio.AioRpcError as error:
                _log.warning("replica.unwatched", address=self.address, code=error.code().name, cause=error.details())
            finally:
                call.cancel()
                if not self.load.draining:
                    self.load.mark_stale()
            await asyncio.sleep(backoff * (0.5 + random.random()))  # noqa: S311 - spreads retries
            backoff = min(backoff * 2, longest)

    async def _describe(self) -> None:
        call = self._stub.DescribeModel(
            pb.DescribeModelRequest(), metadata=internal_metadata(self._internal_key), timeout=5.0
        )
        try:
            description = await call
            self.model, self.fingerprint = description.model, description.fingerprint
            self.answer_profile = description.answer_profile
        finally:
            call.cancel()

    async def _fill_cache(self) -> None:
        """Answer the prompts that all others begin with. They count in no load: the replica may well fail them."""
        for request in self._warm_up:
            call = self._stub.Generate(
                request_message(request, ""), metadata=internal_metadata(self._internal_key), timeout=_WARM_UP_SECONDS
            )
            try:
                async for _ in call:
                    continue
            except grpc.aio.AioRpcError as error:
                _log.info("replica.not_warmed", address=self.address, code=error.code().name, cause=error.details())
                return
            finally:
                call.cancel()

    def _on_breaker_open(self) -> None:
        if self._is_known:
            replica_metrics.BREAKER_OPENED.labels(self.address).inc()
        _log.warning("replica.breaker_opened", address=self.address)

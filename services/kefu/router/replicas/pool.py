"""Replica pool: all generation replicas, what each one owes, and the choice of the replica for the next answer."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.outage import outages_logged
from kefu.common.tls import Tls
from kefu.router.domain.answer_profiles import EVIDENCE, PROFILES
from kefu.router.domain.generation import GenerationRequest
from kefu.router.replicas.circuit_breaker import BreakerState
from kefu.router.replicas.discovery import address_sources, open_discovery, server_name_of
from kefu.router.replicas.engine_load import EngineLoad, combined_load
from kefu.router.replicas.load_balancer import choose
from kefu.router.replicas.replica import PLAINTEXT, Replica, ReplicaTls
from kefu.router.replicas.replica_metrics import exported_ready

_log = structlog.stdlib.get_logger()


class ReplicaPool:
    """All replicas that are known now. `first_token_seconds`: see `ReplicaStream`."""

    def __init__(
        self,
        internal_key: str,
        caller: str,
        *,
        first_token_seconds: float = float("inf"),
        warm_up: Sequence[GenerationRequest] = (),
        tls: ReplicaTls = PLAINTEXT,
    ) -> None:
        self._warm_up = warm_up
        self._tls = tls
        self._internal_key = internal_key
        self._caller = caller
        self._first_token_seconds = first_token_seconds
        self._replicas: dict[str, tuple[Replica, asyncio.Task[None]]] = {}
        self._leaving: dict[Replica, asyncio.Task[None]] = {}
        self._profiles: dict[str, str] = {}

    @property
    def replicas(self) -> list[Replica]:
        """The replicas known now."""
        return [replica for replica, _ in self._replicas.values()]

    @property
    def ready(self) -> int:
        """How many replicas can answer: their reports are fresh, they do not leave, and their breakers are not open."""
        return len(self._ready_replicas)

    @property
    def _ready_replicas(self) -> list[Replica]:
        return [
            replica
            for replica, _ in list(self._replicas.values())  # copied: metrics are read in a thread of their own
            if not (replica.load.is_stale or replica.load.draining or replica.breaker.state is BreakerState.OPEN)
        ]

    @property
    def fingerprints(self) -> frozenset[str]:
        """Fingerprints of the weights in service, as far as they are known."""
        return frozenset(replica.fingerprint for replica in self.replicas if replica.fingerprint is not None)

    @property
    def answer_profile(self) -> str:
        """The answer profile of the models in service: the most careful one of them, so that an answer does not depend
        on which replica writes it. A model that names none has the one of `set_profile`, or else that without a model.
        Empty: no model is known."""
        known = {
            replica.answer_profile or self._profiles.get(replica.model_id, EVIDENCE.name)
            for replica in self.replicas
            if replica.fingerprint is not None
        }
        return next((name for name in PROFILES if name in known), "")

    @property
    def unknown_models(self) -> list[str]:
        """Ids of the models of ready replicas that name no answer profile, and of which none was set."""
        unknown = (replica.model_id for replica in self._ready_replicas if not replica.answer_profile)
        return [model_id for model_id in dict.fromkeys(unknown) if model_id and model_id not in self._profiles]

    def set_profile(self, model_id: str, profile: str) -> None:
        """Set the answer profile of a model that names none, by `Replica.model_id`."""
        self._profiles[model_id] = profile

    @property
    def engine_load(self) -> EngineLoad:
        """Engine load of all replicas that accept requests, by fresh reports."""
        accepting = [replica for replica in self.replicas if not (replica.load.is_stale or replica.load.draining)]
        sent = sum(replica.load.in_flight for replica in accepting)
        sent_in_all = sum(replica.load.in_flight for replica in (*self.replicas, *self._leaving))
        return combined_load((replica.engine_load for replica in accepting), sent=sent, unreported=sent_in_all - sent)

    def choose(
        self, *, preferred: str = "", session: str = "", exclude: frozenset[str] = frozenset()
    ) -> Replica | None:
        """The replica for the next answer; None when there is none. Call its `generate` without awaiting in between.

        `session` is any name of the session; see `load_balancer.choose`. Replicas whose circuit breaker is open are
        left out, unless all are: then the replica whose last failure is longest ago is chosen.
        """
        accepting = [
            replica for replica in self.replicas if replica.address not in exclude and not replica.load.draining
        ]
        admitting = [replica for replica in accepting if replica.breaker.admits]
        if accepting and not admitting:
            return min(accepting, key=lambda replica: replica.breaker.failed_at)
        chosen = choose(admitting, preferred=preferred, session=session)
        if chosen is not None:
            chosen.breaker.reserve()
        return chosen

    async def set_addresses(self, addresses: Iterable[str]) -> None:
        """Watch these replicas and no others. Streams from a removed replica go on until they end."""
        wanted = list(dict.fromkeys(addresses))
        for address in self._replicas.keys() - set(wanted):
            replica, task = self._replicas.pop(address)
            replica.retire()
            await cancel_and_wait(task)
            self._leaving[replica] = asyncio.create_task(
                self._close_when_idle(replica), name=f"close {address} when idle"
            )
        for address in wanted:
            if address in self._replicas:
                continue
            replica = Replica(
                address,
                self._internal_key,
                self._caller,
                first_token_seconds=self._first_token_seconds,
                warm_up=self._warm_up,
                tls=self._tls,
            )
            task = asyncio.create_task(replica.watch(), name=f"watch {address}")
            self._replicas[address] = (replica, task)

    async def close(self) -> None:
        """Watch no replica any more, and close all."""
        for replica, task in self._replicas.values():
            replica.retire()
            await cancel_and_wait(task)
            await replica.close()
        self._replicas.clear()
        for replica, task in list(self._leaving.items()):
            await cancel_and_wait(task)
            await replica.close()
        self._leaving.clear()

    async def _close_when_idle(self, replica: Replica) -> None:
        await replica.load.wait_until_idle()
        await replica.close()
        self._leaving.pop(replica, None)


@asynccontextmanager
async def open_pool(
    addresses: str,
    internal_key: str,
    caller: str,
    *,
    first_token_seconds: float = float("inf"),
    warm_up: Sequence[GenerationRequest] = (),
    tls: Tls | None = None,
) -> AsyncIterator[ReplicaPool]:
    """A pool over `addresses` (see `RouterConfig.generation`), which follows their changes while the block runs.

    `first_token_seconds`: longest time that a replica may take for its first token. `warm_up`: what a replica answers
    when its process has started, so that its cache holds the prompts.
    """
    replica_tls = ReplicaTls(tls, server_name_of(addresses))
    async with AsyncExitStack() as stack:
        pool = ReplicaPool(
            internal_key, caller, first_token_seconds=first_token_seconds, warm_up=warm_up, tls=replica_tls
        )
        stack.push_async_callback(pool.close)
        stack.enter_context(exported_ready("generation", lambda: pool.ready))
        await stack.enter_async_context(open_discovery(address_sources(addresses), pool.set_addresses))
        cause = "no replica of the model is ready: answers are the pages' own words, or hand-overs"
        await stack.enter_async_context(outages_logged("generation", addresses, lambda: pool.ready > 0, cause))
        yield pool

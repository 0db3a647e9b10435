"""The generation replicas: what they owe, how they fare, and which one gets the next answer."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.tls import Tls
from kefu.router.replicas.discovery import discovering, server_name_of, sources_of
from kefu.router.replicas.engine_load import EngineLoad, together
from kefu.router.replicas.load_balancer import choose
from kefu.router.replicas.replica import PLAIN, Replica, Secured

_log = structlog.stdlib.get_logger()


class ReplicaPool:
    """All replicas that are known now, and how they are chosen."""

    def __init__(
        self, internal_key: str, caller: str, *, patience: float = float("inf"), secured: Secured = PLAIN
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
            await cancel_and_wait(task)
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
            await cancel_and_wait(task)
            await replica.close()
        self._replicas.clear()
        for replica, task in list(self._leaving.items()):
            await cancel_and_wait(task)
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

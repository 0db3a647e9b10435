"""The lease of a source: one replica runs it at a time, and a replica that has lost the lease writes nothing."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

from redis.asyncio import Redis

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import BackendUnavailable
from kefu.common.redis.client import redis_errors
from kefu.common.redis.pipelines import Command, call
from kefu.retrieval.storage.durable_writer import Conflict, DurableWriter

LEASE_SECONDS = 30.0
_ATTEMPTS = 20

RENEW = """
-- KEYS: lease. ARGV: token, milliseconds. Returns 1 while the lease is the caller's: one that is gone is lost.
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
"""
RELEASE = """
-- KEYS: lease. ARGV: token.
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class LeaseLost(Exception):
    """Another replica may run this source now: whatever is under way here ends, without a further write."""


class FencedWriter(DurableWriter):
    """A writer whose transactions fail once the lease is another's. Each begins with a `watch`, as the store's do."""

    lease = ""
    token = ""

    async def watch(self, *keys: str) -> None:
        """Watch keys, and the lease. Raises LeaseLost when it is not ours."""
        await super().watch(self.lease, *keys)
        if await self.command("GET", self.lease) != self.token.encode():
            raise LeaseLost

    async def write(self, commands: Sequence[Command]) -> list[Any]:
        """Run commands as one transaction under the lease, again where its renewal came between."""
        if not commands:
            return []
        for _ in range(_ATTEMPTS):
            await self.watch()
            with suppress(Conflict):
                return await self.transaction(commands)
        raise LeaseLost


class Lease:
    """One holder's lease of one source."""

    def __init__(
        self,
        client: Redis,
        name: str,
        *,
        seconds: float = LEASE_SECONDS,
        accept_not_durable: bool = False,
        wait_for_disk_seconds: float = 10.0,
    ) -> None:
        self._client = client
        self._name = name
        self._token = uuid.uuid4().hex
        self._seconds = seconds
        self._accept_not_durable = accept_not_durable
        self._wait_for_disk_seconds = wait_for_disk_seconds

    async def take(self) -> bool:
        """Take the lease. False while somebody has it."""
        taken = call(self._client, "SET", self._name, self._token, "NX", "PX", round(self._seconds * 1000))
        return bool(await taken)

    async def renew(self) -> bool:
        """Keep the lease. False once it is lost."""
        return bool(await self._run(RENEW, str(round(self._seconds * 1000))))

    async def release(self) -> None:
        """Give the lease back, if it is ours."""
        await self._run(RELEASE)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """A block under the lease, which is renewed meanwhile. The block ends with LeaseLost once it is lost."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one
        lost = False

        async def renew() -> None:
            nonlocal lost
            while True:
                await asyncio.sleep(self._seconds / 3)
                with suppress(BackendUnavailable):  # the writes find out whether it is still ours
                    if not await self.renew():
                        lost = True
                        task.cancel()
                        return

        renewing = asyncio.create_task(renew(), name="source-lease")
        try:
            yield
        except asyncio.CancelledError:
            if not lost:
                raise
            task.uncancel()
            raise LeaseLost from None
        finally:
            await cancel_and_wait(renewing)
            with suppress(BackendUnavailable):
                await self.release()

    def writer(self) -> AbstractAsyncContextManager[FencedWriter]:
        """A writer under the lease."""
        return self._writer()

    @asynccontextmanager
    async def _writer(self) -> AsyncIterator[FencedWriter]:
        opening = FencedWriter.open(
            self._client,
            accept_not_durable=self._accept_not_durable,
            timeout_seconds=self._wait_for_disk_seconds,
        )
        async with opening as writer:
            assert isinstance(writer, FencedWriter)  # noqa: S101 - `open` makes one of its own class
            writer.lease, writer.token = self._name, self._token
            yield writer

    async def _run(self, script: str, *arguments: str) -> Any:
        client: Any = self._client
        with redis_errors():
            return await client.eval(script, 1, self._name, self._token, *arguments)

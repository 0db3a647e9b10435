"""Durable writes: transactions, and WAITAOF on the connection that wrote them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import redis.exceptions
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection

from kefu.common.errors import NotDurable
from kefu.common.redis.client import redis_errors
from kefu.common.redis.pipelines import Command

_NOT_PERSISTING = (
    "Redis does not persist, so what is written may be lost: set appendonly yes in Redis, or accept it with "
    "KEFU_RETRIEVAL_ACCEPT_NOT_DURABLE=true."
)


class Conflict(Exception):
    """A watched key has changed: read it again and repeat the transaction."""


class DurableWriter:
    """A writer with one Redis connection, for a batch of transactions and the wait for the disk at its end.

    `open` raises NotDurable before anything is written, when Redis does not persist.

    redis-py's own pipeline takes any connection from the pool and reconnects by itself. But WAITAOF answers only for
    the connection that wrote. Hence all commands go to one connection that is never renewed. When it breaks, the batch
    fails with BackendUnavailable and may be repeated.
    """

    def __init__(self, connection: AbstractConnection, *, accept_not_durable: bool, timeout_seconds: float) -> None:
        self._connection = connection
        self._accept_not_durable = accept_not_durable
        self._timeout = timeout_seconds
        self.has_unconfirmed_writes = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls, client: Redis, *, accept_not_durable: bool = False, timeout_seconds: float = 10.0
    ) -> AsyncIterator["DurableWriter"]:
        """A writer while the block runs. Call `wait_until_on_disk` before the block ends."""
        with redis_errors():
            pool = client.connection_pool
            connection: AbstractConnection = await pool.get_connection()  # pyright: ignore[reportUnknownMemberType]
            clean = False
            try:
                writer = cls(connection, accept_not_durable=accept_not_durable, timeout_seconds=timeout_seconds)
                await writer._check_persistence()
                yield writer
                clean = True
            finally:
                if not clean:
                    await connection.disconnect(nowait=True)  # it may hold half an answer, or watched keys
                await pool.release(connection)

    async def command(self, *words: str | bytes | int | float) -> Any:
        """Run one command and return its raw answer (bytes, numbers, lists)."""
        await self._send(words)
        return await self._answer()

    async def watch(self, *keys: str) -> None:
        """Watch keys: the next transaction raises Conflict if one of them has changed."""
        await self.command("WATCH", *keys)

    async def unwatch(self) -> None:
        """Stop watching all keys."""
        await self.command("UNWATCH")

    async def transaction(self, commands: Sequence[Command]) -> list[Any]:
        """Run commands as one MULTI/EXEC and return their answers. Raises Conflict when a watched key has changed."""
        for words in (("MULTI",), *commands, ("EXEC",)):
            await self._send(words)
        failure: redis.exceptions.ResponseError | None = None
        for _ in range(len(commands) + 1):
            try:
                await self._answer()
            except redis.exceptions.ResponseError as exc:  # EXEC then answers EXECABORT; this one has the cause
                failure = failure or exc
        try:
            answers = await self._answer()
        except redis.exceptions.ResponseError as exc:
            raise failure or exc from None
        if answers is None:
            raise Conflict
        self.has_unconfirmed_writes = True
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    async def wait_until_on_disk(self) -> None:
        """Wait until all writes of this connection are in the append-only file, fsynced.

        Raises NotDurable when Redis does not persist, or not within the timeout, unless that is accepted.
        """
        if not self.has_unconfirmed_writes:
            return
        try:
            await self._send(("WAITAOF", 1, 0, int(self._timeout * 1000)))
            answer = await self._answer(timeout=self._timeout + 5)
        except redis.exceptions.ResponseError as exc:  # persistence was switched off meanwhile
            if self._accept_not_durable:
                return
            raise NotDurable(_NOT_PERSISTING) from exc
        if answer is None:  # how redis-py says that the time is over
            raise redis.exceptions.TimeoutError("WAITAOF was not answered in time.")
        local = int(answer[0])
        if local < 1 and not self._accept_not_durable:
            raise NotDurable(
                f"Redis did not have the change on disk within {self._timeout:g} s; check its disk, then send it again."
            )
        self.has_unconfirmed_writes = False

    async def _check_persistence(self) -> None:
        if self._accept_not_durable:
            return
        info = await self.command("INFO", "persistence")
        if b"aof_enabled:1" not in bytes(info):
            raise NotDurable(_NOT_PERSISTING)

    async def _send(self, words: Command) -> None:
        if not self._connection.is_connected:
            raise redis.exceptions.ConnectionError("The connection that wrote is gone.")
        # Without its health check, which would reconnect.
        await self._connection.send_command(*words, check_health=False)  # pyright: ignore[reportUnknownMemberType]

    async def _answer(self, timeout: float | None = None) -> Any:
        return await self._connection.read_response(timeout=timeout)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

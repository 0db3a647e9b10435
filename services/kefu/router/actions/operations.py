"""Operations: how far each change of a session has come, in Redis, so that no two routers make it."""

from dataclasses import dataclass
from enum import StrEnum

import pydantic

from kefu.common.redis.commands import RedisCommands
from kefu.router.domain.card import Cards
from kefu.router.storage import keys

BEGIN = """
-- KEYS: changes of the session. ARGV: operation, JSON, life ms
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if stored then return stored end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return false
"""
"""Begin an operation. Returns the stored one where it was begun before."""
REPLACE = """
-- KEYS: changes of the session. ARGV: operation, JSON that is stored, or "" for any, new JSON, or "" for none
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored or (ARGV[2] ~= '' and stored ~= ARGV[2]) then return 0 end
if ARGV[3] == '' then return redis.call('HDEL', KEYS[1], ARGV[1]) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
"""
"""Replace an operation that is there: nothing of a session that was erased comes back. Returns whether it did."""


class OperationState(StrEnum):
    """How far a change has come."""

    STARTED = "started"
    """The company's system is being called, unless the router has died."""
    DONE = "done"
    REFUSED = "refused"
    """The company's system refused it, for a reason that the action has words for."""
    FAILED = "failed"
    """It was not made."""
    UNCONFIRMED = "unconfirmed"
    """Whether it was made is not known."""


@dataclass(frozen=True)
class Operation:
    """A change that a customer agreed to."""

    state: OperationState
    time: float
    """When it was begun, or taken over; seconds since the epoch."""
    attempts: int = 1
    """How many routers have called the company's system."""
    text: str = ""
    """What the customer is told, once it is DONE or REFUSED."""
    detail: str = ""
    """For the lead: why it is FAILED or UNCONFIRMED."""
    cards: Cards | None = None
    """What the customer is told, as cards."""


_OPERATION = pydantic.TypeAdapter(Operation)


class OperationStore:
    """Keeps operations with their sessions. `life`: for how long, in seconds. Methods raise BackendUnavailable."""

    def __init__(self, commands: RedisCommands, *, life: float) -> None:
        self._commands = commands
        self._life = round(life * 1000)

    async def get(self, tenant: str, session_id: str, operation_id: str) -> Operation | None:
        """An operation; None when it was never begun."""
        stored = await self._commands.hash_get(keys.changes(tenant, session_id), operation_id)
        return None if stored is None else _OPERATION.validate_json(stored)

    async def begin(self, tenant: str, session_id: str, operation_id: str, operation: Operation) -> Operation | None:
        """Begin an operation. Returns the stored one where it was begun before: then it is not the caller's to make."""
        stored = await self._commands.script(
            BEGIN, [keys.changes(tenant, session_id)], (operation_id, _json(operation), self._life)
        )
        return None if stored is None else _OPERATION.validate_json(stored)

    async def take_over(
        self, tenant: str, session_id: str, operation_id: str, read: Operation, operation: Operation
    ) -> bool:
        """Go on with an operation whose router died. False when another router has done so."""
        arguments = (operation_id, _json(read), _json(operation))
        return bool(await self._commands.script(REPLACE, [keys.changes(tenant, session_id)], arguments))

    async def note(self, tenant: str, session_id: str, operation_id: str, operation: Operation | None) -> None:
        """Note how far an operation has come, or how it ended; None: it was not begun after all."""
        arguments = (operation_id, "", "" if operation is None else _json(operation))
        await self._commands.script(REPLACE, [keys.changes(tenant, session_id)], arguments)


def _json(operation: Operation) -> str:
    # Without cards it reads as an earlier release wrote it: `take_over` compares what is stored.
    return _OPERATION.dump_json(operation, exclude={"cards"} if operation.cards is None else None).decode()

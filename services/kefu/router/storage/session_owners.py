"""Owners of sessions: a visitor's sessions go along when the visitor is known as a customer."""

import asyncio
import time

from kefu.common.customers import Customer
from kefu.common.redis.commands import RedisCommands, ScriptCall
from kefu.router.storage import keys, session_lua
from kefu.router.storage.change_feed import publish_change

_BUSY_SECONDS = 10.0
_POLL_SECONDS = 0.2


class SessionOwners:
    """Moves sessions from a visitor to a customer. `life` of a session and of what is kept beside it in seconds."""

    def __init__(self, commands: RedisCommands, *, life: float, beside_life: float) -> None:
        self._commands = commands
        self._life = round(life * 1000)
        self._beside_life = round(beside_life * 1000)

    async def move(self, tenant: str, visitor: str, subject: str, customer: Customer) -> int:
        """Move all sessions of a visitor to a customer's subject, and what is kept beside them. Returns how many.

        One that is being answered is waited for, for ten seconds; after that it stays with the visitor.
        """
        beside = keys.erasure_index(tenant, visitor, "")
        if kept := await self._commands.set_members(beside):
            index = keys.erasure_index(tenant, subject, "")
            await self._commands.pipeline(
                [("SADD", index, *kept), ("PEXPIRE", index, self._beside_life), ("DEL", beside)]
            )
        moved, give_up_at = 0, time.monotonic() + _BUSY_SECONDS
        for session_id in await self._commands.sorted_all(keys.sessions_by_subject(tenant, visitor)):
            while True:
                outcome = await self._move(tenant, session_id, visitor, subject, customer)
                if outcome != "busy" or time.monotonic() > give_up_at:
                    break
                await asyncio.sleep(_POLL_SECONDS)
            moved += outcome == "moved"
        return moved

    async def _move(self, tenant: str, session_id: str, visitor: str, subject: str, customer: Customer) -> str:
        prefix = keys.session(tenant, session_id)
        script = ScriptCall(
            session_lua.MOVE, (f"{prefix}session", f"{prefix}lock"), (visitor, subject, customer.to_json())
        )
        index = keys.sessions_by_subject(tenant, subject)
        # The index first: an entry without its session does no harm; a session without its entry would be hidden.
        added, _, outcome = await self._commands.pipeline(
            [("ZADD", index, "NX", time.time(), session_id), ("PEXPIRE", index, self._life), script]
        )
        if outcome == "moved":
            former = keys.sessions_by_subject(tenant, visitor)
            await self._commands.pipeline([("ZREM", former, session_id), publish_change(tenant, session_id)])
        elif added:
            await self._commands.sorted_remove(index, session_id)
        return str(outcome)

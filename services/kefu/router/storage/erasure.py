"""
What is kept of a session beside the session itself, and how it is erased with it: unanswered questions, deliveries of
webhooks, and what its turns have added to the numbers (which stay).

What is told of a session may still be on its way when it is erased: for an hour, nothing of it is kept any more.
"""

from kefu.common.redis.commands import Command, RedisCommands, ScriptCall
from kefu.router.storage import keys

_STILL_UNDER_WAY_SECONDS = 3600

ERASE = """
-- KEYS: unanswered of the session, unanswered of the tenant, erased, told, counted, counted's order
-- ARGV: session id, seconds to remember it, before a delivery, before a webhook's deliveries, before its pending ones
redis.call('SET', KEYS[3], 1, 'EX', ARGV[2])
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  redis.call('ZREM', KEYS[2], ARGV[1] .. '/' .. field)
end
for _, told in ipairs(redis.call('SMEMBERS', KEYS[4])) do
  local webhook, delivery = string.match(told, '^(.*)/(.*)$')
  redis.call('DEL', ARGV[3] .. delivery)
  redis.call('ZREM', ARGV[4] .. webhook, delivery)
  redis.call('ZREM', ARGV[5] .. webhook, delivery)
end
redis.call('DEL', KEYS[1], KEYS[4], KEYS[5], KEYS[6])
"""
"""Erase all that is kept of a session beside it."""


class SessionErasure:
    """`life`: how long anything of a session is kept after it, in seconds."""

    def __init__(self, commands: RedisCommands, *, life: float) -> None:
        self._commands = commands
        self._life = round(life * 1000)

    def left_by(self, tenant: str, subject: str, user: str, session_id: str) -> list[Command]:
        """Commands that note that a user's session left something; none without a user."""
        if not user:
            return []
        index = keys.traces_of(tenant, subject, user)
        return [("SADD", index, session_id), ("PEXPIRE", index, self._life)]

    async def erase(self, tenant: str, session_id: str) -> None:
        """Erase what is kept of a session. Before the session: a call that fails may then be repeated."""
        await self._commands.pipeline([_erase(tenant, session_id)])

    async def erase_user(self, tenant: str, subject: str, user: str) -> None:
        """Erase what is kept of a user's sessions, those that have run out too."""
        index = keys.traces_of(tenant, subject, user)
        [sessions] = await self._commands.pipeline([("SMEMBERS", index)])
        await self._commands.pipeline([*(_erase(tenant, str(session)) for session in sessions), ("DEL", index)])


def _erase(tenant: str, session_id: str) -> ScriptCall:
    return ScriptCall(
        ERASE,
        (
            keys.unanswered_in(tenant, session_id),
            keys.unanswered(tenant),
            keys.erased(tenant, session_id),
            keys.told_of(tenant, session_id),
            keys.counted(tenant, session_id),
            keys.counted_order(tenant, session_id),
        ),
        (
            session_id,
            _STILL_UNDER_WAY_SECONDS,
            keys.delivery(tenant, ""),
            keys.deliveries(tenant, ""),
            keys.pending(tenant, ""),
        ),
    )

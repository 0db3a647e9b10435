"""
Erasure of what is kept beside a session: unanswered questions, webhook deliveries, and what each turn added to the
numbers. The numbers themselves stay.

Events of a session may still be under way when it is erased. So a marker keeps anything of it from being stored for an
hour.
"""

from kefu.common.redis.commands import Command, RedisCommands, ScriptCall
from kefu.router.storage import keys

_MARKER_SECONDS = 3600

ERASE = """
-- KEYS: unanswered of the session, unanswered of the tenant, erasure marker, deliveries, turn counters, their order
-- ARGV: session id, seconds to remember it, before a delivery, before a webhook's deliveries, before its pending ones
redis.call('SET', KEYS[3], 1, 'EX', ARGV[2])
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  redis.call('ZREM', KEYS[2], ARGV[1] .. '/' .. field)
end
for _, member in ipairs(redis.call('SMEMBERS', KEYS[4])) do
  local webhook, delivery = string.match(member, '^(.*)/(.*)$')
  redis.call('DEL', ARGV[3] .. delivery)
  redis.call('ZREM', ARGV[4] .. webhook, delivery)
  redis.call('ZREM', ARGV[5] .. webhook, delivery)
end
redis.call('DEL', KEYS[1], KEYS[4], KEYS[5], KEYS[6])
"""
"""Erase all that is kept beside a session."""


class SessionErasure:
    """Erases what outlives a session. `life`: the longest time that anything is kept after its session, in seconds."""

    def __init__(self, commands: RedisCommands, *, life: float) -> None:
        self._commands = commands
        self._life = round(life * 1000)

    def track(self, tenant: str, subject: str, user: str, session_id: str) -> list[Command]:
        """Commands that note that something is kept beside a user's session. None without a user."""
        if not user:
            return []
        index = keys.erasure_index(tenant, subject, user)
        return [("SADD", index, session_id), ("PEXPIRE", index, self._life)]

    async def erase(self, tenant: str, session_id: str) -> None:
        """Erase what is kept beside a session. This goes first, so that a failed call can be repeated."""
        await self._commands.pipeline([_erase(tenant, session_id)])

    async def erase_user(self, tenant: str, subject: str, user: str) -> None:
        """Erase what is kept beside a user's sessions, including sessions that have expired."""
        index = keys.erasure_index(tenant, subject, user)
        [sessions] = await self._commands.pipeline([("SMEMBERS", index)])
        await self._commands.pipeline([*(_erase(tenant, str(session)) for session in sessions), ("DEL", index)])


def _erase(tenant: str, session_id: str) -> ScriptCall:
    return ScriptCall(
        ERASE,
        (
            keys.session_unanswered(tenant, session_id),
            keys.unanswered(tenant),
            keys.erasure_marker(tenant, session_id),
            keys.session_deliveries(tenant, session_id),
            keys.turn_counters(tenant, session_id),
            keys.turn_counters_order(tenant, session_id),
        ),
        (
            session_id,
            _MARKER_SECONDS,
            keys.delivery(tenant, ""),
            keys.deliveries(tenant, ""),
            keys.pending_deliveries(tenant, ""),
        ),
    )

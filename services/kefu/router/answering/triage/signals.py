"""
Signals that may point to fraud, by code: counts of a person's messages and returns in Redis, and what the page claims.

Whose counts they are: those of a user of a key, a visitor or a verified customer, by hash; nobody is counted who is not
known. A signal decides nothing by itself; a tenant's rules may name it. Without Redis the counts are left out.
"""

import time
from dataclasses import dataclass

import structlog

from kefu.common.auth import Principal
from kefu.common.customers import is_visitor
from kefu.common.errors import BackendUnavailable, StorageFull
from kefu.common.redis.commands import RedisCommands, ScriptCall
from kefu.router.domain.triage import MessageReading, Signal, SignalKind
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.storage import keys

MANY_MESSAGES = 15
"""From so many messages of one person within a minute on there is a signal."""
MANY_RETURNS = 5
"""From so many conversations about returns within `RETURN_DAYS` on there is a signal."""
RETURN_DAYS = 30
RETURN_INTENTS = frozenset({"return_refund", "exchange"})
MANY_IDENTITIES = 4
"""From so many verified customers at one address within a day on there is a signal."""
_MINUTE_MS = 60_000
_DAY_SECONDS = 86_400
_RETURNS_SECONDS = RETURN_DAYS * 86_400

COUNT = """
-- KEYS: messages of the person, returns of the person, customers of the address. ARGV: a minute in ms, session id or ""
--       where the message is about no return, now, seconds that returns are kept, the customer, or "" for nobody who is
--       known or an address that is not, seconds that an address' customers are counted
local messages = redis.call('INCR', KEYS[1])
if messages == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[3] - ARGV[4])
if ARGV[2] ~= '' then
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
  redis.call('EXPIRE', KEYS[2], ARGV[4])
end
local identities = 0
if ARGV[5] ~= '' then
  redis.call('PFADD', KEYS[3], ARGV[5])
  redis.call('EXPIRE', KEYS[3], ARGV[6], 'NX')
  identities = redis.call('PFCOUNT', KEYS[3])
end
return {messages, redis.call('ZCARD', KEYS[2]), identities}
"""
"""Count a message. Returns the person's messages of this minute, their conversations about returns, and the address'
customers: counted by a HyperLogLog, which does not tell who they are."""
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class Sender:
    """Who sent a message, and in which session."""

    principal: Principal
    request: TurnRequest
    session_id: str

    @property
    def is_counted(self) -> bool:
        """Whether it is known whose counts the message belongs to."""
        return bool(self.session_id) and (bool(self.request.user) or is_visitor(self.principal.subject))

    @property
    def is_known_visitor(self) -> bool:
        """Whether a verified customer writes on a page of their own; behind a key stands the address of a server."""
        return self.principal.customer is not None and is_visitor(self.principal.subject)


class SignalFinder:
    """Finds the signals of messages, and counts what they rest on."""

    def __init__(self, commands: RedisCommands) -> None:
        self._commands = commands

    async def find(self, sender: Sender, reading: MessageReading) -> tuple[Signal, ...]:
        """The signals of a message that has just come, which is counted. Never raises."""
        found = [Signal(SignalKind.IDENTITY_MISMATCH)] if is_mismatched(sender) else []
        messages, returns, identities = await self._counted(sender, reading) if sender.is_counted else (0, 0, 0)
        if messages >= MANY_MESSAGES:
            found.append(Signal(SignalKind.MANY_MESSAGES, messages))
        if returns >= MANY_RETURNS:
            found.append(Signal(SignalKind.MANY_RETURNS, returns))
        if identities >= MANY_IDENTITIES:
            found.append(Signal(SignalKind.MANY_IDENTITIES, identities))
        return tuple(found)

    async def _counted(self, sender: Sender, reading: MessageReading) -> tuple[int, int, int]:
        tenant, person = sender.principal.tenant, (sender.principal.subject, sender.request.user)
        origin = sender.request.origin
        names = (
            keys.triage_messages(tenant, *person),
            keys.triage_returns(tenant, *person),
            keys.triage_identities(tenant, origin),
        )
        identity = sender.principal.subject if origin and sender.is_known_visitor else ""
        about_return = sender.session_id if reading.intent in RETURN_INTENTS else ""
        now = repr(time.time())
        arguments = (_MINUTE_MS, about_return, now, _RETURNS_SECONDS, identity, _DAY_SECONDS)
        script = ScriptCall(COUNT, names, arguments)
        try:
            [(messages, returns, identities)] = await self._commands.pipeline([script])
        except (BackendUnavailable, StorageFull) as error:
            _log.warning("triage.not_counted", cause=error.message)
            return 0, 0, 0
        return int(messages), int(returns), int(identities)


def is_mismatched(sender: Sender) -> bool:
    """Whether the page claims another mail address of the person than the one that is verified."""
    customer = sender.principal.customer
    verified = "" if customer is None else customer.claims.get("email", "")
    claimed = dict(sender.request.profile).get("email", "")
    return bool(verified and claimed) and verified.strip().casefold() != claimed.strip().casefold()

"""
What a tenant may ask of all routers together: questions a minute, and turns at once. Both live in Redis, in one slot,
and are checked in one step, so that they hold exactly however many routers ask.

Turns at once are leases, never a counter: each router renews those of its turns, all of a tenant's with one command,
and those of a router that died are free when their time is up. The rate is the generic cell rate algorithm in its
virtual scheduling form (ITU-T Recommendation I.371, annex A): one moment is kept, at which the next question would be
due if they came evenly; a question may come before it by no more than the burst allows. Time is Redis's own: routers'
clocks need not agree.
"""

import asyncio
from collections.abc import Iterator
from typing import Literal

import structlog

from kefu.common.errors import BackendUnavailable, TenantLimit
from kefu.common.redis.commands import RedisCommands
from kefu.router import metrics
from kefu.router.storage import keys
from kefu.router.tenants.settings import EffectiveSettings

_RENEWED_AT_ONCE = 1000
_LEAST_RETRY, _MOST_RETRY = 0.5, 60.0
_log = structlog.stdlib.get_logger()

ENTER = """
-- KEYS: leases, rate. ARGV: turn, lease ms, most turns (0: any), microseconds a question (0: any), burst
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local ms = math.floor(now / 1000)
local most, each = tonumber(ARGV[3]), tonumber(ARGV[4])
if most > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ms)
  if redis.call('ZCARD', KEYS[1]) >= most and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return {'turns', 0} end
end
if each > 0 then
  local due = math.max(tonumber(redis.call('GET', KEYS[2]) or 0), now)
  local early = due - now - (tonumber(ARGV[5]) - 1) * each
  if early > 0 then return {'rate', string.format('%.0f', early)} end
  local life = math.ceil((due + each - now) / 1000)
  redis.call('SET', KEYS[2], string.format('%.0f', due + each), 'PX', life)
end
if most > 0 then
  redis.call('ZADD', KEYS[1], ms + tonumber(ARGV[2]), ARGV[1])
  redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[2]) * 2)
end
return {'ok', 0}
"""
"""Let a turn in: ok; turns, when too many are there; rate, with the microseconds until it may come. A refused one costs
nothing."""

RENEW = """
-- KEYS: leases. ARGV: lease ms, turns
local time = redis.call('TIME')
local till = math.floor((time[1] * 1000000 + time[2]) / 1000) + tonumber(ARGV[1])
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], till, ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[1]) * 2)
"""
"""Renew the leases of a router's turns. One that ran out while Redis was away is taken again: its turn still runs."""


class TenantLimits:
    """Leases live for `lease` seconds unless `renew` runs. `unknown` says what happens while Redis does not answer."""

    def __init__(self, commands: RedisCommands, *, lease: float, unknown: Literal["serve", "refuse"]) -> None:
        self._commands = commands
        self._lease = lease
        self._unknown = unknown
        self._leased: dict[str, set[str]] = {}

    async def enter(
        self, tenant: str, turn_id: str, rules: EffectiveSettings, *, turn_seconds: float | None = None
    ) -> None:
        """Count a turn in; `leave` must follow. Raises TenantLimit, with the time after which it may be let in.

        `turn_seconds` is the mean time of a turn, from which that time follows when too many run. Raises
        BackendUnavailable when Redis does not answer and turns are to be refused then.
        """
        if not rules.max_concurrent_turns and not rules.questions_per_minute:
            return
        each = 60_000_000 / rules.questions_per_minute if rules.questions_per_minute else 0
        arguments = (turn_id, self._lease_ms, rules.max_concurrent_turns, repr(each), rules.question_burst)
        if rules.max_concurrent_turns:
            self._leased.setdefault(tenant, set()).add(turn_id)  # first: whatever happens now, it is given back
        try:
            verdict, early = await self._commands.script(
                ENTER, [keys.running_turns(tenant), keys.question_rate(tenant)], arguments
            )
        except BackendUnavailable as error:
            if self._unknown == "refuse":
                raise
            metrics.LIMITS_SKIPPED.inc()
            _log.warning("limits.skipped", tenant=tenant, cause=error.message)
            return
        match verdict:
            case "turns":
                self._forget(tenant, turn_id)
                most = rules.max_concurrent_turns
                wait = min(max((turn_seconds or 0.0) / most, _LEAST_RETRY), _MOST_RETRY)
                raise _beyond("max_concurrent_turns", most, wait)
            case "rate":
                self._forget(tenant, turn_id)
                raise _beyond("questions_per_minute", rules.questions_per_minute, int(early) / 1e6)
            case _:
                return

    async def leave(self, tenant: str, turn_id: str) -> None:
        """A turn that entered has ended."""
        if self._forget(tenant, turn_id):
            await self._commands.sorted_remove(keys.running_turns(tenant), turn_id)

    async def renew(self) -> None:
        """Keep the leases of this router's turns until cancelled."""
        while True:
            await asyncio.sleep(self._lease / 3)
            for tenant, turns in self._held():
                try:
                    await self._commands.script(RENEW, [keys.running_turns(tenant)], (self._lease_ms, *turns))
                    ended = [turn for turn in turns if turn not in self._leased.get(tenant, ())]
                    await self._commands.sorted_remove(keys.running_turns(tenant), *ended)  # meanwhile, by `leave`
                except BackendUnavailable as error:  # tried again before the leases run out
                    _log.warning("limits.not_renewed", tenant=tenant, cause=error.message)

    def _held(self) -> Iterator[tuple[str, list[str]]]:
        for tenant, turns in list(self._leased.items()):
            ids = list(turns)
            for start in range(0, len(ids), _RENEWED_AT_ONCE):
                yield tenant, ids[start : start + _RENEWED_AT_ONCE]

    def _forget(self, tenant: str, turn_id: str) -> bool:
        held = self._leased.get(tenant)
        if held is None or turn_id not in held:
            return False
        held.remove(turn_id)
        if not held:
            del self._leased[tenant]
        return True

    @property
    def _lease_ms(self) -> int:
        return round(self._lease * 1000)


def _beyond(limit: str, value: int, retry_after: float) -> TenantLimit:
    metrics.TURNS_SHED.labels(limit).inc()
    return TenantLimit(
        f"The tenant's limit {limit} of {value} is reached; come back after the time in RetryInfo.",
        metadata={"limit": limit, "value": str(value)},
        retry_after=retry_after,
    )

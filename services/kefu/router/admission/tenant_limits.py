"""
Rate limit and concurrency limit of a tenant, over all routers: questions a minute, and turns at once.

Both live in Redis, in one slot, and are checked in one step, so that they hold exactly however many routers ask.

Turns at once are leases, never a counter. Each router renews the leases of its turns, all of a tenant's with one
command. The leases of a router that died expire. The rate is the generic cell rate algorithm in its virtual scheduling
form (ITU-T Recommendation I.371, annex A). One moment is stored: when the next question would be due if questions came
evenly. A question may come before that moment by no more than the burst allows. Time is Redis's own, so that routers'
clocks need not agree.
"""

import asyncio
from collections.abc import Iterator
from typing import Literal

import structlog

from kefu.common.errors import BackendUnavailable, StorageFull, TenantLimit
from kefu.common.redis.commands import RedisCommands
from kefu.router import metrics
from kefu.router.storage import keys
from kefu.router.tenants.settings import EffectiveSettings

_RENEW_BATCH_SIZE = 1000
_MIN_RETRY_SECONDS, _MAX_RETRY_SECONDS = 0.5, 60.0
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
"""Admit a turn: ok; turns, when too many run; rate, with the microseconds to wait. A refused turn costs nothing."""

RENEW = """
-- KEYS: leases. ARGV: lease ms, turns
local time = redis.call('TIME')
local till = math.floor((time[1] * 1000000 + time[2]) / 1000) + tonumber(ARGV[1])
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], till, ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[1]) * 2)
"""
"""Renew the leases of a router's turns. A lease that expired while Redis was away is taken again: its turn runs."""


class TenantLimits:
    """Checks and holds the limits of all tenants.

    Leases expire after `lease_seconds` unless `renew` runs. `without_redis`: whether turns are served unchecked or
    refused while Redis does not answer.
    """

    def __init__(
        self, commands: RedisCommands, *, lease_seconds: float, without_redis: Literal["serve", "refuse"]
    ) -> None:
        self._commands = commands
        self._lease_seconds = lease_seconds
        self._without_redis = without_redis
        self._leased: dict[str, set[str]] = {}

    async def enter(
        self, tenant: str, turn_id: str, settings: EffectiveSettings, *, turn_seconds: float | None = None
    ) -> None:
        """Count a turn in; `leave` must follow. Raises TenantLimit, with the time after which to come back.

        When too many turns run, that time follows from `turn_seconds`, the mean time of a turn. Raises
        BackendUnavailable when Redis does not answer and turns are refused then.
        """
        if not settings.max_concurrent_turns and not settings.questions_per_minute:
            return
        interval_us = 60_000_000 / settings.questions_per_minute if settings.questions_per_minute else 0
        arguments = (
            turn_id,
            self._lease_milliseconds,
            settings.max_concurrent_turns,
            repr(interval_us),
            settings.question_burst,
        )
        if settings.max_concurrent_turns:
            self._leased.setdefault(tenant, set()).add(
                turn_id
            )  # before the call: `leave` gives the lease back, whatever happens now
        try:
            verdict, wait_us = await self._commands.script(
                ENTER, [keys.running_turns(tenant), keys.question_rate(tenant)], arguments
            )
        except BackendUnavailable as error:
            if self._without_redis == "refuse":
                raise
            metrics.LIMITS_SKIPPED.inc()
            _log.warning("limits.skipped", tenant=tenant, cause=error.message)
            return
        match verdict:
            case "turns":
                self._forget(tenant, turn_id)
                max_turns = settings.max_concurrent_turns
                wait = min(max((turn_seconds or 0.0) / max_turns, _MIN_RETRY_SECONDS), _MAX_RETRY_SECONDS)
                raise _limit_error("max_concurrent_turns", max_turns, wait)
            case "rate":
                self._forget(tenant, turn_id)
                raise _limit_error("questions_per_minute", settings.questions_per_minute, int(wait_us) / 1e6)
            case _:
                return

    async def leave(self, tenant: str, turn_id: str) -> None:
        """Give back the lease of a turn that has ended."""
        if self._forget(tenant, turn_id):
            await self._commands.sorted_remove(keys.running_turns(tenant), turn_id)

    async def renew(self) -> None:
        """Renew the leases of this router's turns until cancelled."""
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            for tenant, turns in self._lease_batches():
                try:
                    await self._commands.script(RENEW, [keys.running_turns(tenant)], (self._lease_milliseconds, *turns))
                    ended = [turn for turn in turns if turn not in self._leased.get(tenant, ())]
                    await self._commands.sorted_remove(keys.running_turns(tenant), *ended)  # meanwhile, by `leave`
                except (BackendUnavailable, StorageFull) as error:  # tried again before the leases run out
                    _log.warning("limits.not_renewed", tenant=tenant, cause=error.message)

    def _lease_batches(self) -> Iterator[tuple[str, list[str]]]:
        for tenant, turns in list(self._leased.items()):
            ids = list(turns)
            for start in range(0, len(ids), _RENEW_BATCH_SIZE):
                yield tenant, ids[start : start + _RENEW_BATCH_SIZE]

    def _forget(self, tenant: str, turn_id: str) -> bool:
        turns = self._leased.get(tenant)
        if turns is None or turn_id not in turns:
            return False
        turns.remove(turn_id)
        if not turns:
            del self._leased[tenant]
        return True

    @property
    def _lease_milliseconds(self) -> int:
        return round(self._lease_seconds * 1000)


def _limit_error(limit: str, value: int, retry_after: float) -> TenantLimit:
    metrics.TURNS_SHED.labels(limit).inc()
    return TenantLimit(
        f"The tenant's limit {limit} of {value} is reached; come back after the time in RetryInfo.",
        metadata={"limit": limit, "value": str(value)},
        retry_after=retry_after,
    )

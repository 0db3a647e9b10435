"""
Counter store: a tenant's numbers by the hour, and what each turn has added to them.

One script changes both: what a turn added before is replaced by what it adds now. So an event that comes twice, a
rating that is changed or taken back, and a question that comes again move counts and never inflate them. The order of
events does not matter, nor the router they come from. An entry lives as long as its session; the numbers outlive it.
"""

import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Literal

from kefu.common.redis.commands import RedisCommands, ScriptCall, hash_items
from kefu.office.insight.turn_counters import ASSUMED, CONFIRMED, RATED, REOPENED, TURN_COUNTERS, TurnCounters, hour_of
from kefu.router.domain.turn import Rating
from kefu.router.storage import keys

HOUR_SECONDS = 3600
COUNTED = "counted"
"""A field beside the turns of a session: its experiment has counted it."""
_SECONDS_A_DAY = 86_400
_MARGIN_SECONDS = 3600.0
"""An entry outlives its session by this, so that a rating in the session's last minute finds it."""
_BATCH_HOURS = 48
"""Hours read in one call: more would keep the router's other work waiting."""

COUNT = f"""
-- KEYS: entries, order, erased, sessions of the experiment. ARGV: before an hour's numbers, before an hour's citations,
--       life of numbers s, life of entries ms, turn id, turn counters JSON or "", rating (up|down|none) or "", the
--       rating's number, session id, now s
local entries, order, turn = KEYS[1], KEYS[2], ARGV[5]
if redis.call('EXISTS', KEYS[3]) == 1 then return end

local function entry(id)
  local stored = id and redis.call('HGET', entries, id)
  return stored and cjson.decode(stored)
end

local function outcome(e)
  if not e.tally.answered then return nil end
  if e.rating == 'up' then return '{CONFIRMED}' end
  if e.rating == 'down' or e.again then return '{REOPENED}' end
  if e.left then return nil end
  return '{ASSUMED}'
end

local function add(e, by)
  if not e or not e.tally then return end
  local counters = {{}}
  for _, name in ipairs(e.tally.counters) do counters[#counters + 1] = name end
  counters[#counters + 1] = outcome(e)
  if e.rating == 'up' or e.rating == 'down' then counters[#counters + 1] = '{RATED}' .. e.rating end
  local hour = e.tally.hour
  local start = ARGV[1] .. hour
  for _, name in ipairs(counters) do redis.call('HINCRBY', start, name, by) end
  for _, document in ipairs(e.tally.cited) do redis.call('HINCRBY', ARGV[2] .. hour, document, by) end
  redis.call('EXPIRE', start, ARGV[3])
  redis.call('EXPIRE', ARGV[2] .. hour, ARGV[3])
end

local function change(id, how)
  local e = entry(id) or {{}}
  add(e, -1)
  how(e)
  add(e, 1)
  redis.call('HSET', entries, id, cjson.encode(e))
end

-- The outcome of an answer depends on the question after it.
local function look_ahead(id)
  local e = entry(id)
  local after = e and entry(redis.call('ZRANGEBYLEX', order, '(' .. id, '+', 'LIMIT', 0, 1)[1])
  local again = after and after.tally.asked == e.tally.asked or false
  local left = after and after.tally.leaves or false
  if e and (again ~= (e.again or false) or left ~= (e.left or false)) then
    change(id, function(changed) changed.again, changed.left = again, left end)
  end
end

change(turn, function(e)
  -- With a rating comes the turn as it was read before: a newer version may have been counted since.
  if ARGV[6] ~= '' and (ARGV[7] == '' or not e.tally) then e.tally = cjson.decode(ARGV[6]) end
  if ARGV[7] ~= '' and tonumber(ARGV[8]) > (e.number or 0) then e.rating, e.number = ARGV[7], tonumber(ARGV[8]) end
end)
if ARGV[6] ~= '' then
  if entry(turn).tally.tried then
    redis.call('ZADD', order, 0, turn)
  else
    redis.call('ZREM', order, turn)
  end
  local before = redis.call('ZREVRANGEBYLEX', order, '(' .. turn, '-', 'LIMIT', 0, 1)[1]
  if redis.call('ZSCORE', order, turn) then look_ahead(turn) end
  if before then look_ahead(before) end
  -- An experiment counts a conversation once, when it has ended: see kefu.office.experiments.
  local experiment = entry(turn).tally.experiment or ''
  if experiment ~= '' and redis.call('HEXISTS', entries, '{COUNTED}') == 0 then
    redis.call('ZADD', KEYS[4], ARGV[10], ARGV[9])
    redis.call('PEXPIRE', KEYS[4], ARGV[4])
  end
end
redis.call('PEXPIRE', entries, ARGV[4])
redis.call('PEXPIRE', order, ARGV[4])
"""
"""Count what a turn adds now, in place of what it added before."""


class CounterStore:
    """Counters of all tenants. `days`: how long numbers are kept. `life` of a session is in seconds."""

    def __init__(self, commands: RedisCommands, *, days: float, life: float) -> None:
        self._commands = commands
        self._numbers_life = round(days * _SECONDS_A_DAY)
        self._entries_life = round((life + _MARGIN_SECONDS) * 1000)

    def count(self, tenant: str, session_id: str, turn_id: str, counters: TurnCounters) -> ScriptCall:
        """The script that counts an ended turn."""
        return self._call(tenant, session_id, turn_id, TURN_COUNTERS.dump_json(counters).decode(), "", 0)

    def rate(
        self, tenant: str, session_id: str, turn_id: str, counters: TurnCounters | None, rating: Rating, number: int
    ) -> ScriptCall:
        """The script that counts a rating, and its turn if that is not counted yet. The greatest `number` holds."""
        stored = "" if counters is None else TURN_COUNTERS.dump_json(counters).decode()
        return self._call(tenant, session_id, turn_id, stored, rating or "none", number)

    async def hours(
        self, tenant: str, start: float, end: float, what: Literal["numbers", "citations"] = "numbers"
    ) -> AsyncIterator[tuple[float, Counter[str]]]:
        """The counters of each hour of a span, by the hour's start. Times are in seconds since the epoch.

        Hours without counts are left out.
        """
        name = keys.hour_numbers if what == "numbers" else keys.hour_citations
        first = start - start % HOUR_SECONDS
        starts = [first + HOUR_SECONDS * at for at in range(max(0, -int((first - end) // HOUR_SECONDS)))]
        for at in range(0, len(starts), _BATCH_HOURS):
            some = starts[at : at + _BATCH_HOURS]
            found = await self._commands.pipeline([("HGETALL", name(tenant, hour_of(hour))) for hour in some])
            for hour, fields in zip(some, found, strict=True):
                counted = Counter({key: int(value) for key, value in hash_items(fields) if int(value) > 0})
                if counted:
                    yield hour, counted

    def _call(self, tenant: str, session_id: str, turn_id: str, counters: str, rating: str, number: int) -> ScriptCall:
        return ScriptCall(
            COUNT,
            (
                keys.turn_counters(tenant, session_id),
                keys.turn_counters_order(tenant, session_id),
                keys.erasure_marker(tenant, session_id),
                keys.experiment_sessions(tenant),
            ),
            (
                keys.hour_numbers(tenant, ""),
                keys.hour_citations(tenant, ""),
                self._numbers_life,
                self._entries_life,
                turn_id,
                counters,
                rating,
                number,
                session_id,
                round(time.time(), 3),
            ),
        )

"""
Experiment store: the one that runs, the last ones, and what conversations were counted.

A conversation is counted once: when nobody has written in it for a while. What comes later, such as a rating on the
next day, changes nothing. So each look at the counts sees the same conversations and some more, which is what a
sequential test rests on. A customer who is known counts with the first conversation alone: several of one person say
less than those of several people.
"""

import time
from dataclasses import replace

import pydantic

from kefu.common.errors import BackendUnavailable, ExperimentNotFound, ExperimentRuns
from kefu.common.redis.commands import RedisCommands, ScriptCall
from kefu.office.insight.counter_store import COUNTED
from kefu.office.insight.turn_counters import SOURCE
from kefu.router.domain.turn import AnswerSource
from kefu.router.storage import keys
from kefu.router.storage.tenant_cache import TenantCache
from kefu.router.tenants.running_experiment import EndedExperiment, Ending, Experiment

MAX_EXPERIMENTS = 20
"""Experiments kept of a tenant, with their counts. The oldest go first."""
_BATCH = 50
"""Conversations counted in one run of the script."""
_END, _END_TIME, _END_AUTHOR = "end", "end_time", "end_author"

START = """
-- KEYS: running, experiments, sessions, people. ARGV: experiment JSON, most kept, before an experiment's counts
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('LPUSH', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[3], KEYS[4])
while redis.call('LLEN', KEYS[2]) > tonumber(ARGV[2]) do
  redis.call('DEL', ARGV[3] .. cjson.decode(redis.call('RPOP', KEYS[2])).id)
end
return 1
"""
"""Start an experiment. Returns 0 while another one runs."""

_STOP = f"""
-- KEYS: running, sessions, people. ARGV: before an experiment's counts, now s
local function stop(id, why, author)
  local running = redis.call('GET', KEYS[1])
  if not running or cjson.decode(running).id ~= id then return 0 end
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
  redis.call('HSET', ARGV[1] .. id, '{_END}', why, '{_END_TIME}', ARGV[2], '{_END_AUTHOR}', author)
  return 1
end
"""

STOP = (
    _STOP
    + """
-- ARGV: and id, why, author
local stopped = stop(ARGV[3], ARGV[4], ARGV[5])
"""
    + f"""
local counts = ARGV[1] .. ARGV[3]
local is_gone = redis.call('HGET', counts, '{_END}') == '{Ending.DRAFT_GONE}'
if stopped == 0 and ARGV[4] == '{Ending.PROMOTED}' and is_gone then
  redis.call('HSET', counts, '{_END}', ARGV[4], '{_END_AUTHOR}', ARGV[5])
  return 1
end
return stopped
"""
)
"""Stop an experiment. Returns 0 when that one does not run.

A turn may find the draft gone while it is promoted: that ending gives way to the promotion.
"""

COUNT_ENDED = (
    _STOP
    + f"""
-- ARGV: and last message before s, most at once, before a session's turn counters
local running = redis.call('GET', KEYS[1])
if not running then return 0 end
local experiment = cjson.decode(running)
local counts = ARGV[1] .. experiment.id

local function count(arm, name, by) return redis.call('HINCRBY', counts, arm .. ':' .. name, by or 1) end

local function starts(name, prefix) return string.sub(name, 1, #prefix) == prefix end

local sessions = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[3], 'LIMIT', 0, ARGV[4])
for _, session in ipairs(sessions) do
  redis.call('ZREM', KEYS[2], session)
  local entries, tallies, mine = redis.call('HGETALL', ARGV[5] .. session), {{}}, nil
  for i = 1, #entries, 2 do
    if entries[i] ~= '{COUNTED}' then
      local entry = cjson.decode(entries[i + 1])
      if entry.tally then
        tallies[#tallies + 1] = entry
        if entry.tally.experiment == experiment.id then mine = entry.tally end
      end
    end
  end
  local is_first = mine and (mine.person == '' or redis.call('SADD', KEYS[3], mine.person) == 1)
  if mine then redis.call('HSET', ARGV[5] .. session, '{COUNTED}', 1) end
  if mine and not is_first then count(mine.arm, 'repeated') end
  if is_first then
    local tried, resolved, handed_over, rated_down = false, false, false, false
    local fell_back, reopened = 0, false
    for _, entry in ipairs(tallies) do
      local tally = entry.tally
      tried = tried or tally.tried
      resolved = resolved or tally.answered
      reopened = reopened or (tally.answered and entry.again) or false
      rated_down = rated_down or entry.rating == 'down'
      if tally.fell_back then fell_back = fell_back + 1 end
      for _, name in ipairs(tally.counters) do
        if starts(name, 'handoff:') then handed_over = true end
        -- A question back is a question, or a draft that answers more would have more conversations.
        if name == '{SOURCE}{AnswerSource.CLARIFYING}' then tried = true end
        if starts(name, 'first:') then count(mine.arm, name) end
      end
    end
    if fell_back > 0 then count(mine.arm, 'fell_back', fell_back) end
    if tried then
      count(mine.arm, 'conversations')
      if handed_over then count(mine.arm, 'handed_over') end
      if rated_down then count(mine.arm, 'rated_down') end
      if resolved and not (reopened or handed_over or rated_down) then count(mine.arm, 'resolved') end
    else
      count(mine.arm, 'without_question')
    end
  end
end
local counted = redis.call('HMGET', counts, 'live:conversations', 'draft:conversations')
if (tonumber(counted[1]) or 0) + (tonumber(counted[2]) or 0) >= experiment.most_conversations then
  stop(experiment.id, '{Ending.PLANNED}', '')
end
return #sessions
"""
)
"""Count conversations that have ended, and end the experiment once there are enough. Returns how many were looked
at."""

_EXPERIMENT = pydantic.TypeAdapter(Experiment)


class ExperimentStore:
    """Experiments of all tenants.

    `seconds`: how long it may take until each router knows that one was started or stopped. `quiet_seconds`: a
    conversation has ended when nobody has written in it for so long.
    """

    def __init__(self, commands: RedisCommands, *, seconds: float, quiet_seconds: float) -> None:
        self._commands = commands
        self._quiet_seconds = quiet_seconds
        self._cache = TenantCache[Experiment | None](seconds)

    async def running(self, tenant: str) -> Experiment | None:
        """The experiment that runs, as it was a moment ago. None: none does, or Redis is away."""

        async def read() -> Experiment | None:
            stored = await self._commands.get(keys.running_experiment(tenant))
            return _EXPERIMENT.validate_json(stored) if stored else None

        try:
            return await self._cache.get(tenant, read)
        except BackendUnavailable:
            return None

    async def start(self, tenant: str, experiment: Experiment) -> None:
        """Start an experiment. Raises ExperimentRuns while another one does."""
        names = [
            *(keys.running_experiment(tenant), keys.experiments(tenant)),
            *(keys.experiment_sessions(tenant), keys.experiment_people(tenant)),
        ]
        arguments = (_EXPERIMENT.dump_json(experiment).decode(), MAX_EXPERIMENTS, keys.experiment(tenant, ""))
        if not await self._commands.script(START, names, arguments):
            raise ExperimentRuns("An experiment runs already; stop it first.")
        self._cache.forget(tenant)

    async def stop(self, tenant: str, experiment_id: str, ending: Ending, author: str = "") -> bool:
        """Stop an experiment; what has ended by now is counted. False when it did not run."""
        await self.count_ended(tenant)
        arguments = (keys.experiment(tenant, ""), repr(time.time()), experiment_id, ending, author)
        stopped = await self._commands.script(STOP, _names(tenant), arguments)
        self._cache.forget(tenant)
        return bool(stopped)

    async def count_ended(self, tenant: str) -> None:
        """Count all conversations that have ended."""
        while int((await self._commands.pipeline([self.counting(tenant)]))[0]) == _BATCH:
            pass

    def counting(self, tenant: str) -> ScriptCall:
        """The script that counts some conversations that have ended, if any has."""
        now = time.time()
        arguments = (
            *(keys.experiment(tenant, ""), repr(now)),
            *(repr(now - self._quiet_seconds), _BATCH, keys.turn_counters(tenant, "")),
        )
        return ScriptCall(COUNT_ENDED, _names(tenant), arguments)

    async def get(self, tenant: str, experiment_id: str) -> EndedExperiment:
        """An experiment with what it has counted. Raises ExperimentNotFound."""
        for experiment in await self._last(tenant):
            if experiment.id == experiment_id:
                return await self._with_counts(tenant, experiment)
        raise ExperimentNotFound(f"There is no experiment {experiment_id}; list the experiments.")

    async def last(self, tenant: str) -> list[EndedExperiment]:
        """The last experiments with what they have counted, the latest first."""
        return [await self._with_counts(tenant, one) for one in await self._last(tenant)]

    async def _last(self, tenant: str) -> list[Experiment]:
        stored = await self._commands.list_range(keys.experiments(tenant), 0, MAX_EXPERIMENTS - 1)
        return [_EXPERIMENT.validate_json(one) for one in stored]

    async def _with_counts(self, tenant: str, experiment: Experiment) -> EndedExperiment:
        fields = await self._commands.hash(keys.experiment(tenant, experiment.id))
        found = EndedExperiment(experiment, {name: int(value) for name, value in fields.items() if ":" in name})
        if _END not in fields:
            return found
        return replace(
            found,
            ending=Ending(fields[_END]),
            end_time=float(fields[_END_TIME]),
            end_author=fields[_END_AUTHOR],
        )


def _names(tenant: str) -> list[str]:
    return [keys.running_experiment(tenant), keys.experiment_sessions(tenant), keys.experiment_people(tenant)]

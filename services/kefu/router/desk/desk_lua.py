"""
Lua scripts for what agents do to a session, each one atomic step. Keys as in `session_lua.SESSION_KEYS`.

A claim is fenced by a number in the session's hash that grows with each claim. The claim is in force while the session
is HUMAN. A write with another number does nothing, and neither does one after the session was returned or the claim
lapsed.
"""

from kefu.router.storage.session_lua import APPEND_EVENT

CLAIM = (
    APPEND_EVENT
    + """
-- ARGV: prefix, key, agent, take over (0|1), now, session life ms, before a router's channel
local session, stop = KEYS[1], KEYS[7]
local known = redis.call('HMGET', session, 'state', 'claimant', 'agent', 'claim', 'running')
local state = known[1]
if not state then return {'missing'} end
if state == 'closed' then return {'closed'} end
if state == 'human' then
  if known[2] == ARGV[2] and known[3] == ARGV[3] then
    redis.call('HSET', session, 'claim_used', ARGV[5])
    return {'claimed', tonumber(known[4])}
  end
  if ARGV[4] ~= '1' then return {'held', known[3]} end
end
if state == 'bot' or state == 'returned' then redis.call('HDEL', session, 'handoff_turn') end
local claim = redis.call('HINCRBY', session, 'claim', 1)
redis.call('HSET', session, 'state', 'human', 'agent', ARGV[3], 'claimant', ARGV[2], 'claim_time', ARGV[5],
           'claim_used', ARGV[5], 'update_time', ARGV[5])
redis.call('HDEL', session, 'escalated')
for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], ARGV[6]) end
redis.call('PEXPIRE', KEYS[11], ARGV[6])
append_event('state', 'human', ARGV[3], ARGV[6])
local owner = known[5] and redis.call('GET', ARGV[1] .. 'alive:' .. known[5])
if owner then
  redis.call('HSET', stop, known[5], 'stop')
  redis.call('PEXPIRE', stop, 60000)
  redis.call('PUBLISH', ARGV[7] .. owner, 'stop ' .. known[5])
end
return {'claimed', claim}
"""
)
"""Claim a session. Returns claimed (with the claim's number), held (with the agent who has it), closed or missing. A
running answer is asked to stop."""

REPLY = (
    APPEND_EVENT
    + """
-- ARGV: key, claim, turn id, "finished {turn JSON}", now, session life ms, last message, hash of request_id or "", hash
--       of text
local session, order, turns, replies = KEYS[1], KEYS[2], KEYS[3], KEYS[9]
local known = redis.call('HMGET', session, 'state', 'claimant', 'claim', 'subject', 'user')
if not known[1] then return {'missing'} end
if ARGV[8] ~= '' then
  local before = redis.call('HGET', replies, ARGV[8])
  if before then
    local text, turn = string.match(before, '^(%S+) (%S+)$')
    return {text == ARGV[9] and 'stored before' or 'reused', turn}
  end
end
if known[1] ~= 'human' or known[2] ~= ARGV[1] or known[3] ~= ARGV[2] then return {'lost'} end
redis.call('RPUSH', order, ARGV[3])
redis.call('HSET', turns, ARGV[3], ARGV[4])
redis.call('HSET', session, 'update_time', ARGV[5], 'claim_used', ARGV[5], 'last_message', ARGV[7])
redis.call('HDEL', session, 'waiting_since')
if ARGV[8] ~= '' then redis.call('HSET', replies, ARGV[8], ARGV[9] .. ' ' .. ARGV[3]) end
for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], ARGV[6]) end
redis.call('PEXPIRE', KEYS[11], ARGV[6])
redis.call('PEXPIRE', replies, ARGV[6])
append_event('turn', ARGV[3], '', ARGV[6])
return {'stored', ARGV[3]}
"""
)
"""Store an agent's reply. Returns stored, stored before (both with its turn), reused (the request_id had another text),
lost (the claim is not in force) or missing."""

RETURN_SESSION = (
    APPEND_EVENT
    + """
-- ARGV: key, claim, new state, now, session life ms, turns that were read or "", and, for each held message that Kefu
--       is to answer, the last one last: turn id, "finished {turn JSON}"
local session = KEYS[1]
local known = redis.call('HMGET', session, 'state', 'claimant', 'claim')
if not known[1] then return 'missing' end
if known[1] ~= 'human' or known[2] ~= ARGV[1] or known[3] ~= ARGV[2] then return 'lost' end
if ARGV[6] ~= '' and (redis.call('EXISTS', KEYS[5]) == 1 or redis.call('LLEN', KEYS[2]) ~= tonumber(ARGV[6])) then
  return 'busy'
end
redis.call('HSET', session, 'state', ARGV[3], 'update_time', ARGV[4])
redis.call('HDEL', session, 'agent', 'claimant', 'owed')
if ARGV[3] == 'returned' then redis.call('HDEL', session, 'triage_rank', 'triage', 'priority', 'queue') end
for i = 7, #ARGV, 2 do redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1]) end
if ARGV[3] == 'waiting' then
  redis.call('HSETNX', session, 'waiting_since', ARGV[4])
elseif #ARGV > 6 then
  redis.call('HSET', session, 'owed', ARGV[#ARGV - 1])
  redis.call('HSETNX', session, 'waiting_since', ARGV[4])
else
  redis.call('HDEL', session, 'waiting_since')
end
for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], ARGV[5]) end
redis.call('PEXPIRE', KEYS[11], ARGV[5])
append_event('state', ARGV[3], '', ARGV[5])
return 'given back'
"""
)
"""Return a session from its agent. Returns given back, lost (the claim is not in force), missing, or busy: a message is
just being stored, or was since the turns were read.

`owed` is the turn of the last held message, until it is answered."""

RECALL = (
    APPEND_EVENT
    + """
-- ARGV: prefix, turn that is owed an answer, now, seconds, session life ms
local session = KEYS[1]
local known = redis.call('HMGET', session, 'state', 'owed', 'update_time')
if known[1] ~= 'returned' or known[2] ~= ARGV[2] or ARGV[3] - known[3] < tonumber(ARGV[4]) then return 0 end
if redis.call('EXISTS', KEYS[5], ARGV[1] .. 'alive:' .. ARGV[2]) > 0 then return 0 end
redis.call('HSET', session, 'state', 'waiting')
redis.call('HDEL', session, 'owed')
redis.call('HSETNX', session, 'waiting_since', ARGV[3])
append_event('state', 'waiting', '', ARGV[5])
return 1
"""
)
"""Call a person again into a returned session whose held message Kefu does not answer. Returns 1, or 0 when it is being
answered, or the session was returned less than so many seconds ago."""

ESCALATE = """
-- ARGV: waiting since, as it was read
local known = redis.call('HMGET', KEYS[1], 'state', 'waiting_since', 'escalated')
if known[1] ~= 'waiting' or known[2] ~= ARGV[1] or known[3] then return 0 end
redis.call('HSET', KEYS[1], 'escalated', '1')
return 1
"""
"""Mark a session as escalated. Returns 1, or 0 when an agent came meanwhile."""

LAPSE_CLAIM = (
    APPEND_EVENT
    + """
-- ARGV: claim, when it was used last and waiting since, as they were read ("" for nil), escalates (0|1), life ms
local session = KEYS[1]
local known = redis.call('HMGET', session, 'state', 'claim', 'claim_used', 'waiting_since')
if known[1] ~= 'human' or known[2] ~= ARGV[1] or (known[3] or '') ~= ARGV[2] or (known[4] or '') ~= ARGV[3] then
  return 0
end
redis.call('HSET', session, 'state', 'waiting')
redis.call('HDEL', session, 'agent', 'claimant')
if ARGV[4] == '1' then redis.call('HSET', session, 'escalated', '1') end
append_event('state', 'waiting', '', ARGV[5])
return 1
"""
)
"""End a claim that was not used for too long. Returns 1, or 0 when it was used meanwhile."""

RENEW_PRESENCE = """
-- KEYS: agents. ARGV: lease ms, names of agents at this router
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('ZRANGE', KEYS[1], 0, -1)
"""
"""Renew the leases of agents at this router. Returns the agents who are present at any router."""

PRUNE_OPEN = """
-- KEYS: open. ARGV: before, session ids
for i = 2, #ARGV do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if score and tonumber(score) < tonumber(ARGV[1]) then redis.call('ZREM', KEYS[1], ARGV[i]) end
end
"""
"""Remove sessions that have left the desk from the desk index, unless they were added meanwhile."""

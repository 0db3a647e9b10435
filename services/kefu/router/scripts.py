"""
What happens to a session in one step, in Lua. Each script takes the session's keys in the order of `SESSION_KEYS`.

The lock holds "{turn}:{fence}". The fence is a number in the session's hash that grows with each turn begun, so that
a router that was away for longer than its lease can never write over what came after.
"""

SESSION_KEYS = ("session", "order", "turns", "ratings", "lock", "queue", "stop")

BEGIN = """
-- ARGV: prefix, turn id, turn JSON, now, session life ms, lease ms, mode (reject|queue), opens (0|1), subject, user,
--       title, most waiting
local prefix, turn, lease = ARGV[1], ARGV[2], tonumber(ARGV[6])
local session, order, turns, ratings, lock, queue = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
if redis.call('EXISTS', session) == 0 then
  if ARGV[8] ~= '1' then return {'missing'} end
  redis.call('HSET', session, 'subject', ARGV[9], 'user', ARGV[10], 'state', 'bot', 'title', ARGV[11],
             'create_time', ARGV[4], 'update_time', ARGV[4], 'fence', 0)
end
if redis.call('HGET', session, 'subject') ~= ARGV[9] then return {'missing'} end
local state = redis.call('HGET', session, 'state')
if state == 'closed' then
  redis.call('LREM', queue, 0, turn)
  return {'closed'}
end
-- Those who wait go first; one whose router died is passed over.
local head = redis.call('LINDEX', queue, 0)
while head and head ~= turn and redis.call('EXISTS', prefix .. 'alive:' .. head) == 0 do
  redis.call('LPOP', queue)
  head = redis.call('LINDEX', queue, 0)
end
local held = redis.call('GET', lock)
if held or (head and head ~= turn) then
  local running = held and string.match(held, '^(.*):%d+$') or head
  if ARGV[7] == 'reject' then return {'busy', running} end
  if not redis.call('LPOS', queue, turn) then
    if redis.call('LLEN', queue) >= tonumber(ARGV[12]) then return {'busy', running} end
    redis.call('RPUSH', queue, turn)
    redis.call('PEXPIRE', queue, ARGV[5])
  end
  return {'wait', running}
end
redis.call('LREM', queue, 0, turn)
local fence = redis.call('HINCRBY', session, 'fence', 1)
redis.call('SET', lock, turn .. ':' .. fence, 'PX', lease)
redis.call('HSET', session, 'running', turn, 'update_time', ARGV[4])
if redis.call('HEXISTS', turns, turn) == 0 then redis.call('RPUSH', order, turn) end
redis.call('HSET', turns, turn, 'running ' .. ARGV[3])
for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], ARGV[5]) end
return {'begun', fence, state}
"""
"""Take the session for a turn: begun (with the fence and the session's state), wait, busy, closed or missing."""

BEAT = """
-- ARGV: prefix, turn id, fence (0 while waiting), lease ms, owner
local session, lock, stop = KEYS[1], KEYS[5], KEYS[7]
local alive = ARGV[1] .. 'alive:' .. ARGV[2]
if ARGV[3] ~= '0' and redis.call('EXISTS', session) == 0 then
  redis.call('DEL', alive)
  return 'gone'
end
redis.call('SET', alive, ARGV[5], 'PX', ARGV[4])
if ARGV[3] ~= '0' then
  local mine = ARGV[2] .. ':' .. ARGV[3]
  local held = redis.call('GET', lock)
  if held == mine then
    redis.call('PEXPIRE', lock, ARGV[4])
  elseif not held and redis.call('HGET', session, 'fence') == ARGV[3] then
    redis.call('SET', lock, mine, 'PX', ARGV[4])
  else
    return 'lost'
  end
end
local asked = redis.call('HGET', stop, ARGV[2])
if asked then return asked end
return 'on'
"""
"""Renew a turn's leases, and hear whether it should go on: on, stop, supersede, gone (session deleted) or lost."""

FINISH = """
-- ARGV: prefix, turn id, fence, "{state} {turn JSON}", now, session life ms, new session state or "", replica or ""
local session, turns, lock, stop = KEYS[1], KEYS[3], KEYS[5], KEYS[7]
redis.call('DEL', ARGV[1] .. 'alive:' .. ARGV[2])
redis.call('HDEL', stop, ARGV[2])
if redis.call('EXISTS', session) == 0 then return 'gone' end
if redis.call('HGET', session, 'fence') ~= ARGV[3] then return 'lost' end
redis.call('HSET', turns, ARGV[2], ARGV[4])
redis.call('HSET', session, 'update_time', ARGV[5])
redis.call('HDEL', session, 'running')
if ARGV[7] ~= '' then
  local state = redis.call('HGET', session, 'state')
  if state == 'bot' or state == 'returned' then redis.call('HSET', session, 'state', ARGV[7]) end
end
if ARGV[8] ~= '' then redis.call('HSET', session, 'replica', ARGV[8]) end
if redis.call('GET', lock) == ARGV[2] .. ':' .. ARGV[3] then redis.call('DEL', lock) end
for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], ARGV[6]) end
return 'stored'
"""
"""Store how a turn ended and free the session, unless it was deleted (gone) or someone else has it (lost)."""

LEAVE = """
-- ARGV: prefix, turn id
redis.call('LREM', KEYS[6], 0, ARGV[2])
redis.call('HDEL', KEYS[7], ARGV[2])
redis.call('DEL', ARGV[1] .. 'alive:' .. ARGV[2])
"""
"""A turn that never began leaves no trace."""

STOP = """
-- ARGV: turn id, stop|supersede
redis.call('HSET', KEYS[7], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[7], 60000)
"""
"""Ask whoever runs a turn to stop it."""

RATE = """
-- ARGV: turn id, rating JSON
if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[4], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[4], redis.call('PTTL', KEYS[1]))
return 1
"""
"""Rate a turn that is there."""

SET_STATE = """
-- ARGV: session state
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[1])
return 1
"""
"""Say who answers in a session that is there."""

DELETE = """
-- ARGV: prefix
local gone = redis.call('EXISTS', KEYS[1])
for _, turn in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do redis.call('DEL', ARGV[1] .. 'alive:' .. turn) end
redis.call('DEL', unpack(KEYS))
return gone
"""
"""Erase a session with all that belongs to it."""

ADMIT = """
-- KEYS: leases. ARGV: turn, now ms, lease ms, limit
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[1], tonumber(ARGV[2]) + tonumber(ARGV[3]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[3]) * 2)
return 1
"""
"""Take, or renew, one of a tenant's leases for running turns; 0 when all are taken."""

UPDATE_SETTINGS = """
-- KEYS: revisions. ARGV: the revision that was read, the new one as JSON
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
return redis.call('RPUSH', KEYS[1], ARGV[2])
"""
"""Add a revision of settings; 0 when the one that was read is not the last."""

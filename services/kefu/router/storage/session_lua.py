"""
Lua scripts that change a session in one atomic step: its lock, fencing token, turns and events. Each takes the
session's keys in the order of `SESSION_KEYS`.

The lock holds "{turn}:{fence}". The fence is the fencing token: a number in the session's hash that grows with each
turn begun. So a router that was away for longer than its lease can never write over what came after.
"""

SESSION_KEYS = (
    "session",
    "order",
    "turns",
    "ratings",
    "lock",
    "queue",
    "stop",
    "events",
    "replies",
    "changes",
    "attachments",
)

APPEND_EVENT = """
local function append_event(kind, what, agent, life)
  local number = redis.call('HINCRBY', KEYS[1], 'events', 1)
  redis.call('XADD', KEYS[8], 'MAXLEN', '~', 1000, string.format('%.0f-0', number), kind, what, 'agent', agent)
  redis.call('PEXPIRE', KEYS[8], life)
end
"""
"""Prefix of each script that changes what session watches see: appends a session event in the same step. Events are
numbered from 1 and name what is stored; see `kefu.router.storage.session_events`."""

BIND = """
-- KEYS: what is bound. ARGV: to what, life ms
return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'GET', 'PX', ARGV[2])
"""
"""Bind a request_id to a turn, or a token to who brings it, unless it is bound. Returns what it was bound to."""

OWN = """
-- KEYS: alive, attempts. ARGV: owner, lease ms, most attempts, life of the attempts ms
if redis.call('EXISTS', KEYS[1]) == 1 then return 'owned' end
if tonumber(redis.call('GET', KEYS[2]) or 0) >= tonumber(ARGV[3]) then return 'poisoned' end
redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 'own'
"""
"""Own a turn, and count the attempt. Returns own, owned (a router runs it), or poisoned (each router that ran it has
died). An attempt that ends in any other way than by death is taken back."""

BEGIN = """
-- ARGV: prefix, turn id, turn JSON, now, session life ms, lease ms, mode (reject|queue), opens (0|1), subject, user,
--       title, most waiting, owner, message JSON, draft life ms, turns of history, most turns (0: no bound),
--       life of the attempts ms, verified customer JSON or "", profile JSON or "", trial JSON or ""
local prefix, turn, lease = ARGV[1], ARGV[2], tonumber(ARGV[6])
local session, order, turns, ratings, lock, queue = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local alive, draft = prefix .. 'alive:' .. turn, prefix .. 'draft:' .. turn
if redis.call('EXISTS', session) == 0 then
  if ARGV[8] ~= '1' then return {'missing'} end
  redis.call('HSET', session, 'subject', ARGV[9], 'user', ARGV[10], 'state', 'bot', 'title', ARGV[11],
             'create_time', ARGV[4], 'update_time', ARGV[4], 'fence', 0)
  if ARGV[21] ~= '' then redis.call('HSET', session, 'trial', ARGV[21]) end
end
local known = redis.call('HMGET', session, 'subject', 'state', 'running', 'user', 'replica', 'trial')
if known[1] ~= ARGV[9] then return {'missing'} end
local user = known[4] or ''
if user ~= '' and ARGV[10] ~= '' and user ~= ARGV[10] then return {'missing'} end  -- somebody else's
if known[2] == 'closed' then
  redis.call('LREM', queue, 0, turn)
  return {'closed'}
end
if ARGV[17] ~= '0' and redis.call('LLEN', order) >= tonumber(ARGV[17]) and redis.call('HEXISTS', turns, turn) == 0 then
  redis.call('LREM', queue, 0, turn)
  return {'full'}
end
-- Turns that wait go first; a turn whose router died is passed over.
local head = redis.call('LINDEX', queue, 0)
while head and head ~= turn and redis.call('EXISTS', prefix .. 'alive:' .. head) == 0 do
  redis.call('LPOP', queue)
  head = redis.call('LINDEX', queue, 0)
end
local owner = redis.call('GET', alive)
if owner and owner ~= ARGV[13] then return {'busy', turn} end  -- another router has just taken this very turn
local held = redis.call('GET', lock)
local holder = held and string.match(held, '^(.*):%d+$')
if holder == turn then holder = nil end  -- another router held the lock for this turn, and died: this router goes on
if known[3] == turn then head = nil end  -- this turn had begun before those that wait
if holder or (head and head ~= turn) then
  local running = holder or head
  if ARGV[7] == 'reject' then return {'busy', running} end
  if not redis.call('LPOS', queue, turn) then
    if redis.call('LLEN', queue) >= tonumber(ARGV[12]) then return {'busy', running} end
    redis.call('RPUSH', queue, turn)
    redis.call('PEXPIRE', queue, ARGV[5])
  end
  redis.call('SET', alive, ARGV[13], 'PX', lease)
  return {'wait', running}
end
redis.call('LREM', queue, 0, turn)
local fence = redis.call('HINCRBY', session, 'fence', 1)
redis.call('SET', lock, turn .. ':' .. fence, 'PX', lease)
redis.call('SET', alive, ARGV[13], 'PX', lease)
redis.call('SET', prefix .. 'attempts:' .. turn, 1, 'NX', 'PX', ARGV[18])  -- without a request_id it was not owned yet
redis.call('HSET', session, 'running', turn, 'update_time', ARGV[4])
if ARGV[19] ~= '' then redis.call('HSET', session, 'customer', ARGV[19]) end
if ARGV[20] ~= '' then redis.call('HSET', session, 'profile', ARGV[20]) end
local again = redis.call('HEXISTS', turns, turn)
if again == 0 then redis.call('RPUSH', order, turn) end
redis.call('HSET', turns, turn, 'running ' .. ARGV[3])
local saved = redis.call('HGETALL', draft)
redis.call('HSET', draft, 'ask', ARGV[14])
redis.call('PEXPIRE', draft, ARGV[15])
for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], ARGV[5]) end
redis.call('PEXPIRE', KEYS[11], ARGV[5])
local before, last = {}, redis.call('LRANGE', order, -ARGV[16] - 1, -1)
for _, id in ipairs(last) do
  if id == turn then break end
  before[#before + 1] = redis.call('HGET', turns, id) or ''
  before[#before + 1] = redis.call('HGET', ratings, id) or ''
end
return {'begun', fence, known[2], known[4], known[5] or '', again, saved, before, known[6] or ''}
"""
"""Begin a turn in its session. Returns one of: begun, wait, busy, closed, full, missing. With begun come the fence, the
session's state, user and replica, whether the turn had begun before, the draft that a dead router left, the turns
before it, each with its rating, and the session's trial, which its first turn alone sets."""

RENEW = """
-- KEYS: session, lock, stop, alive, draft. ARGV: turn id, fence (0 while waiting), lease ms, owner, draft life ms,
--       and, when more was said: about JSON or "", from, then for each of text, raw, ids: bytes before, piece
local session, lock, stop, alive, draft = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local owner = redis.call('GET', alive)
if ARGV[2] == '0' then
  redis.call('SET', alive, ARGV[4], 'XX', 'PX', ARGV[3])
  return redis.call('HGET', stop, ARGV[1]) or 'on'
end
local mine = ARGV[1] .. ':' .. ARGV[2]
local held = redis.call('GET', lock)
if held ~= mine and redis.call('EXISTS', session) == 0 then
  if owner == ARGV[4] then redis.call('DEL', alive) end
  return 'gone'
end
if owner and owner ~= ARGV[4] then return 'lost' end
if held == mine then
  redis.call('PEXPIRE', lock, ARGV[3])
else
  -- No other turn took the lock while Redis or this router was away. Or the turn has ended, and this call is late.
  local known = redis.call('HMGET', session, 'fence', 'running')
  if held or known[1] ~= ARGV[2] or known[2] ~= ARGV[1] then return 'lost' end
  redis.call('SET', lock, mine, 'PX', ARGV[3])
end
redis.call('SET', alive, ARGV[4], 'PX', ARGV[3])
local asked = redis.call('HGET', stop, ARGV[1])
if #ARGV > 5 then
  local names = {'text', 'raw', 'ids'}
  for i, name in ipairs(names) do
    if redis.call('HSTRLEN', draft, name) < tonumber(ARGV[6 + 2 * i]) then return asked or 'forgotten' end
  end
  for i, name in ipairs(names) do
    local before, piece = tonumber(ARGV[6 + 2 * i]), ARGV[7 + 2 * i]
    if before == 0 then
      redis.call('HSET', draft, name, piece)
    elseif piece ~= '' then
      redis.call('HSET', draft, name, string.sub(redis.call('HGET', draft, name), 1, before) .. piece)
    end
  end
  if ARGV[6] ~= '' then redis.call('HSET', draft, 'about', ARGV[6]) end
  redis.call('HSET', draft, 'from', ARGV[7])
end
redis.call('PEXPIRE', draft, ARGV[5])
return asked or 'on'
"""
"""Renew a turn's lease and save what its answer has grown by. Returns the turn's signal: on, stop, supersede, gone (the
session was deleted), lost (another router has the turn), or forgotten (Redis lost the draft: save all of it)."""

FINISH = (
    APPEND_EVENT
    + """
-- ARGV: prefix, turn id, fence, "{state} {turn JSON}", now, session life ms, new session state or "", replica or "",
--       owner, language, last message, no answer (0|1), rank of the triage or "", triage JSON, priority, queue
local session, turns, lock, stop = KEYS[1], KEYS[3], KEYS[5], KEYS[7]
local alive, draft = ARGV[1] .. 'alive:' .. ARGV[2], ARGV[1] .. 'draft:' .. ARGV[2]
local attempts = ARGV[1] .. 'attempts:' .. ARGV[2]
if redis.call('EXISTS', session) == 0 then
  if redis.call('GET', alive) == ARGV[9] then redis.call('DEL', alive, draft, attempts) end
  return 'gone'
end
if redis.call('HGET', session, 'fence') ~= ARGV[3] then return 'lost' end
redis.call('DEL', alive, draft, attempts)
redis.call('HDEL', stop, ARGV[2])
redis.call('HSET', turns, ARGV[2], ARGV[4])
redis.call('HSET', session, 'update_time', ARGV[5], 'language', ARGV[10], 'last_message', ARGV[11])
redis.call('HDEL', session, 'running')
append_event('turn', ARGV[2], '', ARGV[6])
local known = redis.call('HMGET', session, 'state', 'owed')
local state = known[1]
if known[2] == ARGV[2] and (ARGV[12] == '0' or ARGV[7] ~= '') then
  redis.call('HDEL', session, 'owed', 'waiting_since')
end
if ARGV[7] ~= '' and (state == 'bot' or state == 'returned') then
  redis.call('HSET', session, 'state', ARGV[7], 'waiting_since', ARGV[5], 'handoff_turn', ARGV[2])
  redis.call('HDEL', session, 'escalated')
  append_event('state', ARGV[7], '', ARGV[6])
elseif (state == 'human' and ARGV[12] == '1') or (state == 'waiting' and ARGV[7] ~= '') then
  redis.call('HSETNX', session, 'waiting_since', ARGV[5])
end
if ARGV[8] ~= '' then redis.call('HSET', session, 'replica', ARGV[8]) end
if ARGV[13] ~= '' and tonumber(ARGV[13]) >= tonumber(redis.call('HGET', session, 'triage_rank') or -1) then
  redis.call('HSET', session, 'triage_rank', ARGV[13], 'triage', ARGV[14], 'priority', ARGV[15], 'queue', ARGV[16])
end
if redis.call('GET', lock) == ARGV[2] .. ':' .. ARGV[3] then redis.call('DEL', lock) end
for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], ARGV[6]) end
redis.call('PEXPIRE', KEYS[11], ARGV[6])
return 'stored'
"""
)
"""Store the end of a turn and free the session. Returns stored, gone (the session was deleted) or lost (another turn
has it)."""

_TAKE_ATTEMPT_BACK = """
local function take_attempt_back(attempts)
  if redis.call('EXISTS', attempts) == 1 and redis.call('DECR', attempts) <= 0 then redis.call('DEL', attempts) end
end
"""

DISCARD = (
    _TAKE_ATTEMPT_BACK
    + """
-- ARGV: prefix, turn id, owner
redis.call('LREM', KEYS[6], 0, ARGV[2])
redis.call('HDEL', KEYS[7], ARGV[2])
local alive = ARGV[1] .. 'alive:' .. ARGV[2]
if redis.call('GET', alive) == ARGV[3] then
  redis.call('DEL', alive)
  take_attempt_back(ARGV[1] .. 'attempts:' .. ARGV[2])
end
"""
)
"""Remove all of a turn that never began."""

RELEASE = (
    _TAKE_ATTEMPT_BACK
    + """
-- ARGV: prefix, turn id, fence, owner
local alive = ARGV[1] .. 'alive:' .. ARGV[2]
if redis.call('GET', alive) == ARGV[4] then
  redis.call('DEL', alive)
  take_attempt_back(ARGV[1] .. 'attempts:' .. ARGV[2])
end
if redis.call('GET', KEYS[5]) == ARGV[2] .. ':' .. ARGV[3] then redis.call('DEL', KEYS[5]) end
"""
)
"""Release a turn's lease, so that another router can go on with the turn at once. Its draft stays."""

STOP = """
-- ARGV: prefix, turn id, stop|supersede, before a router's channel
redis.call('HSET', KEYS[7], ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[7], 60000)
local owner = redis.call('GET', ARGV[1] .. 'alive:' .. ARGV[2])
if owner then redis.call('PUBLISH', ARGV[4] .. owner, ARGV[3] .. ' ' .. ARGV[2]) end
"""
"""Ask the router that runs a turn to stop it. The request is published at once, and stored for the next renewal."""

READ_PROGRESS = """
-- KEYS: turns, alive, draft, session. ARGV: turn id, bytes of text known, about known (0|1), before a router's
--       channel or ""
local owner = redis.call('GET', KEYS[2])
if owner and ARGV[4] ~= '' then redis.call('PUBLISH', ARGV[4] .. owner, 'follow ' .. ARGV[1]) end
local draft = redis.call('HMGET', KEYS[3], 'from', 'text', 'ask')
local about = ARGV[3] == '0' and redis.call('HGET', KEYS[3], 'about') or ''
local text = draft[2] or ''
return {redis.call('HGET', KEYS[4], 'subject') or '', owner or '',
        not owner and redis.call('HGET', KEYS[1], ARGV[1]) or '', about or '', draft[1] or '', #text,
        string.sub(text, ARGV[2] + 1), not owner and draft[3] or ''}
"""
"""The progress of a turn, for a router that does not run it. Returns: the subject that owns the session; the router
that runs the turn; the stored turn, if none runs it; the draft's context; the byte from which earlier readers may hold
another text; the length of the text; the text beyond what is known; the turn request, if the router died."""

RATE = """
-- ARGV: turn id, rating JSON
if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[4], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[4], redis.call('PTTL', KEYS[1]))
return redis.call('HINCRBY', KEYS[1], 'ratings', 1)
"""
"""Rate a turn. Returns the rating's number in its session, which grows; 0 when there is no such turn."""

MOVE = """
-- KEYS: session, lock. ARGV: subject, new subject, verified customer JSON
if redis.call('HGET', KEYS[1], 'subject') ~= ARGV[1] then return 'missing' end
if redis.call('EXISTS', KEYS[2]) == 1 then return 'busy' end
redis.call('HSET', KEYS[1], 'subject', ARGV[2], 'former_subject', ARGV[1], 'customer', ARGV[3])
return 'moved'
"""
"""Give a session to another subject. Returns moved, busy (it is being answered) or missing (not the subject's)."""

DELETE = """
-- ARGV: prefix, before a router's channel
local gone = redis.call('EXISTS', KEYS[1])
for _, turn in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  local alive = ARGV[1] .. 'alive:' .. turn
  local owner = redis.call('GET', alive)
  if owner then redis.call('PUBLISH', ARGV[2] .. owner, 'gone ' .. turn) end
  redis.call('DEL', alive, ARGV[1] .. 'draft:' .. turn, ARGV[1] .. 'attempts:' .. turn)
end
redis.call('DEL', unpack(KEYS))
return gone
"""
"""Erase a session with all of its keys."""

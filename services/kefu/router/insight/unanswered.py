"""Questions without a good answer, as they are kept: handed over for want of one, or rated down. No personal data."""

import base64
import json
import time
from dataclasses import dataclass, replace

from kefu.common.redis.commands import Command, RedisCommands, ScriptCall
from kefu.common.text.pii import redacted
from kefu.router.domain.handoff import FAILURES, HandoffReason
from kefu.router.domain.turn import Rating, Turn, TurnState
from kefu.router.storage import keys

MOST_KEPT = 5000
"""Questions of a tenant; the oldest go first. About 1.5 KB each."""
_AT_ONCE = 200
"""Read in one go."""
_SECONDS_A_DAY = 86_400
_STILL_UNDER_WAY_SECONDS = 3600
_PARTS = ("", ":down", ":vector", ":reply", ":number")

_DROP = """
local function drop(session, turn)
  local hash = prefix .. session
  for _, part in ipairs({'', ':down', ':vector', ':reply', ':number'}) do redis.call('HDEL', hash, turn .. part) end
  return redis.call('ZREM', index, session .. '/' .. turn)
end
"""

PUT = f"""
-- KEYS: index, the session's hash, erased. ARGV: before a session, session id, turn id, question JSON, vector or "",
--       rating (up|down|none) or "", its number, asked at s, now s, life s, most kept
local index, hash, prefix = KEYS[1], KEYS[2], ARGV[1]
local session, turn = ARGV[2], ARGV[3]
{_DROP}
if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
if ARGV[6] ~= '' then
  if tonumber(ARGV[7]) <= tonumber(redis.call('HGET', hash, turn .. ':number') or 0) then return 0 end
  if ARGV[6] == 'down' then
    redis.call('HSET', hash, turn .. ':down', 1)
  else
    redis.call('HDEL', hash, turn .. ':down')
    local kept = redis.call('HGET', hash, turn)
    if not kept or cjson.decode(kept).reason == '' then drop(session, turn) end
  end
  redis.call('HSET', hash, turn .. ':number', ARGV[7])
end
if ARGV[6] == '' or ARGV[6] == 'down' then
  redis.call('HSET', hash, turn, ARGV[4])
  if ARGV[5] ~= '' then redis.call('HSET', hash, turn .. ':vector', ARGV[5]) end
  redis.call('ZADD', index, ARGV[8], session .. '/' .. turn)
end
local over = redis.call('ZRANGEBYSCORE', index, '-inf', ARGV[9] - ARGV[10])
for _, member in ipairs(redis.call('ZRANGE', index, 0, -1 - ARGV[11])) do over[#over + 1] = member end
for _, member in ipairs(over) do drop(string.match(member, '^(.*)/(.*)$')) end
local life = {_STILL_UNDER_WAY_SECONDS}  -- of a rating's number alone: an earlier rating may be told after it
for _, field in ipairs(redis.call('HKEYS', hash)) do
  if not string.find(field, ':', 1, true) then life = ARGV[10] end
end
redis.call('EXPIRE', hash, life)
redis.call('EXPIRE', index, ARGV[10])
return 1
"""
"""Keep a question, or take it out when its rating was taken back and nothing else is against its answer."""

REPLY = """
-- KEYS: the session's hash. ARGV: the reply's turn id, its text
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if not string.find(field, ':', 1, true) and field < ARGV[1] then
    redis.call('HSETNX', KEYS[1], field .. ':reply', ARGV[2])
  end
end
"""
"""Put a person's reply beside the questions of its session that have none yet."""

LEARN = """
-- KEYS: the session's hash. ARGV: turn id, vector
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then redis.call('HSET', KEYS[1], ARGV[1] .. ':vector', ARGV[2]) end
"""
"""Keep the embedding of a question that is there."""

DISMISS = f"""
-- KEYS: index. ARGV: before a session, then session and turn ids
local index, prefix = KEYS[1], ARGV[1]
{_DROP}
local dropped = 0
for at = 2, #ARGV, 2 do dropped = dropped + drop(ARGV[at], ARGV[at + 1]) end
return dropped
"""
"""Take questions out; returns how many there were."""


@dataclass(frozen=True)
class Unanswered:
    """A question without a good answer. `time` in seconds since the epoch; `vector` float16, empty: not known."""

    session_id: str
    turn_id: str
    text: str
    language: str
    reason: HandoffReason | None
    time: float
    rated_down: bool = False
    reply: str = ""
    vector: bytes = b""


def unanswered_of(session_id: str, turn: Turn, state: TurnState, embedding: bytes = b"") -> Unanswered | None:
    """A stored turn as a question without a good answer; None when it has one, as far as Kefu can tell."""
    if state is not TurnState.FINISHED or turn.handoff is None or turn.handoff.reason not in FAILURES:
        return None
    return question_in(session_id, turn, embedding)


def question_in(session_id: str, turn: Turn, embedding: bytes = b"") -> Unanswered:
    """What was asked in a turn, as it is kept. `embedding`: of the question alone, if it is known."""
    whole = turn.query or turn.asked
    text = redacted(whole)
    reason = turn.handoff.reason if turn.handoff is not None and turn.handoff.reason in FAILURES else None
    # The embedding was made of the question with its personal data: it is kept only where that is the text.
    vector = embedding if text == turn.question else b""
    return Unanswered(session_id, turn.id, text, turn.language, reason, turn.create_time, vector=vector)


class UnansweredStore:
    """`days`: how long they are kept."""

    def __init__(self, commands: RedisCommands, *, days: float, most: int = MOST_KEPT) -> None:
        self._commands = commands
        self._life = max(1, round(days * _SECONDS_A_DAY))
        self._most = most

    def put(self, tenant: str, question: Unanswered, rating: Rating | None = None, number: int = 0) -> ScriptCall:
        """What keeps a question; with a rating that is not down, what takes it out if nothing else is against it."""
        kept = {
            "text": question.text,
            "language": question.language,
            "reason": question.reason or "",
            "time": question.time,
        }
        return ScriptCall(
            PUT,
            (
                keys.unanswered(tenant),
                keys.unanswered_in(tenant, question.session_id),
                keys.erased(tenant, question.session_id),
            ),
            (
                keys.unanswered_in(tenant, ""),
                question.session_id,
                question.turn_id,
                json.dumps(kept, ensure_ascii=False),
                base64.b64encode(question.vector),
                "" if rating is None else rating or "none",
                number,
                question.time,
                time.time(),
                self._life,
                self._most,
            ),
        )

    def reply(self, tenant: str, session_id: str, turn: Turn) -> ScriptCall:
        """What puts a person's reply beside the questions before it."""
        return ScriptCall(REPLY, (keys.unanswered_in(tenant, session_id),), (turn.id, redacted(turn.text)))

    async def learn(self, tenant: str, question: Unanswered, vector: bytes) -> Unanswered:
        """Keep a question's embedding, unless the question has gone meanwhile."""
        key = keys.unanswered_in(tenant, question.session_id)
        await self._commands.script(LEARN, (key,), (question.turn_id, base64.b64encode(vector)))
        return replace(question, vector=vector)

    async def all(self, tenant: str, since: float) -> list[Unanswered]:
        """Those asked since, latest first."""
        index = keys.unanswered(tenant)
        [members] = await self._commands.pipeline(
            [("ZRANGE", index, "+inf", max(since, time.time() - self._life), "BYSCORE", "REV")]
        )
        found: list[Unanswered] = []
        for at in range(0, len(members), _AT_ONCE):
            names = [str(member).split("/") for member in members[at : at + _AT_ONCE]]
            calls: list[Command] = [
                ("HMGET", keys.unanswered_in(tenant, session), *(f"{turn}{part}" for part in _PARTS))
                for session, turn in names
            ]
            stored = await self._commands.pipeline(calls)
            found += [
                _question(session, turn, fields)
                for (session, turn), fields in zip(names, stored, strict=True)
                if fields[0] is not None
            ]
        return found

    async def dismiss(self, tenant: str, turns: list[tuple[str, str]]) -> int:
        """Take questions out, each by its session and turn; returns how many there were."""
        names = [part for turn in turns for part in turn]
        prefix = keys.unanswered_in(tenant, "")
        return int(await self._commands.script(DISMISS, (keys.unanswered(tenant),), (prefix, *names)))


def _question(session_id: str, turn_id: str, fields: list[str | None]) -> Unanswered:
    stored, down, vector, reply, _ = fields
    kept = json.loads(stored or "{}")
    return Unanswered(
        session_id,
        turn_id,
        text=str(kept["text"]),
        language=str(kept["language"]),
        reason=HandoffReason(kept["reason"]) if kept["reason"] else None,
        time=float(kept["time"]),
        rated_down=down is not None,
        reply=reply or "",
        vector=base64.b64decode(vector or ""),
    )

"""Unanswered questions: handed off for want of an answer, or rated down. They are kept without personal data."""

import base64
import json
import time
from dataclasses import dataclass, replace

from kefu.common.redis.commands import Command, RedisCommands, ScriptCall
from kefu.router.domain.handoff import FAILURES, HandoffReason
from kefu.router.domain.turn import Rating, Turn, TurnState
from kefu.router.storage import keys
from kefu.text.pii import redacted

MAX_QUESTIONS = 5000
"""Most questions kept of a tenant, about 1.5 KB each. The oldest go first."""
_BATCH_SIZE = 200
"""Questions read in one call."""
_SECONDS_A_DAY = 86_400
_NUMBER_SECONDS = 3600
_FIELD_SUFFIXES = ("", ":down", ":vector", ":reply", ":number")

_DROP = """
local function drop(session, turn)
  local hash = prefix .. session
  for _, part in ipairs({'', ':down', ':vector', ':reply', ':number'}) do redis.call('HDEL', hash, turn .. part) end
  return redis.call('ZREM', index, session .. '/' .. turn)
end
"""

PUT = f"""
-- KEYS: index, the session's hash, erasure marker. ARGV: before a session, session id, turn id, question JSON,
--       vector or "", rating (up|down|none) or "", its number, asked at s, now s, life s, most kept
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
local life = {_NUMBER_SECONDS}  -- of a rating's number alone: an earlier one may come late
for _, field in ipairs(redis.call('HKEYS', hash)) do
  if not string.find(field, ':', 1, true) then life = ARGV[10] end
end
redis.call('EXPIRE', hash, life)
redis.call('EXPIRE', index, ARGV[10])
return 1
"""
"""Keep a question. Or remove it, when its rating was taken back and nothing else is against its answer."""

REPLY = """
-- KEYS: the session's hash. ARGV: the reply's turn id, its text
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if not string.find(field, ':', 1, true) and field < ARGV[1] then
    redis.call('HSETNX', KEYS[1], field .. ':reply', ARGV[2])
  end
end
"""
"""Put an agent's reply beside the questions of its session that have none yet."""

SET_VECTOR = """
-- KEYS: the session's hash. ARGV: turn id, vector
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then redis.call('HSET', KEYS[1], ARGV[1] .. ':vector', ARGV[2]) end
"""
"""Keep the embedding of a question that is still kept."""

DISMISS = f"""
-- KEYS: index. ARGV: before a session, then session and turn ids
local index, prefix = KEYS[1], ARGV[1]
{_DROP}
local dropped = 0
for at = 2, #ARGV, 2 do dropped = dropped + drop(ARGV[at], ARGV[at + 1]) end
return dropped
"""
"""Remove questions. Returns how many there were."""


@dataclass(frozen=True)
class UnansweredQuestion:
    """An unanswered question. `time` in seconds since the epoch; `vector` in float16, empty when not known."""

    session_id: str
    turn_id: str
    text: str
    language: str
    reason: HandoffReason | None
    time: float
    rated_down: bool = False
    reply: str = ""
    vector: bytes = b""


def unanswered_question(
    session_id: str, turn: Turn, state: TurnState, embedding: bytes = b""
) -> UnansweredQuestion | None:
    """The unanswered question of a stored turn. None when it has a good answer, as far as Kefu can tell."""
    if state is not TurnState.FINISHED or turn.handoff is None or turn.handoff.reason not in FAILURES:
        return None
    if not (turn.query or turn.full_question).strip():  # files without a word
        return None
    return question_of_turn(session_id, turn, embedding)


def question_of_turn(session_id: str, turn: Turn, embedding: bytes = b"") -> UnansweredQuestion:
    """The question of a turn, without personal data. `embedding`: of the question alone, if it is known."""
    whole = turn.query or turn.full_question
    text = redacted(whole)
    reason = turn.handoff.reason if turn.handoff is not None and turn.handoff.reason in FAILURES else None
    # The embedding was made with the personal data: it is kept only where the text has none.
    vector = embedding if text == turn.question else b""
    return UnansweredQuestion(session_id, turn.id, text, turn.language, reason, turn.create_time, vector=vector)


class UnansweredStore:
    """Unanswered questions of all tenants. `days`: how long they are kept. `max_kept`: most of a tenant."""

    def __init__(self, commands: RedisCommands, *, days: float, max_kept: int = MAX_QUESTIONS) -> None:
        self._commands = commands
        self._life = max(1, round(days * _SECONDS_A_DAY))
        self._max_kept = max_kept

    def put(
        self, tenant: str, question: UnansweredQuestion, rating: Rating | None = None, number: int = 0
    ) -> ScriptCall:
        """The script that keeps a question.

        With a rating that is not down it removes the question, unless something else is against its answer.
        """
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
                keys.session_unanswered(tenant, question.session_id),
                keys.erasure_marker(tenant, question.session_id),
            ),
            (
                keys.session_unanswered(tenant, ""),
                question.session_id,
                question.turn_id,
                json.dumps(kept, ensure_ascii=False),
                base64.b64encode(question.vector),
                "" if rating is None else rating or "none",
                number,
                question.time,
                time.time(),
                self._life,
                self._max_kept,
            ),
        )

    def reply(self, tenant: str, session_id: str, turn: Turn) -> ScriptCall:
        """The script that puts an agent's reply beside the questions before it."""
        return ScriptCall(REPLY, (keys.session_unanswered(tenant, session_id),), (turn.id, redacted(turn.text)))

    async def set_vector(self, tenant: str, question: UnansweredQuestion, vector: bytes) -> UnansweredQuestion:
        """Keep a question's embedding, unless the question was removed meanwhile."""
        key = keys.session_unanswered(tenant, question.session_id)
        await self._commands.script(SET_VECTOR, (key,), (question.turn_id, base64.b64encode(vector)))
        return replace(question, vector=vector)

    async def all(self, tenant: str, since: float) -> list[UnansweredQuestion]:
        """Questions asked since a time in seconds since the epoch, latest first."""
        index = keys.unanswered(tenant)
        [members] = await self._commands.pipeline(
            [("ZRANGE", index, "+inf", max(since, time.time() - self._life), "BYSCORE", "REV")]
        )
        found: list[UnansweredQuestion] = []
        for at in range(0, len(members), _BATCH_SIZE):
            names = [str(member).split("/") for member in members[at : at + _BATCH_SIZE]]
            calls: list[Command] = [
                ("HMGET", keys.session_unanswered(tenant, session), *(f"{turn}{part}" for part in _FIELD_SUFFIXES))
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
        """Remove questions by their sessions and turns. Returns how many there were."""
        names = [part for turn in turns for part in turn]
        prefix = keys.session_unanswered(tenant, "")
        return int(await self._commands.script(DISMISS, (keys.unanswered(tenant),), (prefix, *names)))


def _question(session_id: str, turn_id: str, fields: list[str | None]) -> UnansweredQuestion:
    stored, down, vector, reply, _ = fields
    kept = json.loads(stored or "{}")
    return UnansweredQuestion(
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

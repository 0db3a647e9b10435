"""
Conversation index: a tenant's sessions by time, the facts of their turns, and why each answer is what it is.

All of it ends with its session. There is no index of words: whoever searches for words reads the turns themselves,
newest first, for as long as a search may take.
"""

import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kefu.common.redis.commands import Command, RedisCommands, ScriptCall, hash_items
from kefu.office.insight.conversations.facts import TURN_FACTS, KnownTurn, TurnFacts, facts_of, known_turns
from kefu.router.domain.explanation import EXPLANATION, Explanation
from kefu.router.domain.turn import Rating, Turn, TurnRecord, TurnState
from kefu.router.storage import keys
from kefu.router.storage.packed_text import packed, unpacked
from kefu.router.storage.turns import parse_record

MOST_CHARACTERS = 4096
"""Of an explanation, as it is stored."""
_BATCH_SIZE = 50
"""Sessions read in one call."""

PUT = """
-- KEYS: conversations, facts, explanations, erasure marker, reviewers' notes. ARGV: session id, now s, life ms,
--       turn id, facts JSON, explanation or ""
if redis.call('EXISTS', KEYS[4]) == 1 then return end
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2] - ARGV[3] / 1000)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
if ARGV[6] ~= '' then redis.call('HSET', KEYS[3], ARGV[4], ARGV[6]) end
redis.call('PEXPIRE', KEYS[3], ARGV[3])
redis.call('PEXPIRE', KEYS[5], ARGV[3])
"""
"""Keep a turn's facts and explanation, and notes that are there, unless the session was erased."""


@dataclass(frozen=True)
class IndexedSession:
    """A session of the index. `latest`: seconds since the epoch. `records`: by turn id, where they were asked for."""

    id: str
    latest: float
    turns: Sequence[KnownTurn]
    records: Mapping[str, TurnRecord]


class ConversationIndex:
    """The index of all tenants. `life` of a session is in seconds. `explains`: whether explanations are kept."""

    def __init__(self, commands: RedisCommands, *, life: float, explains: bool = True) -> None:
        self._commands = commands
        self._life = round(life * 1000)
        self._explains = explains

    def put(
        self, tenant: str, session_id: str, turn: Turn, state: TurnState, explanation: Explanation | None
    ) -> ScriptCall:
        """The script that keeps what a turn is found by, and why its answer is what it is."""
        facts = TURN_FACTS.dump_json(facts_of(turn, state, explanation), exclude_defaults=True).decode()
        why = ""
        if explanation is not None and self._explains:
            why = _packed(explanation)
        return ScriptCall(
            PUT,
            (
                keys.conversations(tenant),
                keys.turn_facts(tenant, session_id),
                keys.explanations(tenant, session_id),
                keys.erasure_marker(tenant, session_id),
                keys.review_notes(tenant, session_id),
            ),
            (session_id, repr(time.time()), self._life, turn.id, facts, why),
        )

    async def explanation(self, tenant: str, session_id: str, turn_id: str) -> Explanation | None:
        """Why an answer is what it is; None where that was not kept."""
        stored = await self._commands.hash_get(keys.explanations(tenant, session_id), turn_id)
        return None if stored is None else EXPLANATION.validate_json(unpacked(stored))

    async def session(self, tenant: str, session_id: str) -> Sequence[KnownTurn]:
        """The turns of one session, in their order."""
        [found] = await self._read(tenant, [(session_id, 0.0)], with_texts=False)
        return found.turns

    async def sessions(
        self, tenant: str, since: float, before: str = "+inf", *, with_texts: bool = False
    ) -> AsyncIterator[IndexedSession]:
        """Sessions with an answer since a time, the latest first. `before`: upper bound of their times, as in Redis.

        `with_texts`: with their turns as they are stored.
        """
        while True:
            page = await self._commands.sorted_latest(keys.conversations(tenant), before, _BATCH_SIZE)
            current = [(session_id, latest) for session_id, latest in page if latest >= since]
            for found in await self._read(tenant, current, with_texts=with_texts):
                yield found
            if len(current) < _BATCH_SIZE:
                return
            before = f"({current[-1][1]!r}"

    async def _read(
        self, tenant: str, sessions: Sequence[tuple[str, float]], *, with_texts: bool
    ) -> list[IndexedSession]:
        calls: list[Command] = []
        for session_id, _ in sessions:
            prefix = keys.session(tenant, session_id)
            calls.append(("HGETALL", keys.turn_facts(tenant, session_id)))
            calls.append(("HGETALL", f"{prefix}ratings"))
            if with_texts:
                calls.append(("HGETALL", f"{prefix}turns"))
        if not calls:
            return []
        replies, width = await self._commands.pipeline(calls), 3 if with_texts else 2
        found: list[IndexedSession] = []
        for at, (session_id, latest) in enumerate(sessions):
            facts, ratings, *turns = replies[at * width : (at + 1) * width]
            stars = dict(hash_items(ratings))
            known = known_turns(
                {turn_id: _facts(value) for turn_id, value in hash_items(facts)},
                {turn_id: Rating(json.loads(value)["rating"]) for turn_id, value in stars.items()},
            )
            records = {
                turn_id: parse_record(value, stars.get(turn_id))
                for stored in turns
                for turn_id, value in hash_items(stored)
            }
            found.append(IndexedSession(session_id, latest, known, records))
        return found


def _packed(explanation: Explanation) -> str:
    """An explanation as it is stored: without its last searches and looks for evidence, where it were too long."""
    while True:
        value = packed(EXPLANATION.dump_json(explanation, exclude_defaults=True).decode())
        most = max(len(explanation.searches), len(explanation.evidence)) - 1
        if len(value) <= MOST_CHARACTERS or most < 1:
            return value
        explanation = replace(explanation, searches=explanation.searches[:most], evidence=explanation.evidence[:most])


def _facts(value: str) -> TurnFacts:
    return TURN_FACTS.validate_json(value)

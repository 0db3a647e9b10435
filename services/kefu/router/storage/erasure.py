"""
What is kept beside a session, shown and erased: unanswered questions, webhook deliveries, cached answers, why each
answer is what it is, what reviewers noted of it, and what each turn added to the numbers. The numbers themselves stay,
and so do reviewers' verdicts, which hold no text.

Events of a session may still be under way when it is erased. So a marker keeps anything of it from being stored for an
hour.
"""

from collections.abc import Sequence
from typing import Any

from kefu.common.customers import is_visitor
from kefu.common.redis.commands import Command, RedisCommands, ScriptCall
from kefu.router.storage import keys
from kefu.router.storage.packed_text import unpacked

_MARKER_SECONDS = 3600

ERASE = """
-- KEYS: unanswered of the session, unanswered of the tenant, erasure marker, deliveries, turn counters, their order,
--       cached answers of the session, cached answers of the tenant, conversations of the tenant, facts of its turns,
--       explanations, review notes, sessions of the experiment
-- ARGV: session id, seconds to remember it, before a delivery, before a webhook's deliveries, before its pending ones,
--       before a cached answer
redis.call('SET', KEYS[3], 1, 'EX', ARGV[2])
redis.call('ZREM', KEYS[9], ARGV[1])
redis.call('ZREM', KEYS[13], ARGV[1])
for _, digest in ipairs(redis.call('SMEMBERS', KEYS[7])) do
  redis.call('DEL', ARGV[6] .. digest)
  redis.call('ZREM', KEYS[8], digest)
end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  redis.call('ZREM', KEYS[2], ARGV[1] .. '/' .. field)
end
for _, member in ipairs(redis.call('SMEMBERS', KEYS[4])) do
  local webhook, delivery = string.match(member, '^(.*)/(.*)$')
  redis.call('DEL', ARGV[3] .. delivery)
  redis.call('ZREM', ARGV[4] .. webhook, delivery)
  redis.call('ZREM', ARGV[5] .. webhook, delivery)
end
return redis.call('DEL', KEYS[1], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[10], KEYS[11], KEYS[12])
"""
"""Erase all that is kept beside a session. Returns 0 when there was nothing."""


class SessionErasure:
    """Erases what outlives a session. `life`: the longest time that anything is kept after its session, in seconds."""

    def __init__(self, commands: RedisCommands, *, life: float) -> None:
        self._commands = commands
        self._life = round(life * 1000)

    def track(self, tenant: str, subject: str, user: str, session_id: str) -> list[Command]:
        """Commands that note that something is kept beside a person's session. None without a user or visitor."""
        if not user and not is_visitor(subject):
            return []
        index = keys.erasure_index(tenant, subject, user)
        return [
            ("SADD", index, session_id),
            ("PEXPIRE", index, self._life),
            *(note_subject(tenant, subject, user, self._life) if user else ()),
        ]

    async def subjects(self, tenant: str, user: str) -> list[str]:
        """The keys that opened sessions for a user, of which anything may be kept."""
        return await self._commands.set_members(keys.subjects_of_user(tenant, user))

    async def sessions(self, tenant: str, subject: str, user: str) -> list[str]:
        """Ids of a person's sessions beside which something is kept, also of those that have expired.

        `user` is empty for a visitor.
        """
        return await self._commands.set_members(keys.erasure_index(tenant, subject, user))

    async def kept(self, tenant: str, session_id: str) -> dict[str, Any]:
        """What is kept beside a session, as it is stored. Empty: nothing is."""
        deliveries = await self._commands.set_members(keys.session_deliveries(tenant, session_id))
        answers = await self._commands.set_members(keys.session_answers(tenant, session_id))
        hashes = {
            "unanswered": keys.session_unanswered(tenant, session_id),
            "counted": keys.turn_counters(tenant, session_id),
            "facts": keys.turn_facts(tenant, session_id),
            "review notes": keys.review_notes(tenant, session_id),
            **{f"delivery {each}": keys.delivery(tenant, each.rpartition("/")[2]) for each in sorted(deliveries)},
        }
        kept: dict[str, Any] = {name: await self._commands.hash(key) for name, key in hashes.items()}
        explained = await self._commands.hash(keys.explanations(tenant, session_id))
        kept["explanations"] = {turn: unpacked(packed) for turn, packed in explained.items()}
        for digest in sorted(answers):
            kept[f"cached answer {digest}"] = await self._commands.get(keys.cached_answer(tenant, digest))
        return {name: value for name, value in kept.items() if value}

    async def erase(self, tenant: str, session_id: str) -> bool:
        """Erase what is kept beside a session; whether anything was. First, so that a failed call can be repeated."""
        [erased] = await self._commands.pipeline([_erase(tenant, session_id)])
        return bool(erased)

    async def forget(self, tenant: str, people: Sequence[tuple[str, str]]) -> None:
        """Erase the indexes and counts of people, by subject and user, once nothing else is kept of them."""
        commands: list[Command] = []
        for subject, user in people:
            commands.append(("DEL", keys.erasure_index(tenant, subject, user)))
            commands.append(("DEL", keys.triage_messages(tenant, subject, user)))
            commands.append(("DEL", keys.triage_returns(tenant, subject, user)))
            commands.append(("SREM", keys.experiment_people(tenant), keys.person_digest(user or subject)))
            if user:
                commands.append(("SREM", keys.subjects_of_user(tenant, user), subject))
        if commands:
            await self._commands.pipeline(commands)


def note_subject(tenant: str, subject: str, user: str, life: int) -> list[Command]:
    """Commands that note that a key opens sessions for a user, for at least `life` milliseconds."""
    index = keys.subjects_of_user(tenant, user)
    return [("SADD", index, subject), ("PEXPIRE", index, life, "NX"), ("PEXPIRE", index, life, "GT")]


def _erase(tenant: str, session_id: str) -> ScriptCall:
    return ScriptCall(
        ERASE,
        (
            keys.session_unanswered(tenant, session_id),
            keys.unanswered(tenant),
            keys.erasure_marker(tenant, session_id),
            keys.session_deliveries(tenant, session_id),
            keys.turn_counters(tenant, session_id),
            keys.turn_counters_order(tenant, session_id),
            keys.session_answers(tenant, session_id),
            keys.cached_answers(tenant),
            keys.conversations(tenant),
            keys.turn_facts(tenant, session_id),
            keys.explanations(tenant, session_id),
            keys.review_notes(tenant, session_id),
            keys.experiment_sessions(tenant),
        ),
        (
            session_id,
            _MARKER_SECONDS,
            keys.delivery(tenant, ""),
            keys.deliveries(tenant, ""),
            keys.pending_deliveries(tenant, ""),
            keys.cached_answer(tenant, ""),
        ),
    )

"""What release 0.1.0 would stumble over in data of this release, and how that is put into words that it knows.

It refuses a list as a whole where one entry holds a word that it does not know: one handoff for a reason of today's,
and the desk's list fails; one key with a scope of today's, and keys cannot be listed. Found by running it over such
data (tests/upgrade/rollback.py); docs/operate/upgrading.md has the rest, which needs no change.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, cast

from redis.asyncio import Redis

from kefu.common.redis.schema.version import SCHEMA, prefix

_REASONS = {
    *("nothing_relevant", "customer_asked", "search_unavailable", "model_unavailable", "empty_answer"),
    *("unsupported_answer", "overloaded", "low_support", "repeated_failure", "sensitive", "abuse"),
}
SOURCES = {
    *("none", "generated", "curated", "canned", "extractive", "cached", "clarifying", "refused", "person"),
}
_SCOPES = {"chat", "knowledge", "operator", "internal"}
_EVENTS = {"handoff", "turn", "rating", "escalation"}

HANDOFFS = "handoffs for reasons of this release: become nothing_relevant"
ANSWERS = "answers by actions: become canned"
QUESTIONS = "unanswered questions with such reasons: become nothing_relevant"
KEYS = "keys with roles of this release: lose desk, settings and admin; make them anew"
EXPIRED = "keys that have ended, which 0.1.0 would take again: are removed"
WEBHOOKS = "webhooks for golden questions: lose that event"
PROMOTED = "collections whose draft went live: 0.1.0 shows the version before the first; nothing is changed"

Fields = Mapping[str, str]


def turn_for(stored: str, found: Counter[str]) -> str:
    """A turn as it is stored, "STATE JSON"."""
    state, _, text = stored.partition(" ")
    turn: dict[str, Any] = json.loads(text)
    handoff: dict[str, Any] = turn.get("handoff") or {}
    completed: dict[str, Any] = turn.get("completed") or {}
    if handoff.get("reason", "nothing_relevant") not in _REASONS:
        handoff["reason"] = "nothing_relevant"
        found[HANDOFFS] += 1
    if completed.get("source", "none") not in SOURCES:
        completed["source"] = "canned"
        found[ANSWERS] += 1
    changed = json.dumps(turn, ensure_ascii=False, separators=(",", ":"))
    return stored if json.loads(text) == turn else f"{state} {changed}"


def unanswered_for(stored: str, found: Counter[str]) -> str:
    """A field of an unanswered question's hash: the question as JSON, or something else, which stays."""
    if not stored.startswith("{"):
        return stored
    question = json.loads(stored)
    if not question.get("reason") or question["reason"] in _REASONS:
        return stored
    found[QUESTIONS] += 1
    return json.dumps({**question, "reason": "nothing_relevant"}, ensure_ascii=False)


def webhook_for(stored: str, found: Counter[str]) -> str:
    """A webhook as JSON."""
    webhook = json.loads(stored)
    if set(webhook["events"]) <= _EVENTS:
        return stored
    found[WEBHOOKS] += 1
    return json.dumps({**webhook, "events": [event for event in webhook["events"] if event in _EVENTS]})


def key_for(fields: Fields, now: float, found: Counter[str]) -> Fields:
    """A key's fields; none for one that has ended."""
    if float(fields.get("expire_time", now + 1)) <= now:
        found[EXPIRED] += 1
        return {}
    scopes = fields["scopes"].split()
    if set(scopes) <= _SCOPES:
        return fields
    found[KEYS] += 1
    return {**fields, "scopes": " ".join(scope for scope in scopes if scope in _SCOPES)}


async def prepare(client: Redis, *, dry_run: bool) -> Counter[str]:
    """Rewrite, or with `dry_run` look only; what there was, in words, and how often. It may be run again."""
    found: Counter[str] = Counter()
    call = cast("Any", client)  # redis-py's types are partly unknown
    each: dict[str, Callable[[str, Counter[str]], str]] = {
        "*}:turns": turn_for,
        "{tenant:*}:unanswered:*": unanswered_for,
        "{tenant:*}:webhooks": webhook_for,
    }
    for pattern, change in each.items():
        async for key in call.scan_iter(match=prefix(SCHEMA) + pattern, count=500, _type="hash"):
            fields = _texts(await call.hgetall(key))
            changed = {name: new for name, old in fields.items() if (new := change(old, found)) != old}
            if changed and not dry_run:
                await call.hset(key, mapping=changed)
    now = time.time()
    async for key in call.scan_iter(match=prefix(SCHEMA) + "{key:*}", count=500, _type="hash"):
        fields = _texts(await call.hgetall(key))
        changed = key_for(fields, now, found)
        if changed != fields and not dry_run:
            await (call.hset(key, mapping=changed) if changed else call.delete(key))
    async for _ in call.scan_iter(match=prefix(SCHEMA) + "{*}:live", count=500, _type="string"):
        found[PROMOTED] += 1
    return found


def _texts(fields: Mapping[bytes, bytes]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in fields.items()}

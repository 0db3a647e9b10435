"""Before a rollback to 0.1.0 what it does not know is put into words that it knows; everything else stays as it is."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from kefu.common.errors import StartupError
from kefu.common.redis.client import open_redis, open_unchecked_redis
from kefu.common.redis.schema import rollback
from kefu.common.redis.schema.migration import CLIENT_NAME, Migration
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource
from kefu.testing.redis_server import RedisServer
from tests.upgrade.dump import load

DATA = Path(__file__).parents[2] / "data" / "upgrade" / "0.1.0.jsonl.gz"
SESSION = "kefu:1:{acme:84ae1877-3998-4236-b380-6b137c5fa3a9}:turns"
QUESTIONS = "kefu:1:{tenant:acme}:unanswered:84ae1877-3998-4236-b380-6b137c5fa3a9"
WEBHOOKS = "kefu:1:{tenant:acme}:webhooks"
KEYS = {
    "new": {"scopes": "chat desk settings", "sha256": "1"},
    "ended": {"scopes": "chat", "sha256": "2", "expire_time": "1700000000.0"},
    "old": {"scopes": "chat operator", "sha256": "3", "expire_time": "99999999999.0"},
}


async def test_data_of_0_1_0_itself_is_left_alone(own_redis: RedisServer) -> None:
    await load(own_redis.url, DATA)
    async with open_unchecked_redis(own_redis.jobs_url, name=CLIENT_NAME) as client:
        before = await client.hgetall(SESSION)  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
        assert await Migration(client).prepare_rollback(dry_run=False) == {}
        assert await client.hgetall(SESSION) == before  # pyright: ignore[reportGeneralTypeIssues]


async def test_new_words_become_old_ones_and_a_dry_run_changes_nothing(own_redis: RedisServer) -> None:
    async with open_unchecked_redis(own_redis.jobs_url, name=CLIENT_NAME) as client:
        await _fill(client)
        migration = Migration(client)
        wanted = {
            rollback.HANDOFFS: 1,
            rollback.ANSWERS: 1,
            rollback.QUESTIONS: 1,
            rollback.WEBHOOKS: 1,
            rollback.KEYS: 1,
            rollback.EXPIRED: 1,
            rollback.PROMOTED: 1,
        }
        assert await migration.prepare_rollback(dry_run=True) == wanted
        assert "own_case" in await _text(client, SESSION, "one")
        assert await migration.prepare_rollback(dry_run=False) == wanted
        assert await migration.prepare_rollback(dry_run=False) == {rollback.PROMOTED: 1}
        state, _, turn = (await _text(client, SESSION, "one")).partition(" ")
        assert (state, json.loads(turn)["handoff"]) == ("finished", {"reason": "nothing_relevant", "summary": "é"})
        assert json.loads((await _text(client, SESSION, "two")).partition(" ")[2])["completed"]["source"] == "canned"
        assert json.loads(await _text(client, QUESTIONS, "one"))["reason"] == "nothing_relevant"
        assert await _text(client, QUESTIONS, "one:vector") == "AAAA"
        assert json.loads(await _text(client, WEBHOOKS, "w"))["events"] == ["turn"]
        assert await _text(client, "kefu:1:{key:new}", "scopes") == "chat"
        assert await _text(client, "kefu:1:{key:old}", "scopes") == "chat operator"
        assert not await client.exists("kefu:1:{key:ended}")


async def test_it_waits_until_every_service_is_gone_and_may_look_before(own_redis: RedisServer) -> None:
    async with open_unchecked_redis(own_redis.jobs_url, name=CLIENT_NAME) as client, open_redis(own_redis.url):
        await _fill(client)
        assert len(await Migration(client).prepare_rollback(dry_run=True)) == 7
        with pytest.raises(StartupError, match="stop all services first"):
            await Migration(client).prepare_rollback(dry_run=False)


def test_every_word_of_this_release_is_known_to_0_1_0_or_rewritten() -> None:
    new: set[str] = set()
    for reason in HandoffReason:
        told = json.loads(rollback.turn_for(f'finished {{"handoff":{{"reason":"{reason}"}}}}', Counter()).split(" ")[1])
        assert told["handoff"]["reason"] in (reason, HandoffReason.NOTHING_RELEVANT)
        new |= {reason} - {told["handoff"]["reason"]}
    assert new == {
        *("complaint", "own_case", "procedure", "action_failed"),
        *("change_needs_person", "change_unconfirmed", "triage"),
    }
    assert {source for source in AnswerSource if source not in rollback.SOURCES} == {"action"}


async def _fill(client: Redis) -> None:
    call: Any = client
    own_case = {"handoff": {"reason": "own_case", "summary": "é"}, "completed": {"source": "canned"}}
    await call.hset(SESSION, "one", f"finished {json.dumps(own_case)}")
    await call.hset(SESSION, "two", f"finished {json.dumps({'completed': {'source': 'action'}})}")
    await call.hset(QUESTIONS, mapping={"one": json.dumps({"reason": "complaint"}), "one:vector": "AAAA"})
    await call.hset(WEBHOOKS, "w", json.dumps({"url": "https://example.com", "events": ["turn", "golden"]}))
    for name, fields in KEYS.items():
        await call.hset(f"kefu:1:{{key:{name}}}", mapping=fields)
    await call.set("kefu:1:{acme:help}:live", "20261129")


async def _text(client: Redis, key: str, field: str) -> str:
    call: Any = client
    return (await call.hget(key, field)).decode()

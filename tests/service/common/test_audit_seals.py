"""The seals of both ends of the audit log: what whoever writes to Redis does to the note of the ends is found.

Kefu writes on after each attack, and still says what happened.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from kefu.common.audit.entry import OK, AuditEntry, hash_of
from kefu.common.audit.log import AuditLog, chain_key, stream_key
from kefu.common.audit.recorder import AuditRecorder
from kefu.common.redis.client import open_redis
from kefu.common.redis.commands import RedisCommands, Value
from kefu.testing.redis_server import RedisServer

TENANT = "acme"
KEY = "kefu_internal_" + "0" * 64
OTHER_KEY = "kefu_internal_" + "1" * 64
Attack = Callable[[Redis], Awaitable[object]]
Stored = list[tuple[bytes, dict[bytes, bytes]]]

BEGINNING = "Before number {} the beginning of the log was not sealed: entries may have been removed too early. "
END = "Before number {} the end of the log was not sealed: entries may have been removed or changed. "
WHY = "The cause is an upgrade from a version without seals, a changed internal key, or somebody who wrote to Redis."


@pytest.fixture
async def client(own_redis: RedisServer) -> AsyncIterator[Redis]:
    async with open_redis(own_redis.url) as opened:
        yield opened


@pytest.fixture
def log(client: Redis) -> AuditLog:
    return open_log(client)


def open_log(client: Redis, *, key: str = KEY, days: float = 400) -> AuditLog:
    return AuditLog(RedisCommands(client), days=days, internal_key=key)


def entry(target: str = "tenants/acme/keys/a", *, age_days: float = 0) -> AuditEntry:
    now = time.time() - age_days * 86_400
    return AuditEntry(round(now * 1000), "tenants/acme/keys/root", "key.create", target, OK)


def forged(*, sequence: int, tenant: str = TENANT) -> str:
    return AuditEntry(1, "", "key.create", "", OK, tenant=tenant, sequence=sequence).text()


async def append(log: AuditLog, count: int, *, age_days: float = 0) -> None:
    for number in range(count):
        await log.append(TENANT, entry(f"tenants/acme/keys/{number}", age_days=age_days))


async def stored(client: Redis) -> Stored:
    return await client.xrange(stream_key(TENANT))  # pyright: ignore


async def note(client: Redis, **fields: str | int | bytes) -> None:
    await client.hset(chain_key(TENANT), mapping=fields)  # pyright: ignore


async def unnote(client: Redis, *fields: str) -> None:
    await client.hdel(chain_key(TENANT), *fields)  # pyright: ignore


async def noted(client: Redis) -> dict[bytes, bytes]:
    return await client.hgetall(chain_key(TENANT))  # pyright: ignore


async def make_older(client: Redis, count: int, *, days: float) -> None:
    """Give the first entries ids of long ago, as if Redis had written them then."""
    entries = await stored(client)
    await client.delete(stream_key(TENANT))
    for number, (entry_id, fields) in enumerate(entries):
        milliseconds = int(entry_id.partition(b"-")[0]) - (round(days * 86_400_000) if number < count else 0)
        await client.xadd(stream_key(TENANT), fields, id=f"{milliseconds}-{number + 1}")  # pyright: ignore


async def trimmed_log(client: Redis, log: AuditLog) -> None:
    """Entries 3 to 6: the first two were removed for their age."""
    await append(log, 2, age_days=401)
    await append(log, 3)
    await make_older(client, 2, days=401)
    await append(log, 1)
    verification = await log.verify(TENANT)
    assert (verification.broken, verification.unsealed) == (None, "")
    assert (verification.start.sequence, verification.last.sequence) == (2, 6)


async def cut_the_end(client: Redis) -> None:
    """The last two go, and the last one that is left is noted as the head."""
    entries = await stored(client)
    for entry_id, _ in entries[-2:]:
        await client.xdel(stream_key(TENANT), entry_id)  # pyright: ignore
    sequence = int((await noted(client))[b"sequence"])
    await note(client, sequence=sequence - 2, hash=entries[-3][1][b"hash"])


async def cut_the_end_and_the_seal(client: Redis) -> None:
    await cut_the_end(client)
    await unnote(client, "seal")


async def cut_the_end_with_the_seal_of_the_trim(client: Redis) -> None:
    await trimmed_log(client, open_log(client))
    await client.delete(stream_key(TENANT))
    found = await noted(client)
    await note(client, sequence=found[b"trimmed"], hash=found[b"trimmed_hash"], seal=found[b"trimmed_seal"])


async def cut_the_end_with_the_seal_of_another_log(client: Redis) -> None:
    await cut_the_end(client)
    await open_log(client).append("other", entry())
    await note(client, seal=await client.hget(chain_key("other"), "seal") or b"")  # pyright: ignore


async def cut_the_beginning(client: Redis) -> None:
    """The first two go, and are noted as removed for their age."""
    entries = await stored(client)
    for entry_id, _ in entries[:2]:
        await client.xdel(stream_key(TENANT), entry_id)  # pyright: ignore
    await note(client, trimmed=2, trimmed_hash=entries[1][1][b"hash"])


async def cut_the_beginning_with_the_seal_of_the_end(client: Redis) -> None:
    await cut_the_beginning(client)
    await note(client, trimmed_seal=(await noted(client))[b"seal"])


async def cut_all_as_too_old(client: Redis) -> None:
    await client.delete(stream_key(TENANT))
    found = await noted(client)
    await note(client, trimmed=found[b"sequence"], trimmed_hash=found[b"hash"], trimmed_seal=found[b"seal"])


async def cut_both_ends(client: Redis) -> None:
    await cut_the_beginning(client)
    await cut_the_end(client)


async def forge_the_whole_chain(client: Redis) -> None:
    await client.delete(stream_key(TENANT), chain_key(TENANT))
    await append(open_log(client, key=OTHER_KEY), 3)


@pytest.mark.parametrize(
    ("attack", "sentences", "number", "details"),
    [
        (cut_the_end, END, 4, {"end": "3"}),
        (cut_the_end_and_the_seal, END, 4, {"end": "3"}),
        (cut_the_end_with_the_seal_of_the_trim, END, 3, {"end": "2"}),
        (cut_the_end_with_the_seal_of_another_log, END, 4, {"end": "3"}),
        (cut_the_beginning, BEGINNING, 6, {"beginning": "2"}),
        (cut_the_beginning_with_the_seal_of_the_end, BEGINNING, 6, {"beginning": "2"}),
        (cut_all_as_too_old, BEGINNING, 6, {"beginning": "5"}),
        (cut_both_ends, BEGINNING + END, 4, {"beginning": "2", "end": "3"}),
        (forge_the_whole_chain, END, 4, {"end": "3"}),
    ],
)
async def test_an_end_that_was_cut_and_noted_anew_is_named_before_and_after_kefu_writes_on(
    client: Redis, log: AuditLog, attack: Attack, sentences: str, number: int, details: dict[str, str]
) -> None:
    if attack is not cut_the_end_with_the_seal_of_the_trim:
        await append(log, 5)
    await attack(client)
    problem = (sentences + WHY).replace("{}", str(number))
    found = await log.verify(TENANT)
    assert (found.broken, found.unsealed) == (None, problem)

    # The next entry is sealed anew. Before it is one that says what it followed.
    await append(log, 2)
    found = await log.verify(TENANT)
    assert (found.broken, found.unsealed, found.last.sequence) == (None, problem, number + 2)
    [_, (_, first)] = await log.latest(TENANT, count=2)
    assert AuditEntry.from_text(first.text).sequence == number + 1
    [(_, said)] = (await log.latest(TENANT, count=3))[2:]
    told = AuditEntry.from_text(said.text)
    assert (told.sequence, told.action, told.outcome, told.details) == (number, "audit.unsealed", "UNSEALED", details)
    assert (told.actor, told.target) == ("tenants/default/keys/internal", "tenants/acme/audit")

    # Neither can it be taken away: whoever cuts once more is named once more.
    await cut_the_end(client)
    assert END.format(number + 1) in (await log.verify(TENANT)).unsealed


async def test_both_keys_deleted_are_found_by_a_hash_that_was_noted_elsewhere_alone(
    client: Redis, log: AuditLog
) -> None:
    await append(log, 5)
    known = (await log.verify(TENANT)).last.hash
    await client.delete(stream_key(TENANT), chain_key(TENANT))
    for written in (0, 2):
        await append(log, written)
        found = await log.verify(TENANT, known_hash=known)
        assert (found.broken, found.unsealed, found.last.sequence, found.found) == (None, "", written, False)


async def test_a_log_from_before_the_seals_is_whole_and_its_first_new_entry_says_what_was_not_sealed(
    client: Redis, log: AuditLog
) -> None:
    await trimmed_log(client, log)
    await unnote(client, "seal", "trimmed_seal")
    problem = BEGINNING.format(7) + END.format(7) + WHY
    found = await log.verify(TENANT)
    assert (found.broken, found.unsealed) == (None, problem)
    known = found.last.hash
    await append(log, 3)
    found = await log.verify(TENANT)
    assert (found.broken, found.unsealed) == (None, problem)
    assert (found.start.sequence, found.last.sequence) == (2, 10), "one entry says it, whatever is written after it"
    # A hash of before says nothing of it. Whoever noted a hash since has read it.
    assert (await log.verify(TENANT, known_hash=known)).unsealed == problem
    found = await log.verify(TENANT, known_hash=found.last.hash)
    assert (found.broken, found.unsealed, found.found) == (None, "", True)


async def test_another_internal_key_is_said_once_and_the_log_goes_on_with_it(client: Redis, log: AuditLog) -> None:
    await append(log, 2)
    changed = open_log(client, key=OTHER_KEY)
    assert (await changed.verify(TENANT)).unsealed == END.format(3) + WHY
    await append(changed, 2)
    found = await changed.verify(TENANT)
    assert (found.broken, found.unsealed, found.last.sequence) == (None, END.format(3) + WHY, 5)


async def test_a_note_that_is_no_note_stops_no_entry(client: Redis, log: AuditLog) -> None:
    await append(log, 2)
    await note(client, sequence="9" * 5000, trimmed="two")
    [(told, _), (written, _)] = await log.append(TENANT, entry())
    assert (told.action, told.sequence, written.sequence) == ("audit.unsealed", 1, 2)
    found = await log.verify(TENANT)
    assert found.broken is not None
    assert found.broken.sequence == 3
    assert (await log.append(TENANT, entry()))[0][0].sequence == 3


async def test_entries_are_removed_by_what_they_say_of_their_time_and_not_by_their_ids_alone(
    client: Redis, log: AuditLog
) -> None:
    """Else whoever writes to Redis let Kefu itself cut the beginning, and seal it."""
    await append(log, 4)
    await make_older(client, 3, days=500)
    await append(log, 1)
    found = await log.verify(TENANT)
    assert (found.start.sequence, found.last.sequence, found.broken, found.unsealed) == (0, 5, None, "")
    assert b"trimmed" not in await noted(client)


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        ("no entry", hash_of("no entry")),
        (forged(sequence=1), hash_of("another")),
        (forged(sequence=1, tenant="other"), ""),
        (forged(sequence=0), ""),
        (forged(sequence=10**30), ""),
    ],
)
async def test_what_is_no_entry_of_the_log_is_not_sealed_as_its_beginning(
    client: Redis, log: AuditLog, text: str, digest: str
) -> None:
    await append(log, 3)
    entries = await stored(client)
    await client.delete(stream_key(TENANT))
    await client.xadd(stream_key(TENANT), {"entry": text, "hash": digest or hash_of(text)}, id="1-1")
    for entry_id, fields in entries:
        await client.xadd(stream_key(TENANT), fields, id=entry_id)  # pyright: ignore
    await append(log, 1)
    assert b"trimmed" not in await noted(client)
    assert (await log.verify(TENANT)).broken is not None


async def test_ten_processes_that_find_an_unsealed_log_write_one_entry_about_it(
    own_redis: RedisServer, client: Redis, log: AuditLog
) -> None:
    await append(log, 2)
    await unnote(client, "seal")
    async with AsyncExitStack() as stack:
        logs = [open_log(await stack.enter_async_context(open_redis(own_redis.url))) for _ in range(10)]
        await asyncio.gather(*(append(each, 4) for each in logs))
    entries = [AuditEntry.from_text(each.text) for _, each in await log.latest(TENANT, count=100)]
    assert [each.sequence for each in entries if each.action == "audit.unsealed"] == [3]
    found = await log.verify(TENANT)
    assert (found.broken, found.unsealed, found.last.sequence) == (None, END.format(3) + WHY, 43)


async def test_processes_that_remove_old_entries_at_once_leave_both_ends_sealed(
    own_redis: RedisServer, client: Redis
) -> None:
    async with AsyncExitStack() as stack:
        logs = [
            open_log(await stack.enter_async_context(open_redis(own_redis.url)), days=0.2 / 86_400) for _ in range(4)
        ]
        end = time.monotonic() + 3
        while time.monotonic() < end:
            await asyncio.gather(*(append(each, 3) for each in logs))
        found = await logs[0].verify(TENANT)
    assert (found.broken, found.unsealed) == (None, "")
    assert 0 < found.start.sequence < found.last.sequence


class Overtaken(RedisCommands):
    """A connection on which another process writes just before entries are removed."""

    def __init__(self, client: Redis, other: AuditLog) -> None:
        super().__init__(client)
        self._other = other

    async def script(self, text: str, keys: Sequence[str], arguments: Sequence[Value] = ()) -> Any:
        if "XTRIM" in text:
            await append(self._other, 1)
        return await super().script(text, keys, arguments)


async def test_a_process_that_is_overtaken_removing_old_entries_notes_nothing(client: Redis, log: AuditLog) -> None:
    await append(log, 2, age_days=401)
    await append(log, 2, age_days=301)
    await make_older(client, 4, days=301)
    await make_older(client, 2, days=100)
    shorter = open_log(client, days=300)
    await append(AuditLog(Overtaken(client, shorter), days=400, internal_key=KEY), 1)
    assert (await noted(client))[b"trimmed"] == b"4"
    found = await log.verify(TENANT)
    assert (found.broken, found.unsealed, found.last.sequence) == (None, "", 6)


class SendsTwice(RedisCommands):
    """A connection that loses each first answer: the client sends its script again."""

    async def script(self, text: str, keys: Sequence[str], arguments: Sequence[Value] = ()) -> Any:
        await super().script(text, keys, arguments)
        return await super().script(text, keys, arguments)


async def test_an_entry_whose_answer_is_lost_is_there_once(client: Redis, log: AuditLog) -> None:
    await append(log, 2)
    await unnote(client, "seal")
    await append(AuditLog(SendsTwice(client), days=400, internal_key=KEY), 2)
    found = await log.verify(TENANT)
    assert (found.broken, found.last.sequence) == (None, 5)


def written_entries() -> float:
    return REGISTRY.get_sample_value("kefu_audit_entries_total", {"action": "audit.unsealed"}) or 0


async def test_the_services_log_has_the_hash_of_the_entry_that_says_it_too(
    client: Redis, log: AuditLog, capfd: pytest.CaptureFixture[str]
) -> None:
    await append(log, 1)
    await unnote(client, "seal")
    before = written_entries()
    await AuditRecorder(log, {}, internal_key=KEY).record(TENANT, entry())
    assert written_entries() == before + 1
    [_, (_, told)] = await log.latest(TENANT, count=2)
    printed = capfd.readouterr()
    assert told.hash in printed.out + printed.err

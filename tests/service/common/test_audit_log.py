"""The audit log in a real Redis: many writers keep one chain, age shortens it, and a change of one entry is found."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from functools import partial

import pytest
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from kefu.common.audit.chain import Break
from kefu.common.audit.entry import OK, AuditEntry, Link, hash_of
from kefu.common.audit.log import AuditLog, chain_key, stream_key
from kefu.common.audit.recorder import Act, AuditedMethod, AuditRecorder, open_audit_recorder
from kefu.common.auth import Principal, Scope
from kefu.common.errors import BackendUnavailable, KeyNotFound
from kefu.common.redis.client import CommandBreaker, open_redis
from kefu.common.redis.commands import RedisCommands
from kefu.testing.redis_server import RedisServer

TENANT = "acme"
KEY = "kefu_internal_" + "0" * 64
Fields = dict[bytes, bytes]
Change = Callable[[list[tuple[bytes, Fields]]], None]


@pytest.fixture
async def client(own_redis: RedisServer) -> AsyncIterator[Redis]:
    async with open_redis(own_redis.url) as opened:
        yield opened


@pytest.fixture
def log(client: Redis) -> AuditLog:
    return AuditLog(RedisCommands(client), days=400, internal_key=KEY)


def entry(target: str = "tenants/acme/keys/a") -> AuditEntry:
    now = round(time.time() * 1000)
    return AuditEntry(now, "tenants/acme/keys/root", "key.create", target, OK, details={"name": "商店"})


async def append(log: AuditLog, count: int) -> None:
    for number in range(count):
        await log.append(TENANT, entry(f"tenants/acme/keys/{number}"))


async def stored(client: Redis) -> list[tuple[bytes, Fields]]:
    return await client.xrange(stream_key(TENANT))  # pyright: ignore


async def rewrite(client: Redis, change: Change) -> None:
    """Write a tenant's stream anew after a change of its entries, as whoever can write to Redis could."""
    entries = await stored(client)
    change(entries)
    await client.delete(stream_key(TENANT))
    for number, (entry_id, fields) in enumerate(entries):
        await client.xadd(stream_key(TENANT), fields, id=f"{entry_id.decode().partition('-')[0]}-{number}")  # pyright: ignore


async def test_entries_are_a_chain_that_is_whole_and_come_latest_first(client: Redis, log: AuditLog) -> None:
    await append(log, 5)
    verification = await log.verify(TENANT)
    assert verification.broken is None
    assert verification.last.sequence == 5
    first, second = await log.latest(TENANT, count=2), await log.latest(TENANT, count=50)
    assert [AuditEntry.from_text(each.text).sequence for _, each in first] == [5, 4]
    assert [AuditEntry.from_text(each.text).sequence for _, each in second] == [5, 4, 3, 2, 1]
    rest = await log.latest(TENANT, before=first[-1][0], count=50)
    assert rest == second[2:]
    assert await log.latest("other", count=50) == []
    assert (await log.verify("other")).broken is None


async def test_an_entry_that_is_changed_in_redis_is_named(client: Redis, log: AuditLog) -> None:
    await append(log, 5)

    def change(entries: list[tuple[bytes, Fields]]) -> None:
        values = json.loads(entries[2][1][b"entry"])
        entries[2][1][b"entry"] = json.dumps(
            {**values, "actor": "tenants/acme/keys/somebody"}, sort_keys=True, ensure_ascii=False, separators=(",", ":")
        ).encode()

    await rewrite(client, change)
    assert (await log.verify(TENANT)).broken == Break(3, "The entry was changed: its hash is another one.")
    # Recording goes on, and the break stays where it is.
    await append(log, 1)
    verification = await log.verify(TENANT)
    assert verification.broken is not None
    assert (verification.broken.sequence, verification.last.sequence) == (3, 2)


def _removed(entries: list[tuple[bytes, Fields]], at: int) -> None:
    entries.pop(at)


def _all_removed(entries: list[tuple[bytes, Fields]]) -> None:
    entries.clear()


def _doubled(entries: list[tuple[bytes, Fields]]) -> None:
    entries.append(entries[-1])


def _swap(entries: list[tuple[bytes, Fields]]) -> None:
    entries[1], entries[2] = (entries[1][0], entries[2][1]), (entries[2][0], entries[1][1])


def _forge(entries: list[tuple[bytes, Fields]]) -> None:
    values = AuditEntry.from_text(entries[4][1][b"entry"].decode())
    forged = AuditEntry(1, "tenants/acme/keys/forged", "key.create", "x", OK)
    text = forged.placed(TENANT, Link(values.sequence - 1, values.previous)).text()
    entries[4] = (entries[4][0], {b"entry": text.encode(), b"hash": hash_of(text).encode()})


def _binary(entries: list[tuple[bytes, Fields]]) -> None:
    entries[3][1][b"entry"] = b"\xff\xfe"


def _emptied(entries: list[tuple[bytes, Fields]]) -> None:
    entries[3] = (entries[3][0], {b"nothing": b"here"})


@pytest.mark.parametrize(
    ("change", "sequence"),
    [
        (partial(_removed, at=0), 1),
        (partial(_removed, at=2), 3),
        (partial(_removed, at=4), 5),
        (_all_removed, 1),
        (_doubled, 6),
        (_swap, 2),
        (_forge, 5),
        (_binary, 4),
        (_emptied, 4),
    ],
)
async def test_an_entry_that_is_removed_put_in_moved_or_forged_is_found(
    client: Redis, log: AuditLog, change: Change, sequence: int
) -> None:
    await append(log, 5)
    await rewrite(client, change)
    broken = (await log.verify(TENANT)).broken
    assert broken is not None
    assert broken.sequence == sequence


async def test_a_chain_made_anew_is_found_by_a_hash_noted_elsewhere(client: Redis, log: AuditLog) -> None:
    await append(log, 3)
    noted = (await log.verify(TENANT)).last.hash
    await append(log, 2)
    assert (await log.verify(TENANT, known_hash=noted)).found
    await client.delete(stream_key(TENANT), chain_key(TENANT))
    for number in range(5):
        await log.append(TENANT, entry(f"tenants/acme/keys/other{number}"))
    verification = await log.verify(TENANT, known_hash=noted)
    assert verification.broken is None
    assert not verification.found


async def test_writing_goes_on_when_the_head_was_removed_and_the_break_is_found(client: Redis, log: AuditLog) -> None:
    await append(log, 3)
    await client.delete(chain_key(TENANT))
    await append(log, 2)
    broken = (await log.verify(TENANT)).broken
    assert broken is not None
    assert broken.sequence == 4


async def test_fifty_writers_at_once_in_ten_processes_keep_one_chain(own_redis: RedisServer, client: Redis) -> None:
    async with AsyncExitStack() as stack:
        logs = [
            AuditLog(
                RedisCommands(await stack.enter_async_context(open_redis(own_redis.url))), days=400, internal_key=KEY
            )
            for _ in range(10)
        ]
        await asyncio.gather(*(append(log, 4) for log in logs for _ in range(5)))
        verification = await logs[0].verify(TENANT)
    assert (verification.broken, verification.last.sequence) == (None, 200)
    assert len(await stored(client)) == 200


async def test_entries_beyond_their_age_go_and_the_rest_is_still_a_whole_chain(client: Redis, log: AuditLog) -> None:
    await append(log, 4)
    last_id = (await stored(client))[-1][0]
    while int((await client.time())[0]) * 1000 <= int(last_id.partition(b"-")[0]) + 1000:  # pyright: ignore
        await asyncio.sleep(0.05)
    short = AuditLog(RedisCommands(client), days=0.5 / 86_400, internal_key=KEY)
    await short.append(TENANT, entry())
    await append(log, 2)
    assert len(await stored(client)) == 3
    verification = await log.verify(TENANT)
    assert (verification.broken, verification.start.sequence, verification.last.sequence) == (None, 4, 7)
    assert (await log.verify(TENANT, known_hash=verification.start.hash)).found
    await client.xdel(stream_key(TENANT), (await stored(client))[0][0])  # pyright: ignore
    broken = (await log.verify(TENANT)).broken
    assert broken is not None
    assert broken.sequence == 5
    for key in (stream_key(TENANT), chain_key(TENANT)):
        assert 400 * 86_400 < int(await client.ttl(key)) <= 401 * 86_400  # pyright: ignore


async def test_a_log_of_many_entries_is_checked_to_its_end(client: Redis, log: AuditLog) -> None:
    await append(log, 1203)
    assert (await log.verify(TENANT)).last.sequence == 1203
    await rewrite(client, partial(_removed, at=1100))
    broken = (await log.verify(TENANT)).broken
    assert broken is not None
    assert broken.sequence == 1101


@asynccontextmanager
async def frozen(redis: RedisServer) -> AsyncIterator[None]:
    redis.freeze()
    try:
        yield
    finally:
        redis.thaw()


async def recorded(recorder: AuditRecorder, log: AuditLog, raised: BaseException | None) -> AuditEntry:
    """The entry of a call that ended in this way."""
    caller = Principal(TENANT, "0a1b2c3d4e5f", frozenset({Scope.OPERATOR}))
    with suppress(type(raised)) if raised else nullcontext():
        async with recorder.recording("a.Service/Do", caller, {}, "ipv4:203.0.113.7:1") as recording:
            recording.request("thing")
            if raised:
                raise raised
    [(_, stored)] = await log.latest(TENANT, count=1)
    return AuditEntry.from_text(stored.text)


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [
        (None, "OK"),
        (KeyNotFound("There is none."), "KEY_NOT_FOUND"),
        (RuntimeError("a secret"), "INTERNAL"),
        (asyncio.CancelledError(), "CANCELLED"),
        (GeneratorExit(), "CANCELLED"),
    ],
)
async def test_a_call_is_recorded_however_it_ends(log: AuditLog, raised: BaseException | None, outcome: str) -> None:
    def read(act: Act, message: str) -> None:
        act.target = message

    method = AuditedMethod("thing.do", read)
    async with open_audit_recorder(log, {"a.Service/Do": method}, internal_key="") as recorder:
        found = await recorded(recorder, log, raised)
    assert (found.action, found.target, found.outcome) == ("thing.do", "thing", outcome)
    assert (found.actor, found.address) == ("tenants/acme/keys/0a1b2c3d4e5f", "203.0.113.7")
    assert "a secret" not in found.text()


async def test_an_entry_that_redis_never_takes_is_counted_and_in_the_services_log(
    own_redis: RedisServer, client: Redis, capfd: pytest.CaptureFixture[str]
) -> None:
    log = AuditLog(
        RedisCommands(client, CommandBreaker(command_seconds=0.2, open_seconds=0.1)), days=400, internal_key=KEY
    )
    before = REGISTRY.get_sample_value("kefu_audit_entries_lost_total") or 0
    async with frozen(own_redis), open_audit_recorder(log, {}, internal_key="") as recorder:
        await recorder.record(TENANT, entry("tenants/acme/keys/lost"))
    assert REGISTRY.get_sample_value("kefu_audit_entries_lost_total") == before + 1
    logged = capfd.readouterr()
    assert "audit.lost" in logged.out + logged.err
    assert "tenants/acme/keys/lost" in logged.out + logged.err


async def test_an_entry_that_redis_does_not_take_is_written_when_redis_is_back(
    own_redis: RedisServer, client: Redis
) -> None:
    log = AuditLog(
        RedisCommands(client, CommandBreaker(command_seconds=0.2, open_seconds=0.1)), days=400, internal_key=KEY
    )

    async with open_audit_recorder(log, {}, internal_key="") as recorder:
        async with frozen(own_redis):
            with pytest.raises(BackendUnavailable):
                await log.verify(TENANT)
            await recorder.record(TENANT, entry())
        async with asyncio.timeout(30):
            while not await log.latest(TENANT, count=10):
                await asyncio.sleep(0.05)
    verification = await log.verify(TENANT)
    assert (verification.broken, verification.last.sequence) == (None, 1)

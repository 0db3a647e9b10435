"""The archive of conversations, over a real Redis, in a folder and in a bucket: written, read, aged, erased."""

import asyncio
import gzip
import json
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from kefu.common.auth import Scope
from kefu.common.customers import Customer, Verification, customer_subject
from kefu.office.archive.object_names import Identity
from kefu.office.insight.reviews.review_store import ReviewStore, now_judged
from kefu.office.insight.reviews.sample import ReviewVerdict
from kefu.router.config import Timing
from kefu.router.conversations.attachments.file_store import ObjectFileStore
from kefu.router.storage import keys
from kefu.router.storage.session_owners import SessionOwners
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import audit_pb2 as audit
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import desk_pb2 as desk
from kefu.testing.redis_server import RedisServer
from tests.service.office.test_data_requests import VISITOR, erase, export, let_expire, visitor
from tests.support.archive_harness import Place, archiving
from tests.support.grpc_calls import expect_failure
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.s3_bucket import KEY, SECRET, serving_bucket
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until_async

LIFE = 7 * 86_400
TODAY = f"{datetime.now(UTC):%Y-%m-%d}"


@contextmanager
def place_of(kind: str, tmp_path: Path) -> Iterator[Place]:
    if kind == "folder":
        yield Place({"archive": str(tmp_path / "archive")}, tmp_path / "archive", None)
        return
    with serving_bucket() as served:
        config: dict[str, object] = {
            "archive": "s3://files/kefu",
            "s3_endpoint": served.endpoint,
            "s3_access_key": KEY,
            "s3_secret_key": SecretStr(SECRET),
        }
        yield Place(config, None, served.objects)


@asynccontextmanager
async def serving(redis: RedisServer, **config: object) -> AsyncIterator[RouterHarness]:
    """A router; one that archives does so all the time."""
    timing = Timing(archive_pass_seconds=0.05)
    config.setdefault("archive_quiet_seconds", 0.0)
    async with open_router_harness(redis, timing=timing, **config) as harness:  # pyright: ignore[reportArgumentType]
        harness.knowledge.hits = [make_hit("Refunds of zebras arrive within 7 business days.")]
        harness.replica.frames = ["Refunds of zebras arrive within 7 business days [1]."]
        yield harness


async def exported(client: RouterClient, **days: str) -> list[dict[str, Any]]:
    """The lines of ExportArchive."""
    request = admin.ExportArchiveRequest(**days)  # pyright: ignore[reportArgumentType]
    parts = [part.data async for part in client.admin.ExportArchive(request, metadata=client.metadata)]
    return [json.loads(line) for line in b"".join(parts).splitlines()]


@pytest.mark.parametrize("kind", ["folder", "bucket"])
async def test_a_conversation_is_archived_once_outlives_its_session_and_is_erased_with_its_person(
    own_redis: RedisServer, tmp_path: Path, kind: str
) -> None:
    with place_of(kind, tmp_path) as place:
        async with serving(own_redis, **place.config) as harness:
            root, foreign = await harness.client(), await harness.client(await harness.create_key("other", Scope.ADMIN))
            await root.admin.CreateTenant(admin.CreateTenantRequest(tenant_id="other"), metadata=root.metadata)
            first = await root.ask("How long does a refund of my quokka take?", user="u-quokka")
            await root.ask("May I talk to a person?", first.session)
            rating = pb.RateTurnRequest(turn=first.started.turn, rating=pb.RATING_UP, comment="quick")
            claim = desk.ClaimSessionRequest(session=first.session, agent="Ann")
            claimed = await root.desk.ClaimSession(claim, metadata=root.metadata)
            reply = desk.ReplyRequest(session=first.session, text="Your quokka is on its way.", claim=claimed.claim)
            await root.desk.Reply(reply, metadata=root.metadata)
            await root.chat.RateTurn(rating, metadata=root.metadata)
            other = await root.ask("How long does a refund take?", user="u-other")

            async def is_whole() -> bool:
                lines = {str(each["name"]): str(each) for each in await exported(root)}
                return "quick" in lines.get(first.session, "") and other.session in lines

            await wait_until_async(is_whole)
            names = [session.removeprefix("sessions/") for session in sorted((first.session, other.session))]
            assert place.conversations() == [f"default/{TODAY}/conversations/{each}.jsonl.gz.sealed" for each in names]
            assert not [name for name, data in place.objects().items() if b"quokka" in name.encode() + data]
            [line] = [each for each in await exported(root) if each["name"] == first.session]
            turns = line["turns"]
            assert [turn.get("question", "") for turn in turns[:2]] == [
                "How long does a refund of my quokka take?",
                "May I talk to a person?",
            ]
            assert (turns[0]["rating"], turns[0]["passages"][0]["title"]) == ("RATING_UP", "Refunds")
            assert turns[1]["handoff"]["reason"] == "REASON_CUSTOMER_ASKED"
            assert (turns[2]["agent"], turns[2]["text"]) == ("Ann", "Your quokka is on its way.")

            for session in (first.session, other.session):
                await let_expire(harness, session)
            assert await exported(foreign) == []
            told = await foreign.admin.GetArchive(admin.GetArchiveRequest(), metadata=foreign.metadata)
            assert (told.place, told.live_sessions, told.oldest_day) == ("The operator's store", 0, "")
            told = await root.admin.GetArchive(admin.GetArchiveRequest(), metadata=root.metadata)
            assert (told.place, told.oldest_day, told.latest_day) == (place.config["archive"], TODAY, TODAY)
            page = admin.ListArchivedConversationsRequest(page_size=1)
            listed = await root.admin.ListArchivedConversations(page, metadata=root.metadata)
            page.page_token = listed.next_page_token
            more = await root.admin.ListArchivedConversations(page, metadata=root.metadata)
            both = (*listed.conversations, *more.conversations)
            assert [each.session.removeprefix("sessions/") for each in both] == names
            assert more.next_page_token == ""
            assert await exported(root, end_day="2020-01-01") == []
            assert (await expect_failure(lambda: exported(root, start_day="yesterday"))).reason == "BAD_REQUEST"
            held = await export(root, user="u-quokka")
            assert "Your quokka is on its way." in held[f"{first.session}/archived.jsonl"]
            assert await erase(root, user="u-quokka") == 1
            assert not [name for name in place.objects() if first.session.removeprefix("sessions/") in name]
            assert [each["name"] for each in await exported(root)] == [other.session]
            await root.chat.DeleteSession(pb.DeleteSessionRequest(name=other.session), metadata=root.metadata)
            assert place.objects() == {}
            failure = await expect_failure(
                lambda: root.chat.DeleteSession(pb.DeleteSessionRequest(name=other.session), metadata=root.metadata)
            )
            assert failure.reason == "SESSION_NOT_FOUND"

            async def is_audited() -> bool:
                entries = audit.ListAuditEntriesRequest(action="archive")
                found = (await root.audit.ListAuditEntries(entries, metadata=root.metadata)).entries
                return {"archive.list", "archive.export"} <= {each.action for each in found}

            await wait_until_async(is_audited)


async def test_who_signs_in_takes_the_archived_conversation_along_and_what_goes_on_moves_to_its_day(
    own_redis: RedisServer, tmp_path: Path
) -> None:
    with place_of("folder", tmp_path) as place:
        async with serving(own_redis) as harness, archiving(own_redis.url, place) as one:
            browser, root = await visitor(harness), await harness.client()
            session = (await browser.ask("How long does a refund take?")).session
            assert (await one.make_pass()).archived == 1
            [before] = place.conversations()
            # The day before: as if its last message had been then.
            name = f"{keys.session('default', session.removeprefix('sessions/'))}session"
            yesterday = datetime.now(UTC) - timedelta(days=1)
            await one.commands.hash_set(name, {"update_time": repr(yesterday.timestamp())})
            await one.make_pass()
            [moved] = place.conversations()
            assert moved == before.replace(TODAY, f"{yesterday:%Y-%m-%d}")
            subject = customer_subject("default", "c-1")
            owners = SessionOwners(one.commands, life=LIFE, beside_life=LIFE)
            await owners.move("default", VISITOR, subject, Customer("c-1", {}, Verification.TOKEN, 1.0))
            await one.make_pass()
            await let_expire(harness, session)
            async with serving(own_redis, **place.config) as other:
                reader = await other.client()
                assert await export(reader, visitor=VISITOR) == {}
                assert f"{session}/archived.jsonl" in await export(reader, customer="c-1")
                assert await erase(reader, customer="c-1") == 1
            assert place.objects() == {}
            del root


async def test_days_that_are_too_old_leave_the_archive_and_no_other(own_redis: RedisServer, tmp_path: Path) -> None:
    with place_of("bucket", tmp_path) as place:
        async with archiving(own_redis.url, place, archive_days=30.0) as one:
            days = [f"{datetime.now(UTC) - timedelta(days=age):%Y-%m-%d}" for age in (0, 29, 30, 31, 400)]
            for day in days:
                for n in range(4):  # more than one page of the bucket's list
                    await one.archive.put("default", day, f"s{n}", b"x", Identity("visitor-1", ""))
            assert len(place.objects()) == 40
            await one.make_pass()
            assert {name.split("/")[1] for name in place.objects()} == set(days[:3])
            assert len(place.objects()) == 24


@pytest.mark.parametrize("dies", [False, True])
async def test_an_erasure_while_it_is_being_written_stays_one(
    own_redis: RedisServer, tmp_path: Path, dies: bool
) -> None:
    """The writer has read the conversation, and it is erased before it is put; the writer may die right after that."""
    with place_of("folder", tmp_path) as place:
        async with serving(own_redis, **place.config, archive_quiet_seconds=3600.0) as harness:
            root = await harness.client()
            session = (await root.ask("How long does a refund of my quokka take?", user="u-1")).session
            async with archiving(own_redis.url, place) as one:
                put, erased = ObjectFileStore.put, False

                async def slow_put(store: ObjectFileStore, name: str, data: bytes) -> None:
                    nonlocal erased
                    if not erased:
                        erased = True
                        await erase(root, user="u-1")
                        assert place.objects() == {}
                    await put(store, name, data)
                    if dies and "/conversations/" in name:
                        raise asyncio.CancelledError

                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(ObjectFileStore, "put", slow_put)
                    if dies:
                        with pytest.raises(asyncio.CancelledError):
                            await one.make_pass()
                    else:
                        await one.make_pass()
                assert erased
                assert bool(place.objects()) is dies
                await one.make_pass()
                assert one.finished == []  # too early: another writer may still be at it
                await one.make_pass(settle=0.0)
                assert one.finished == [("default", session.removeprefix("sessions/"))]
                assert place.objects() == {}


async def test_an_erasure_that_a_crash_broke_off_is_brought_to_its_end(own_redis: RedisServer, tmp_path: Path) -> None:
    with place_of("folder", tmp_path) as place:
        async with serving(own_redis, **place.config) as harness:
            root = await harness.client()
            sessions = [(await root.ask("How long does a refund take?", user="u-1")).session for _ in range(3)]
            await wait_until_async(lambda: _true(len(place.conversations()) == 3))
            await let_expire(harness, sessions[0])
            async with archiving(own_redis.url, place) as one:
                # What a router does first, before it dies.
                await one.archive.note_erasure("default", [each.removeprefix("sessions/") for each in sessions[:2]])
                async with harness.open_store() as store:
                    noted: list[bytes] = await store.zrange(keys.ARCHIVE_ERASED, 0, -1)  # pyright: ignore
                    for each in noted:
                        await store.zadd(keys.ARCHIVE_ERASED, {each: 1.0})  # pyright: ignore - ten minutes ago
            async with harness.open_store() as store:  # the files go first, then what is in Redis, then the note
                await wait_until_async(lambda: _has_none(store, keys.ARCHIVE_ERASED))
            [kept] = place.conversations()
            assert sessions[2].removeprefix("sessions/") in kept
            request = pb.GetSessionRequest(name=sessions[2])
            assert (await root.chat.GetSession(request, metadata=root.metadata)).session.turn_count == 1
            request = pb.GetSessionRequest(name=sessions[1])
            failure = await expect_failure(lambda: root.chat.GetSession(request, metadata=root.metadata))
            assert failure.reason == "SESSION_NOT_FOUND"


async def _has_none(store: Redis, key: str) -> bool:
    return await store.zcard(key) == 0


async def _true(value: bool) -> bool:
    return value


async def test_a_router_that_is_killed_in_the_middle_leaves_each_conversation_once(
    own_redis: RedisServer, tmp_path: Path
) -> None:
    with place_of("folder", tmp_path) as place:
        async with serving(own_redis) as harness:
            root = await harness.client()
            for _ in range(12):
                await root.ask("How long does a refund take?", user="u-1")
            where = (own_redis.url, str(place.folder))
            call = f"import asyncio, tests.support.archive_harness as a; asyncio.run(a.archive_and_die{where})"
            killed = await asyncio.create_subprocess_exec(sys.executable, "-c", call)
            assert await killed.wait() == -signal.SIGKILL
            assert 1 <= len(place.conversations()) < 12
            async with archiving(own_redis.url, place) as one:
                # Two at once, as when the first had not noticed that its lease is over.
                await asyncio.gather(*(one.archiver(name).make_pass() for name in ("one", "two")))
                sessions = [re.findall(r"conversations/([0-9a-f-]+)", name)[0] for name in place.conversations()]
                assert len(sessions) == len(set(sessions)) == 12
                status = await one.make_pass()
                assert (status.live, status.archived, status.overdue_seconds) == (12, 12, 0.0)


async def test_a_store_that_is_away_is_told_loses_nothing_and_a_tenant_may_do_without(
    own_redis: RedisServer, tmp_path: Path
) -> None:
    with serving_bucket() as served:
        config: dict[str, object] = {
            "archive": "s3://files/kefu",
            "s3_endpoint": served.endpoint,
            "s3_access_key": KEY,
            "s3_secret_key": SecretStr(SECRET),
        }
        place = Place(config, None, served.objects)
        async with serving(own_redis) as harness, archiving(own_redis.url, place, settings_seconds=0.0) as one:
            root = await harness.client()
            await root.ask("How long does a refund take?")
            served.handler.away = True
            status = await one.make_pass(quiet=0.0)
            assert (status.live, status.archived) == (1, 0)
            assert status.overdue_seconds > 0
            assert "The archive's store did not answer" in status.problem
            assert await one.archive.status() == status
            served.handler.away = False
            off = admin.UpdateTenantSettingsRequest(settings=admin.TenantSettings(archive=False))
            await root.admin.UpdateTenantSettings(off, metadata=root.metadata)
            assert (await one.make_pass()).live == 0
            assert place.objects() == {}
            on = admin.UpdateTenantSettingsRequest(settings=admin.TenantSettings(archive=True), revision=1)
            await root.admin.UpdateTenantSettings(on, metadata=root.metadata)
            assert (await one.make_pass()).problem == ""
            assert len(place.conversations()) == 1
            assert not served.handler.unsigned


async def test_without_an_archive_there_is_none_and_files_are_readable_where_it_is_so_chosen(
    own_redis: RedisServer, tmp_path: Path
) -> None:
    async with serving(own_redis) as harness:
        root = await harness.client()
        assert (await root.admin.GetArchive(admin.GetArchiveRequest(), metadata=root.metadata)).place == ""
        assert (await expect_failure(lambda: exported(root))).reason == "ARCHIVE_OFF"
        asked = await root.ask("How long does a refund take?")
    with place_of("folder", tmp_path) as place:
        async with archiving(own_redis.url, place, archive_encrypted=False) as one:
            found = now_judged(ReviewVerdict.WRONG, "Ann", "It was a quokka.")
            turn = asked.started.turn.rpartition("/")[2]
            day = datetime.now(UTC).date()
            await ReviewStore(one.commands, days=400).judge("default", day, asked.session[9:], turn, found)
            await one.make_pass()
            [name] = place.conversations()
            line = json.loads(gzip.decompress(place.objects()[name]))
            assert (line["form"], line["tenant"], len(line["turns"])) == (1, "default", 1)
            review = line["turns"][0]["review"]
            assert (review["verdict"], review["reviewer"], review["note"]) == ("wrong", "Ann", "It was a quokka.")

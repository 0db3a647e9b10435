"""Pictures and PDFs of customers: a real router, Redis and folder; retrieval's own reading, with scripted passages."""

import asyncio
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from pydantic import SecretStr

from kefu.client import Client
from kefu.common.auth import Scope
from kefu.common.errors import BackendUnavailable
from kefu.common.redis.commands import RedisCommands
from kefu.router.conversations.attachments import file_store
from kefu.router.conversations.attachments.file_store import ObjectFileStore, S3Access, open_file_store
from kefu.router.conversations.attachments.sweeper import sweep
from kefu.router.domain.attachment import Attachment
from kefu.router.storage.attachment_store import AttachmentStore
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import attachment_pb2 as pb
from kefu.router.v1 import audit_pb2 as audit
from kefu.router.v1 import chat_pb2 as chat
from kefu.testing.redis_server import RedisServer
from tests.support.attachment_files import CAMERA, ORDERS, download, pdf, photo, session_of, upload, zip_archive
from tests.support.grpc_calls import INTERNAL_KEY, bearer_metadata, expect_failure
from tests.support.identity_tokens import AUDIENCE, ISSUER, public_pem
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit

REFUNDS = make_hit("Refunds of zebras arrive within 7 business days.", n=1)
PUMP = make_hit("Error E17 means that the pump is blocked: clean the filter.", title="Error E17", n=2)


@pytest.fixture
async def harness(own_redis: RedisServer, tmp_path: Path) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, attachments=str(tmp_path / "files"), attachment_mib=1) as opened:
        opened.knowledge.by_word = {"refund": [REFUNDS], "E17": [PUMP]}
        opened.replica.frames = ["Refunds of zebras arrive within 7 business days [1]."]
        yield opened


def stored(tmp_path: Path) -> list[Path]:
    return sorted(each for each in (tmp_path / "files").rglob("*") if each.is_file())


def said(answer: str) -> str:
    return " ".join(answer.split())


async def erase(client: RouterClient, session: str) -> None:
    await client.chat.DeleteSession(chat.DeleteSessionRequest(name=session), metadata=client.metadata)


async def test_no_file_is_taken_where_the_disk_is_nearly_full(
    harness: RouterHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_store, "_LEAST_FREE_SHARE", 1.1)
    customer = await harness.client()
    refused = await expect_failure(lambda: upload(customer, photo()))
    assert (refused.reason, refused.metadata["limit"]) == ("STORAGE_FULL", "KEFU_ROUTER_ATTACHMENTS")
    assert stored(tmp_path) == []


async def test_a_photo_is_kept_encrypted_without_its_place_and_goes_with_its_session(
    harness: RouterHarness, tmp_path: Path
) -> None:
    client = await harness.client(await harness.create_key("default"))
    sent = photo()
    assert CAMERA.encode() in sent
    kept = await upload(client, sent, name="C:\\me\\receipt\u202e.jpg")
    assert (kept.media_type, kept.file_name, kept.width, kept.height) == ("image/jpeg", "receipt.jpg", 1200, 900)
    assert kept.state == pb.Attachment.STATE_NO_READER
    content = await download(client, kept.name)
    assert CAMERA.encode() not in content
    assert not Image.open(io.BytesIO(content)).getexif()
    assert hashlib.sha256(content).hexdigest() == kept.sha256
    assert max(Image.open(io.BytesIO(await download(client, kept.name, preview=True))).size) == 640
    files = stored(tmp_path)
    assert [each.name for each in files] == ["content", "preview"]
    assert all(content[:200] not in each.read_bytes() for each in files)
    # Nothing could read it: that is said, and a person is offered; an answer to the words comes first.
    answer = await client.ask("How long does a refund take?", session_of(kept), attachments=[kept.name])
    assert said(answer.text).startswith("Refunds of zebras arrive within 7 business days")
    assert "I can't read what is in your file." in answer.text
    assert "reply “agent”" in answer.text
    [turn] = await client.turns(answer.session)
    assert list(turn.attachments) == [kept.name]
    await erase(client, answer.session)
    assert stored(tmp_path) == []
    gone = await expect_failure(lambda: download(client, kept.name))
    assert gone.reason == "ATTACHMENT_NOT_FOUND"


async def test_what_is_no_picture_is_refused_and_leaves_nothing(harness: RouterHarness, tmp_path: Path) -> None:
    client = await harness.client(await harness.create_key("default"))
    for data, why in ((zip_archive(), "type"), (photo()[:300], "broken"), (b"%PDF-1.7 nothing", "broken")):
        failure = await expect_failure(lambda data=data: upload(client, data, name="picture.png"))
        assert (failure.reason, failure.metadata["why"]) == ("ATTACHMENT_REFUSED", why)
    large = await expect_failure(lambda: upload(client, photo()[:100] + bytes(2**20)))
    assert (large.reason, large.metadata["max_bytes"]) == ("REQUEST_TOO_LARGE", str(2**20))
    # A picture with an archive behind it is a picture: what is behind it is not kept.
    both = await upload(client, photo() + zip_archive())
    assert not zipfile.is_zipfile(io.BytesIO(await download(client, both.name)))
    assert len(stored(tmp_path)) == 2


async def test_what_a_pdf_says_is_quoted_and_searched_with_and_is_no_evidence(harness: RouterHarness) -> None:
    client = await harness.client(await harness.create_key("default"))
    kept = await upload(client, pdf("Display shows error E17", "Total 500 EUR"), name="note.pdf")
    assert (kept.state, kept.pages, kept.has_preview) == (pb.Attachment.STATE_READ, 1, True)
    # Its words find what the message alone does not name.
    harness.replica.frames = ["The pump is blocked: clean the filter [1]."]
    answer = await client.ask("What does this mean?", session_of(kept), attachments=[kept.name])
    assert [each.title for each in answer.found.passages] == ["Error E17"]
    assert "E17" not in answer.found.query
    assert "In your file I read: “Display shows error E17 Total 500 EUR”." in answer.text
    # A figure of the file's alone is withheld; later too, since what was quoted is in no history.
    for more in ({"attachments": [kept.name]}, {}):
        harness.replica.frames = ["The pump is blocked, and you get 500 EUR [1]."]
        withheld = await client.ask("What does the error E17 mean?", answer.session, **more)
        assert withheld.text == "The pump is blocked, and you get…"
        assert withheld.handoff.reason == chat.Handoff.REASON_UNSUPPORTED_ANSWER
        assert "500" not in withheld.handoff.message
    prompts = [str(call.request) for call in harness.replica.calls]
    assert len(prompts) >= 2
    assert all("Total 500" not in prompt for prompt in prompts)


async def test_a_program_sends_a_file_with_a_question(harness: RouterHarness, tmp_path: Path) -> None:
    file = tmp_path / "note.pdf"
    file.write_bytes(pdf("Display shows error E17"))
    key = await harness.create_key("default")
    async with Client(f"127.0.0.1:{harness.routers[0].port}", key=key) as client:
        answer = await client.ask("", attach=[file, file])
        [turn] = [turn async for turn in client.turns(answer.session)]
    assert "“Display shows error E17 Display shows error E17”" in answer.text
    assert len(turn.attachments) == 2


async def test_orders_in_a_file_are_neither_followed_nor_quoted(harness: RouterHarness) -> None:
    client = await harness.client(await harness.create_key("default"))
    kept = await upload(client, pdf(ORDERS))
    searches = len(harness.knowledge.requests)
    answer = await client.ask("", session_of(kept), attachments=[kept.name])
    assert "500" not in answer.text
    assert "I take no instructions from files" in answer.text
    assert len(harness.knowledge.requests) == searches
    assert harness.replica.calls == []
    with_words = await client.ask("How long does a refund take?", answer.session, attachments=[kept.name])
    assert "7 business days" in with_words.text
    assert all("Ignore" not in f"{each.query} {each.history}" for each in harness.knowledge.requests)


async def test_files_without_a_word_are_answered_with_what_was_read_and_a_choice(harness: RouterHarness) -> None:
    client = await harness.client(await harness.create_key("default"))
    kept = await upload(client, pdf("Display shows error E17"))
    first = await client.ask("", session_of(kept), attachments=[kept.name])
    assert first.text.startswith("In your file I read: “Display shows error E17”.")
    assert list(first.completed.choices) == ["Error E17", "None of these: a person"]
    harness.replica.frames = ["The pump is blocked: clean the filter [1]."]
    second = await client.ask("Error E17", first.session)
    assert "The pump is blocked" in second.text
    assert "In your file" not in second.text  # it came with the message before
    nothing = await expect_failure(lambda: client.ask("  ", first.session))
    assert nothing.reason == "BAD_REQUEST"
    keeper = await harness.client(await harness.create_key("default", Scope.CHAT, Scope.KNOWLEDGE))
    sent = await upload(keeper, pdf("Display shows error E17"))
    draft = "collections/help/drafts/gone"
    read = await keeper.ask("", session_of(sent), attachments=[sent.name], draft=draft)
    assert read.text.startswith("In your file I read: “Display shows error E17”.")
    assert "Error E17" not in read.completed.choices, "nothing was found, and nothing was taken from live"


async def test_an_attachment_is_for_its_owner_and_the_desk_which_is_recorded(harness: RouterHarness) -> None:
    owner, other = [await harness.client(await harness.create_key("default")) for _ in range(2)]
    agent = await harness.client(await harness.create_key("default", Scope.DESK))
    foreign = await harness.client(await harness.create_key("acme", Scope.DESK))
    kept = await upload(owner, pdf("Display shows error E17"))
    answer = await owner.ask("A refund, please", session_of(kept), attachments=[kept.name])
    for client in (other, foreign):
        assert (
            await expect_failure(lambda client=client: download(client, kept.name))
        ).reason == "ATTACHMENT_NOT_FOUND"
        listing = pb.ListAttachmentsRequest(session=answer.session)
        refused = await expect_failure(
            lambda client=client, listing=listing: client.attachments.ListAttachments(listing, metadata=client.metadata)
        )
        assert refused.reason == "SESSION_NOT_FOUND"
    used = await expect_failure(lambda: other.ask("Mine", session_of(kept), attachments=[kept.name]))
    assert used.reason == "ATTACHMENT_NOT_FOUND"
    assert (await download(agent, kept.name)).startswith(b"%PDF-")
    await download(agent, kept.name, preview=True)
    listed = await agent.attachments.ListAttachments(
        pb.ListAttachmentsRequest(session=answer.session), metadata=agent.metadata
    )
    assert [(each.turn, each.text) for each in listed.attachments] == [(answer.started.turn, "Display shows error E17")]
    await download(owner, kept.name)
    root = await harness.client()
    entries = await root.audit.ListAuditEntries(audit.ListAuditEntriesRequest(), metadata=root.metadata)
    opened = [each for each in entries.entries if each.action == "attachment.open"]
    assert [each.target for each in opened] == [kept.name]  # once an hour, and no customer
    sent = await expect_failure(lambda: delete(owner, kept.name))
    assert sent.reason == "BAD_REQUEST"


async def delete(client: RouterClient, name: str) -> None:
    await client.attachments.DeleteAttachment(pb.DeleteAttachmentRequest(name=name), metadata=client.metadata)


async def test_a_conversation_takes_only_so_many_and_a_tenant_may_take_none(
    harness: RouterHarness, tmp_path: Path
) -> None:
    client = await harness.client(await harness.create_key("default"))
    first = await upload(client, pdf("one"))
    session = session_of(first)
    await asyncio.gather(*(upload(client, pdf(str(number)), session) for number in range(19)))
    full = await expect_failure(lambda: upload(client, pdf("more"), session))
    assert (full.reason, full.metadata["limit"]) == ("ATTACHMENT_LIMIT", "20")
    await delete(client, first.name)
    assert len(stored(tmp_path)) == 2 * 19
    names = [each.name for each in (await listed(client, session))]
    many = await expect_failure(lambda: client.ask("Look", session, attachments=names[:5]))
    assert many.reason == "BAD_REQUEST"
    root = await harness.client()
    off = admin.UpdateTenantSettingsRequest(settings=admin.TenantSettings(attachments=False))
    await root.admin.UpdateTenantSettings(off, metadata=root.metadata)
    assert (await expect_failure(lambda: upload(client, pdf("one")))).reason == "ATTACHMENTS_OFF"
    limits = await client.attachments.GetAttachmentLimits(pb.GetAttachmentLimitsRequest(), metadata=client.metadata)
    assert (limits.enabled, limits.max_bytes, limits.max_per_message) == (False, 2**20, 4)


async def listed(client: RouterClient, session: str) -> list[pb.Attachment]:
    request = pb.ListAttachmentsRequest(session=session)
    return list((await client.attachments.ListAttachments(request, metadata=client.metadata)).attachments)


async def test_files_are_exported_and_those_without_a_session_are_swept(harness: RouterHarness, tmp_path: Path) -> None:
    client = await harness.client(await harness.create_key("default"))
    data = pdf("Display shows error E17")
    kept = await upload(client, data, name="note.pdf")
    answer = await client.ask("A refund, please", session_of(kept), attachments=[kept.name])
    described, given = await exported(client, answer.session)
    assert (described["fileName"], given) == ("note.pdf", data)
    assert "remark" not in described
    lost = await upload(client, pdf("of nobody"))
    async with harness.open_store() as store:
        records = AttachmentStore(RedisCommands(store), most=20)
        await store.delete(f"kefu:1:{{default:{session_of(lost).removeprefix('sessions/')}}}:attachments")
        files = open_file_store(str(tmp_path / "files"), S3Access())
        now = datetime.now(UTC)
        assert await sweep(files, records, now) == 0  # it may have come just now
        assert await sweep(files, records, now + timedelta(hours=2)) == 2
        assert await sweep(files, records, now + timedelta(hours=2)) == 0
    assert await download(client, kept.name) == data


async def exported(client: RouterClient, session: str) -> tuple[dict[str, object], bytes]:
    """The line of the one attachment of an export, and its bytes."""
    export = client.chat.ExportUser(chat.ExportUserRequest(session=session), metadata=client.metadata)
    whole = b"".join([part.data async for part in export])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        [member] = [name for name in archive.namelist() if "/attachments/" in name]
        [line] = [name for name in archive.namelist() if name.endswith("attachments.jsonl")]
        return json.loads(archive.read(line)), archive.read(member)


async def test_an_export_says_which_files_cannot_be_had_any_more(
    harness: RouterHarness, own_redis: RedisServer, tmp_path: Path
) -> None:
    key = await harness.create_key("default")
    client = await harness.client(key)
    kept = await upload(client, pdf("Display shows error E17"), name="note.pdf")
    session = (await client.ask("A refund, please", session_of(kept), attachments=[kept.name])).session
    other = SecretStr("another key of thirty-two characters")
    for files, why in (("", "no place for files"), (str(tmp_path / "files"), "another KEFU_ROUTER_SECRETS_KEY")):
        async with open_router_harness(own_redis, attachments=files, secrets_key=other) as later:
            described, given = await exported(await later.client(key), session)
        assert (described["fileName"], given) == ("note.pdf", b"")
        assert why in str(described["remark"])
    for each in stored(tmp_path):
        each.unlink()
    assert "not in the store" in str((await exported(client, session))[0]["remark"])


async def test_the_files_of_an_expired_session_are_erased_with_it(harness: RouterHarness, tmp_path: Path) -> None:
    client = await harness.client(await harness.create_key("default"))
    kept = await upload(client, pdf("Display shows error E17"))
    session = (await client.ask("A refund, please", session_of(kept), attachments=[kept.name])).session
    name = session.removeprefix("sessions/")
    async with harness.open_store() as store:
        for key in await store.keys(f"kefu:1:*:{name}}}:*"):  # pyright: ignore
            await store.delete(key)
        assert len(stored(tmp_path)) == 2
        other = await harness.client(await harness.create_key("default"))
        assert (await expect_failure(lambda: erase(other, session))).reason == "SESSION_NOT_FOUND"
        assert len(stored(tmp_path)) == 2
        await erase(await harness.client(), session)
        assert stored(tmp_path) == []
        # Whoever notes the turn now does not bring the record back.
        records = AttachmentStore(RedisCommands(store), most=20)
        gone = Attachment(kept.name.rpartition("/")[2], "application/pdf", "note.pdf", 1, "", 0.0)
        await records.note_turn("default", name, [gone], "turn")
        assert (await records.of_session("default", name)).attachments == ()


async def test_what_the_store_takes_by_half_is_not_kept(
    harness: RouterHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = ObjectFileStore.put

    async def put_no_preview(self: ObjectFileStore, name: str, data: bytes) -> None:
        if name.endswith("preview"):
            raise BackendUnavailable("The store does not answer.")
        await put(self, name, data)
        assert len(stored(tmp_path)) == 1

    monkeypatch.setattr(ObjectFileStore, "put", put_no_preview)
    client = await harness.client(await harness.create_key("default"))
    assert (await expect_failure(lambda: upload(client, photo()))).reason == "BACKEND_UNAVAILABLE"
    assert stored(tmp_path) == []


async def test_where_customers_must_be_known_strangers_send_no_files(harness: RouterHarness, tmp_path: Path) -> None:
    root = await harness.client()
    required = admin.IdentitySettings(mode="required", issuer=ISSUER, audience=AUDIENCE, public_key=public_pem())
    settings = admin.UpdateTenantSettingsRequest(settings=admin.TenantSettings(identity=required))
    await root.admin.UpdateTenantSettings(settings, metadata=root.metadata)
    visitor = await harness.client(INTERNAL_KEY)
    subject = ("kefu-subject", "visitor-5e0e2f0a-0000-4000-8000-000000000001")
    visitor.metadata = bearer_metadata(INTERNAL_KEY, ("kefu-tenant", "default"), subject, ("kefu-scopes", "chat"))
    assert (await expect_failure(lambda: upload(visitor, pdf("one")))).reason == "IDENTITY_REQUIRED"
    assert stored(tmp_path) == []
    assert (await upload(await harness.client(await harness.create_key("default")), pdf("one"))).name


async def test_the_files_of_a_message_that_was_superseded_twice_go_along(harness: RouterHarness) -> None:
    client = await harness.client(await harness.create_key("default"))
    kept = await upload(client, pdf("Display shows error E17"))
    session = session_of(kept)
    harness.replica.frames = ["The pump is blocked: ", asyncio.Event()]
    for text, files in (("What does error E17 mean?", [kept.name]), ("It is on my display.", [])):
        call = client.converse(text, session, attachments=files, on_busy=chat.ON_BUSY_SUPERSEDE, resumable=True)
        async for event in call:
            if event.WhichOneof("event") == "text_delta":
                break
    harness.replica.frames = ["The pump is blocked: clean the filter [1]."]
    answer = await client.ask("Tell me, please.", session, on_busy=chat.ON_BUSY_SUPERSEDE)
    assert "In your file I read: “Display shows error E17”." in answer.text

"""
Attachment service: what customers and agents can do with the files of a conversation.

An attachment belongs to its session, and is for whoever may read that. Before the session is opened, by the first
message, it is for the subject that uploaded it. The bytes are sealed, and kept in the file store; the record is in
Redis.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from kefu.common.auth import Principal, Scope
from kefu.common.errors import (
    AttachmentNotFound,
    AttachmentRefused,
    AttachmentsOff,
    BackendUnavailable,
    BadRequest,
    RequestTooLarge,
    SessionNotFound,
    StorageFull,
)
from kefu.common.redis.memory_guard import MemoryGuard
from kefu.common.resource_names import new_session_id, new_turn_id
from kefu.router.conversations.attachments.encryption import FileCipher, WrongKey
from kefu.router.conversations.attachments.file_store import FileStore
from kefu.router.conversations.identity.identity_service import check_known
from kefu.router.domain.attachment import Attachment, KeptAttachment
from kefu.router.replicas.file_reader import ReadFile
from kefu.router.storage.attachment_store import AttachmentStore
from kefu.router.storage.sessions import SessionStore
from kefu.router.tenants.settings import SettingsStore

CONTENT, PREVIEW = "content", "preview"
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"RIFF", b"%PDF-")
_MAGIC_BYTES = 12
_LONGEST_NAME = 100
_MOST_READ, _MOST_OPENED = 4, 8
"""Files that one router has read and stores, and fetches and decrypts, at once: each is in memory as a whole, and more
than once. Apart, since the one takes half a minute and the other none."""
_FULL_SECONDS = 60.0
_NO_PLACE = "This installation has no place for files any more."
_OTHER_KEY = "The file was encrypted with another KEFU_ROUTER_SECRETS_KEY."


class Reader(Protocol):
    """Reads files; see `replicas/file_reader.py`."""

    async def read(self, principal: Principal, data: bytes) -> ReadFile:
        """What is in a file. Raises AttachmentRefused, and BackendUnavailable."""
        ...


@dataclass(frozen=True)
class Limits:
    """What is taken."""

    max_bytes: int
    per_session: int


class AttachmentService:
    """Keeps and gives attachments. `files`: None where the installation has no place for them."""

    def __init__(
        self,
        records: AttachmentStore,
        sessions: SessionStore,
        settings: SettingsStore,
        memory_guard: MemoryGuard,
        reader: Reader,
        files: FileStore | None,
        cipher: FileCipher,
        limits: Limits,
    ) -> None:
        self._records = records
        self._sessions = sessions
        self._settings = settings
        self._memory_guard = memory_guard
        self._reader = reader
        self._files = files
        self._cipher = cipher
        self._reading = asyncio.Semaphore(_MOST_READ)
        self._opening = asyncio.Semaphore(_MOST_OPENED)
        self.limits = limits

    async def is_on(self, principal: Principal) -> bool:
        """Whether the tenant takes attachments."""
        return self._files is not None and (await self._settings.effective(principal.tenant)).attachments

    async def upload(
        self, principal: Principal, session_id: str | None, file_name: str, parts: AsyncIterator[bytes]
    ) -> tuple[str, Attachment]:
        """Check, read and keep one file, without `session_id` for a new session. Returns its session.

        Errors as in the contract.
        """
        tenant = principal.tenant
        files, settings = self._files, await self._settings.effective(tenant)
        if files is None or not settings.attachments:
            raise AttachmentsOff("Files are not taken here; write what is in it.")
        check_known(principal, settings.identity)
        if not await asyncio.to_thread(files.has_room):
            raise StorageFull(
                "The disk of customers' files is nearly full, so that none is taken now.",
                metadata={"what": "attachment", "limit": "KEFU_ROUTER_ATTACHMENTS"},
                retry_after=_FULL_SECONDS,
            )
        if self._memory_guard.refuses_new:
            raise self._memory_guard.refusal("attachment")
        opens = session_id is None
        session_id = session_id or new_session_id()
        if not opens:
            known = await self._records.of_session(tenant, session_id)
            opens = await self._check_owner(principal, session_id, known.owner)
            if len(known.attachments) >= self.limits.per_session:
                raise self._records.refusal()
        data = await self._whole(parts)
        async with self._reading:
            attachment = await self._read_and_keep(principal, session_id, files, file_name, data, opens=opens)
        return session_id, attachment

    async def _read_and_keep(
        self, principal: Principal, session_id: str, files: FileStore, file_name: str, data: bytes, *, opens: bool
    ) -> Attachment:
        read = await self._reader.read(principal, data)
        tenant = principal.tenant
        attachment = Attachment(
            id=new_turn_id(),
            media_type=read.media_type,
            file_name=_plain_name(file_name),
            size=len(read.content),
            sha256=hashlib.sha256(read.content).hexdigest(),
            create_time=time.time(),
            state=read.state,
            text=read.text,
            width=read.width,
            height=read.height,
            pages=read.pages,
            has_preview=bool(read.preview),
        )
        prefix = _prefix(tenant, session_id, attachment.id)
        try:
            await self._put(files, prefix, read)
            if not await self._records.add(tenant, session_id, principal.subject, attachment, opens=opens):
                raise SessionNotFound('There is no such session; open one with "sessions/-".')
        except BaseException:  # who uploads may be gone, too
            await files.delete(prefix)
            raise
        return attachment

    async def list(self, principal: Principal, session_id: str) -> Sequence[Attachment]:
        """A session's attachments, oldest first. Raises SessionNotFound."""
        known = await self._records.of_session(principal.tenant, session_id)
        await self._check_reader(principal, session_id, known.owner)
        return known.attachments

    async def content(
        self, principal: Principal, session_id: str, attachment_id: str, *, preview: bool
    ) -> tuple[Attachment, bytes]:
        """An attachment and its bytes, or those of its preview. Raises AttachmentNotFound."""
        attachment = await self._found(principal, session_id, attachment_id)
        if preview and not attachment.has_preview:
            raise AttachmentNotFound("This file has no preview; ask for the file itself.")
        part = PREVIEW if preview else CONTENT
        try:
            async with self._opening:
                return attachment, await self._bytes(principal.tenant, session_id, attachment_id, part)
        except WrongKey:
            raise BackendUnavailable(_OTHER_KEY) from None

    async def delete(self, principal: Principal, session_id: str, attachment_id: str) -> None:
        """Erase an attachment that was not sent. Raises AttachmentNotFound, and BadRequest."""
        attachment = await self._found(principal, session_id, attachment_id, owners_only=True)
        if attachment.turn:
            raise BadRequest("name", "was sent with a message; delete the conversation to be rid of it.")
        await self._erase_files(_prefix(principal.tenant, session_id, attachment_id))
        await self._records.remove(principal.tenant, session_id, attachment_id)

    # For turns

    async def check(self, principal: Principal, session_id: str, ids: Sequence[str]) -> bool:
        """Whether a message with these attachments may open its session. Raises AttachmentNotFound."""
        known = await self._records.of_session(principal.tenant, session_id)
        if not {each.id for each in known.attachments}.issuperset(ids):
            raise _not_found()
        try:
            return await self._check_owner(principal, session_id, known.owner)
        except SessionNotFound:
            raise _not_found() from None

    async def of_turn(self, tenant: str, session_id: str, turn_id: str, ids: Sequence[str]) -> Sequence[Attachment]:
        """The attachments that a turn is sent with, and that is noted."""
        known = await self._records.of_session(tenant, session_id)
        sent = [each for each in known.attachments if each.id in ids]
        await self._records.note_turn(tenant, session_id, [each for each in sent if not each.turn], turn_id)
        return sent

    # For personal data

    async def erase(self, tenant: str, session_id: str) -> None:
        """Erase all of a session's attachments. Raises BackendUnavailable: then it is to be called again."""
        await self._erase_files(f"{tenant}/{session_id}")
        await self._records.forget(tenant, session_id)

    async def kept(self, tenant: str, session_id: str) -> AsyncIterator[KeptAttachment]:
        """All attachments of a session with their bytes, one after the other, also those that cannot be had any more.

        Raises BackendUnavailable.
        """
        for attachment in (await self._records.of_session(tenant, session_id)).attachments:
            try:
                async with self._opening:
                    kept = KeptAttachment(attachment, await self._bytes(tenant, session_id, attachment.id, CONTENT))
            except AttachmentNotFound:
                kept = KeptAttachment(attachment, remark="The file is not in the store any more.")
            except AttachmentsOff:
                kept = KeptAttachment(attachment, remark=_NO_PLACE)
            except WrongKey:
                kept = KeptAttachment(attachment, remark=_OTHER_KEY)
            yield kept

    # Helpers

    async def _whole(self, parts: AsyncIterator[bytes]) -> bytes:
        """The bytes of a file. What is too large, or nothing that is taken, is refused before the rest is read."""
        most = self.limits.max_bytes
        data = bytearray()
        async for part in parts:
            data += part
            if len(data) > most:
                raise RequestTooLarge(
                    f"The file has more than {most // 2**20} MiB; send a smaller one.",
                    metadata={"max_bytes": str(most)},
                )
            if len(data) >= _MAGIC_BYTES and not data.startswith(_MAGIC):
                break
        if not data.startswith(_MAGIC):
            raise AttachmentRefused(
                "By its content the file is neither a picture (JPEG, PNG, WebP, GIF) nor a PDF, whatever its name is.",
                metadata={"why": "type"},
            )
        return bytes(data)

    async def _put(self, files: FileStore, prefix: str, read: ReadFile) -> None:
        for part, data in ((CONTENT, read.content), (PREVIEW, read.preview)):
            if data:
                name = f"{prefix}/{part}"
                await files.put(name, await asyncio.to_thread(self._cipher.seal, name, data))

    async def _bytes(self, tenant: str, session_id: str, attachment_id: str, part: str) -> bytes:
        """Raises AttachmentsOff, AttachmentNotFound, BackendUnavailable, WrongKey."""
        if self._files is None:
            raise AttachmentsOff(_NO_PLACE)
        name = f"{_prefix(tenant, session_id, attachment_id)}/{part}"
        return await asyncio.to_thread(self._cipher.open, name, await self._files.get(name))

    async def _erase_files(self, prefix: str) -> None:
        if self._files is not None:
            await self._files.delete(prefix)

    async def _found(
        self, principal: Principal, session_id: str, attachment_id: str, *, owners_only: bool = False
    ) -> Attachment:
        known = await self._records.of_session(principal.tenant, session_id)
        found = next((each for each in known.attachments if each.id == attachment_id), None)
        check = self._check_owner if owners_only else self._check_reader
        try:
            await check(principal, session_id, known.owner)
        except SessionNotFound:
            raise _not_found() from None
        if found is None:
            raise _not_found()
        return found

    async def _check_reader(self, principal: Principal, session_id: str, owner: str) -> None:
        """Raise SessionNotFound, unless the key may read the session."""
        if Scope.DESK in principal.scopes:
            await self._sessions.session(principal.tenant, session_id)
            return
        await self._check_owner(principal, session_id, owner)

    async def _check_owner(self, principal: Principal, session_id: str, owner: str) -> bool:
        """Whether the session is still to be opened. Raises SessionNotFound, unless it is the subject's."""
        try:
            session = await self._sessions.session(principal.tenant, session_id)
        except SessionNotFound:
            if owner != principal.subject:
                raise
            return True
        if session.subject != principal.subject:
            raise SessionNotFound('There is no such session; open one with "sessions/-".')
        return False


def _prefix(tenant: str, session_id: str, attachment_id: str) -> str:
    return f"{tenant}/{session_id}/{attachment_id}"


def _plain_name(name: str) -> str:
    """A file's name without folders and without characters that are not seen."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(character for character in last if character.isprintable()).strip()
    if len(plain) <= _LONGEST_NAME:
        return plain
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[: _LONGEST_NAME - 9]}….{ending[:7]}" if dot and stem else plain[:_LONGEST_NAME]


def _not_found() -> AttachmentNotFound:
    return AttachmentNotFound("There is no such file in this conversation; list its files.")

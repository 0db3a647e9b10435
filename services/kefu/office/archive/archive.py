"""The archive: what is kept in it, found in it, and erased from it. `archiver.py` fills it and lets it age."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kefu.common.errors import ArchiveOff, AttachmentNotFound, BackendUnavailable
from kefu.office.archive.object_names import (
    CONVERSATIONS,
    SEALED_ENDING,
    Identity,
    PeopleNames,
    as_date,
    conversation_names,
    session_of,
)
from kefu.router.conversations.attachments.encryption import FileCipher, WrongKey
from kefu.router.conversations.attachments.file_store import ObjectFileStore
from kefu.router.storage.archive_marks import ArchiveMarks, ArchiveStatus

_AT_ONCE = 16
_OTHER_KEY = "A conversation of the archive was encrypted with another KEFU_ROUTER_SECRETS_KEY."


@dataclass(frozen=True)
class ArchivedConversation:
    """A conversation of the archive, by its day and its session."""

    day: str
    session_id: str
    size: int
    """Bytes in the store."""


class Archive:
    """Conversations by tenant, day and session. `files`: None where the installation has no archive.

    Every method raises BackendUnavailable when the store does not answer.
    """

    def __init__(
        self,
        files: ObjectFileStore | None,
        cipher: FileCipher,
        people: PeopleNames,
        marks: ArchiveMarks,
        *,
        place: str = "",
        days: float = 0.0,
        encrypts: bool = True,
    ) -> None:
        self._store = files
        self._cipher = cipher
        self._people = people
        self._marks = marks
        self.place = place
        """The folder or bucket, for people. Empty: there is no archive."""
        self.kept_days = days
        self.encrypts = encrypts

    @property
    def is_on(self) -> bool:
        """Whether the installation has an archive."""
        return self._store is not None

    def require(self) -> ObjectFileStore:
        """Its store. Raises ArchiveOff where there is no archive."""
        if self._store is None:
            raise ArchiveOff("This installation keeps no archive of conversations (KEFU_ROUTER_ARCHIVE).")
        return self._store

    async def status(self) -> ArchiveStatus:
        """What the router that archives has last told."""
        return await self._marks.status()

    # What is kept

    async def put(self, tenant: str, day: str, session_id: str, compressed: bytes, owner: Identity) -> None:
        """Keep a conversation, in place of what there is of it on that day. First whose it is: it is never unknown."""
        sealed_name, plain_name = conversation_names(tenant, day, session_id)
        files = self._files
        if owner.person:
            await files.put(self._people.name(tenant, day, owner, session_id), b"")
        if self.encrypts:
            sealed = await asyncio.to_thread(self._cipher.seal, sealed_name, compressed)
            await files.put(sealed_name, sealed)
        else:
            await files.put(plain_name, compressed)

    # What is found

    async def days(self, tenant: str) -> list[str]:
        """The days of which there is anything, the oldest first."""
        return [each for each in await self._files.folders(tenant) if as_date(each)] if self.is_on else []

    async def tenants(self) -> list[str]:
        """The tenants of which there is anything."""
        return await self._files.folders()

    async def conversations(self, tenant: str, day: str, after: str = "") -> AsyncIterator[ArchivedConversation]:
        """The conversations of a day by their sessions, those behind the session `after`, in any order."""
        prefix = f"{tenant}/{day}/{CONVERSATIONS}"
        # A folder would look through all of a day for an offset; what is behind it is told here, for both alike.
        async for each in self._files.objects(prefix, f"{prefix}/{after}" if after else ""):
            session_id = session_of(each.name)
            if session_id > after:
                yield ArchivedConversation(day, session_id, each.size)

    async def read(self, tenant: str, day: str, session_id: str) -> bytes | None:
        """A conversation as a line of JSON. None: there is none. Raises BackendUnavailable where no key opens it."""
        for name in conversation_names(tenant, day, session_id):
            try:
                stored = await self._files.get(name)
            except AttachmentNotFound:
                continue
            try:
                return await asyncio.to_thread(self._opened, name, stored)
            except WrongKey:
                raise BackendUnavailable(_OTHER_KEY) from None
        return None

    async def of_person(self, tenant: str, identities: Iterable[Identity]) -> Mapping[str, Sequence[str]]:
        """By session of a person: the names of the objects that tell so, the oldest day first."""
        found: dict[str, set[str]] = {}

        async def look(folder: str) -> None:
            async for each in self._files.objects(folder):
                found.setdefault(session_of(each.name), set()).add(each.name)

        named = {each for each in identities if each.person}
        if named:
            await _at_once(
                look(folder)
                for day in await self.days(tenant)
                for identity in named
                for folder in self._people.folders(tenant, day, identity)
            )
        return {session_id: sorted(names) for session_id, names in found.items()}

    async def days_of(self, tenant: str, session_id: str) -> list[str]:
        """The days on which there is something of a session: one, or two after a crash."""
        found: list[str] = []

        async def look(day: str) -> None:
            for name in conversation_names(tenant, day, session_id):
                if await self._files.exists(name):
                    found.append(day)
                    return

        await _at_once(look(day) for day in await self.days(tenant))
        return sorted(found)

    async def records(self, tenant: str, session_id: str, noted: Sequence[str] = ()) -> list[str]:
        """What is kept of a session, as lines of JSON. `noted`: what `of_person` found of it; none: look everywhere."""
        if not self.is_on:
            return []
        days = _days(noted) or await self.days_of(tenant, session_id)
        found = [await self.read(tenant, day, session_id) for day in days]
        return [each.decode() for each in found if each is not None]

    # What is erased

    async def note_erasure(self, tenant: str, session_ids: Iterable[str]) -> None:
        """Note, before anything is erased, what will be: whatever happens then, the archiver brings it to its end."""
        if self.is_on:
            await self._marks.note_erasures(tenant, list(session_ids))

    async def erase(
        self,
        tenant: str,
        session_id: str,
        *,
        owners: Iterable[Identity] | None = None,
        noted: Sequence[str] = (),
    ) -> bool:
        """Erase a session under every day. `owners`: whose it is and was; None: its record tells.

        `noted`: what `of_person` found of it. Returns whether the archive knew it: True where `owners` are given.
        """
        if not self.is_on:
            return False
        known = True
        if owners is None:
            found = _days(noted) or await self.days_of(tenant, session_id)
            known, owners = bool(found), await self._owners(tenant, session_id, found)
        people = {each for each in owners if each.person}
        days = await self.days(tenant)
        # First the conversations: with the notes of whose they are gone, nobody would find them for a second call.
        await self._files.discard([name for day in days for name in conversation_names(tenant, day, session_id)])
        folders = (folder for day in days for each in people for folder in self._people.folders(tenant, day, each))
        await self._files.discard([*(f"{folder}/{session_id}" for folder in folders), *noted])
        return known

    async def move(self, tenant: str, session_id: str, days: Iterable[str], owners: Iterable[Identity]) -> None:
        """Take a session away from days on which it is not any more. `owners`: whose it is and was."""
        people = [each for each in owners if each.person]
        for day in days:
            folders = (folder for each in people for folder in self._people.folders(tenant, day, each))
            notes = [f"{folder}/{session_id}" for folder in folders]
            await self._files.discard([*conversation_names(tenant, day, session_id), *notes])

    async def forget_owner(self, tenant: str, day: str, session_id: str, former: Identity) -> None:
        """Take away the note that a session was somebody's who has signed in since."""
        if former.person:
            folders = self._people.folders(tenant, day, former)
            await self._files.discard([f"{folder}/{session_id}" for folder in folders])

    async def erase_day(self, tenant: str, day: str) -> int:
        """Erase all that is kept under a day. Returns how many conversations there were."""
        erased = await self._files.delete(f"{tenant}/{day}/{CONVERSATIONS}")
        await self._files.delete(f"{tenant}/{day}")
        return erased

    async def _owners(self, tenant: str, session_id: str, days: Sequence[str]) -> list[Identity]:
        found: set[Identity] = set()
        for day in days:
            try:
                record = await self.read(tenant, day, session_id)
            except BackendUnavailable as error:
                if error.message != _OTHER_KEY:
                    raise
                continue  # what tells whose it is was made with that key too, and tells nobody anything any more
            if record is not None:
                found.update(owners_of(json.loads(record)["owner"]))
        return list(found)

    def _opened(self, name: str, stored: bytes) -> bytes:
        data = self._cipher.open(name, stored) if name.endswith(SEALED_ENDING) else stored
        return gzip.decompress(data)

    @property
    def _files(self) -> ObjectFileStore:
        return self.require()


def owners_of(owner: Mapping[str, Any]) -> list[Identity]:
    """Whose a session is and was, from the `owner` of its record."""
    user = str(owner.get("user", ""))
    subjects = (str(owner.get("subject", "")), str(owner.get("formerSubject", "")))
    return [Identity(subject, user) for subject in subjects if subject]


def is_older(day: str, than: date) -> bool:
    """Whether a folder is a day before another one."""
    found = as_date(day)
    return found is not None and found < than


def _days(noted: Sequence[str]) -> list[str]:
    """The days of names of objects, the oldest first."""
    return sorted({name.split("/")[1] for name in noted})


async def _at_once(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all of the work, some at once. Raises the first failure, when all of it has ended."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def run(each: Coroutine[Any, Any, None]) -> None:
        async with slots:
            await each

    for outcome in await asyncio.gather(*map(run, work), return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome

"""
Staging: a source's changes in a draft of its own, until whoever checks drafts has looked at it.

The golden questions are asked over such a draft, by a router (CheckDraft). Where no answer is lost it is promoted here,
else it is held. A source has one draft at most: a later run takes the place of the one before.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from kefu.common.errors import DraftHeld, DraftNotFound, DraftOutdated, KnowledgeMoved, TenantLimit
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.versions import DraftState, VersionRecord
from kefu.retrieval.drafts.drafts import Drafts
from kefu.retrieval.sources.fetching.findings import SourceFailed
from kefu.retrieval.storage.version_store import VersionStore

CHECK_SECONDS = 3_600.0
"""A draft that nobody has checked for so long is held."""
_LOOK_SECONDS = 0.3
_MOST_NAMED = 5


class Staging:
    """The draft of one source. `author`: "sources/{source}"."""

    def __init__(
        self,
        drafts: Drafts,
        versions: VersionStore,
        key: CollectionKey,
        author: str,
        *,
        seconds: float = CHECK_SECONDS,
    ) -> None:
        self._drafts = drafts
        self._versions = versions
        self._key = key
        self._author = author
        self._seconds = seconds

    async def open(self, title: str) -> CollectionKey:
        """A new draft of what is live. Raises SourceFailed where too many are open."""
        await self.discard()
        try:
            draft = await self._drafts.create(self._key, title, self._author)
        except TenantLimit as error:
            raise SourceFailed(f"Its changes cannot be staged: {error.message}") from None
        return draft.key

    async def discard(self) -> None:
        """Discard what earlier runs of the source have staged and nobody has promoted."""
        for record in (await self._versions.read(self._key)).records.values():
            if record.is_open and record.origin == self._author:
                with suppress(DraftNotFound):  # somebody was faster
                    await self._drafts.discard(self._key, record.id, self._author)

    async def checked(self, draft: CollectionKey, on_wait: Callable[[], Awaitable[None]]) -> str:
        """Have the draft checked, and promote it where the check finds nothing.

        Returns why it is held, a sentence; an empty text where it is live. Raises SourceFailed.
        """
        await self._drafts.request_check(self._key, draft.version, promote_when_green=False)
        until = time.monotonic() + self._seconds
        while time.monotonic() < until:
            record = (await self._versions.read(self._key)).records.get(draft.version)
            if record is None or record.state is DraftState.DISCARDED:
                raise SourceFailed("Its draft was discarded before it was checked.")
            if record.state is DraftState.PROMOTED:  # by a person
                return ""
            if record.state is DraftState.HELD:
                return _why_held(self._key, record)
            if record.state is DraftState.OPEN and await self._promote(draft.version):
                return ""
            await on_wait()
            await asyncio.sleep(_LOOK_SECONDS)
        return "Its draft was not checked within an hour: routers ask the golden questions, and may be busy or away."

    async def _promote(self, draft: str) -> bool:
        try:
            await self._drafts.promote(self._key, draft, self._author)
        except DraftOutdated:  # what is brought over from live is checked with the draft
            await self._drafts.refresh(self._key, draft, frozenset())
            await self._drafts.request_check(self._key, draft, promote_when_green=False)
            return False
        except (DraftHeld, DraftNotFound, KnowledgeMoved):  # somebody was faster: look again
            return False
        return True


def _why_held(key: CollectionKey, record: VersionRecord) -> str:
    check, where = record.check, f"collections/{key.collection}/drafts/{record.id}"
    if check is None or not check.lost:
        return f"The check of {where} failed. {check.message if check else ''}".strip()
    named = ", ".join(check.lost[:_MOST_NAMED])
    more = f" and {len(check.lost) - _MOST_NAMED} more" if len(check.lost) > _MOST_NAMED else ""
    return f"{len(check.lost)} answers to golden questions would be lost: {named}{more}. They are compared at {where}."

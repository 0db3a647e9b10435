"""
The table of versions: which version of each collection is live, and which ones a replica holds in memory.

A replica reads it anew with each entry in a collection's stream of versions. What is live by Redis becomes live here
once it is loaded, by `switch`: one assignment, so that no search sees two versions.
"""

import time
from collections.abc import Mapping

from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.versions import Versions
from kefu.retrieval.storage.change_streams import ChangeId
from kefu.retrieval.storage.version_store import VersionStore


class VersionTable:
    """The versions of all collections, by collection."""

    def __init__(self, store: VersionStore) -> None:
        self._store = store
        self._versions: dict[CollectionKey, Versions] = {}
        self._live: dict[CollectionKey, str] = {}
        self._positions: dict[CollectionKey, ChangeId] = {}

    @property
    def positions(self) -> Mapping[CollectionKey, ChangeId]:
        """By collection, the last entry that was read of its stream of versions."""
        return self._positions

    @property
    def keys(self) -> list[CollectionKey]:
        """All collections."""
        return list(self._versions)

    async def read(self, key: CollectionKey, position: ChangeId = "") -> None:
        """Read what Redis holds of a collection's versions now; `position`: the entry for which it is read."""
        position = position or await self._store.last_change(key)  # first: what changes meanwhile is read again
        self._versions[key.base] = await self._store.read(key)
        self._positions[key.base] = position

    def forget(self, key: CollectionKey) -> None:
        """Forget a collection that was deleted."""
        for table in (self._versions, self._live, self._positions):
            table.pop(key.base, None)

    def live(self, key: CollectionKey) -> str:
        """The version that is searched here for customers."""
        return self._live.get(key.base, "")

    def newest_live(self, key: CollectionKey) -> str:
        """The version that is live by Redis: the same, or one that is still being loaded."""
        known = self._versions.get(key.base)
        return known.live if known else ""

    def switch(self, key: CollectionKey) -> bool:
        """Search the version that is live by Redis from now on. False where it is that one already."""
        newest = self.newest_live(key)
        before = self._live.get(key.base)
        self._live[key.base] = newest
        return before != newest

    def holds_several(self, key: CollectionKey) -> bool:
        """Whether a collection has more than one version."""
        known = self._versions.get(key.base)
        return known is not None and bool(known.records)

    def wanted(self, key: CollectionKey) -> list[CollectionKey]:
        """The versions that are to be in memory now, the live one first."""
        known = self._versions.get(key.base)
        if known is None:
            return []
        ids = known.loaded(time.time())
        return [key.at(version) for version in sorted(ids, key=lambda each: (each != known.live, each))]

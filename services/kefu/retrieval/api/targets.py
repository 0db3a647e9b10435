"""Targets: which version of a collection a call is about, the live one or a draft."""

from collections.abc import Iterable, Sequence

from kefu.common.auth import Scope, caller, require
from kefu.common.errors import BadRequest, DraftNotFound, VersionNotFound
from kefu.common.resource_names import parse_name
from kefu.retrieval.api.access import own_collection
from kefu.retrieval.domain.collection_key import ORIGINAL, CollectionKey
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.storage.version_store import VersionStore

_LOADED_WITHIN_SECONDS = 1.0
_WAITING_SHARE = 1 / 3
"""The part of a caller's time that a search waits for a draft to be loaded: who asked may still search live."""


class Targets:
    """Finds the version that a call is about. `key` is a collection's, whatever its version."""

    def __init__(self, replica: Replica, versions: VersionStore) -> None:
        self._replica = replica
        self._versions = versions

    async def to_read(self, key: CollectionKey, draft: str) -> CollectionKey:
        """The version that a call reads: the live one here, or the `draft` that it names. Raises DraftNotFound."""
        return await self._draft(key, draft) if draft else self._replica.live_key(key)

    async def to_write(self, key: CollectionKey, draft: str) -> CollectionKey:
        """The version that a call changes: the live one by Redis, or the `draft` named. Raises DraftNotFound."""
        return await self._draft(key, draft) if draft else await self._versions.live_key(key)

    async def to_search(
        self, keys: Sequence[CollectionKey], draft: str, version: str, seconds_left: float | None
    ) -> list[CollectionKey]:
        """The versions that a search is over. `seconds_left`: the caller's; None: no limit.

        Raises DraftNotFound, ScopeMissing, BadRequest, and VersionNotFound where one is not loaded here.
        """
        if draft or version:
            require(caller(), Scope.KNOWLEDGE, Scope.INTERNAL)
        pinned = _versions_in(version)
        found = {key: key.at(pinned[key.collection]) for key in keys if key.collection in pinned}
        if draft:
            collection, _ = parse_name("draft", draft, "collections", "drafts")
            key = own_collection(collection)
            if key not in keys:
                raise BadRequest("draft", "must be of a collection that is searched.")
            if key not in found:
                found[key] = await self._draft(key, draft)
                most = _LOADED_WITHIN_SECONDS if seconds_left is None else seconds_left * _WAITING_SHARE
                if not await self._replica.wait_until_loaded(found[key], min(most, _LOADED_WITHIN_SECONDS)):
                    raise VersionNotFound(f"This draft of {collection} is not loaded here yet; search again, or live.")
        for key in pinned.keys() & {key.collection for key in keys}:
            target = next(found[each] for each in keys if each.collection == key)
            if not self._replica.is_loaded(target):
                raise VersionNotFound(f"This version of {key} is no longer loaded here; search the live one.")
        return [found.get(key) or self._replica.live_key(key) for key in keys]

    async def _draft(self, key: CollectionKey, draft: str) -> CollectionKey:
        collection, ident = parse_name("draft", draft, "collections", "drafts")
        if collection != key.collection:
            raise BadRequest("draft", f"must be of collections/{key.collection}.")
        record = (await self._versions.read(key)).records.get(ident)
        if record is None or not record.is_open:
            raise DraftNotFound(f"There is no open draft {ident} of {collection}; list the drafts.")
        return key.at(ident, is_draft=True)


def version_text(keys: Iterable[CollectionKey]) -> str:
    """What tells the versions of a search, for SearchResponse.version."""
    return ",".join(sorted(f"{key.collection}={key.version or ORIGINAL}" for key in keys))


def _versions_in(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",")] if text else []
    if not all(collection and version for collection, _, version in pairs):
        raise BadRequest("version", "is none that a search gave.")
    return {collection: "" if version == ORIGINAL else version for collection, _, version in pairs}

"""The Redis keys of a collection; docs/reference/data.md describes each of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from kefu.common.redis.schema.version import SCHEMA

REGISTRY = f"kefu:{SCHEMA}:collections"
"""Sorted set of "tenant:collection", all with score 0."""
REGISTRY_CHANGES = f"kefu:{SCHEMA}:collections:changes"
"""Stream: a collection came or went."""
SOURCE_KEYS = ("items", "state", "syncs", "outcomes", "held", "lease")
"""What is kept of a source; see sources/keys.py."""


ORIGINAL = "original"
"""What callers call the version that a collection began with; in keys it is empty."""


@dataclass(frozen=True, order=True)
class CollectionKey:
    """A version of a tenant's collection with the names of its Redis keys. One hash tag lets one transaction reach them
    all.
    """

    tenant: str
    collection: str
    version: str = ""
    """Id of the version; empty for the one that the collection began with."""
    is_draft: bool = field(default=False, compare=False)
    """Meant as a draft: a write fails when the version is none, as one meant for what is live fails in a draft."""

    @property
    def member(self) -> str:
        """The collection's member of the registry."""
        return f"{self.tenant}:{self.collection}"

    @property
    def label(self) -> str:
        """The collection and its version, for logs and digests."""
        return f"{self.member}@{self.version}" if self.version else self.member

    @property
    def base(self) -> "CollectionKey":
        """The collection, whatever its version: the key of the version that it began with."""
        return CollectionKey(self.tenant, self.collection)

    def at(self, version: str, *, is_draft: bool = False) -> "CollectionKey":
        """The same collection in another version."""
        return replace(self, version=version, is_draft=is_draft)

    @classmethod
    def from_member(cls, member: str) -> "CollectionKey":
        """Read what `member` wrote; neither id holds a colon."""
        tenant, _, collection = member.partition(":")
        return cls(tenant, collection)

    def _key(self, rest: str) -> str:
        version = f"v:{self.version}:" if self.version else ""
        return f"kefu:{SCHEMA}:{{{self.tenant}:{self.collection}}}:{version}{rest}"

    def _key_of_all(self, rest: str) -> str:
        return f"kefu:{SCHEMA}:{{{self.tenant}:{self.collection}}}:{rest}"

    @property
    def info(self) -> str:
        """Hash: the collection's metadata. It changes only with the embedder and with what the version is for, so that
        writers can WATCH it.
        """
        return self._key("collection")

    @property
    def documents(self) -> str:
        """Sorted set of document ids, all with score 0."""
        return self._key("documents")

    def document(self, document: str) -> str:
        """Hash: a document's metadata."""
        return self._key(f"document:{document}")

    def passages(self, document: str) -> str:
        """Hash: passage id to its text and headings, as JSON."""
        return self._key(f"passages:{document}")

    def vectors(self, embedder: str, document: str) -> str:
        """Hash: passage id to its vectors by one embedder, float16 little-endian, one after another."""
        return self._key(f"vectors:{embedder}:{document}")

    @property
    def curated(self) -> str:
        """Sorted set of curated answers' ids, all with score 0."""
        return self._key("curated")

    def curated_answer(self, answer: str) -> str:
        """Hash: a curated answer and its questions' vectors."""
        return self._key(f"curated:{answer}")

    @property
    def dictionary(self) -> str:
        """Hash: the user dictionary, of words and synonyms."""
        return self._key("dictionary")

    @property
    def changes(self) -> str:
        """The change stream: ids only, never text."""
        return self._key("changes")

    @property
    def confirmed(self) -> str:
        """String: one more write, so that the wait for the disk covers all earlier ones."""
        return self._key("confirmed")

    @property
    def calibration(self) -> str:
        """String: the collection's calibration as JSON."""
        return self._key("calibration")

    @property
    def reembedding(self) -> str:
        """Lease of the replica that re-embeds this collection."""
        return self._key("reembedding")

    @property
    def copied_from(self) -> str:
        """Hash: what a draft was copied from, as marks of documents and curated answers."""
        return self._key("copied_from")

    # Of the collection, whatever its version.

    @property
    def live(self) -> str:
        """String: id of the live version; absent for the one that the collection began with."""
        return self._key_of_all("live")

    @property
    def versions(self) -> str:
        """Hash: version id to what is known of it, as JSON."""
        return self._key_of_all("versions")

    @property
    def version_changes(self) -> str:
        """Stream: a version came or went, or another one became live."""
        return self._key_of_all("versions:changes")

    @property
    def caretaking(self) -> str:
        """Lease of the replica that finishes what others began."""
        return self._key_of_all("versions:lease")

    @property
    def histories(self) -> str:
        """Sorted set of the ids of documents that have earlier revisions, all with score 0."""
        return self._key_of_all("histories")

    def history(self, document: str) -> str:
        """List: earlier revisions of a document, the newest first."""
        return self._key_of_all(f"history:{document}")

    @property
    def sources(self) -> str:
        """Hash: id of a source to the source, as JSON."""
        return self._key_of_all("sources")

    def of_source(self, source: str, what: str) -> str:
        """A key of one source; see sources/keys.py."""
        return self._key_of_all(f"source:{source}:{what}")

    def of_sources(self, sources: Iterable[str]) -> list[str]:
        """All keys of some sources, without the collection's hash of them."""
        return [self.of_source(each, what) for each in sources for what in SOURCE_KEYS]

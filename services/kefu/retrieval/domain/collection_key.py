"""The Redis keys of a collection; docs/reference/data.md describes each of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from kefu.common.redis.client import SCHEMA

REGISTRY = f"kefu:{SCHEMA}:collections"
"""Sorted set of "tenant:collection", all with score 0."""
REGISTRY_CHANGES = f"kefu:{SCHEMA}:collections:changes"
"""Stream: a collection came or went."""
SOURCE_KEYS = ("items", "state", "syncs", "outcomes", "held", "lease")
"""What is kept of a source; see sources/keys.py."""


@dataclass(frozen=True, order=True)
class CollectionKey:
    """A collection of a tenant with the names of its Redis keys. One hash tag lets one transaction reach them all."""

    tenant: str
    collection: str

    @property
    def member(self) -> str:
        """The collection's member of the registry."""
        return f"{self.tenant}:{self.collection}"

    @classmethod
    def from_member(cls, member: str) -> "CollectionKey":
        """Read what `member` wrote; neither id holds a colon."""
        tenant, _, collection = member.partition(":")
        return cls(tenant, collection)

    def _key(self, rest: str) -> str:
        return f"kefu:{SCHEMA}:{{{self.tenant}:{self.collection}}}:{rest}"

    @property
    def info(self) -> str:
        """Hash: the collection's metadata. It changes only with the embedder, so that writers can WATCH it."""
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
    def sources(self) -> str:
        """Hash: id of a source to the source, as JSON."""
        return self._key("sources")

    def of_source(self, source: str, what: str) -> str:
        """A key of one source; see sources/keys.py."""
        return self._key(f"source:{source}:{what}")

    def of_sources(self, sources: Iterable[str]) -> list[str]:
        """All keys of some sources, without the collection's hash of them."""
        return [self.of_source(each, what) for each in sources for what in SOURCE_KEYS]

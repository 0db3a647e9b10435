"""
Document memory: documents and texts that searches found lately, so that a hit costs no more than asking Redis whether
its document is still the same.
"""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.storage.records import DocumentInfo, PassageText

MOST_PASSAGES = 8_192
"""Passages that are remembered: about 8 MB."""


class Edition(NamedTuple):
    """What tells one state of a document from another, as Redis has it."""

    import_key: bytes
    update_time: bytes


class _Document(NamedTuple):
    edition: Edition
    info: DocumentInfo
    texts: dict[str, PassageText | None]
    """By passage id; None: it has no such passage."""


class DocumentMemory:
    """Documents with those of their passages that were found, the one that was found longest ago first to go."""

    def __init__(self, most_passages: int = MOST_PASSAGES) -> None:
        self._most_passages = most_passages
        self._documents: OrderedDict[tuple[CollectionKey, str], _Document] = OrderedDict()
        self._passages = 0

    def recall(
        self, key: CollectionKey, document: str, edition: Edition, passages: Collection[str]
    ) -> tuple[DocumentInfo, Mapping[str, PassageText | None]] | None:
        """A document with these passages and perhaps more; None where it has changed, or they are not all known."""
        known = self._documents.get((key, document))
        if known is None or known.edition != edition or not all(passage in known.texts for passage in passages):
            return None
        self._documents.move_to_end((key, document))
        return known.info, known.texts

    def remember(
        self,
        key: CollectionKey,
        edition: Edition,
        info: DocumentInfo,
        texts: Mapping[str, PassageText | None],
    ) -> None:
        """Remember passages of a document, beside what is known of the same edition."""
        known = self._documents.get((key, info.id))
        together = {**(known.texts if known is not None and known.edition == edition else {}), **texts}
        self.forget(key, [info.id])
        self._documents[key, info.id] = _Document(edition, info, together)
        self._passages += len(together)
        while self._passages > self._most_passages:
            _, oldest = self._documents.popitem(last=False)
            self._passages -= len(oldest.texts)

    def forget(self, key: CollectionKey, documents: Collection[str]) -> None:
        """Forget documents, since they have changed or were deleted."""
        for document in documents:
            if (known := self._documents.pop((key, document), None)) is not None:
                self._passages -= len(known.texts)

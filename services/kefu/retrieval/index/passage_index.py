"""The index of one collection in a replica: vectors and hashed words, no text."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from kefu.retrieval.domain.chunk_header import ChunkHeader
from kefu.retrieval.domain.filters import Facts, SearchFilter
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.embedder import HalfVectors
from kefu.retrieval.index.bm25 import LexicalView
from kefu.retrieval.text.analyzer import Terms
from kefu.retrieval.vectorstore.vector_store import Labels, PassageVectors, Rows, VectorStore

_SELECTIONS = 64


@dataclass(frozen=True)
class IndexedPassage:
    """What a search needs of one passage."""

    id: str
    terms: Terms
    vectors: HalfVectors
    """The passage's own vector, its chunk header's if it has one, then its windows'."""
    header: ChunkHeader | None = None


@dataclass(frozen=True)
class IndexedDocument:
    """What a search needs of one document."""

    id: str
    facts: Facts
    passages: Sequence[IndexedPassage]


@dataclass(frozen=True, slots=True)
class PassageEntry:
    """A passage in the index. A `number` is never used twice."""

    number: int
    document: str
    passage: str
    facts: Facts
    rows: Rows
    header: ChunkHeader | None
    terms: Terms = field(repr=False)
    words_hash: int
    """Equal for passages with the same words, in any number and order."""

    @property
    def language(self) -> str:
        """Language of the document."""
        return self.facts.language


@dataclass(frozen=True)
class Selection:
    """The part of an index that a search filter admits."""

    labels: Labels
    lexical_mask: npt.NDArray[np.bool_]
    """A mask parallel to the numbers of `PassageIndex.lexical`."""


class PassageIndex:
    """Passages by number, with their vectors and words.

    Not safe for several threads at once; `build_lexical` alone may run beside the rest. A new passage is found by its
    vector at once, and by its words after the next `use_lexical`. A removed one is found by neither from then on.
    """

    def __init__(self, vectors: VectorStore) -> None:
        """An empty index that keeps its vectors in a store."""
        self.vectors = vectors
        self.lexical = LexicalView({})
        self.entries: dict[int, PassageEntry] = {}
        self.instructing_windows: dict[int, int | None] = {}
        """See `ScoredPassage.instructing_window`: of the passages that were found before, by number."""
        self._documents: dict[str, list[int]] = {}
        self._headers: Counter[ChunkHeader] = Counter()  # documents that have it
        self._facts: dict[int, Facts] = {}  # by label, once for all documents that have them
        self._labels: Counter[int] = Counter()  # documents that have it
        self._selections: dict[SearchFilter, Selection | None] = {}
        self._next = 0
        self._changes = 0
        self._changes_in_lexical = 0

    def __contains__(self, document: str) -> bool:
        return document in self._documents

    @property
    def documents(self) -> Iterable[str]:
        """Ids of the indexed documents."""
        return self._documents.keys()

    def put(self, document: IndexedDocument) -> None:
        """Add a document, or replace it."""
        first = self._next
        parts = [
            PassageVectors(first + at, passage.id, passage.vectors) for at, passage in enumerate(document.passages)
        ]
        label = document.facts.label
        rows = self.vectors.put(document.id, label, parts)
        self._remove_entries(document.id)
        self._next += len(parts)
        facts = self._facts.setdefault(label, document.facts) if parts else document.facts
        for at, (passage, own) in enumerate(zip(document.passages, rows, strict=True)):
            self.entries[first + at] = PassageEntry(
                number=first + at,
                document=document.id,
                passage=passage.id,
                facts=facts,
                rows=own,
                header=passage.header,
                terms=passage.terms,
                words_hash=_words_hash(passage.id, passage.terms),
            )
        self._documents[document.id] = [part.number for part in parts]
        self._headers.update({passage.header for passage in document.passages if passage.header})
        self._labels.update([label] if parts else [])
        self._changed()

    def remove(self, document: str) -> None:
        """Remove a document, if it is there."""
        self.vectors.remove(document)
        if document in self._documents:
            self._remove_entries(document)
            self._changed()

    def replace_terms(self, document: str, terms: Mapping[str, Terms]) -> None:
        """Replace the terms of a document's passages, by passage id."""
        for entry in self.entries_of(document):
            if (new := terms.get(entry.passage)) is not None:
                self.entries[entry.number] = replace(entry, terms=new, words_hash=_words_hash(entry.passage, new))
        self._changed()

    def nearest(self, queries: Vectors, count: int, selection: Selection | None) -> list[list[int]]:
        """For each query, numbers of the passages that the `count` nearest vectors belong to, each once, best first."""
        return self.vectors.nearest(queries, count, selection.labels if selection else None)

    def selection(self, search_filter: SearchFilter) -> Selection | None:
        """The part of the index that a filter admits; None: all of it."""
        if search_filter not in self._selections:
            if len(self._selections) >= _SELECTIONS:
                self._selections.clear()
            self._selections[search_filter] = self._selected(search_filter)
        return self._selections[search_filter]

    def entries_of(self, document: str) -> list[PassageEntry]:
        """A document's passages in their order."""
        return [self.entries[number] for number in self._documents.get(document, ())]

    @property
    def languages(self) -> list[str]:
        """Languages of the documents."""
        return list(dict.fromkeys(self._facts[label].language for label in self._labels))

    def is_shared(self, header: ChunkHeader) -> bool:
        """Whether several documents have this chunk header."""
        return self._headers[header] > 1

    @property
    def version(self) -> tuple[int, int]:
        """The changes so far, and how many of them BM25 knows."""
        return self._changes, self._changes_in_lexical

    @property
    def lexical_is_stale(self) -> bool:
        """Whether passages have changed since the BM25 index was built."""
        return self._changes != self._changes_in_lexical

    def lexical_input(self) -> tuple[int, Mapping[int, Terms]]:
        """A version of the index, and its terms for `build_lexical`."""
        return self._changes, {number: entry.terms for number, entry in self.entries.items()}

    @staticmethod
    def build_lexical(terms: Mapping[int, Terms]) -> LexicalView:
        """Build the BM25 index. This is slow and touches nothing of this object."""
        return LexicalView(terms)

    def use_lexical(self, version: int, view: LexicalView) -> None:
        """Search with a BM25 index that was built for a version."""
        self.lexical, self._changes_in_lexical = view, version
        self._selections.clear()

    def _selected(self, search_filter: SearchFilter) -> Selection | None:
        labels = frozenset(label for label in self._labels if search_filter.admits(self._facts[label]))
        if len(labels) == len(self._labels):
            return None
        numbers = self.lexical.numbers
        found = (self.entries.get(number) for number in numbers.tolist())
        by_words = (entry is not None and entry.facts.label in labels for entry in found)
        return Selection(labels, np.fromiter(by_words, np.bool_, len(numbers)))

    def _remove_entries(self, document: str) -> None:
        numbers = self._documents.pop(document, ())
        entries = [self.entries.pop(number) for number in numbers]
        for number in numbers:
            self.instructing_windows.pop(number, None)
        self._headers.subtract({entry.header for entry in entries if entry.header})
        if entries:
            label = entries[0].facts.label
            self._labels[label] -= 1
            if not self._labels[label]:
                del self._labels[label], self._facts[label]

    def _changed(self) -> None:
        self._changes += 1
        self._selections.clear()


def _words_hash(passage: str, terms: Terms) -> int:
    digest = hashlib.blake2b(np.unique(terms).tobytes(), digest_size=8)
    if not len(terms):
        digest.update(passage.encode())
    return int.from_bytes(digest.digest(), "little")

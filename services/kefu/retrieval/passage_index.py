"""One collection as a replica holds it for searching: vectors and hashed words, no text."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from kefu.retrieval.heads import Head
from kefu.retrieval.lexical import LexicalView
from kefu.retrieval.validity import ALWAYS, Validity
from kefu.retrieval.vectors import Halves, Rows, VectorStore
from kefu.retrieval.words import Terms


@dataclass(frozen=True)
class IndexedPassage:
    """What searching needs of one passage."""

    id: str
    terms: Terms
    vectors: Halves
    """Its own vector, its head's when it has one, then its windows'."""
    head: Head | None = None


@dataclass(frozen=True)
class IndexedDocument:
    """What searching needs of one document."""

    id: str
    language: str
    passages: Sequence[IndexedPassage]
    validity: Validity = ALWAYS


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage in the index. `number` is never used twice."""

    number: int
    document: str
    passage: str
    language: str
    validity: Validity
    rows: Rows
    head: Head | None
    terms: Terms = field(repr=False)
    words: int
    """Equal for passages with the same words, however often and in whatever order."""


class PassageIndex:
    """Passages by number, with their vectors and words.

    Not safe for several threads at once; `build_words` alone may run beside the rest. A new passage is found by its
    vector at once and by its words after the next `use_words`; a removed one is found by neither at once.
    """

    def __init__(self, dimension: int) -> None:
        """An empty index for vectors of this length."""
        self.vectors = VectorStore(dimension)
        self.words = LexicalView({})
        self.entries: dict[int, Entry] = {}
        self._documents: dict[str, list[int]] = {}
        self._heads: Counter[Head] = Counter()  # documents that have it
        self._languages: Counter[str] = Counter()  # documents in it
        self._owner = np.zeros(0, np.int64)  # row number -> passage number
        self._next = 0
        self._changes = 0
        self._changes_in_words = 0

    def __contains__(self, document: str) -> bool:
        return document in self._documents

    @property
    def documents(self) -> Iterable[str]:
        """Ids of the documents in it."""
        return self._documents.keys()

    def put(self, document: IndexedDocument) -> None:
        """Add a document, or replace it."""
        self.remove(document.id)
        vectors = [passage.vectors for passage in document.passages]
        rows = self.vectors.add(np.concatenate(vectors)) if vectors else np.empty(0, np.int64)
        starts = np.cumsum([0, *(len(part) for part in vectors)])
        numbers: list[int] = []
        for at, passage in enumerate(document.passages):
            number, self._next = self._next, self._next + 1
            own = rows[starts[at] : starts[at + 1]]
            self.entries[number] = Entry(
                number=number,
                document=document.id,
                passage=passage.id,
                language=document.language,
                validity=document.validity,
                rows=own,
                head=passage.head,
                terms=passage.terms,
                words=_words(passage),
            )
            self._own(own, number)
            numbers.append(number)
        self._documents[document.id] = numbers
        self._heads.update({passage.head for passage in document.passages if passage.head})
        self._languages.update([document.language] if numbers else [])
        self._changes += 1

    def remove(self, document: str) -> None:
        """Forget a document; nothing happens when it is not there."""
        numbers = self._documents.pop(document, None)
        if numbers is None:
            return
        entries = [self.entries.pop(number) for number in numbers]
        self._heads.subtract({entry.head for entry in entries if entry.head})
        self._languages.subtract({entry.language for entry in entries})
        self.vectors.remove(np.concatenate([np.empty(0, np.int64), *(entry.rows for entry in entries)]))
        self._changes += 1

    def owners(self, rows: Rows) -> list[Entry]:
        """The passages that some rows belong to, each once, in the order of the rows."""
        return [self.entries[number] for number in dict.fromkeys(self._owner[rows].tolist())]

    def entries_of(self, document: str) -> list[Entry]:
        """A document's passages in their order."""
        return [self.entries[number] for number in self._documents.get(document, ())]

    @property
    def languages(self) -> list[str]:
        """Languages of its documents."""
        return [language for language, count in self._languages.items() if count > 0]

    def is_shared(self, head: Head) -> bool:
        """Several documents have this head."""
        return self._heads[head] > 1

    @property
    def words_are_stale(self) -> bool:
        """There were changes since the words were last taken."""
        return self._changes != self._changes_in_words

    def words_to_build(self) -> tuple[int, Mapping[int, Terms]]:
        """A state's mark and its words, for `build_words`."""
        return self._changes, {number: entry.terms for number, entry in self.entries.items()}

    @staticmethod
    def build_words(terms: Mapping[int, Terms]) -> LexicalView:
        """The slow part of following a change; it needs no part of the index."""
        return LexicalView(terms)

    def use_words(self, mark: int, view: LexicalView) -> None:
        """Search these words from now on."""
        self.words, self._changes_in_words = view, mark

    def _own(self, rows: Rows, number: int) -> None:
        highest = int(rows.max(initial=-1))
        if highest >= len(self._owner):
            bigger = np.zeros(max(2 * len(self._owner), highest + 1), np.int64)
            bigger[: len(self._owner)] = self._owner
            self._owner = bigger
        self._owner[rows] = number


def _words(passage: IndexedPassage) -> int:
    digest = hashlib.blake2b(np.unique(passage.terms).tobytes(), digest_size=8)
    if not len(passage.terms):
        digest.update(passage.id.encode())
    return int.from_bytes(digest.digest(), "little")

"""The documents of a set of conversations, indexed in this process by the service's parser, embedder and ranker."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kefu.common.cache_folder import default_cache
from kefu.evaluation.retrieval.run import EmbeddingCache
from kefu.retrieval.documents.chunking import chunk_document
from kefu.retrieval.documents.parse import parse_document
from kefu.retrieval.domain.filters import Facts, SearchFilter
from kefu.retrieval.index.indexed_passage import index_passage
from kefu.retrieval.index.passage_index import IndexedDocument, IndexedPassage, PassageIndex
from kefu.retrieval.ranking.baseline import EmbeddingBaseline
from kefu.retrieval.ranking.query import QueryTexts, make_query, with_previous_question
from kefu.retrieval.ranking.query_rewrite import Reading, read_as
from kefu.retrieval.ranking.ranker import CollectionQuery, rank
from kefu.retrieval.ranking.signals import Query
from kefu.retrieval.storage.records import PassageText
from kefu.retrieval.text.analyzer import TRANSLATED_LANGUAGES, Analyzer
from kefu.retrieval.vectorstore.faiss_store import FaissVectors
from kefu.router.domain.turn import Passage
from kefu.text.chinese import simplified
from kefu.text.language import language_of

_FILTER = SearchFilter("2026-01-01")
_SUFFIXES = (".md", ".txt", ".html")


@dataclass(frozen=True)
class Found:
    """The result of a search: passages, best first, whose `name` is the document's."""

    passages: tuple[Passage, ...]
    question: str
    """The question as it was read."""


class IndexedDocuments:
    """The documents below a folder, searched as the service searches them."""

    def __init__(self, folder: Path, cache: EmbeddingCache) -> None:
        """Index the folder. Blocks until all is embedded."""
        self._cache = cache
        self._analyzer = Analyzer(cache_folder=default_cache())
        self._texts: dict[tuple[str, str], tuple[str, PassageText]] = {}
        documents: list[IndexedDocument] = []
        for path in sorted(each for each in folder.rglob("*") if each.suffix in _SUFFIXES):
            name = str(path.relative_to(folder).with_suffix(""))
            parsed = parse_document(path.name, path.read_bytes())
            passages: list[IndexedPassage] = []
            for chunk in chunk_document(parsed):
                text = PassageText(chunk.text, chunk.headings)
                vectors = cache.passages(chunk.embedded_texts).astype(np.float16)
                passages.append(index_passage(self._analyzer, chunk.id, parsed.title, text, vectors))
                self._texts[name, chunk.id] = parsed.title, text
            documents.append(IndexedDocument(name, Facts(language_of(path.read_text())), passages))
        self._index = PassageIndex(FaissVectors(cache.passages(["dimension"]).shape[1]))
        for document in documents:
            self._index.put(document)
        version, terms = self._index.lexical_input()
        self._index.use_lexical(version, PassageIndex.build_lexical(terms))
        self._baseline = EmbeddingBaseline.measure(cache.passages, cache.queries)

    def search(self, text: str, before: str, count: int) -> Found:
        """The best passages for a question; `before`: the one that it leans on, or an empty text."""
        query, reading = self._query(text)
        if before:
            query, _ = self._query(with_previous_question(before, text))
        found = rank([CollectionQuery(self._index, query)], count, _FILTER)
        passages: list[Passage] = []
        for number, (_, scored) in enumerate(found.hits, 1):
            document = scored.entry.document
            title, held = self._texts[document, scored.entry.passage]
            passages.append(
                Passage(
                    *(number, document, title, held.headings, held.text, "", scored.relevance),
                    language=scored.entry.facts.language,
                )
            )
        return Found(tuple(passages), read_as(text, reading) or text)

    def cosines(self, question: str, texts: Sequence[str]) -> list[float]:
        """As retrieval's CompareTexts."""
        vector = self._cache.queries([question])[0]
        return (self._cache.passages([simplified(text) for text in texts]) @ vector).tolist()

    def _query(self, text: str) -> tuple[Query, Reading]:
        texts = QueryTexts.of(text, self._analyzer, self._index)
        vectors = dict(zip(texts.embedded, self._cache.queries(texts.embedded), strict=True))
        query = make_query(texts, vectors, self._analyzer, self._baseline, TRANSLATED_LANGUAGES)
        return query, texts.reading

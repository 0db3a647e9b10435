"""
A run of retrieval on a question set, in process: the service's parser, chunking, embedder, index and ranker.

There is no Redis and no gRPC between them. Passages collapse to documents before ranks are counted.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kefu.common.cache_folder import default_cache
from kefu.evaluation.dataset import QuestionSet, SetDocument, SetQuestion
from kefu.retrieval.documents.chunking import Chunk, chunk_document
from kefu.retrieval.documents.parse import parse_document
from kefu.retrieval.documents.parsed_document import ParsedDocument, Unreadable
from kefu.retrieval.domain.filters import Facts, SearchFilter
from kefu.retrieval.embedders import Embedder, Vectors
from kefu.retrieval.embedders.embedder import question_form
from kefu.retrieval.index.bm25 import LexicalView
from kefu.retrieval.index.indexed_passage import index_passage
from kefu.retrieval.index.passage_index import IndexedDocument, IndexedPassage, PassageIndex
from kefu.retrieval.ranking.baseline import EmbeddingBaseline
from kefu.retrieval.ranking.follow_up import is_follow_up
from kefu.retrieval.ranking.query import QueryTexts, make_query, with_previous_question
from kefu.retrieval.ranking.ranker import CollectionQuery, Ranking, ScoredPassage, rank
from kefu.retrieval.ranking.score_margin import subject_line
from kefu.retrieval.ranking.signals import WEIGHTS, Query, Weights
from kefu.retrieval.storage.records import PassageText
from kefu.retrieval.text.analyzer import TRANSLATED_LANGUAGES, Analyzer
from kefu.retrieval.vectorstore.faiss_store import FaissVectors
from kefu.text.language import language_of

Report = Callable[[int], None]
"""Called with the number of texts just embedded."""
_MAX_HITS = 50
_SEARCH_FILTER = SearchFilter("2026-01-01")


class EmbeddingCache:
    """A cache of vectors in a file, by embedder and text, so that another run takes seconds. Blocks."""

    def __init__(self, embedder: Embedder, path: Path | None) -> None:
        """Open a cache file; `path` None caches nothing."""
        self._embedder = embedder
        self._database: sqlite3.Connection | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            # One thread at a time, not always the same; another run may be writing to it.
            self._database = sqlite3.connect(path, timeout=60.0, check_same_thread=False)
            self._database.execute("PRAGMA synchronous = OFF")  # vectors lost in a power cut are embedded again
            self._database.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB)")

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()

    def passages(self, texts: Sequence[str], report: Report = lambda _: None) -> Vectors:
        """Vectors of passages, one row each."""
        return self._embed("passage", texts, self._embedder.passages, report)

    def queries(self, texts: Sequence[str], report: Report = lambda _: None) -> Vectors:
        """Vectors of questions, one row each, as the service embeds them."""
        return self._embed("query", [question_form(text) for text in texts], self._embedder.queries, report)

    def _embed(
        self, kind: str, texts: Sequence[str], embed: Callable[[Sequence[str]], Vectors], report: Report
    ) -> Vectors:
        rows: list[Vectors] = []
        for text in texts:
            key = hashlib.sha256("\x00".join((self._embedder.id, kind, text)).encode()).digest()
            known = None
            if self._database is not None:
                with closing(self._database.execute("SELECT vector FROM vectors WHERE key = ?", (key,))) as found:
                    known = found.fetchone()
            if known is not None:
                row = np.frombuffer(known[0], np.float32)
            else:
                row = embed([text])[0]
                if self._database is not None:
                    with self._database:
                        self._database.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?)", (key, row.tobytes()))
            rows.append(row)
            report(1)
        return np.stack(rows) if rows else np.empty((0, self._embedder.dimension), np.float32)


@dataclass(frozen=True)
class PreparedQuestion:
    """A question of a set as a query."""

    set_question: SetQuestion
    query: Query
    query_behind: Query | None = None
    """With the previous question in front."""


@dataclass(frozen=True)
class Evaluation:
    """An indexed question set with its queries."""

    index: PassageIndex
    questions: list[PreparedQuestion]
    make_query: Callable[[str], Query]
    """Makes a query of any text."""

    def ranking(self, one: PreparedQuestion, count: int = _MAX_HITS) -> list[ScoredPassage]:
        """The passages that the service would find for a question of the set, best first."""
        return _passages(self._ranked(one, WEIGHTS, count))

    def ranking_alone(self, query: Query, count: int = _MAX_HITS) -> list[ScoredPassage]:
        """The passages that the service would find for a query with nothing before it, best first."""
        return _passages(rank([CollectionQuery(self.index, query)], count, _SEARCH_FILTER))

    def score_margin(self, one: PreparedQuestion) -> float:
        """The score margin of a question; see score_margin.py."""
        subject = subject_line(one.set_question.text)
        return self._ranked(one, WEIGHTS, 1, self.make_query(subject) if subject else None).score_margin

    def ranks(self, weights: Weights = WEIGHTS, *, history: bool = True) -> dict[str, int]:
        """Rank of the first right document by question id, 0 if it is not found.

        Questions without a right document are left out.
        """
        return {
            one.set_question.id: _first_relevant_rank(
                _passages(self._ranked(one if history else replace(one, query_behind=None), weights, _MAX_HITS)),
                one.set_question.relevant,
            )
            for one in self.questions
            if one.set_question.relevant
        }

    def _ranked(self, one: PreparedQuestion, weights: Weights, count: int, subject: Query | None = None) -> Ranking:
        found = rank([CollectionQuery(self.index, one.query, subject)], count, _SEARCH_FILTER, weights)
        if one.query_behind is None:
            return found
        behind = rank([CollectionQuery(self.index, one.query_behind, subject)], count, _SEARCH_FILTER, weights)
        return behind if is_follow_up(one.set_question.text, found.relevance, behind.relevance) else found


def _passages(found: Ranking) -> list[ScoredPassage]:
    return [scored for _, scored in found.hits]


def chunk_set(documents: Sequence[SetDocument]) -> list[tuple[SetDocument, list[Chunk]]]:
    """The chunks of a corpus, like an import of plain text files. Empty documents have none."""
    found: list[tuple[SetDocument, list[Chunk]]] = []
    for document in documents:
        text = (document.text if document.text.strip() else document.title).encode()
        try:
            parsed = parse_document("document.txt", text, title=document.title)
        except Unreadable:
            continue
        # The set's own title, even if it is empty: the service would use the file's name instead.
        found.append((document, chunk_document(ParsedDocument(document.title, parsed.blocks))))
    return found


def prepare(
    questions: QuestionSet,
    cache: EmbeddingCache,
    report: Callable[[str, int, int], None],
    chunked: Sequence[tuple[SetDocument, list[Chunk]]] | None = None,
) -> Evaluation:
    """Index a set. `report` gets the step, the number of texts done, and their total.

    `chunked`: the documents with their chunks, where they are files of another format than plain text.
    """
    analyzer = Analyzer(cache_folder=default_cache())
    chunked = chunk_set(questions.documents) if chunked is None else chunked
    total = sum(len(chunk.embedded_texts) for _, chunks in chunked for chunk in chunks)
    done = 0
    documents: list[IndexedDocument] = []
    for document, chunks in chunked:
        passages: list[IndexedPassage] = []
        for chunk in chunks:
            vectors = cache.passages(chunk.embedded_texts).astype(np.float16)
            text = PassageText(chunk.text, chunk.headings)
            passages.append(index_passage(analyzer, chunk.id, document.title, text, vectors))
            done += len(chunk.embedded_texts)
            report("embedding passages", done, total)
        language = language_of(f"{document.title}\n{document.text}")
        documents.append(IndexedDocument(document.id, Facts(language), passages))
    index = PassageIndex(FaissVectors(cache.passages(["dimension"]).shape[1]))
    for document in documents:
        index.put(document)
    index.use_lexical(*_build_lexical(index))
    baseline = EmbeddingBaseline.measure(cache.passages, cache.queries)
    prepared: list[PreparedQuestion] = []

    def query_of(text: str) -> Query:
        texts = QueryTexts.of(text, analyzer, index)
        vectors = dict(zip(texts.embedded, cache.queries(texts.embedded), strict=True))
        return make_query(texts, vectors, analyzer, baseline, TRANSLATED_LANGUAGES)

    for number, question in enumerate(questions.questions, 1):
        text = question.text.strip()
        behind = query_of(with_previous_question(question.before, text)) if question.before else None
        prepared.append(PreparedQuestion(question, query_of(text), behind))
        report("embedding questions", number, len(questions.questions))
    return Evaluation(index, prepared, query_of)


def _build_lexical(index: PassageIndex) -> tuple[int, LexicalView]:
    version, terms = index.lexical_input()
    return version, PassageIndex.build_lexical(terms)


def _first_relevant_rank(ranking: Sequence[ScoredPassage], relevant: frozenset[str]) -> int:
    """Rank of the first right document, with passages collapsed to documents; 0 without one."""
    for rank_of_document, document in enumerate(
        dict.fromkeys(entry.document for scored in ranking for entry in (scored.entry, *scored.duplicates)), 1
    ):
        if document in relevant:
            return rank_of_document
    return 0

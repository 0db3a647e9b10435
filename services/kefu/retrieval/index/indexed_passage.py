"""A stored passage with its vectors, made ready for the index."""

from kefu.retrieval.domain.chunk_header import ChunkHeader, chunk_header_text, is_standalone_question
from kefu.retrieval.embedders.embedder import HalfVectors
from kefu.retrieval.index.passage_index import IndexedPassage
from kefu.retrieval.storage.records import PassageText
from kefu.retrieval.text.analyzer import Analyzer


def index_passage(
    analyzer: Analyzer, ident: str, title: str, passage: PassageText, vectors: HalfVectors
) -> IndexedPassage:
    """The passage ready for the index. `vectors` are those of `chunking.texts_to_embed`, in that order."""
    header = chunk_header_text(title, passage.headings)
    return IndexedPassage(
        ident,
        analyzer.terms(passage.indexed_text(title)),
        vectors,
        ChunkHeader(analyzer.hash_text(header), is_standalone_question(header)) if header else None,
    )

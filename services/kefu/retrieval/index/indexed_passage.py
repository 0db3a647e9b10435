"""Texts to what searching needs of them: a passage, and a question."""

from kefu.retrieval.domain.chunk_header import ChunkHeader, chunk_header_text, is_standalone_question
from kefu.retrieval.embedders.base import HalfVectors
from kefu.retrieval.index.passage_index import IndexedPassage
from kefu.retrieval.storage.records import PassageText
from kefu.retrieval.text.analyzer import Analyzer


def index_passage(
    words: Analyzer, ident: str, title: str, passage: PassageText, vectors: HalfVectors
) -> IndexedPassage:
    """`vectors` are those of `chunking.to_embed`, in that order."""
    head = chunk_header_text(title, passage.headings)
    return IndexedPassage(
        ident,
        words.terms(passage.indexed_text(title)),
        vectors,
        ChunkHeader(words.hash_text(head), is_standalone_question(head)) if head else None,
    )

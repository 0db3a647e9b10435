"""Texts to what searching needs of them: a passage, and a question."""

from kefu.retrieval.domain.chunk_header import ChunkHeader, head_of, is_standalone_question
from kefu.retrieval.embedders.base import HalfVectors
from kefu.retrieval.index.passage_index import IndexedPassage
from kefu.retrieval.storage.records import PassageText
from kefu.retrieval.text.analyzer import Words


def index_passage(words: Words, ident: str, title: str, passage: PassageText, vectors: HalfVectors) -> IndexedPassage:
    """`vectors` are those of `chunking.to_embed`, in that order."""
    head = head_of(title, passage.headings)
    return IndexedPassage(
        ident,
        words.terms(passage.indexed(title)),
        vectors,
        ChunkHeader(words.mark(head), is_standalone_question(head)) if head else None,
    )

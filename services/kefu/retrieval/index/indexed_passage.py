"""Texts to what searching needs of them: a passage, and a question."""

from kefu.retrieval.domain.chunk_header import Head, asks, head_of
from kefu.retrieval.embedders.base import Halves
from kefu.retrieval.index.passage_index import IndexedPassage
from kefu.retrieval.storage.records import PassageText
from kefu.retrieval.text.analyzer import Words


def index_passage(words: Words, ident: str, title: str, passage: PassageText, vectors: Halves) -> IndexedPassage:
    """`vectors` are those of `chunking.to_embed`, in that order."""
    head = head_of(title, passage.headings)
    return IndexedPassage(
        ident,
        words.terms(passage.indexed(title)),
        vectors,
        Head(words.mark(head), asks(head)) if head else None,
    )

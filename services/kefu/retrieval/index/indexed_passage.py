"""Texts to what searching needs of them: a passage, and a question."""

from collections.abc import Collection

from kefu.common.text.language import language_of
from kefu.retrieval.domain.chunk_header import Head, asks, head_of
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.index.passage_index import IndexedPassage
from kefu.retrieval.ranking.baseline import Background
from kefu.retrieval.ranking.signals import Question
from kefu.retrieval.storage.records import PassageText
from kefu.retrieval.text.analyzer import Words
from kefu.retrieval.vectorstore.base import Halves


def index_passage(words: Words, ident: str, title: str, passage: PassageText, vectors: Halves) -> IndexedPassage:
    """`vectors` are those of `chunking.to_embed`, in that order."""
    head = head_of(title, passage.headings)
    return IndexedPassage(
        ident,
        words.terms(passage.indexed(title)),
        vectors,
        Head(words.mark(head), asks(head)) if head else None,
    )


def make_question(
    text: str,
    vector: Vectors,
    words: Words,
    background: Background,
    languages: Collection[str],
    english: Vectors | None = None,
) -> Question:
    """`vector` is the question's embedding, `english` that of `Words.in_english` where there is one; `languages` are
    those of the collection that `words` belongs to.
    """
    language = language_of(text)
    usual = background.usual(language)
    return Question(
        vector=vector,
        words=words.asked(text),
        translated=words.translated(text, language, languages),
        language=language,
        levels=background.levels(vector),
        usual=usual,
        usual_levels=background.levels(usual),
        english=english,
    )


def with_before(before: str, text: str) -> str:
    """A question with the one before it in front, to be embedded and searched as one."""
    return f"{before}\n{text}"

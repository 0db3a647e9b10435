"""Texts to what searching needs of them: a passage, and a question."""

from collections.abc import Collection

from kefu.common.text.language import language_of
from kefu.retrieval.background import Background
from kefu.retrieval.comparing import Question
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.heads import Head, asks, head_of
from kefu.retrieval.passage_index import IndexedPassage
from kefu.retrieval.records import PassageText
from kefu.retrieval.vectors import Halves
from kefu.retrieval.words import Words


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

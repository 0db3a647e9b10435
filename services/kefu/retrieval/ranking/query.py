"""The query of a search: its words, alone and with the question before it."""

from collections.abc import Collection

from kefu.common.text.language import language_of
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.ranking.baseline import EmbeddingBaseline
from kefu.retrieval.ranking.signals import Question
from kefu.retrieval.text.analyzer import Words


def make_question(
    text: str,
    vector: Vectors,
    words: Words,
    background: EmbeddingBaseline,
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

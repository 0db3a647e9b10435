"""The query of a search, made from a question: alone, and with the previous question in front."""

from collections.abc import Collection

from kefu.common.text.language import language_of
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.ranking.baseline import EmbeddingBaseline
from kefu.retrieval.ranking.signals import Query
from kefu.retrieval.text.analyzer import Analyzer

MAX_RANKED_CHARACTERS = 1_000
"""Characters of a question that are embedded and searched for. A longer message says what it is about in these, and
all of them are read for each collection."""


def make_query(
    text: str,
    vector: Vectors,
    analyzer: Analyzer,
    baseline: EmbeddingBaseline,
    languages: Collection[str],
    english_vector: Vectors | None = None,
) -> Query:
    """The query for one collection.

    `vector` is the question's embedding, `english_vector` that of `Analyzer.english_gloss` where there is one.
    `languages` are those of the collection whose `analyzer` this is.
    """
    language = language_of(text)
    mean_question = baseline.mean_question(language)
    return Query(
        vector=vector,
        term_groups=analyzer.query_groups(text),
        translated_groups=analyzer.translated_groups(text, language, languages),
        language=language,
        baseline=baseline.mean_cosines(vector),
        mean_question=mean_question,
        mean_question_baseline=baseline.mean_cosines(mean_question),
        english_vector=english_vector,
    )


def ranked_part(text: str) -> str:
    """The part of a message that passages are ranked by: its first 1,000 characters."""
    return text[:MAX_RANKED_CHARACTERS]


def with_previous_question(previous_question: str, text: str) -> str:
    """A question with the previous one in front, to be embedded and searched as one; of each its `ranked_part`."""
    return f"{ranked_part(previous_question)}\n{ranked_part(text)}"

"""The query of a search, made from a question: alone, and with the previous question in front."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from kefu.retrieval.embedders import Vectors
from kefu.retrieval.index.passage_index import PassageIndex
from kefu.retrieval.ranking.baseline import EmbeddingBaseline
from kefu.retrieval.ranking.query_rewrite import Reading, as_written, read_question
from kefu.retrieval.ranking.signals import Query
from kefu.retrieval.text.analyzer import Analyzer
from kefu.text.language import language_of

MAX_RANKED_CHARACTERS = 1_000
"""Characters of a question that are embedded and searched for. A longer message says what it is about in these, and
all of them are read for each collection."""


@dataclass(frozen=True)
class QueryTexts:
    """A question's reading for one collection, and what is embedded of it."""

    reading: Reading
    language: str
    """Of what the question is read as."""
    english_gloss: str
    """Empty: not needed."""

    @classmethod
    def of(cls, text: str, analyzer: Analyzer, index: PassageIndex) -> "QueryTexts":
        """Read a question for a collection: a tenth of a millisecond, and two for a misspelt English word."""
        reading = read_question(text, analyzer, index.lexical)
        return cls(
            reading,
            language_of(reading.text),
            analyzer.english_gloss(reading.text, language_of(text), index.languages),
        )

    @classmethod
    def as_written(cls, text: str) -> "QueryTexts":
        """A question that no collection is asked."""
        return cls(as_written(text), language_of(text), "")

    @property
    def embedded(self) -> list[str]:
        """The texts to embed."""
        return [*self.reading.embedded_texts, *filter(None, [self.english_gloss])]

    def vector(self, vectors: Mapping[str, Vectors]) -> Vectors:
        """The question's vector, from those of `embedded`."""
        mean = np.stack([vectors[text] for text in self.reading.embedded_texts]).mean(axis=0)
        return (mean / np.linalg.norm(mean)).astype(np.float32)


def make_query(
    texts: QueryTexts,
    vectors: Mapping[str, Vectors],
    analyzer: Analyzer,
    baseline: EmbeddingBaseline,
    languages: Collection[str],
) -> Query:
    """The query for one collection.

    `vectors` are the embeddings of `texts.embedded`. `languages` are those of the collection whose `analyzer` this is.
    """
    text, language, vector = texts.reading.text, texts.language, texts.vector(vectors)
    mean_question = baseline.mean_question(language)
    return Query(
        vector=vector,
        term_groups=analyzer.query_groups(text),
        translated_groups=analyzer.translated_groups(text, language, languages),
        language=language,
        baseline=baseline.mean_cosines(vector),
        mean_question=mean_question,
        mean_question_baseline=baseline.mean_question_cosines(language),
        english_vector=vectors[texts.english_gloss] if texts.english_gloss else None,
    )


def ranked_part(text: str) -> str:
    """The part of a message that passages are ranked by: its first 1,000 characters."""
    return text[:MAX_RANKED_CHARACTERS]


def with_previous_question(previous_question: str, text: str) -> str:
    """A question with the previous one in front, to be embedded and searched as one; of each its `ranked_part`."""
    return f"{ranked_part(previous_question)}\n{ranked_part(text)}"

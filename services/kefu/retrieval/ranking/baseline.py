"""
What embeddings do whatever a text is about, measured with a few fixed sentences about nothing in particular.

Embedding models put some questions near everything (e5 puts all cosines between 0.7 and 0.9, and questions in another
language than the passage's lower still): `mean_cosines`. And they put some passages near every question, the more so across
languages: `mean_question` is the direction that questions of a language have in common, and what a passage has of it says
nothing of the question at hand. Both hold whatever a collection holds and however small it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kefu.retrieval.embedders import BatchingEmbedder, Vectors

_NEUTRAL_SENTENCES: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Opening hours and contact details",
        "How to pay an invoice online",
        "The weather was pleasant during the summer",
        "Please restart your computer and try again",
        "The history of the city goes back to the Middle Ages",
        "Ingredients: flour, water, salt and yeast",
        "The committee will meet on Tuesday",
        "Terms and conditions apply",
        "The patient should drink plenty of water",
        "A short introduction to the theory of numbers",
        "The team won the match in extra time",
        "Your password must have eight characters",
    ),
    "zh": (
        "营业时间和联系方式",
        "如何在网上支付账单",
        "今年夏天天气很好",
        "请重新启动电脑后再试",
        "这座城市的历史可以追溯到中世纪",
        "配料：面粉、水、盐和酵母",
        "委员会将于星期二开会",
        "最终解释权归本公司所有",
        "病人应多喝水",
        "数论简介",
        "球队在加时赛中获胜",
        "密码至少需要八个字符",
    ),
}


@dataclass(frozen=True)
class EmbeddingBaseline:
    """The sentences' vectors by one embedder, as passages and as questions, by language. Made once per process."""

    passage_vectors: Mapping[str, Vectors]
    question_vectors: Mapping[str, Vectors]

    @classmethod
    def measure(
        cls, embed_passages: Callable[[Sequence[str]], Vectors], embed_questions: Callable[[Sequence[str]], Vectors]
    ) -> "EmbeddingBaseline":
        """Embed the sentences with an embedder's two methods; takes a moment, and blocks."""
        return cls(
            {language: embed_passages(sentences) for language, sentences in _NEUTRAL_SENTENCES.items()},
            {language: embed_questions(sentences) for language, sentences in _NEUTRAL_SENTENCES.items()},
        )

    @classmethod
    async def measure_batched(cls, embedder: BatchingEmbedder) -> "EmbeddingBaseline":
        """The same off the event loop, on the embedder's own thread."""
        return cls(
            {
                language: np.concatenate([rows async for rows in embedder.passages(sentences)])
                for language, sentences in _NEUTRAL_SENTENCES.items()
            },
            {language: await embedder.queries(sentences) for language, sentences in _NEUTRAL_SENTENCES.items()},
        )

    def mean_cosines(self, question: Vectors) -> dict[str, float]:
        """Mean cosine of a question with the sentences of each language."""
        return {language: float((vectors @ question).mean()) for language, vectors in self.passage_vectors.items()}

    def mean_question(self, language: str) -> Vectors:
        """The mean of questions in a language."""
        return self.question_vectors[_sentence_language(language)].mean(axis=0)


def baseline_for(mean_cosines: Mapping[str, float], language: str) -> float:
    """The level for a passage's language; Chinese and Japanese have the Chinese one, all others the English."""
    return mean_cosines[_sentence_language(language)]


def _sentence_language(language: str) -> str:
    return "zh" if language in ("zh", "ja") else "en"

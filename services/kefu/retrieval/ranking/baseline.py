"""
The embedding baseline: what embeddings give to any question, measured with a few fixed neutral sentences.

Embedding models put some questions near everything: `mean_cosines`. e5 puts all cosines between 0.7 and 0.9, and those
of a question in another language than the passage's are lower still. Embedding models also put some passages near every
question, the more so across languages. `mean_question` is the direction that questions of a language have in common.
What a passage has of that direction says nothing about the question at hand. Neither depends on the collection or on
its size.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

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
    """The neutral sentences' vectors by one embedder and by language. Made once a process."""

    passage_vectors: Mapping[str, Vectors]
    question_vectors: Mapping[str, Vectors]

    @classmethod
    def measure(
        cls, embed_passages: Callable[[Sequence[str]], Vectors], embed_questions: Callable[[Sequence[str]], Vectors]
    ) -> "EmbeddingBaseline":
        """Embed the neutral sentences with an embedder's two methods. Blocks for a moment."""
        return cls(
            {language: embed_passages(sentences) for language, sentences in _NEUTRAL_SENTENCES.items()},
            {language: embed_questions(sentences) for language, sentences in _NEUTRAL_SENTENCES.items()},
        )

    @classmethod
    async def measure_batched(cls, embedder: BatchingEmbedder) -> "EmbeddingBaseline":
        """Embed the neutral sentences on the embedder's own thread, off the event loop."""
        return cls(
            {
                language: np.concatenate([rows async for rows in embedder.passages(sentences)])
                for language, sentences in _NEUTRAL_SENTENCES.items()
            },
            {language: await embedder.queries(sentences) for language, sentences in _NEUTRAL_SENTENCES.items()},
        )

    def mean_cosines(self, question: Vectors) -> dict[str, float]:
        """Mean cosine of a question with the neutral sentences, by the language of these."""
        return {language: float((vectors @ question).mean()) for language, vectors in self.passage_vectors.items()}

    def mean_question(self, language: str) -> Vectors:
        """Mean vector of the neutral questions in a language."""
        return self._mean_questions[_sentence_language(language)]

    def mean_question_cosines(self, language: str) -> dict[str, float]:
        """`mean_cosines` of `mean_question`."""
        return self._mean_question_cosines[_sentence_language(language)]

    @cached_property
    def _mean_questions(self) -> dict[str, Vectors]:
        return {language: vectors.mean(axis=0) for language, vectors in self.question_vectors.items()}

    @cached_property
    def _mean_question_cosines(self) -> dict[str, dict[str, float]]:
        return {language: self.mean_cosines(mean) for language, mean in self._mean_questions.items()}


def baseline_for(mean_cosines: Mapping[str, float], language: str) -> float:
    """The mean cosine for a passage's language: the Chinese one for Chinese and Japanese, else the English one."""
    return mean_cosines[_sentence_language(language)]


def _sentence_language(language: str) -> str:
    return "zh" if language in ("zh", "ja") else "en"

"""
Example questions: what a collection was asked in earnest, and whether it holds the answer.

A passage about the very subject does not tell whether it answers a question. Questions that were asked before do: one
that is nearer to those without an answer than to those with one has none either. So a collection that is calibrated
with enough questions of both kinds remembers their embeddings, not their words, and its relevance goes by both.
"""

import base64
import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from kefu.retrieval.domain.logistic_regression import Floats, logistic_regression

Vectors = npt.NDArray[np.float32]
LEAST_EXAMPLES = 50
"""Questions of each kind from which on they are remembered: twenty say less than relevance alone."""
MOST_EXAMPLES = 500
"""Questions of each kind that are remembered: 0.4 MB of a collection's 384 numbers each."""
_NEAREST = 5
_SCALES = np.array([1 / 3, 20.0])  # log-odds and nearness, about as wide as each other


@dataclass(frozen=True)
class ExampleQuestions:
    """Embeddings of questions with an answer and without, and how much they weigh beside relevance."""

    answerable: Vectors
    foreign: Vectors
    weights: tuple[float, float, float]
    """Bias, weight of the log-odds of relevance, weight of the nearness."""

    @classmethod
    def fitted(cls, answerable: Vectors, yes: Floats, foreign: Vectors, no: Floats) -> Self | None:
        """Examples from questions of both kinds and the relevance that each had; None: there are too few."""
        if min(len(answerable), len(foreign)) < LEAST_EXAMPLES:
            return None
        answerable, foreign = answerable[:MOST_EXAMPLES], foreign[:MOST_EXAMPLES]
        yes, no = yes[:MOST_EXAMPLES], no[:MOST_EXAMPLES]
        rows = np.concatenate(
            [
                _rows(yes, _nearest(answerable, answerable, itself=True) - _nearest(answerable, foreign)),
                _rows(no, _nearest(foreign, answerable) - _nearest(foreign, foreign, itself=True)),
            ]
        )
        answers = np.repeat([1.0, 0.0], [len(yes), len(no)])
        shares = np.repeat([0.5 / len(yes), 0.5 / len(no)], [len(yes), len(no)]) * len(answers)
        bias, *others = logistic_regression(rows, answers, shares).tolist()
        return cls(answerable, foreign, (bias, others[0], others[1]))

    def relevance(self, relevance: Floats, questions: Vectors, *, itself: bool = False) -> Floats:
        """The relevance of the best passages of some questions, by that of the passages alone.

        `itself`: the questions are the examples, in their order, and each is judged by the others.
        """
        yes, no = len(self.answerable), len(self.foreign)
        if itself:
            near = np.concatenate(
                [
                    _nearest(questions[:yes], self.answerable, itself=True) - _nearest(questions[:yes], self.foreign),
                    _nearest(questions[-no:], self.answerable) - _nearest(questions[-no:], self.foreign, itself=True),
                ]
            )
        else:
            near = _nearest(questions, self.answerable) - _nearest(questions, self.foreign)
        bias, *weights = self.weights
        return 1 / (1 + np.exp(-(bias + _rows(relevance, near) @ np.array(weights))))

    def dump(self) -> str:
        """As text."""
        return base64.b64encode(np.concatenate([self.answerable, self.foreign]).astype(np.float16).tobytes()).decode()

    @classmethod
    def load(cls, dumped: str, answerable: int, foreign: int, weights: tuple[float, float, float]) -> Self:
        """From what `dump` wrote, for so many questions of each kind."""
        vectors = np.frombuffer(base64.b64decode(dumped), np.float16).reshape(answerable + foreign, -1)
        wide = vectors.astype(np.float32)
        return cls(wide[:answerable], wide[answerable:], weights)


def _rows(relevance: Floats, near: Floats) -> Floats:
    bounded = np.clip(relevance, 1e-6, 1 - 1e-6)
    return np.column_stack([np.log(bounded / (1 - bounded)), near]) * _SCALES


def _nearest(questions: Vectors, examples: Vectors, *, itself: bool = False) -> Floats:
    """Mean cosine of each question with the five nearest examples; without itself, where it is one of them."""
    cosines = (questions @ examples.T).astype(np.float64)
    if itself:
        np.fill_diagonal(cosines, -math.inf)
    return np.sort(cosines, axis=1)[:, -_NEAREST:].mean(axis=1)

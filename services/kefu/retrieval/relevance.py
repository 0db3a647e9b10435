"""
How likely a passage is to bear on a question, 0 to 1, from absolute signals: a logistic function of five features.

The router hands over when the best passage stays below a threshold, so the numbers must mean the same for every
question, language and size of collection. Hence no ranks and no standardised scores among the features.

Provenance of the weights: logistic regression (L2, by `kefu eval relevance`) on the best passage of each question with
an even number in its id, of abstain_en, abstain_zh, support_en, parallel_en, parallel_zh, cross_zh_to_en and
cross_en_to_zh; questions of one set asked of another set's documents stand for more unanswerable ones, in one language
and across two.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Features:
    """What `relevance` looks at."""

    own: float
    """Cosine of the question and the passage."""
    window: float
    """Greatest cosine of the question and a window of the passage."""
    relative: float
    """BM25 as a share of its bound, 0 to 1."""
    coverage: float
    """Share of the question's words in the passage, weighted by rarity, 0 to 1."""
    other_language: bool
    """The passage is not in the question's language: then words say nothing, and cosines are lower."""

    def row(self) -> tuple[float, ...]:
        """As the regression sees them, about -1 to 1 each."""
        same = 0.0 if self.other_language else 1.0
        return (
            (self.own + self.window - 1.7) * 10,
            (self.window - self.own) * 10,
            same * self.relative,
            same * self.coverage,
            1.0 - same,
            (1.0 - same) * (self.own + self.window - 1.7) * 10,
        )


WEIGHTS: tuple[float, ...] = (2.0, 0.0, 2.0, 3.0, 1.0, 1.0)
"""One for each number of `Features.row`."""
BIAS = -2.0


def relevance(features: Features) -> float:
    """The probability, 0 to 1."""
    return relevance_of_row(features.row())


def relevance_of_row(row: tuple[float, ...]) -> float:
    """The same from `Features.row`."""
    total = BIAS + sum(weight * value for weight, value in zip(WEIGHTS, row, strict=True))
    return 1 / (1 + math.exp(-total))

"""
How likely a passage is to bear on a question, 0 to 1, from absolute signals: a logistic function of six features.

The router hands over when the best passage stays below a threshold, so the numbers must mean the same for every
question, language and size of collection. Hence no ranks and no standardised scores among the features.

Provenance of the weights: logistic regression by `kefu eval relevance` on the best passage of each question with an
even number in its id, of abstain_en, abstain_zh, parallel_en, parallel_zh, cross_zh_to_en, cross_en_to_zh and
support_en, with questions of one set asked of another's documents, in one language and across two: --foreign
cross_zh_to_en=abstain_en, cross_zh_to_en=support_en, abstain_en=abstain_zh, support_en=parallel_zh,
parallel_en=support_en and support_en=abstain_en. On the odd ones, AUC: abstain_en .977, abstain_zh 1.000, all together
.953; support_en, whose unanswerable questions are about subjects that the documents do treat, .653. At 0.3: 94 % of the
answerable pass, and 23 % of the others.
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

    background: float
    """Mean cosine of the question with texts about nothing in particular; see background.py."""

    def row(self) -> tuple[float, ...]:
        """As the regression sees them, about -1 to 1 each."""
        other = float(self.other_language)
        plain = (self.own + self.window - 1.7) * 10
        raised = (self.own + self.window - 2 * self.background) * 10
        sharper = (self.window - self.own) * 10
        return (
            *(plain, raised, sharper),
            *((1 - other) * self.relative, (1 - other) * self.coverage),
            *(other, other * plain, other * raised, other * sharper),
        )


WEIGHTS: tuple[float, ...] = (1.855, 1.723, 2.485, 2.731, 5.56, -1.805, -3.584, 1.558, 2.722)
"""One for each number of `Features.row`."""
BIAS = -5.287


def relevance(features: Features) -> float:
    """The probability, 0 to 1."""
    return relevance_of_row(features.row())


def relevance_of_row(row: tuple[float, ...]) -> float:
    """The same from `Features.row`."""
    total = BIAS + sum(weight * value for weight, value in zip(WEIGHTS, row, strict=True))
    return 1 / (1 + math.exp(-total))

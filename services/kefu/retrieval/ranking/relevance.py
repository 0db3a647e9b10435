"""
Relevance: how likely a passage is to bear on a question, 0 to 1. A logistic function of a dozen absolute signals.

The router hands off when the best passage stays below a threshold. So a relevance must mean the same for every
question, language and size of collection. Hence the features hold no ranks and no standardised scores. The score lead
is a difference of scores, and has its default value where there are too few other passages.

Provenance of the weights: logistic regression by `kefu eval relevance` on the best passage of each question with an
even number in its id, of bank_in_domain_en, abstain_en, abstain_zh, parallel_en, parallel_zh, cross_zh_to_en,
cross_en_to_zh, support_en, insurance_zh and webapps_faq_en, with questions of one set asked of another's documents, in
one language and across two: --foreign cross_zh_to_en=abstain_en, cross_zh_to_en=support_en, abstain_en=abstain_zh,
support_en=parallel_zh, parallel_en=support_en, support_en=abstain_en, parallel_zh=insurance_zh and
insurance_zh=parallel_zh. On the odd ones, AUC: abstain_en .995, abstain_zh .999, all together .967; support_en and
bank_in_domain_en, whose unanswerable questions are about subjects that the documents do treat, .624 and .823. At 0.5:
97 % of the answerable pass, 5 % of the foreign ones, and 63 % of these two sets' own.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Features:
    """The features of a query and one passage."""

    passage_cosine: float
    """Cosine of the question and the passage."""
    window_cosine: float
    """Greatest cosine of the question and a window of the passage."""
    relative_bm25: float
    """BM25 as a share of its bound, 0 to 1."""
    coverage: float
    """Share of the question's words in the passage, weighted by rarity, 0 to 1."""
    other_language: bool
    """Whether the passage is in another language: then words are translated, and cosines are lower."""
    baseline: float
    """Mean cosine of the question with neutral sentences; see baseline.py."""
    header_cosine: float
    """Cosine of the question and the chunk header; `passage_cosine` without a header."""
    score_lead: float
    """The passage's score less the mean of the nine best others."""
    in_chinese: bool = False
    """Whether question and passage are Chinese: e5 sees short Chinese texts as less alike than English ones."""

    def row(self) -> tuple[float, ...]:
        """The numbers of the regression, about -1 to 1 each."""
        other = float(self.other_language)
        plain = (self.passage_cosine + self.window_cosine - 1.7) * 10
        raised = (self.passage_cosine + self.window_cosine - 2 * self.baseline) * 10
        sharper = (self.window_cosine - self.passage_cosine) * 10
        stands_out = self.score_lead * 10
        return (
            *(plain, raised, sharper, stands_out, (self.header_cosine - self.passage_cosine) * 10),
            *((1 - other) * self.relative_bm25, (1 - other) * self.coverage),
            *(other, other * plain, other * raised, other * sharper, other * stands_out, other * self.relative_bm25),
            float(self.in_chinese),
        )


WEIGHTS: tuple[float, ...] = (
    *(1.583, 2.417, 0.982, 2.598, 2.583),
    *(-1.351, 3.219),
    *(-1.322, -2.37, 0.546, 1.352, 4.475, 2.663),
    0.748,
)
"""One for each number of `Features.row`."""
BIAS = -5.154


def relevance(features: Features) -> float:
    """The probability that a passage bears on a question, 0 to 1."""
    return relevance_of_row(features.row())


def relevance_of_row(row: tuple[float, ...]) -> float:
    """The same from `Features.row`."""
    total = BIAS + sum(weight * value for weight, value in zip(WEIGHTS, row, strict=True))
    return 1 / (1 + math.exp(-total))


def log_odds(probability: float) -> float:
    """The logarithm of the odds of a relevance, at most 14 away from 0."""
    bounded = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))

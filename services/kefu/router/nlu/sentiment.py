"""
The sentiment of messages, by a short list of words in each language.

The score counts words and turns those behind a negation. It knows no irony and no context; it is good for one thing, to
tell the desk which of the waiting customers to look at first.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from kefu.router.domain.handoff import Sentiment
from kefu.router.nlu.packs import PACKS
from kefu.router.nlu.packs.language_pack import SentimentWords

_LAST_COUNTS = 2
_MOST_WORDS = 100
"""Words of feeling that count in one message and language; whoever writes more is not told better by them."""


@dataclass(frozen=True)
class _Scorer:
    """The words of one language, with -1 for bad ones and 1 for good ones."""

    words: SentimentWords
    weights: Mapping[str, int]
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, words: SentimentWords) -> "_Scorer":
        weights = {**dict.fromkeys(words.negative.split(), -1), **dict.fromkeys(words.positive.split(), 1)}
        anywhere = "|".join(sorted(weights, key=len, reverse=True))
        return cls(words, weights, re.compile(rf"(?<![a-z'])(?:{anywhere})(?![a-z'])" if words.by_word else anywhere))

    def score(self, normalized: str) -> int:
        score = 0
        for found in islice(self.pattern.finditer(normalized), _MOST_WORDS):
            before = normalized[max(0, found.start() - self.words.negated_within) : found.start()]
            weight = self.weights[found[0]]
            score += -weight if self.words.negation.search(before) else weight
        return score


_SCORERS = [_Scorer.of(pack.sentiment) for pack in PACKS]


def sentiment_of(normalized: Sequence[str]) -> Sentiment:
    """The sentiment of a customer's normalized messages, oldest first; the last one counts double."""
    if not normalized:
        return Sentiment.NEUTRAL
    score = sum(map(_score, normalized[:-1])) + _LAST_COUNTS * _score(normalized[-1])
    return Sentiment.NEGATIVE if score < 0 else Sentiment.POSITIVE if score > 0 else Sentiment.NEUTRAL


def _score(normalized: str) -> int:
    return sum(scorer.score(normalized) for scorer in _SCORERS)

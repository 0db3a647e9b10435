"""
Follow-up questions: whether a question leans on the one before it ("And for textiles?", 那家具呢), or begins anew.

Its words tell most of it, by a linear model over words, pairs of words, how it begins and ends, and its length. The
weights are learnt from the questions of made-up companies by `kefu.evaluation.conversations.follow_up_fit`; the few
hundred words that count are readable in follow_up_weights.json. The search tells the rest: a question that leans on
another finds more relevant passages with that one in front.
"""

import json
import math
import re
import unicodedata
from functools import cache
from importlib.resources import files
from itertools import pairwise

from kefu.common.text.chinese import simplified
from kefu.retrieval.ranking.relevance import log_odds

WEIGHTS = "follow_up_weights.json"
LENGTH = "#length"
"""The feature of how long a question is."""
_TOKENS = re.compile(r"[a-z0-9']+|[\u4e00-\u9fff]|[^\s\w]")
_LONGEST = 4.0
_GAIN = 0.5
_LEAST = 0.5
"""See is_follow_up. Chosen on tests/data/evidence/calibrate, by answers with the one before and without."""
_SUREST = 0.99
"""Relevance beyond which a passage is no more relevant."""


def features(question: str) -> dict[str, float]:
    """What the model sees of a question: 1 for each of its words and pairs, "^ " at its beginning, " $" at its end."""
    text = simplified(unicodedata.normalize("NFKC", question)).lower().replace("’", "'")
    tokens = ["0" if token[0].isdigit() else token for token in _TOKENS.findall(text)]
    found = dict.fromkeys(tokens, 1.0)
    for length in (1, 2, 3):
        found["^ " + " ".join(tokens[:length])] = 1.0
    for length in (1, 2):
        found[" ".join(tokens[-length:]) + " $"] = 1.0
    found |= dict.fromkeys((f"{one} {other}" for one, other in pairwise(tokens)), 1.0)
    words = [token for token in tokens if token.isalnum()]
    count = sum(0.5 if "\u4e00" <= token <= "\u9fff" else 1.0 for token in words)
    found[LENGTH] = min(math.log1p(count), _LONGEST) / 2
    return found


def follow_up_log_odds(question: str) -> float:
    """The log-odds that a question leans on the one before it, by its words, where as many do as do not."""
    weights = _weights()
    return weights[""] + sum(weights.get(name, 0.0) * value for name, value in features(question).items())


def is_follow_up(question: str, relevance: float, relevance_behind: float) -> bool:
    """Whether to search with the question before.

    `relevance`: of the best passage for the question alone; `relevance_behind`: with the question before in front.
    """
    gained = log_odds(_bounded(relevance_behind)) - log_odds(_bounded(relevance))
    return follow_up_log_odds(question) + _GAIN * gained > _LEAST


def may_be_follow_up(question: str, relevance: float) -> bool:
    """Whether a search with the question before could change what `is_follow_up` says."""
    return is_follow_up(question, relevance, 1.0)


def _bounded(relevance: float) -> float:
    return min(max(relevance, 1 - _SUREST), _SUREST)


@cache
def _weights() -> dict[str, float]:
    return json.loads((files(__package__ or "") / WEIGHTS).read_text())

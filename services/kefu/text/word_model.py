"""
Word models: what kind of question a message is, by a linear model over its words.

A model is a file of weights by feature, which can be read: words, pairs of words, how a question begins and ends, and
its length. `kefu.evaluation.conversations.word_model_fit` learns them.
"""

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from itertools import pairwise

from kefu.text.chinese import simplified

CONSTANT = ""
"""The feature that every question has."""
LENGTH = "#length"
"""The feature of how long a question is."""
_TOKENS = re.compile(r"[a-z0-9']+|[\u4e00-\u9fff]|[^\s\w]")
_LONGEST = 4.0


def word_features(question: str) -> dict[str, float]:
    """What a model sees of a question: 1 for each of its words and pairs, "^ " at its beginning, " $" at its end.

    Takes linear time.
    """
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
    found[CONSTANT] = 1.0
    return found


def word_log_odds(question: str, package: str, file: str) -> float:
    """The log-odds of a question by the weights in a file of a package."""
    weights = _weights(package, file)
    return math.fsum(weights.get(name, 0.0) * value for name, value in word_features(question).items())


@cache
def _weights(package: str, file: str) -> Mapping[str, float]:
    return json.loads(files(package).joinpath(file).read_text(encoding="utf-8"))

"""
The customer's own case: a message about this very order, parcel, refund, invoice or account, which only somebody who
may look it up can answer. "Where is my order 12345?" is one; "how do I track my order?" asks for the rule, in the same
words, and the documents have the answer.

A logistic function of what the words say (see `OwnCasePatterns`) and of whether the customer wrote a number. No single
sign decides: "my refund" occurs in both kinds, and so does "two weeks ago".

Provenance of the weights: `python -m loadtest.quality.own_case_fit`, on messages with an even number. The threshold is
set for few false alarms: an answer about the rule that is not given is worse than one that is given for a case.
"""

import math
import re
from collections.abc import Callable

from kefu.router.nlu.packs import PACKS
from kefu.router.nlu.packs.language_pack import OwnCasePatterns

LEAST_SCORE = 0.6
"""From here on a message counts as the customer's own case, whatever the documents say."""
LIKELY_SCORE = 0.3
"""From here on it counts as one where the documents say nothing that is relevant."""
_MOST_READ = 300
"""Characters of a message that are read: whoever writes more says what it is about in the first of them."""
SIGNS = (
    *("possession", "whereabouts", "missing", "deed", "suffered", "errand", "elapsed", "rule", "condition", "number"),
    *("whereabouts+possession", "possession+missing", "deed+missing", "number+errand"),
    *("suffered-rule", "(possession|number)-rule-condition"),
)
"""The names of the numbers of `signs_of`; + and | read as and, or; - as and not."""
WEIGHTS: tuple[float, ...] = (
    *(2.1, 5.06, 3.66, 1.16, 2.74, 2.16, 1.77, -1.43, -1.6, 0.91),
    *(0.59, -0.24, 0.39, 2.05),
    *(1.58, 0.64),
)
"""One for each of `SIGNS`."""
BIAS = -3.74
_PATTERNS = tuple(pack.own_case for pack in PACKS)
_NUMBER = re.compile(
    rf"(?:{'|'.join(pack.slots.number_label for pack in PACKS)}|#\s?)[A-Z]{{0,4}}-?\d{{3}}"
    r"|(?<![A-Za-z0-9])(?:[A-Z]{1,4}-?\d{4}|\d{6}|\d{2,5}-\d{2,5})",
    re.IGNORECASE,
)
"""The number under which something is filed."""


def own_case_score(normalized: str) -> float:
    """How likely a normalized message is about the customer's own case, 0 to 1."""
    total = BIAS + sum(weight * sign for weight, sign in zip(WEIGHTS, signs_of(normalized), strict=True))
    return 1 / (1 + math.exp(-total))


def signs_of(normalized: str) -> tuple[bool, ...]:
    """The numbers of the regression for a normalized message; see `SIGNS`."""
    text = normalized[:_MOST_READ]

    def says(pattern: Callable[[OwnCasePatterns], re.Pattern[str]]) -> bool:
        return any(pattern(patterns).search(text) for patterns in _PATTERNS)

    possession, whereabouts = says(lambda of: of.possession), says(lambda of: of.whereabouts)
    missing, deed = says(lambda of: of.missing), says(lambda of: of.deed)
    suffered, errand, elapsed = says(lambda of: of.suffered), says(lambda of: of.errand), says(lambda of: of.elapsed)
    rule, condition = says(lambda of: of.rule), says(lambda of: of.condition)
    number = _NUMBER.search(text) is not None
    return (
        *(possession, whereabouts, missing, deed, suffered, errand, elapsed, rule, condition, number),
        *(whereabouts and possession, possession and missing, deed and missing, number and errand),
        *(suffered and not rule, (possession or number) and not rule and not condition),
    )


def asks_whereabouts(normalized: str) -> bool:
    """Whether a message asks where something is, or says that it has not come."""
    text = normalized[:_MOST_READ]
    return any(patterns.whereabouts.search(text) or patterns.missing.search(text) for patterns in _PATTERNS)


def asks_something(normalized: str) -> bool:
    """Whether a message asks about a rule, supposes a case, or ends as a question."""
    text = normalized[:_MOST_READ]
    return "?" in text or any(patterns.rule.search(text) or patterns.condition.search(text) for patterns in _PATTERNS)

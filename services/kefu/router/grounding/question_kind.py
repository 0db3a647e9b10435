"""What kind of answer a question asks for: a figure, steps, or two things side by side."""

import re

from kefu.common.text.word_model import word_log_odds

WORDS = "comparison_words.json"

_FIGURE = re.compile(
    r"\bhow (?:many|much|long|old|far|often|tall|large|big|high|soon|fast)\b|\bwhen\b|\bwhat time\b"
    r"|\bpercentage\b|\bscore\b"
    r"|\b(?:what|which) (?:percent|number|year|date|day|age|amount|price|fee)\b|多少|几|何时|什么时候|哪一?年|哪天"
    r"|[多][久长大高远快]|比例|百分|比分|日期|年份",
    re.IGNORECASE,
)
_HOW = re.compile(
    r"\bhow (?:do|can|could|should|would|to|does)\b|\bwhere (?:do|can)\b|怎么|如何|怎样|咋|步骤|流程|在哪",
    re.IGNORECASE,
)


def asks_for_figure(question: str) -> bool:
    """Whether the answer is a number, an amount or a time."""
    return bool(_FIGURE.search(question))


def asks_how(question: str) -> bool:
    """Whether the answer is what to do."""
    return bool(_HOW.search(question))


def comparison_log_odds(question: str) -> float:
    """The log-odds that a question compares two things, or asks the same of both ("how long each", 各要几天).

    By a word model (`common/text/word_model`) that is learnt from the questions of made-up companies.
    """
    return word_log_odds(question, "kefu.router.grounding", WORDS)

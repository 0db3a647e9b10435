"""What kind of answer a question asks for: a figure, steps, or two things side by side."""

import re
from dataclasses import dataclass

from kefu.text.quantities import CLOCK, FAMILY, quantities_in, unit_behind
from kefu.text.word_model import word_log_odds

WORDS = "comparison_words.json"

_NUMBER = re.compile(
    r"\bhow (?:many|much|long|old|far|often|tall|large|big|high|soon|fast)\b|\bpercentage\b|\bscore\b"
    r"|\b(?:what|which) (?:percent|number|age|amount|price|fee)\b|多少|几|[多][久长大高远快]|比例|百分|比分",
    re.IGNORECASE,
)
_MOMENT = re.compile(
    r"\bwhen\b|\bwhat time\b|\b(?:what|which) (?:year|date|day)\b|何时|什么时候|哪一?年|哪天|日期|年份", re.IGNORECASE
)
_LONGEST_UNIT = 16
_ANY_AMOUNT = "how much"
"""Of money, or of what stands behind it."""
KINDS = (
    (
        re.compile(
            r"\b(?:how much|costs?|prices?|fees?|charges?|pay|paid|cheap\w*|expensive|money)\b|钱|费|价|贵|便宜"
        ),
        re.compile(r"[¥￥$€£元]|\d ?(?:yuan|rmb)\b|\bfree\b|免费", re.IGNORECASE),
        frozenset({FAMILY["yuan"], "percent"}),
    ),
    (
        re.compile(
            r"\bhow (?:long|soon|fast|quick|often)|\b(?:when|hours?|faster|quicker|sooner|longer|slower)\b"
            r"|多久|多长|[几多]少?(?:天|个?月|点|小时|分钟)|快|慢|时间|什么时候|何时|时效"
        ),
        re.compile(
            r"(?:day|hour|minute|second|week|month|year)s?\b|\d:\d\d|\d ?(?:天|小时|分钟|秒|周|个?月|年|日|个工作日)"
        ),
        frozenset({FAMILY["day"], CLOCK, FAMILY["metre"]}),
    ),
)
"""What a question may ask for, and what says it: columns have names of their own for a price or a time. The families
of units say it as well; "how long" may ask for a length."""
_HOW = re.compile(
    r"\bhow (?:do|can|could|should|would|to|does)\b|\bwhere (?:do|can)\b|怎么|如何|怎样|咋|步骤|流程|在哪",
    re.IGNORECASE,
)


def asks_for_figure(question: str) -> bool:
    """Whether the answer is a number, an amount or a time."""
    return bool(_NUMBER.search(question) or _MOMENT.search(question))


@dataclass(frozen=True)
class AskedFigure:
    """What a question for a number asks for."""

    families: frozenset[str]
    """Of units; empty: of any, or of none."""
    holders: tuple[re.Pattern[str], ...]
    """What says it without a unit: "free"."""

    def is_plainly_in(self, text: str) -> bool:
        """Whether a text holds what is asked for most often: "how long" a time, and not a length."""
        return any(holds.search(text) for holds in self.holders)

    def is_in(self, text: str) -> bool:
        """Whether a text holds a figure of this kind."""
        if self.is_plainly_in(text):
            return True
        found = quantities_in(text)
        return any(_family(each.unit) in self.families for each in found) if self.families else bool(found)


def asked_figure(question: str) -> AskedFigure | None:
    """What a question for a number asks for; None for another question. A unit behind the word that asks tells it."""
    asked = list(_NUMBER.finditer(question))
    if not asked or asks_how(question):
        return None
    families: set[str] = set()
    holders: list[re.Pattern[str]] = []
    is_any = False
    for each in asked:
        word, behind = each[0].lower(), question[each.end() :][:_LONGEST_UNIT]
        unit = _family(unit_behind(behind))
        for asks, holds, of_kind in KINDS:
            if unit in of_kind if unit else asks.search(word + behind[:1]):
                holders.append(holds)
                families |= set() if unit else of_kind
        families |= {unit} if unit else set()
        is_any |= word == _ANY_AMOUNT or not (holders or unit)
    return AskedFigure(frozenset() if is_any else frozenset(families), tuple(holders))


def _family(unit: str) -> str:
    return FAMILY.get(unit, unit)


def asks_how(question: str) -> bool:
    """Whether the answer is what to do."""
    return bool(_HOW.search(question))


def comparison_log_odds(question: str) -> float:
    """The log-odds that a question compares two things, or asks the same of both ("how long each", 各要几天).

    By a word model (`text/word_model`) that is learnt from the questions of made-up companies.
    """
    return word_log_odds(question, "kefu.router.grounding", WORDS)

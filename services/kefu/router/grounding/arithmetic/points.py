"""Points and other units that a company gives: what is collected for each yuan, and what they are worth in money."""

import re
from collections.abc import Iterator

from kefu.router.grounding.arithmetic.facts import Fact, mentions
from kefu.router.grounding.arithmetic.figure import CURRENCIES, Figure
from kefu.router.grounding.arithmetic.turn import Candidate, Turn, payable, plain

_PER_AMOUNT = re.compile(
    r"(?<![a-z])(?P<en>[a-z]++)\s++(?:per|for (?:each|every))\s++"
    r"(?:[¥$€£]\s?1\b(?![.,]\d)|(?:yuan|dollar|euro|pound)\b)"
    r"|每(?:消费|付|花)?\s?1?\s?元可?(?:得|获|积|累计|返)(?P<han>[\u4e00-\u9fff]{0,4})",
    re.IGNORECASE,
)
_ASKS_WHAT_IS_EARNED = re.compile(
    r"\b(?:get|earn|receive|collect|gain|credited|for)\b|[得获赚给返]|积多少", re.IGNORECASE
)
_ASKS_WHAT_IS_USED = re.compile(r"\b(?:use|redeem|pay with|cover|need|worth|cost)\b|[抵用换扣]|需要", re.IGNORECASE)
_AT_LEAST = re.compile(r"\b(?:at least|minimum(?: of)?)\s*$|(?:至少|最少|不少于)[^\d,，]{0,6}$", re.IGNORECASE)
_WORTH = re.compile(
    r"\s*+(?P<noun>[a-z]{1,30}|[\u4e00-\u9fff]{2}(?=可|抵|兑|等于|值|换|相当于|折合))\s*+"
    r"(?:(?:are|is)\s++)?(?:worth|equals?|=|可?抵(?:扣)?|可?兑换?|等于|值|可?换|相当于|折合)\s*+(?:[¥$€£]\s*+)?",
    re.IGNORECASE,
)


def units_by_amount(turn: Turn) -> Iterator[Candidate]:
    """What an amount brings: "¥1,500 × 1.2 points = 1,800 points"; none where it would have to be rounded."""
    amounts = [each for each in turn.figures if each.is_money]
    earns = _ASKS_WHAT_IS_EARNED.search(turn.question) and not _ASKS_WHAT_IS_USED.search(turn.question)
    if len(amounts) != 1 or not earns:
        return
    amount = amounts[0]
    for fact in turn.facts:
        found = _PER_AMOUNT.search(fact.text)
        rates = [each for each in fact.figures if each.unit not in CURRENCIES and each.unit != "percent"]
        if not found or len(rates) != 1 or any(each.value != 1 for each in fact.figures if each not in rates):
            continue
        rate = rates[0]
        noun = found["en"] or found["han"] or rate.counted[:2]
        result = amount.value * rate.value
        if len(noun) < 2 or not mentions(turn.question, noun) or result != result.to_integral_value():
            continue
        whole = turn.money(amount.value, amount)
        if turn.language == "zh":
            statement = f"{whole} × 每元 {plain(rate.value)} {noun} = {plain(result)} {noun}"
        else:
            statement = f"{whole} × {plain(rate.value)} {noun.lower()} = {plain(result)} {noun.lower()}"
        yield Candidate(statement, (fact,), frozenset({amount}))


def units_into_money(turn: Turn) -> Iterator[Candidate]:
    """What a number of units is worth: "25,000 points are worth ¥250"."""
    for fact in turn.facts:
        if len(fact.figures) != 2 or fact.figures[0].unit or fact.figures[1].unit not in CURRENCIES:
            continue
        units, worth = fact.figures
        found = _WORTH.fullmatch(fact.value[units.end : worth.start])
        counts = [each for each in turn.figures if found and not each.unit and mentions(each.counted, found["noun"])]
        if not found or not units.value or len(counts) != 1:
            continue
        result = counts[0].value / units.value * worth.value
        if not payable(result) or _below_least(turn, fact, counts[0], found["noun"]):
            continue
        noun, count, total = found["noun"].lower(), plain(counts[0].value), turn.money(result, worth)
        statement = f"{count} {noun}值 {total}" if turn.language == "zh" else f"{count} {noun} are worth {total}"
        yield Candidate(statement, (fact,), frozenset(counts))


def _below_least(turn: Turn, fact: Fact, count: Figure, noun: str) -> bool:
    """Whether the passage asks for more of them: "at least 500 points at a time"."""
    return any(
        count.value < each.value and mentions(each.counted, noun) and _AT_LEAST.search(one.value[: each.start][-24:])
        for one in turn.facts
        if one.piece.passage == fact.piece.passage
        for each in one.figures
    )

"""Shares: a percentage of the amount that the question names, or of the price of the row that it names."""

import re
from collections.abc import Iterator
from decimal import Decimal

from kefu.router.grounding.arithmetic.certainty import name_of
from kefu.router.grounding.arithmetic.facts import Fact, terms_of
from kefu.router.grounding.arithmetic.figure import CURRENCIES, Figure
from kefu.router.grounding.arithmetic.turn import Candidate, Turn, payable, plain

_ASKS_FOR_MONEY = re.compile(
    r"\bhow much\b|\b(?:costs?|pay|price|charged?|fees?|worth|owe|due|postage|surcharge|total|deposit"
    r"|discount|rent|bill)\b|多少钱|费|价|付|元|块|折|款|定金|押金|租",
    re.IGNORECASE,
)
_SAYS_MONEY = re.compile(
    r"\b(?:price|fees?|costs?|charge[sd]?|amount|deposit|balance|discount|surcharge|rate|off)\b|价|费|金额|款|折|优惠|押金|租",
    re.IGNORECASE,
)
_ASKS_BY_PERIOD = re.compile(
    r"\b(?:each|per|every|a) (?:month|week|day|instal\w*)\b|\bmonthly\b|每(?:个?月|期|天|日|周)", re.IGNORECASE
)
_ASKS_FOR_REST = re.compile(r"\b(?:rest|remain\w*|left|later|after)\b|剩|余|之后|还要|还需|打完|折后", re.IGNORECASE)
_IS_DISCOUNT = re.compile(r"\b(?:off|discount|reduction|less|cheaper)\b|优惠|折|减", re.IGNORECASE)
_IS_LIMIT = re.compile(
    r"\b(?:up to|at (?:most|least)|from|over|above|under|below|(?:more|less) than|max\w*|min\w*)\b[^,;]{0,12}$"
    r"|(?:最多|最高|最少|最低|超过|至多|至少|不足|满|达|抵)[^,;]{0,12}$",
    re.IGNORECASE,
)
_LIMITED_BEHIND = re.compile(
    r"[%\s]*(?:on|for|when|if|with|in|at|from|to)\s.*|[%\s]*[(（].*", re.IGNORECASE | re.DOTALL
)
_LIMITED_BEFORE = re.compile(r".*[^\s的其余另外](?<!加收)(?<!收取)(?<!另收)\s*", re.DOTALL)


def share_of_amount(turn: Turn) -> Iterator[Candidate]:
    """A share: "20% of ¥1,800 is ¥360"; with what remains, where that is asked or the share is a discount."""
    amounts = [each for each in turn.figures if each.is_money]
    if len(amounts) != 1 or _ASKS_BY_PERIOD.search(turn.question) or not _ASKS_FOR_MONEY.search(turn.question):
        return
    for fact in turn.facts:
        share = _share(fact)
        if (
            share
            and _SAYS_MONEY.search(fact.text)
            and _is_for(turn, fact)
            and len(turn.terms & fact.terms) >= (1 if fact.is_cell else 2)
        ):
            rest = bool(_IS_DISCOUNT.search(fact.text) or _ASKS_FOR_REST.search(turn.question))
            statement = _said(turn, share, amounts[0].value, amounts[0], rest=rest)
            if statement:
                yield Candidate(statement, (fact,), frozenset(amounts))


def discount_on_price(turn: Turn) -> Iterator[Candidate]:
    """A discount on the price of a row that the question names: "30% of ¥1,288 is ¥386.40, so ¥901.60 remains"."""
    if any(each.is_money and not each.implied for each in turn.figures) or not _ASKS_FOR_MONEY.search(turn.question):
        return
    period = _period(turn.question)
    prices = [fact for fact in turn.facts if fact.is_cell and _is_price(turn, fact, period)]
    if len({(each.piece.passage, each.piece.start, each.column) for each in prices}) != 1:
        return
    price = prices[0]
    for fact in turn.facts:
        share = _share(fact)
        named = (
            fact.piece.subject == price.piece.subject if fact.is_cell else bool(name_of(price, turn.facts) & fact.terms)
        )
        if _period(fact.piece.text) not in ("", period):
            continue  # a discount on the year is none on the month
        if not share or not named or not _IS_DISCOUNT.search(fact.text) or len(turn.terms & fact.terms) < 2:
            continue
        statement = _said(turn, share, price.figures[0].value, price.figures[0], rest=True)
        if statement:
            used = frozenset(each for each in turn.figures if each.unit == "year" and each.value == 1)
            yield Candidate(statement, (fact, price), used)


def _share(fact: Fact) -> Decimal | None:
    """The one percentage that a fact states, with no other figure and no limit; 九折 is 10."""
    if len(fact.figures) != 1 or fact.figures[0].unit not in ("percent", "tenth"):
        return None
    figure = fact.figures[0]
    share = figure.value if figure.unit == "percent" else 100 - figure.value * 10
    return share if 0 < share <= 100 and not _IS_LIMIT.search(fact.value[: figure.start]) else None


def _is_for(turn: Turn, fact: Fact) -> bool:
    """Whether the question has what a cell limits its share to: "1.5% on foreign cards"."""
    if not fact.is_cell:
        return True
    before, behind = fact.value[: fact.figures[0].start], fact.value[fact.figures[0].end :]
    limits = [match[0] for match in (_LIMITED_BEHIND.match(behind), _LIMITED_BEFORE.fullmatch(before)) if match]
    return all(terms_of(each) & turn.terms for each in limits)


def _said(turn: Turn, share: Decimal, amount: Decimal, like: Figure, *, rest: bool) -> str:
    """Empty where the share is no amount that can be paid."""
    part = amount * share / 100
    if not payable(part):
        return ""
    whole, one, left = (turn.money(each, like) for each in (amount, part, amount - part))
    if turn.language == "zh":
        return f"{whole}的 {plain(share)}% 是 {one}" + (f"，余下 {left}" if rest else "")
    return f"{plain(share)}% of {whole} is {one}" + (f", so {left} remains" if rest else "")


def _period(question: str) -> str:
    year = re.search(r"\b(?:year|yearly|annual|annually)\b|年", question, re.IGNORECASE)
    month = re.search(r"\b(?:month|monthly)\b|月", question, re.IGNORECASE)
    return "" if bool(year) == bool(month) else "year" if year else "month"


def _is_price(turn: Turn, fact: Fact, period: str) -> bool:
    if not period or len(fact.figures) != 1 or fact.figures[0].unit not in CURRENCIES:
        return False
    return _period(fact.text) == period and bool(name_of(fact, turn.facts) & turn.terms)

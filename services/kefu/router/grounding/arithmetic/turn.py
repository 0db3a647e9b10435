"""A turn as the rules see it: the question's figures, the facts of its evidence; and how a figure is written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from kefu.common.text.language import AnswerLanguage
from kefu.router.grounding.arithmetic.facts import Fact, terms_of
from kefu.router.grounding.arithmetic.figure import CURRENCIES, Figure

_RARE = 0.2
"""The share of the facts that may have a word which is still a name: "Gold" is, "order" is not."""
_SIGNS = {"yuan": "¥", "dollar": "$", "euro": "€", "pound": "£"}
_HAN_NAMES = {"yuan": "元", "dollar": "美元", "euro": "欧元", "pound": "英镑"}


@dataclass(frozen=True)
class Turn:
    """What is computed with."""

    question: str
    """In NFKC and simplified characters."""
    figures: Sequence[Figure]
    """Of the question, as are the next two."""
    terms: frozenset[str]
    unigrams: frozenset[str]
    facts: Sequence[Fact]
    """Best first."""
    language: AnswerLanguage

    @cached_property
    def currency(self) -> str:
        """The currency of the evidence, if it has but one: that of a bare figure."""
        known = {each.unit for fact in self.facts for each in fact.figures if each.unit in CURRENCIES}
        return known.pop() if len(known) == 1 else ""

    @cached_property
    def names(self) -> frozenset[str]:
        """The terms of the question that are names of rows, and rare in the evidence."""
        rows = frozenset[str]().union(*(terms_of(fact.piece.subject) for fact in self.facts if fact.is_cell))
        held = Counter(term for fact in self.facts for term in fact.terms & self.terms)
        return frozenset(term for term in self.terms & rows if held[term] <= _RARE * len(self.facts))

    def money(self, value: Decimal, like: Figure) -> str:
        """An amount as it is written, in the currency of a figure."""
        text = f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"
        currency = like.unit if like.unit in CURRENCIES else self.currency
        if self.language == "zh":
            return f"{text} {_HAN_NAMES[currency]}" if currency else text
        return f"{_SIGNS.get(currency, '')}{text}"


@dataclass(frozen=True)
class Candidate:
    """What a rule of the evidence gives, before it is known to be the only one."""

    statement: str
    facts: tuple[Fact, ...]
    """Those that hold the rule, the one that names it first."""
    used: frozenset[Figure]
    """The figures of the question that it computes with."""
    holds: bool | None = None
    """Of a comparison: whether what the question says is within the limit."""

    @property
    def terms(self) -> frozenset[str]:
        """Of all its facts."""
        return frozenset[str]().union(*(fact.terms for fact in self.facts))


def plain(value: Decimal) -> str:
    """A number as it is written."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def payable(value: Decimal) -> bool:
    """Whether money can be paid like that: no more than two decimals."""
    return value == value.quantize(Decimal("0.01"))

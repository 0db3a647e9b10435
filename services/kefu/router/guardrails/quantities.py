"""
Quantities: a figure must be about the same thing in an answer as in the evidence, in the same unit.

That catches the right number from the wrong row.

The evidence is looked at in pieces of one statement each: a sentence, or a row of a table with its head. A figure fits
when some piece has it, in a unit that does not contradict the answer's, and no other piece that has another figure of
that kind shares all that this one shares with the words of question and answer, and more: "Express shipping costs 5
yuan" does not rest on "Standard shipping: 5 yuan" beside "Express shipping: 12 yuan".
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kefu.router.grounding.lexical_overlap import units_of, units_of_passage
from kefu.router.grounding.sentence_selection import pieces
from kefu.text.quantities import FAMILY, Quantity, quantities_in

_GOES_FOR = {"day": {"workday"}, "pound": {"kilogram"}}
"""What may be said for it: 7 business days are 7 days, and not the other way round."""
_LEANS_BACK = re.compile(
    r"(?:it|its|they|their|this|that|these|those|he|she|his|her|both|the (?:former|latter|same))\b"
    r"|(?-i:[a-z])|[其它该此这那他她均也都并两]",
    re.IGNORECASE,
)
"""Begins like a sentence whose subject stands in the one before."""


@dataclass(frozen=True)
class _Statement:
    words: frozenset[str]
    """With those that stand above it."""
    around: frozenset[str]
    """With those of the sentence before as well, if it leans on that."""
    quantities: frozenset[Quantity]


class Statements:
    """The statements of the evidence, a sentence or a row of a table each."""

    def __init__(self, texts: Iterable[tuple[str, str]], question: str = "") -> None:
        """`texts`: for each source what stands above it, and what it says. `question`: what the answer is about."""
        self._asked = units_of(question)
        self._statements = [statement for above, text in texts for statement in _statements(above, text)]

    def contradict(self, quantity: Quantity, said: str) -> bool:
        """Whether the evidence has a figure, but not like this. `said`: the sentence up to the figure."""
        having = [
            (statement, [known.unit for known in statement.quantities if known.value == quantity.value])
            for statement in self._statements
        ]
        having = [(statement, units) for statement, units in having if units]
        if not having:
            return False
        fitting = [statement for statement, units in having if any(agree(quantity.unit, unit) for unit in units)]
        if not fitting:
            return True
        context = units_of(said) | self._asked
        family = _family(quantity.unit or _only(fitting, quantity.value))
        rivals = [
            statement
            for statement in self._statements
            if any(_family(other.unit) == family and other.value != quantity.value for other in statement.quantities)
            and all(known.value != quantity.value for known in statement.quantities)
        ]
        return any(all(context & rival.words > context & one.around for one in fitting) for rival in rivals)


@lru_cache(maxsize=2048)
def _statements(above: str, text: str) -> tuple[_Statement, ...]:
    """Those of one source, remembered: passages are found again and again."""
    found: list[_Statement] = []
    head = units_of_passage(above)
    before: frozenset[str] = frozenset()
    for _, _, piece in pieces(text):
        words, quantities = units_of_passage(piece), quantities_in(piece)
        if quantities:
            around = words | before if _LEANS_BACK.match(piece) else words
            found.append(_Statement(words | head, around | head, quantities))
        before = words
    return tuple(found)


def agree(said: str, known: str) -> bool:
    """Whether a unit that is said does not contradict the one that is known; empty is any."""
    return not said or not known or said == known or known in _GOES_FOR.get(said, ())


def _family(unit: str) -> str:
    return FAMILY.get(unit, unit)


def _only(statements: Sequence[_Statement], value: str) -> str:
    """The unit that a number has everywhere, if it is one."""
    units = {known.unit for statement in statements for known in statement.quantities if known.value == value}
    return units.pop() if len(units) == 1 else ""

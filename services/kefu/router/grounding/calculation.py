"""
Calculation: figures that a customer asks for and no page says, computed in code.

    price by count       "2 × ¥80 per piece = ¥160", "¥30 + 7 × ¥4 make ¥58 a month"
    share of an amount   "20% of ¥1,800 is ¥360; ¥1,440 remains"
    units by amount      "¥1,500 × 1.2 points = 1,800 points"
    units into money     "25,000 points are worth ¥250"
    side of a limit      "¥95 is less than ¥99"
    last day             "15 days from 3 May is 18 May"

A figure is computed only where it is certain; else there is none. Certain means:

- one rule fits, and no other piece that bears as much on the question gives another figure;
- every figure of the question has its place: as the count, as the amount, or as the name of the row ("24 months");
- a row of a table is named in the question, and what it prices is what was asked about;
- question and rule agree about "not" and "without", and nothing near the rule makes an exception for what was asked.

A statement says the rule in figures. It is meant to stand behind the pieces that it rests on, for it leaves out their
conditions.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kefu.common.text.chinese import simplified
from kefu.common.text.language import UNKNOWN, AnswerLanguage, language_of
from kefu.router.grounding.arithmetic.certainty import certain
from kefu.router.grounding.arithmetic.facts import distinct, facts_of, terms_of, unigrams_of
from kefu.router.grounding.arithmetic.figure import figures_of
from kefu.router.grounding.arithmetic.limits import last_day, side_of_limit
from kefu.router.grounding.arithmetic.points import units_by_amount, units_into_money
from kefu.router.grounding.arithmetic.rates import price_beyond, price_by_count, price_of_further_step
from kefu.router.grounding.arithmetic.shares import discount_on_price, share_of_amount
from kefu.router.grounding.arithmetic.turn import Candidate, Turn
from kefu.router.grounding.evidence_pieces import EvidencePiece

_MOST_PIECES = 24
"""Rules are looked for in the best pieces; what bears less on a question is no rule for it."""
_LONGEST_QUESTION = 600
"""Characters. Who writes more tells a story, and its figures are not one sum."""
_ASKS_FOR_AMOUNT = re.compile(
    r"\bhow (?:much|many)\b|\bwhat(?:'s|’s)?\b.{0,60}\b(?:costs?|pay|price|charged?|total|fees?|worth|owe|due"
    r"|sum|postage|surcharge|deposit|discount|refund|rent|bill|amount|get|receive|earn|save|left"
    r"|come to|makes?)\b|\b(?:costs?|worth|pay|owe) what\b"
    r"|\bin (?:total|all)\b|\baltogether\b"
    r"|多少|合计|一共|总共|几(?:块|元|分)|分别|怎么收|啥价|什么价",
    re.IGNORECASE | re.DOTALL,
)
_COMPARES = re.compile(
    r"\b(?:differ\w*|compar\w*|versus|vs|cheaper|dearer|better|which|than|respectively)\b|区别|差别|相比|对比|哪个|哪种|还是|更",
    re.IGNORECASE,
)
_RULES: Sequence[Callable[[Turn], Iterator[Candidate]]] = (
    share_of_amount,
    discount_on_price,
    units_by_amount,
    units_into_money,
    price_by_count,
    price_beyond,
    price_of_further_step,
)
_RULES_OF_LIMITS: Sequence[Callable[[Turn], Iterator[Candidate]]] = (side_of_limit, last_day)


@dataclass(frozen=True)
class Computation:
    """A figure that code computed from a rule of the evidence and the figures of the question."""

    statement: str
    """As a person would write it, without a full stop: "2 × ¥80 per piece = ¥160"."""
    rests_on: tuple[EvidencePiece, ...]
    """The pieces that hold the rule, the one that names it first."""
    holds: bool | None = None
    """Of a figure that is compared with a limit: whether it keeps the limit. It answers no question by itself."""


def computed(
    question: str, pieces: Sequence[EvidencePiece], language: AnswerLanguage, above: Sequence[str] = ()
) -> Computation | None:
    """The figure that a question asks for, where it follows from the pieces for certain; else None.

    `pieces`: best first, also those that answer another question: they show what is not certain. `language`: of the
    question and of the statement; pieces in another language are left aside. `above`: for each passage its title and
    headings, which tell rules apart. Takes linear time.
    """
    asked = simplified(unicodedata.normalize("NFKC", question)).strip()
    if len(asked) > _LONGEST_QUESTION:
        return None
    best = [each for each in pieces[:_MOST_PIECES] if language_of(each.text) in (language, UNKNOWN)]
    facts = distinct(
        fact for each in best for fact in facts_of(each, above[each.passage] if each.passage < len(above) else "")
    )
    turn = Turn(asked, figures_of(asked), terms_of(asked), unigrams_of(asked), facts, language)
    rules = _RULES if _ASKS_FOR_AMOUNT.search(asked) else _RULES_OF_LIMITS
    found = [one for rule in rules if (one := certain(turn, list(rule(turn))))]
    if len({tuple(each.statement for each in one) for one in found}) != 1:
        return None
    if len(found[0]) == 1 and _COMPARES.search(asked):
        return None  # one side answers no comparison
    return _together(found[0], language)


def _together(rows: Sequence[Candidate], language: AnswerLanguage) -> Computation:
    pieces = dict.fromkeys(fact.piece for each in rows for fact in each.facts)
    if len(rows) == 1:
        return Computation(rows[0].statement, tuple(pieces), rows[0].holds)
    colon, semicolon = ("：", "；") if language == "zh" else (": ", "; ")
    said = semicolon.join(f"{each.facts[0].piece.subject}{colon}{each.statement}" for each in rows)
    return Computation(said, tuple(pieces))

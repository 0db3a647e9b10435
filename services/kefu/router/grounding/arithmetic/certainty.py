"""Certainty: of what the rules give, the one figure that nothing in question or evidence speaks against."""

import re
from collections.abc import Sequence
from decimal import Decimal

from kefu.router.grounding.arithmetic.bounds import comparable, keeps, side_of
from kefu.router.grounding.arithmetic.facts import Fact, terms_of
from kefu.router.grounding.arithmetic.figure import Figure, figures_of
from kefu.router.grounding.arithmetic.turn import Candidate, Turn

_FEWEST_SHARED = 2
"""Words by which something in another passage bears on the same matter."""
_MOST_ROWS = 3
"""Rows named in one question: "deposit and balance"."""
_NEGATION = re.compile(
    r"\b(?:not?|never|without|none|nor|neither|cannot|unless|except|excluding|outside|instead)\b|n['’]t\b"
    r"|[不没无未非](?!错|过|同|论|管)|除|以外|之外",
    re.IGNORECASE,
)
_NO_NEGATION = re.compile(
    r"(\w)[不没]\1|不[?？]|[要能行可会是][不没]|无理由|\bwithout (?:giving )?(?:a |any )?reason|\bno(?:t)? later than",
    re.IGNORECASE,
)
"""Sounds like a negation and is none."""
_EXCEPTION = re.compile(r"\b(?:free|included|waived|exempt|only)\b|免费|免收|包含|已含|仅|只", re.IGNORECASE)
_MONEY_BACK = re.compile(r"\b(?:refund\w*|back|returned?|cancel\w*)\b|退|取消|补偿|赔", re.IGNORECASE)
"""A price is not what is paid back."""
_LATE = re.compile(r"\b(?:late|overdue|delay\w*|after that)\b|逾期|超期|晚|迟", re.IGNORECASE)
_HEADED = re.compile(r"([^:,.;]{2,30}):\s?(?!\d)")
_NOT_BY_COUNT = re.compile(r"\bnot per\b|\bregardless\b|\bwhatever\b|不按|不论|无论|不管|无关", re.IGNORECASE)


def certain(turn: Turn, candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The one candidate that no other contradicts, or the rows of a table that are asked about together; else none."""
    fitting = [each for each in candidates if _named(turn, each, candidates)]
    if len({each.statement for each in fitting}) > 1 and all(each.facts[0].is_cell for each in fitting):
        columns = {(each.facts[0].piece.passage, each.facts[0].column) for each in fitting}
        rows = {each.facts[0].piece.start for each in fitting}
        together = len(columns) == 1 and len(rows) == len(fitting) <= _MOST_ROWS
        return tuple(fitting) if together and all(_agrees(turn, each) for each in fitting) else ()
    if not fitting:
        return ()
    best = max(fitting, key=lambda each: len(turn.terms & each.terms))
    shared = turn.terms & best.terms
    if any(not turn.terms & each.terms < shared for each in fitting if each.statement != best.statement):
        return ()
    said = [each for each in fitting if each.statement == best.statement]
    return next(((each,) for each in (best, *said) if _agrees(turn, each)), ())


def _agrees(turn: Turn, candidate: Candidate) -> bool:
    """Whether question and row both negate, or neither; no sentence does; and nothing makes an exception."""
    rows = [f"{one.piece.subject} {one.text}" for one in candidate.facts if one.is_cell]
    prose = [one.piece.text for one in candidate.facts if not one.is_cell]
    if any(map(says_not, prose)) or any(map(says_not, rows)) != says_not(turn.question):
        return False
    said = " ".join(one.piece.text for one in candidate.facts)
    if _MONEY_BACK.search(turn.question) and not _MONEY_BACK.search(said):
        return False
    if _LATE.search(" ".join(one.value for one in candidate.facts)) and not _LATE.search(turn.question):
        return False
    return not _refused(turn, candidate) and not _out_of_bounds(turn, candidate)


def _out_of_bounds(turn: Turn, candidate: Candidate) -> bool:
    """Whether a figure is beyond what the evidence allows: "orders from ¥600", "at most 150 employees"."""
    values = {fact.value for fact in candidate.facts}
    for fact in turn.facts:
        near = fact.piece.passage == candidate.facts[0].piece.passage or len(turn.terms & fact.terms) >= _FEWEST_SHARED
        if fact.value in values or not near:
            continue
        for limit in fact.figures:
            side = side_of(fact, limit)
            for figure in candidate.used if side else ():
                pair = comparable(figure, limit) or _counted_alike(figure, limit)
                if side and pair and not keeps(side, *pair):
                    return True
    return False


def _counted_alike(figure: Figure, limit: Figure) -> tuple[Decimal, Decimal] | None:
    """Both, if they are numbers of one thing that has no unit."""
    alike = bool(terms_of(figure.counted) & terms_of(limit.counted)) or figure.counted[:1] == limit.counted[:1] != ""
    return (figure.value, limit.value) if alike and not figure.unit and not limit.unit else None


def says_not(text: str) -> bool:
    """Whether a text negates something; "能不能" does not."""
    return _NEGATION.search(_NO_NEGATION.sub("", text)) is not None


def _named(turn: Turn, candidate: Candidate, candidates: Sequence[Candidate]) -> bool:
    """Whether the question names the rule: its row, and by every figure that is not computed with."""
    fact = candidate.facts[0]
    left = [each for each in turn.figures if each not in candidate.used and not each.implied]
    if not fact.is_cell:
        known = [each for one in candidate.facts for each in one.figures]
        headed = _HEADED.match(fact.value)
        if headed and not terms_of(headed[1]) & turn.terms:
            return False  # "Wrong item sent: …", "Example: …"
        if turn.names - candidate.terms:
            return False  # "Gold" is asked about, and this is another's
        return bool(turn.terms & fact.terms) and all(any(one.same_as(each) for one in known) for each in left)
    subject = figures_of(fact.piece.subject)
    if not all(any(one.same_as(each) for one in subject) for each in left):
        return False
    if subject:
        return bool(left) and all(any(one.same_as(each) for each in left) for one in subject)
    return bool(name_of(fact, [each.facts[0] for each in candidates]) & turn.terms)


def name_of(fact: Fact, among: Sequence[Fact]) -> frozenset[str]:
    """The terms that tell a row's name from the other rows' of its table."""
    same_table = {each.piece.subject for each in among if each.piece.passage == fact.piece.passage}
    others = [terms_of(each) for each in same_table if each != fact.piece.subject]
    return terms_of(fact.piece.subject) - (frozenset[str].intersection(*others) if others else frozenset())


def _refused(turn: Turn, candidate: Candidate) -> bool:
    """Whether something near the rule makes an exception for what was asked, or says that the count does not matter."""
    own = frozenset[str]().union(*(fact.unigrams for fact in candidate.facts))
    values = {fact.value for fact in candidate.facts}
    passage = candidate.facts[0].piece.passage
    for other in turn.facts:
        if other.value in values or other.is_cell:
            continue
        if other.piece.passage != passage:
            shared = turn.terms & terms_of(other.value)
            if says_not(other.value) and shared & candidate.terms and shared - candidate.terms:
                return True  # "no points for delivery fees"
            continue
        if _NOT_BY_COUNT.search(other.value) and not turn.terms.isdisjoint(terms_of(other.value)):
            return True
        if (_EXCEPTION.search(other.value) or says_not(other.value)) and turn.unigrams & other.unigrams - own:
            return True
    return any(_NOT_BY_COUNT.search(value) for value in values)

"""
Equations: a sum that a sentence shows is computed anew, and its result may be said where its operands may.

    3 × ¥6 = ¥18      (15 − 5) × 4 + 30 = 70      ¥300 × 20% = ¥60      3 晚 × 200 元 = 600 元

Units between the figures are read over. Small whole numbers need no evidence: they count what the question lists.
"""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from kefu.text.linear_pattern import LinearMatch, LinearPattern
from kefu.text.number_words import normalized_number

_UNIT = r"(?:[ \p{Han}A-Za-z/.’']{0,24})"
_TERM = rf"\(*[¥￥$€£]? ?\d[\d,]*(?:\.\d+)? ?[%％]?\)*{_UNIT}\)*"
_EQUATION = LinearPattern(rf"({_TERM}(?:[-+−–×xX*·÷/] ?{_TERM})+)[=＝≈] ?([¥￥$€£]? ?\d[\d,]*(?:\.\d+)?)")
_TOKEN = LinearPattern(r"([¥￥$€£] ?)?(\d[\d,]*(?:\.\d+)?)( ?[%％])?( ?[元块])?|[-+−–×xX*·÷/()]")
_BRACKETS = "()"
_MOST_TOKENS = 60
_OPERATORS = str.maketrans("−–×xX·÷", "--****/")
_SMALL = 12
_APPROXIMATE = Decimal("0.01")
_BINARY: Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: Decimal.__add__,
    ast.Sub: Decimal.__sub__,
    ast.Mult: Decimal.__mul__,
    ast.Div: Decimal.__truediv__,
}


@dataclass(frozen=True)
class Equation:
    """An equation in a text, which holds."""

    start: int
    end: int
    operands: tuple[str, ...]
    """That need evidence, normalised."""
    counts: tuple[str, ...]
    """The others."""
    result: str
    """Normalised."""


def equations(text: str) -> Iterator[Equation]:
    """The equations of a text that hold, from left to right."""
    for found in _EQUATION.finditer(text):
        tokens = _tokens(found[1])
        said = _decimal(found[2])
        computed = _value(tokens)
        if computed is None or abs(computed - said) > _tolerance(found[2]):
            continue
        figures = [each for each in tokens if each[2]]
        operands, counts = (
            tuple(normalized_number(each[2]) for each in figures if _is_count(each) is wanted)
            for wanted in (False, True)
        )
        yield Equation(found.start(), found.end(), operands, counts, normalized_number(_plain(found[2])))


def _tokens(row: str) -> list[LinearMatch]:
    """Figures, brackets and signs; a sign that no figure follows belongs to a unit: "boxes", "yuan/night"."""
    found = list(_TOKEN.finditer(row))
    nexts = [*found[1:], None]
    return [
        token
        for token, after in zip(found, nexts, strict=True)
        if token[2] or token[0] in _BRACKETS or (after is not None and _is_operand(row[token.end() : after.end()]))
    ]


def _is_operand(text: str) -> bool:
    return text.lstrip(" ¥￥$€£")[:1].isdigit() or text.lstrip()[:1] == "("


def _value(tokens: Sequence[LinearMatch]) -> Decimal | None:
    """What a row of figures and signs comes to; None where it is no sum."""
    if len(tokens) > _MOST_TOKENS:
        return None
    code = "".join(map(_code, tokens))
    try:
        return _evaluated(ast.parse(code, mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError):
        return None


def _code(token: LinearMatch) -> str:
    if not token[2]:
        return token[0].translate(_OPERATORS)
    number = token[2].replace(",", "").lstrip("0") or "0"
    number = f"0{number}" if number[0] == "." else number
    return f"({number}/100)" if token[3] else number


def _evaluated(node: ast.expr) -> Decimal:
    match node:
        case ast.Constant(value=int() | float() as value):
            return Decimal(str(value))
        case ast.BinOp(left, sign, right) if type(sign) in _BINARY:
            return _BINARY[type(sign)](_evaluated(left), _evaluated(right))
        case _:
            raise ValueError("not a sum")


def _decimal(said: str) -> Decimal:
    try:
        return Decimal(_plain(said).replace(",", ""))
    except InvalidOperation:
        return Decimal("NaN")


def _plain(said: str) -> str:
    return said.strip("¥￥$€£ ,")


def _tolerance(said: str) -> Decimal:
    """A result may be rounded to the digits that it is said in."""
    _, _, fraction = _plain(said).partition(".")
    return Decimal(1).scaleb(-len(fraction)) / 2 if fraction else _APPROXIMATE


def _is_count(token: LinearMatch) -> bool:
    """Whether a figure may be one that the customer or the reply counted: small, whole, and no money."""
    has_kind = token[1] or token[3] or token[4]
    return not has_kind and token[2].isdigit() and len(token[2]) <= len(str(_SMALL)) and int(token[2]) <= _SMALL

"""
One sentence of a procedure, read by the grammar in `sentences.lark`.

The grammar is LALR(1), read by Lark (lark-parser.readthedocs.io): in linear time, and no sentence has two readings.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from kefu.router.actions.action import ActionInput, Texts
from kefu.router.actions.procedures.procedure import (
    Ask,
    Comparison,
    Condition,
    Do,
    HandOverStep,
    If,
    LookUp,
    Name,
    Never,
    Operand,
    Operator,
    ProcedureEnd,
    Say,
    Step,
)
from kefu.router.actions.template import without_tags
from kefu.text.language import AnswerLanguage, language_of

MAX_CHARACTERS = 4_000
_MOST_SHOWN = 60
_DEFAULT_CHARACTERS = 200
_MOST_INPUT_CHARACTERS = 500
_NUMBER_PATTERN = r"-?\b[0-9]{1,12}(\.[0-9]{1,4})?\b"
_STEPS = (
    'a step begins with "Ask for", "Look up", "If", "Otherwise", "Say", "Do", "Hand over" or "End" '
    "(询问、查询、如果、否则、回复、办理、转人工、结束)"
)
_COMPARISONS = (
    'a value is compared by "is", "is not", "is one of", "is more than", "is less than", "is at least", "is at most", '
    '"contains", "is empty" (是、不是、属于、大于、小于、至少、至多、包含、为空)'
)
_HELP = {
    "step": _STEPS,
    "occasion": "it must be a message in quotation marks, the name of an action, or “intent” with its name",
    "never": '"Never" is followed by “Do” with an action, by “Do” with an action and “if”, or by “Say” with a text',
    "option": 'an option is `its value`: "what the customer reads" / "客户看到的文字"',
}
_OPERATORS: dict[str, tuple[Operator, bool]] = {
    "is_": (Operator.IS, False),
    "is_not": (Operator.IS, True),
    "one_of": (Operator.ONE_OF, False),
    "not_one_of": (Operator.ONE_OF, True),
    "contains": (Operator.CONTAINS, False),
    "contains_not": (Operator.CONTAINS, True),
    "empty": (Operator.EMPTY, False),
    "not_empty": (Operator.EMPTY, True),
}
_ORDERINGS = {
    "MORE": Operator.MORE,
    "LESS": Operator.LESS,
    "AT_LEAST": Operator.AT_LEAST,
    "AT_MOST": Operator.AT_MOST,
}
_IF = ("if", "如果", "若")
_QUOTES = '"“”「」'


class SentenceError(ValueError):
    """A sentence that says nothing that Kefu knows. The message is one without its full stop."""


def step_of(line: int, sentence: str) -> tuple[Step, str]:
    """A step, and what it is above a list: "if", "otherwise", "ask" or "". An Otherwise is an If without condition.

    Raises SentenceError.
    """
    [found] = cast("list[Tree[Token]]", _read("step", sentence).children[:1])
    return _step(found, line, sentence), {"if_step": "if", "otherwise": "otherwise", "ask": "ask"}.get(found.data, "")


def never_of(line: int, sentence: str) -> Never:
    """What is never done or said. Raises SentenceError."""
    found = next(each for each in _read("never", sentence).children if isinstance(each, Tree))
    if found.data == "say":
        return Never(line, sentence, texts=tuple(map(_unquoted, _tokens(found.children[-1]))))
    if found.data == "do":
        return Never(line, sentence, action=_name(found).text)
    condition = _condition(_child(found, "condition"))
    if found.data == "do_unless":
        condition = _inverse(condition)
    return Never(line, sentence, action=_name(found).text, condition=condition)


def occasion_of(sentence: str) -> tuple[str, str, tuple[str, ...]]:
    """An entry of "When": an action, an intent, or messages; the others are empty. Raises SentenceError."""
    children = _read("occasion", sentence).children
    texts = next((each for each in children if isinstance(each, Tree) and each.data == "texts"), None)
    if texts is not None:
        return "", "", tuple(map(_unquoted, _tokens(texts)))
    name = _name(_read("occasion", sentence)).text
    is_intent = any(isinstance(each, Token) and each.type == "INTENT" for each in children)
    return ("", name, ()) if is_intent else (name, "", ())


def option_of(sentence: str) -> tuple[str, Texts]:
    """An option of an Ask: its value, and what the customer reads. Raises SentenceError."""
    found = _read("option", sentence)
    return _name(found).text, _texts(_child(found, "texts"))


def titles_of(heading: str) -> Texts:
    """The titles in a heading, "Cancel an order / 取消订单". Raises SentenceError."""
    return _by_language([each.strip() for each in heading.split(" / ")])


@cache
def _grammar() -> Lark:
    grammar = Path(__file__).with_name("sentences.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", start=["step", "never", "occasion", "option"])


def _read(start: str, sentence: str) -> Tree[Token]:
    if len(sentence) > MAX_CHARACTERS:
        raise SentenceError(f"a sentence has at most {MAX_CHARACTERS} characters")
    try:
        return _grammar().parse(sentence, start=start)
    except UnexpectedInput as error:
        token: Token | None = getattr(error, "token", None)
        at = len(sentence) if token is not None and token.type == "$END" else error.pos_in_stream or 0
        rest = sentence[at:].strip()
        before = " ".join(sentence[:at].split())[-_MOST_SHOWN:]
        where = f"after “{before}” " if before else ""
        what = f"“{rest[:_MOST_SHOWN]}” is not understood" if rest else "something is missing"
        is_condition = start == "step" and sentence.lstrip().lower().startswith(_IF)
        raise SentenceError(f"{where}{what}: {_COMPARISONS if is_condition else _HELP[start]}") from None


def _step(found: Tree[Token], line: int, sentence: str) -> Step:
    match found.data:
        case "ask":
            return Ask(line, sentence, _input(found))
        case "ask_of":
            first, second = [_plain_name(each) for each in found.children if _is(each, "name")]
            is_of = any(isinstance(each, Token) and each.type == "OF" for each in found.children)
            name, action = (first, second) if is_of else (second, first)
            return Ask(line, sentence, name=name, action=action)
        case "look_up":
            return LookUp(line, sentence, _name(found).text)
        case "do":
            return Do(line, sentence, _name(found).text)
        case "say":
            return Say(line, sentence, _texts(_child(found, "texts")))
        case "hand_over":
            texts = next((each for each in found.children if _is(each, "texts")), None)
            return HandOverStep(line, sentence, "" if texts is None else " / ".join(map(_unquoted, _tokens(texts))))
        case "end":
            return ProcedureEnd(line, sentence)
        case "if_step":
            return If(line, sentence, _condition(_child(found, "condition")))
        case "if_then":
            then = _step(cast("Tree[Token]", found.children[-1]), line, sentence)
            return If(line, sentence, _condition(_child(found, "condition")), (then,))
        case _:  # otherwise
            plain = [_step(each, line, sentence) for each in found.children if isinstance(each, Tree)]
            return If(line, sentence, then=tuple(plain))


def _input(found: Tree[Token]) -> ActionInput:
    name = _name(found).text
    texts: Texts = next((_texts(each) for each in found.children if _is(each, "texts")), dict[AnswerLanguage, str]())
    kind = next((each for each in found.children if isinstance(each, Tree) and each.data in ("number", "text")), None)
    if kind is None:
        return ActionInput(name, questions=texts, max_characters=_DEFAULT_CHARACTERS)
    if kind.data == "number":
        return ActionInput(name, questions=texts, pattern=_NUMBER_PATTERN)
    most = int(next(each for each in _tokens(kind) if each.type == "NUMBER"))
    if not 0 < most <= _MOST_INPUT_CHARACTERS:
        raise SentenceError(f"a text has 1 to {_MOST_INPUT_CHARACTERS} characters")
    return ActionInput(name, questions=texts, max_characters=most)


def _condition(found: Tree[Token]) -> Condition:
    ways = [each for each in found.children if _is(each, "all_of")]
    return Condition(
        tuple(
            tuple(_comparison(each) for each in cast("Tree[Token]", way).children if isinstance(each, Tree))
            for way in ways
        )
    )


def _comparison(found: Tree[Token]) -> Comparison:
    name = _name(found)
    if found.data in _OPERATORS:
        operator, negated = _OPERATORS[found.data]
        operands = tuple(_operand(each) for child in found.children if _is(child, "literal") for each in _tokens(child))
        return Comparison(name, operator, operands, negated)
    operator = _ORDERINGS[_tokens(_child(found, "ordering"))[0].type]
    if found.data == "since":
        days = next(each for each in found.children if isinstance(each, Token) and each.type == "NUMBER")
        return Comparison(name, operator, (Decimal(days),), in_days=True)
    return Comparison(name, operator, (_operand(_tokens(_child(found, "number"))[0]),), counts=found.data == "counted")


_INVERSE = {
    Operator.MORE: Operator.AT_MOST,
    Operator.AT_MOST: Operator.MORE,
    Operator.LESS: Operator.AT_LEAST,
    Operator.AT_LEAST: Operator.LESS,
}


def _inverse(condition: Condition) -> Condition:
    """Whether a condition does not hold (De Morgan): of "unless" it is what forbids."""
    ways: list[tuple[Comparison, ...]] = [()]
    for all_of in condition.any_of:
        ways = [(*way, _not(each)) for way in ways for each in all_of]
    return Condition(tuple(ways))


def _not(each: Comparison) -> Comparison:
    operator = _INVERSE.get(each.operator)
    negated = each.negated if operator else not each.negated
    return Comparison(each.name, operator or each.operator, each.operands, negated, each.counts, each.in_days)


def _operand(token: Token) -> Operand:
    if token.type == "NUMBER":
        return Decimal(token)
    if token.type == "TEMPLATE":
        return Name(token.strip("{} \t"))
    return _unquoted(token) if token.type == "QUOTED" else token.strip("`").strip()


def _texts(found: Any) -> Texts:
    """Texts by language. Raises SentenceError for two of one language."""
    return _by_language(list(map(_unquoted, _tokens(found))))


def _by_language(texts: Sequence[str]) -> Texts:
    found = dict[AnswerLanguage, str]()
    for text in texts:
        language: AnswerLanguage = "zh" if language_of(without_tags(text)) == "zh" else "en"
        if not text or language in found:
            raise SentenceError("there must be one text in each language, English and Chinese, with “ / ” between them")
        found[language] = text
    return found


def _name(found: Tree[Token]) -> Name:
    return Name(_plain_name(next(each for each in found.children if _is(each, "name"))))


def _plain_name(found: Any) -> str:
    return _tokens(found)[0].strip("`").strip()


def _is(found: Any, rule: str) -> bool:
    return isinstance(found, Tree) and cast("Tree[Token]", found).data == rule


def _child(found: Tree[Token], rule: str) -> Tree[Token]:
    return cast("Tree[Token]", next(each for each in found.children if _is(each, rule)))


def _tokens(found: Any) -> list[Token]:
    return [each for each in cast("Tree[Token]", found).children if isinstance(each, Token)]


def _unquoted(text: str) -> str:
    return text.strip(_QUOTES).strip()

"""
Polarity: does the evidence say "yes" or "no" to a yes/no question?

The probability of "yes" is a logistic model over a few general signals (polarity_signals.py): negation in the clause
that holds the question's words, "only", exceptions and conditions, table cells, the verdict of a question that the page
itself asks, opposites (free and fee, keep and lose), and figures compared with the question's own. Each speaks about
the thing itself, so that "Can't I …?" and "Can I …?" have the same answer.

`python -m kefu.evaluation.polarity_fit` fits the weights and sets the thresholds.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from kefu.common.text.language import AnswerLanguage
from kefu.router.grounding.evidence_pieces import EvidencePiece
from kefu.router.grounding.polarity_signals import signals_of
from kefu.router.grounding.yes_no_question import Modal, read_yes_no

_WEIGHTS_FILE = "polarity_weights.json"
_COMPARES = re.compile(r"\bas (?:\w+ ){1,3}as\b|\b(?:same|than|equal)\b|一样|相同|比")
"""Two things have to be looked up and compared, which no single piece says."""


@dataclass(frozen=True)
class Polarity:
    """What the evidence says to a yes/no question."""

    yes: float
    """The probability that the right first word is "yes", about the thing itself."""
    modal: Modal = Modal.BE
    """What the question is built on."""
    negated: bool = False
    """Whether it was asked in the negative."""


def polarity_of(question: str, pieces: Sequence[EvidencePiece], language: AnswerLanguage) -> Polarity | None:
    """
    The polarity of the evidence. None where the message is no yes/no question, or the evidence does not bear on it.

    `pieces`: the best first; three are read. `language`: the question's, "zh" or "en". Takes linear time.
    """
    asked = read_yes_no(question, language)
    found = signals(question, pieces, language)
    if asked is None or found is None:
        return None
    weights = _fitted().weights
    odds = math.fsum(weights.get(name, 0.0) * value for name, value in found.items())
    return Polarity(1 / (1 + math.exp(-odds)), asked.modal, asked.negated)


def signals(question: str, pieces: Sequence[EvidencePiece], language: AnswerLanguage) -> dict[str, float] | None:
    """What speaks for yes and no, by name, as the fit learns from it; None as `polarity_of` gives it."""
    asked = read_yes_no(question, language)
    if asked is None or _COMPARES.search(asked.asked):
        return None
    return signals_of(asked, pieces)


_WORDS: Mapping[str, Mapping[Modal, tuple[str, str]]] = {
    "zh": {
        Modal.CAN: ("可以。", "不可以。"),
        Modal.WILL: ("会。", "不会。"),
        Modal.HAVE: ("有。", "没有。"),
        Modal.NEED: ("需要。", "不需要。"),
        Modal.BE: ("是的。", "不是。"),
    },
}


def with_polarity(text: str, polarity: Polarity | None, language: AnswerLanguage) -> str:
    """The evidence's text behind "Yes." or "No." where the polarity is certain; as it is where it is not."""
    word = first_word(polarity, language)
    if not word or not text:
        return text
    return word + text if language == "zh" else f"{word} {text}"


def certain_polarity(polarity: Polarity | None) -> Literal["yes", "no"] | None:
    """What the evidence says for certain about the thing itself; None where it is not certain."""
    if polarity is None or _fitted().sure_of_no < polarity.yes < _fitted().sure_of_yes:
        return None
    return "yes" if polarity.yes >= _fitted().sure_of_yes else "no"


def first_word(polarity: Polarity | None, language: AnswerLanguage) -> str:
    """What an answer begins with; empty where the polarity is not certain, or would be misread."""
    certain = certain_polarity(polarity)
    if polarity is None or certain is None:
        return ""
    yes = certain == "yes"
    if language == "zh":
        # "不能退吗？—是的。" may mean either; a word that names the thing does not.
        if polarity.negated and polarity.modal is Modal.BE:
            return ""
        return _WORDS["zh"][polarity.modal][0 if yes else 1]
    if not polarity.negated:
        return "Yes." if yes else "No."
    # "So I can't return it? Yes." may mean either.
    if polarity.modal is Modal.CAN:
        return "Yes, that is possible." if yes else "No, that isn't possible."
    return ""


@dataclass(frozen=True)
class _Fitted:
    weights: Mapping[str, float]
    sure_of_yes: float
    """From this probability on, "yes" is said."""
    sure_of_no: float
    """Up to this probability, "no" is said."""


@cache
def _fitted() -> _Fitted:
    return _Fitted(**json.loads(files("kefu.router.grounding").joinpath(_WEIGHTS_FILE).read_text()))

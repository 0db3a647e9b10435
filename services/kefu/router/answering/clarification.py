"""
Clarification: a question back when a message of a word or two ("refund?", "保修") fits several subjects equally.

It is decided by what can be counted, without a model, and seldom: the message is short and does not say what it wants
to know, and passages of different documents are about equally likely to bear on it. Only the first question of a
session is asked back about: a later one may lean on what was asked before ("and the rules?"). The reply is searched
together with the message before, as any message is; a bare number stands for the choice of that number.
"""

import re
from collections.abc import Sequence

from kefu.router.answering.history import previous_question
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.domain.turn import AnswerSource, Passage, Turn
from kefu.router.nlu.message import CustomerMessage
from kefu.router.nlu.normalization import normalize
from kefu.router.nlu.packs import PACKS

_FEWEST, _MOST = 2, 4
_MARGIN = 0.1
"""Passages less likely than the best one by more than this are not its equals."""
_LONGEST_EN, _LONGEST_ZH = 2, 5
"""Words, or Han characters, of a message that may be underspecified."""
_WORDS = [pack.clarification for pack in PACKS]
_HAN = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[a-z0-9'-]+")
_NO_WORD = re.compile(r"[\W_]+")
_NUMBERS = {word: number for words in _WORDS for word, number in words.choice_numbers.items()}
_CHOICE = re.compile(
    rf"(?:#|{'|'.join(words.before_choice for words in _WORDS)})?\s*(?:(?P<digit>\d)|(?P<word>{'|'.join(_NUMBERS)}))"
    rf"\s*(?:{'|'.join(words.after_choice for words in _WORDS)})*"
)


def is_underspecified(message: CustomerMessage) -> bool:
    """Whether a message names a subject, and nothing of what it wants to know about it."""
    folded = " ".join(_without_asides(message.normalized).split())
    han, words = len(_HAN.findall(folded)), len(_WORD.findall(folded))
    if han + words == 0 or han > _LONGEST_ZH or words > _LONGEST_EN or any(character.isdigit() for character in folded):
        return False
    return not any(
        words.says_what.search(words.subjects.sub("·", folded) if words.subjects else folded) for words in _WORDS
    )


def choices_of(question: Question, found: Sequence[Passage]) -> tuple[str, ...]:
    """The subjects to ask back about; none when the question is clear enough, or may lean on one before it."""
    settings = question.settings
    if not settings.asks_back or previous_question(question.history) or not is_underspecified(question.message):
        return ()
    best = max((passage.relevance for passage in found), default=0.0)
    equals = [passage for passage in found if passage.relevance >= max(settings.min_relevance, best - _MARGIN)]
    names: dict[str, str] = {}
    for passage in equals:
        document = passage.name.partition("/passages/")[0]
        name = " › ".join(dict.fromkeys(part for part in (passage.title, *passage.headings[:1]) if part))
        if passage.title and document not in names:
            names[document] = name
    choices = tuple(dict.fromkeys(names.values()))[:_MOST]
    if len(choices) < _FEWEST or any(
        _bare(normalize(passage.title)) == _bare(question.message.normalized) for passage in equals
    ):
        return ()  # a document of just that name is what is meant
    return choices


def clarify(question: Question, choices: tuple[str, ...]) -> AnswerOutcome:
    """A question back: which of these is meant."""
    asked = question.message.in_its_variant(question.replies.clarifying_question)
    numbered = (f"{number}. {choice}" for number, choice in enumerate(choices, start=1))
    return AnswerOutcome(AnswerSource.CLARIFYING, text="\n".join([asked, *numbered]), choices=choices)


def chosen_subject(message: CustomerMessage, history: Sequence[Turn]) -> str:
    """The choice of the last turn that a bare number stands for; empty when the message is no such number."""
    done = history[-1].completed if history else None
    found = _CHOICE.fullmatch(message.normalized.strip(" .。!！?？"))
    if done is None or not done.choices or not found:
        return ""
    number = int(found["digit"]) if found["digit"] else _NUMBERS[found["word"]]
    if number == -1:
        return done.choices[-1]
    return done.choices[number - 1] if 1 <= number <= len(done.choices) else ""


def _bare(normalized: str) -> str:
    return _NO_WORD.sub("", _without_asides(normalized))


def _without_asides(normalized: str) -> str:
    for words in _WORDS:
        normalized = words.aside.sub(" ", normalized)
    return normalized

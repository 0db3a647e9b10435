"""
Clarification: a question back, where an answer would be a guess. It is decided by what can be counted, without a model.

"Which of these do you mean?": a message of a word or two ("refund?", "保修") fits several subjects equally. It does not
say what it wants to know, and passages of different documents are about equally likely to bear on it. Only the first
question of a session is asked back about: a later one may lean on what was asked before ("and the rules?").

"Did you mean one of these?": no passage is relevant enough for an answer, but the best ones nearly are; or they are,
and none of their sentences is likely enough to be one. A question that staff have answered comes first, where it is
near to the customer's and does not ask the same by its words. The last choice is that it is none of them, which calls a
person. Who was asked back once, or handed off for want of an answer, is not asked again on the next miss.

The reply may be a choice's number, its words, or that it is none of them. A choice that is a question of staff gets
their answer. Any other is searched together with the message before, and answered from what stands under its name, then
from the rest of its document, however relevant they are. Any other reply is searched with the message before it, as any
message is.
"""

import math
import re
from collections.abc import Sequence

from kefu.router.answering.history import NOT_LOOKED_UP, was_asked_back
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.domain.explanation import NearestCurated
from kefu.router.domain.handoff import FAILURES
from kefu.router.domain.turn import AnswerSource, Passage, Turn
from kefu.router.nlu.message import CustomerMessage
from kefu.router.nlu.normalization import normalize
from kefu.router.nlu.packs import PACKS
from kefu.router.tenants.settings import EffectiveSettings
from kefu.text.language import language_of
from kefu.text.linear_pattern import LinearPattern
from kefu.text.question_equivalence import DifferenceKind

_FEWEST, _MOST = 2, 4
_MOST_OFFERED = 3
_MARGIN = 0.1
"""Passages less likely than the best one by more than this are not its equals."""
_BAND, _OFFERED = 2.0, 3.0
"""How far below the threshold, in log odds of relevance, the best passage may be, and the others beside it.

Relevance is a probability, so that a distance means the same for every collection and threshold. Measured on questions
with even ids; see docs/benchmarks/answers.md.
"""
_LEAST_SHARE = 0.44
"""How near a curated question has to be to be offered: of the way from the least cosine of its answer to 1.

Read on the sample's 620 questions: of 8 that are near like this and not answered otherwise, 6 mean it; below, few do.
"""
_OTHER_WORDS = frozenset(DifferenceKind)
"""The reasons against a curated answer that a customer can settle: it is valid, in their language, and not far."""
_LONGEST_EN, _LONGEST_ZH = 2, 5
"""Words, or Han characters, of a message that may be underspecified."""
_LONGEST_NAME = 120
"""Characters of a choice: it stands on a button."""
_WORDS = [pack.clarification for pack in PACKS]
_HAN = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[a-z0-9'-]+")
_NO_WORD = re.compile(r"[\W_]+")
_PART = " › "
_QUESTION_MARKS = ("?", "？")
_ENDS = " .。!！?？"
_NUMBERS = {word: number for words in _WORDS for word, number in words.choice_numbers.items()}
_CHOICE = LinearPattern(
    rf"(?:#|{'|'.join(words.before_choice for words in _WORDS)})?\s*"
    rf"(?:(?P<digit>\d{{1,2}})|(?P<word>{'|'.join(_NUMBERS)}))"
    rf"\s*(?:{'|'.join(words.after_choice for words in _WORDS)})*"
)
_NONE_OF_THEM = re.compile("|".join(words.none_of_them for words in _WORDS))


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
    """The subjects to ask back about; none when the question is clear enough, or was asked back about.

    For a question that leans on no other.
    """
    settings = question.settings
    if not settings.asks_back or was_asked_back(question.history) or not is_underspecified(question.message):
        return ()
    best = max((passage.relevance for passage in found), default=0.0)
    equals = [passage for passage in found if passage.relevance >= max(settings.min_relevance, best - _MARGIN)]
    choices = _names(equals, _MOST)
    if len(choices) < _FEWEST or any(
        _bare(normalize(passage.title)) == _bare(question.message.normalized) for passage in equals
    ):
        return ()  # a document of just that name is what is meant
    return choices


def nearly_relevant(
    question: Question, found: Sequence[Passage], curated: NearestCurated | None = None
) -> tuple[str, ...]:
    """What may be meant, where no passage is relevant enough; none where a person should be called at once.

    The best one has to lie in the band below the threshold, and the others not far below it. They are in the customer's
    language: what stands on a button has to be recognised. `curated`: the answer of staff that came nearest.
    """
    if not question.settings.asks_back or _missed_before(question.history):
        return ()
    least = question.settings.least_relevance
    readable = [passage for passage in found if (passage.language or language_of(passage.text)) == question.language]
    offered: tuple[str, ...] = ()
    if any(_is_within(_BAND, passage.relevance, least(passage)) for passage in readable):
        near = [passage for passage in readable if _is_within(_OFFERED, passage.relevance, least(passage))]
        offered = _names(near, _MOST_OFFERED)
    if curated is not None and is_near(curated):
        offered = tuple(dict.fromkeys((curated.question, *offered)))[:_MOST_OFFERED]
    return offered


def subjects_of(question: Question, found: Sequence[Passage]) -> tuple[str, ...]:
    """What a customer may want to know who has not asked: names of what is relevant to it, or nearly; at most three."""
    if not question.settings.asks_back:
        return ()
    least = question.settings.least_relevance
    readable = [passage for passage in found if (passage.language or language_of(passage.text)) == question.language]
    return _names([each for each in readable if _is_within(_BAND, each.relevance, least(each))], _MOST_OFFERED)


def is_near(curated: NearestCurated) -> bool:
    """Whether a curated answer's question is near enough to be offered, as a whole, and may be answered today."""
    needed = curated.least_cosine + _LEAST_SHARE * (1 - curated.least_cosine)
    return curated.cosine >= needed and curated.reason in _OTHER_WORDS and len(curated.question) <= _LONGEST_NAME


def clarify(question: Question, choices: tuple[str, ...], *, is_unsure: bool = False) -> AnswerOutcome:
    """A question back: which of these is meant. `is_unsure`: perhaps none of them, and then a person should come."""
    replies, in_its_variant = question.replies, question.message.in_its_variant
    asked = in_its_variant(replies.did_you_mean if is_unsure else replies.clarifying_question)
    offered = (*choices, in_its_variant(replies.none_of_these)) if is_unsure else choices
    return AnswerOutcome(AnswerSource.CLARIFYING, text=with_choices(asked, offered), choices=offered)


def with_choices(question: str, choices: Sequence[str]) -> str:
    """A question with its choices below it, numbered: for clients that show no buttons."""
    return "\n".join([question, *(f"{number}. {choice}" for number, choice in enumerate(choices, start=1))])


def chosen_subject(message: CustomerMessage, history: Sequence[Turn]) -> str:
    """The choice of the last turn that a message names, by its number or its words; empty when it names none."""
    done = history[-1].completed if history else None
    if done is None or not done.choices:
        return ""
    reply = message.normalized.strip(_ENDS)
    if found := _CHOICE.fullmatch(reply):
        number = int(found["digit"]) if found["digit"] else _NUMBERS[found["word"]]
        if number == -1:
            return done.choices[-1]
        return done.choices[number - 1] if 1 <= number <= len(done.choices) else ""
    said = _bare(message.normalized)
    named = [choice for choice in done.choices if said and said in _parts(choice)]
    return named[0] if len(named) == 1 else ""


def is_none_of_them(message: CustomerMessage, choice: str, settings: EffectiveSettings) -> bool:
    """Whether a reply to a question back says that none of the choices is meant. `choice`: the one that it names."""
    if choice:
        return normalize(choice) in {normalize(replies.none_of_these) for replies in settings.texts.values()}
    return _NONE_OF_THEM.fullmatch(message.normalized.strip(_ENDS)) is not None


def chosen_passages(choice: str, found: Sequence[Passage]) -> tuple[Passage, ...]:
    """What the customer chose: the passages under the name, then the rest of their documents; empty without any."""
    named = [passage for passage in found if choice and _name(passage) == choice]
    documents = {_document(passage) for passage in named}
    more = [passage for passage in found if _document(passage) in documents and passage not in named]
    return (*named, *more)


def _is_within(distance: float, relevance: float, threshold: float) -> bool:
    """Whether a relevance is at most `distance` below a threshold, in log odds."""
    return relevance * (1 - threshold) * math.exp(distance) >= threshold * (1 - relevance)


def _missed_before(history: Sequence[Turn]) -> bool:
    """Whether the last question that was looked up found no answer either: it was asked back about, or handed over."""
    for turn in reversed(history):
        done = turn.completed
        if turn.handoff is not None:
            return turn.handoff.reason in FAILURES
        if done is not None and done.source not in NOT_LOOKED_UP:
            return done.source is AnswerSource.CLARIFYING
    return False


def _names(passages: Sequence[Passage], most: int) -> tuple[str, ...]:
    """The names of the first documents among these passages, each once."""
    names: dict[str, str] = {}
    for passage in passages:
        if name := _name(passage):
            names.setdefault(_document(passage), name)
    return tuple(dict.fromkeys(names.values()))[:most]


def _name(passage: Passage) -> str:
    """What a customer would recognise a passage by: the question above it, else title and heading."""
    above = [part for part in (passage.title, *passage.headings) if part]
    if above and above[-1].rstrip().endswith(_QUESTION_MARKS):
        return _cut(above[-1].strip())
    return _cut(_PART.join(dict.fromkeys((*above[:1], *above[-1:]))))


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1].rstrip()}…"


def _document(passage: Passage) -> str:
    return passage.name.partition("/passages/")[0]


def _parts(choice: str) -> set[str]:
    """What a choice may be called in a reply: all of it, or one of its parts."""
    return {_bare(normalize(part)) for part in (choice, *choice.split(_PART))}


def _bare(normalized: str) -> str:
    return _NO_WORD.sub("", _without_asides(normalized))


def _without_asides(normalized: str) -> str:
    for words in _WORDS:
        normalized = words.aside.sub(" ", normalized)
    return normalized

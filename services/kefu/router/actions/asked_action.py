"""
Which action a message asks for: its embedding beside messages of which the intent is known, and its words.

`messages.json` holds messages of customers by intent, in both languages, of even ids of loadtest/training/intents.
Those of the intents that an action names, and its own examples, are for it; all others are against it, the questions
about a shop's rules among them. How likely a message asks for an action is a logistic regression of its `Signs`. The
weights are fitted to messages that no model of intents has seen, by `python -m loadtest.quality.action_matching`, which
reports on others. The cosines are those of the embedder that searches; the weights belong to e5.
"""

import json
import math
import operator
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol

from kefu.router.actions.action import Action, ActionInput, Texts
from kefu.router.actions.value_pattern import values_in
from kefu.router.nlu.normalization import normalize

PATH = Path(__file__).with_name("messages.json")
RULES = "rules"
"""The intent of questions about a shop's rules: no action may name it."""
UNDO = "undo_request"
"""Whoever takes a request back speaks as whoever makes it: where this is likeliest, nothing else is clearly wanted."""
WEIGHTS = (-4.5, 72.4, -21.1, -48.7, 0.8, 1.1, -0.6)
"""Of a bias and of `Signs`, for an action that names an intent."""
WEIGHTS_WITHOUT_INTENT = (-14.6, 148.3, -30.5, -105.1, 0.5, 0.0, -0.7)
"""For one that has examples alone."""
LEAST_LIKELIHOOD = 0.6
LEAST_WITH_VALUE = 0.3
LEAST_TO_OFFER = 0.001
"""From here on actions are offered to a customer whose message names a value, and asks for none clearly."""
LEAST_BEFORE_PERSON = 0.2
"""From here on they are offered before a person is called, or below an answer, where no value is named."""
LEAST_BESIDE = 0.01
MOST_OFFERED = 3
_ENDS = " .!?。！？…"
_NEAREST = 3
_LEAST_SHARE = 0.001
"""What is less likely counts as much."""
_COMPARED = 256


@cache
def known_messages() -> Mapping[str, tuple[str, ...]]:
    """The messages by intent."""
    stored: dict[str, list[str]] = json.loads(PATH.read_text("utf-8"))
    return {intent: tuple(texts) for intent, texts in stored.items()}


@cache
def known_texts() -> tuple[str, ...]:
    """The known messages, each once, in their order."""
    return tuple(dict.fromkeys(text for texts in known_messages().values() for text in texts))


def intents() -> frozenset[str]:
    """The intents that an action may name."""
    return frozenset(known_messages()) - {RULES}


class Wanted(Protocol):
    """What messages may ask for: an action, or what is done by several of them."""

    @property
    def id(self) -> str:
        """Its id among its kind."""
        ...

    @property
    def titles(self) -> Texts:
        """What the customer reads where Kefu asks what is meant; empty: it is not offered."""
        ...

    @property
    def intents(self) -> Sequence[str]:
        """Intents of which messages ask for it."""
        ...

    @property
    def examples(self) -> Sequence[str]:
        """Messages that ask for it."""
        ...

    @property
    def inputs(self) -> Sequence[ActionInput]:
        """Those whose patterns tell whether a message names a value of it."""
        ...


class Asked(Enum):
    """How clearly a message asks for actions."""

    CLEARLY = auto()
    """For the one."""
    BY_VALUE = auto()
    """It names a value, and may ask for one of these."""
    PERHAPS = auto()
    """It may ask for one of these, before a person is called."""


@dataclass(frozen=True)
class Likely:
    """What a message may ask for, the likeliest first."""

    wanted: tuple[Wanted, ...]
    asked: Asked


@dataclass(frozen=True)
class ActionSet:
    """A tenant's actions, and what a message is compared with to tell which it asks for."""

    actions: Mapping[str, Action]
    """By id."""
    asked_for_by_messages: tuple[Wanted, ...]
    texts: tuple[str, ...]
    """Each once; none where nothing has intents or examples."""

    @classmethod
    def of(cls, actions: Sequence[Action], others: Sequence[Wanted] = (), done: Collection[str] = ()) -> "ActionSet":
        """The set of some actions, and of `others` that messages may ask for.

        `done`: ids of actions that are asked for by way of the others alone.
        """
        by_id = {action.id: action for action in actions}
        asked = tuple(each for each in (*actions, *others) if each.intents or each.examples)
        asked = tuple(each for each in asked if not (isinstance(each, Action) and each.id in done))
        if not asked:
            return cls(by_id, (), ())
        examples = [text for each in asked for text in each.examples]
        return cls(by_id, asked, tuple(dict.fromkeys([*known_texts(), *examples])))

    def without_values(self, text: str) -> str:
        """A message without the values that it names: the digits of an order say nothing of what is wanted of it."""
        for action in self.actions.values():
            for each in action.inputs:
                for value in values_in(each.pattern, text) if each.pattern else ():
                    text = text.replace(value, " ")
        return " ".join(text.split()) or text

    def asked_for(self, message: "ComparedMessage") -> Likely | None:
        """What a message asks for, or what with a title it may ask for; None: for nothing.

        Less is enough for an action of which the message names a value, such as the number of an order, and it goes
        before others. What is done by several actions goes before one of them.
        """
        found = self._candidates(message)
        found.sort(key=lambda each: (each.is_named, each.likelihood, each.has_steps), reverse=True)
        for each in found:
            least = LEAST_WITH_VALUE if each.is_named else LEAST_LIKELIHOOD
            if each.likelihood >= least and message.may_mean(each.wanted):
                return Likely((each.wanted,), Asked.CLEARLY)
        titled = [each for each in found if each.wanted.titles]
        named = [each for each in titled if each.is_named]
        if named and named[0].likelihood >= LEAST_TO_OFFER:
            return Likely(tuple(each.wanted for each in named[:MOST_OFFERED]), Asked.BY_VALUE)
        titled = [each for each in titled if each.likelihood >= LEAST_BESIDE]
        if titled and titled[0].likelihood >= LEAST_BEFORE_PERSON:
            return Likely(tuple(each.wanted for each in titled[:MOST_OFFERED]), Asked.PERHAPS)
        return None

    def asked_for_instead(self, of: str, message: "ComparedMessage") -> Wanted | None:
        """What a reply to a question asks for, where that is clear, and is not what asked it, which has the id `of`."""
        found = self._candidates(message)
        best = max(found, key=lambda each: (each.likelihood, each.has_steps))
        asked = max((each.likelihood for each in found if each.wanted.id == of), default=0.0)
        is_clear = best.likelihood >= LEAST_LIKELIHOOD and asked < LEAST_BEFORE_PERSON and message.may_mean(best.wanted)
        return best.wanted if is_clear and best.wanted.id != of else None

    def _candidates(self, message: "ComparedMessage") -> list["_Candidate"]:
        """Whoever writes an example asks for its action."""
        signs, said = self.signs(message), _bare(message.text)
        return [
            _Candidate(
                each,
                _is_named(each, message.text),
                1.0 if said in _normalized(tuple(each.examples)) else likelihood(signs[each.id]),
            )
            for each in self.asked_for_by_messages
        ]

    def signs(self, message: "ComparedMessage") -> dict[str, "Signs"]:
        """By id of what messages may ask for: what tells whether this one does."""
        cosine_of = dict(zip(self.texts, message.cosines, strict=True))
        return {each.id: self._signs(each, message, cosine_of) for each in self.asked_for_by_messages}

    def _signs(self, wanted: Wanted, message: "ComparedMessage", cosine_of: Mapping[str, float]) -> "Signs":
        own = {*(text for intent in wanted.intents for text in known_messages().get(intent, ())), *wanted.examples}
        nearest = sorted((cosine_of[text] for text in own), reverse=True)[:_NEAREST]
        against = (
            cosine_of[text]
            for intent, texts in known_messages().items()
            if intent not in wanted.intents
            for text in texts
            if text not in own
        )
        others = (
            cosine_of[text]
            for each in self.asked_for_by_messages
            if each.id != wanted.id
            for text in each.examples
            if text not in own
        )
        farthest = max(against)
        return Signs(
            sum(nearest) / len(nearest),
            farthest,
            max(others, default=farthest),
            message.own_case,
            log_odds(sum(message.intents.get(each, 0.0) for each in wanted.intents)) if wanted.intents else None,
            log_odds(message.intents.get(RULES, 0.0)),
        )


@dataclass(frozen=True)
class ComparedMessage:
    """A message that may ask for an action."""

    text: str
    cosines: Sequence[float]
    """To each of the texts of the set."""
    own_case: float
    intents: Mapping[str, float] = field(default_factory=dict[str, float])
    """How likely it has each intent; empty: not known."""

    def may_mean(self, wanted: Wanted) -> bool:
        """Whether it does not rather take something back; an example of what is wanted never does."""
        likeliest = max(self.intents, key=self.intents.__getitem__, default="")
        return likeliest != UNDO or UNDO in wanted.intents or _bare(self.text) in _normalized(tuple(wanted.examples))


class Signs(NamedTuple):
    """What tells whether a message asks for an action."""

    nearest_for: float
    """Mean cosine to the three nearest messages that are for it."""
    nearest_against: float
    """Cosine to the nearest known message that is not."""
    nearest_other: float
    """Cosine to the nearest example of another action."""
    own_case: float
    intent: float | None
    """Log odds of an intent that the action names; None: it names none."""
    rules: float
    """Log odds of a question about the rules."""


@dataclass(frozen=True)
class _Candidate:
    wanted: Wanted
    is_named: bool
    """Whether the message names one of its values."""
    likelihood: float

    @property
    def has_steps(self) -> bool:
        """Whether it is no action alone."""
        return not isinstance(self.wanted, Action)


def parts_of(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """Texts, as many at once as CompareTexts takes."""
    return [tuple(texts[at : at + _COMPARED]) for at in range(0, len(texts), _COMPARED)]


@lru_cache(maxsize=256)
def _normalized(examples: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_bare, examples))


def _bare(text: str) -> str:
    """A text in its normal form, without the signs at its end."""
    return normalize(text).rstrip(_ENDS)


def _is_named(wanted: Wanted, text: str) -> bool:
    return any(each.pattern and values_in(each.pattern, text) for each in wanted.inputs)


def likelihood(signs: Signs) -> float:
    """How likely a message asks for an action; see the module's first lines."""
    used = WEIGHTS_WITHOUT_INTENT if signs.intent is None else WEIGHTS
    return _share(sum(map(operator.mul, used, (1.0, *signs[:4], signs.intent or 0.0, signs.rules))))


def log_odds(likely: float) -> float:
    """As `Signs` have them: of what is next to never or next to always so, the same."""
    likely = min(max(likely, _LEAST_SHARE), 1 - _LEAST_SHARE)
    return math.log(likely / (1 - likely))


def _share(odds: float) -> float:
    return 1 / (1 + math.exp(-max(min(odds, 500.0), -500.0)))

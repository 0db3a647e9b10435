"""
Which action a message asks for: its embedding beside messages of which the intent is known.

`messages.json` holds messages of customers by intent, in both languages. Those of the intents that an action names, and
its own examples, are for it; all others are against it, the questions about a shop's rules among them. How likely a
message asks for an action is a logistic regression of the mean cosine to the three nearest that are for it, the cosine
to the nearest that is against it, and the own-case score (`kefu.router.nlu.own_case`). The messages are of even ids of
tests/data/intents, and the weights are fitted to the other even ids, by
`python -m loadtest.quality.action_matching`, which reports on odd ones. The cosines are those of the embedder that
searches; the weights belong to e5.
"""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import Protocol

from kefu.router.actions.action import Action, ActionInput, Texts
from kefu.router.actions.value_pattern import values_in
from kefu.router.nlu.normalization import normalize
from kefu.router.nlu.own_case import LIKELY_SCORE, asks_something

PATH = Path(__file__).with_name("messages.json")
RULES = "rules"
"""The intent of questions about a shop's rules: no action may name it."""
BIAS, FOR_WEIGHT, AGAINST_WEIGHT, OWN_CASE_WEIGHT = -19.9, 151.4, -130.4, 1.8
LEAST_LIKELIHOOD = 0.5
LEAST_WITH_VALUE = 0.3
LEAST_TO_OFFER = 0.001
"""From here on actions are offered to a customer whose message names a value, and asks for none clearly."""
LEAST_BEFORE_PERSON = 0.2
"""From here on they are offered before a person is called, where no value is named."""
_LEAST_BESIDE = 0.01
_MOST_OFFERED = 3
_NEAREST = 3
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

    @property
    def changes_something(self) -> bool:
        """Whether it does more than look something up."""
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

    def asked_for(self, text: str, cosines: Sequence[float], own_case: float) -> Likely | None:
        """What a message asks for, or what with a title it may ask for; None: for nothing.

        Less is enough for an action of which the message names a value, such as the number of an order, and it goes
        before others. A question that is about no case of the customer's own, and names no value, is one about the
        rule: the pages come before an action that changes something. `cosines`: of the message and each of the texts.
        """
        found = self._candidates(text, cosines, own_case)
        found.sort(key=lambda each: (each.is_named, each.likelihood), reverse=True)
        is_about_rule = not any(each.is_named for each in found) and asks_about_rule(text, own_case)
        for each in found:
            if is_about_rule and each.wanted.changes_something:
                continue
            if each.likelihood >= (LEAST_WITH_VALUE if each.is_named else LEAST_LIKELIHOOD):
                return Likely((each.wanted,), Asked.CLEARLY)
        titled = [each for each in found if each.wanted.titles]
        named = [each for each in titled if each.is_named]
        if named and named[0].likelihood >= LEAST_TO_OFFER:
            return Likely(tuple(each.wanted for each in named[:_MOST_OFFERED]), Asked.BY_VALUE)
        titled = [each for each in titled if each.likelihood >= _LEAST_BESIDE]
        if titled and titled[0].likelihood >= LEAST_BEFORE_PERSON:
            return Likely(tuple(each.wanted for each in titled[:_MOST_OFFERED]), Asked.PERHAPS)
        return None

    def asked_for_instead(self, of: str, text: str, cosines: Sequence[float], own_case: float) -> Wanted | None:
        """What a reply to a question asks for, where that is clear, and is not what asked it, which has the id `of`."""
        found = self._candidates(text, cosines, own_case)
        best = max(found, key=lambda each: each.likelihood)
        asked = max((each.likelihood for each in found if each.wanted.id == of), default=0.0)
        is_clear = best.likelihood >= LEAST_LIKELIHOOD and asked < LEAST_BEFORE_PERSON
        return best.wanted if is_clear and best.wanted.id != of else None

    def _candidates(self, text: str, cosines: Sequence[float], own_case: float) -> list["_Candidate"]:
        asked = self.asked_for_by_messages
        cosine_of = dict(zip(self.texts, cosines, strict=True))
        return [_Candidate(each, _is_named(each, text), self._likelihood(each, cosine_of, own_case)) for each in asked]

    def _likelihood(self, wanted: Wanted, cosine_of: Mapping[str, float], own_case: float) -> float:
        named = [text for intent in wanted.intents for text in known_messages().get(intent, ())]
        own = {*named, *wanted.examples}
        nearest = sorted((cosine_of[text] for text in own), reverse=True)[:_NEAREST]
        against = (
            cosine_of[text]
            for intent, texts in known_messages().items()
            if intent not in wanted.intents
            for text in texts
            if text not in own
        )
        return likelihood(sum(nearest) / len(nearest), max(against), own_case)


@dataclass(frozen=True)
class _Candidate:
    wanted: Wanted
    is_named: bool
    """Whether the message names one of its values."""
    likelihood: float


def parts_of(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """Texts, as many at once as CompareTexts takes."""
    return [tuple(texts[at : at + _COMPARED]) for at in range(0, len(texts), _COMPARED)]


def _is_named(wanted: Wanted, text: str) -> bool:
    return any(each.pattern and values_in(each.pattern, text) for each in wanted.inputs)


def asks_about_rule(text: str, own_case: float) -> bool:
    """Whether a message asks something, and hardly of a case of the customer's own: "can I exchange an item twice?"."""
    return own_case < LIKELY_SCORE and asks_something(normalize(text))


def likelihood(nearest_for: float, nearest_against: float, own_case: float) -> float:
    """How likely a message asks for an action; see the module's first lines."""
    odds = BIAS + FOR_WEIGHT * nearest_for + AGAINST_WEIGHT * nearest_against + OWN_CASE_WEIGHT * own_case
    return 1 / (1 + math.exp(-max(min(odds, 500.0), -500.0)))

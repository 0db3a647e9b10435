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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kefu.router.actions.action import Action

PATH = Path(__file__).with_name("messages.json")
RULES = "rules"
"""The intent of questions about a shop's rules: no action may name it."""
BIAS, FOR_WEIGHT, AGAINST_WEIGHT, OWN_CASE_WEIGHT = -22.3, 158.9, -135.0, 1.6
LEAST_LIKELIHOOD = 0.5
_NEAREST = 3


@cache
def known_messages() -> Mapping[str, tuple[str, ...]]:
    """The messages by intent."""
    stored: dict[str, list[str]] = json.loads(PATH.read_text("utf-8"))
    return {intent: tuple(texts) for intent, texts in stored.items()}


def intents() -> frozenset[str]:
    """The intents that an action may name."""
    return frozenset(known_messages()) - {RULES}


@dataclass(frozen=True)
class Comparison:
    """What a message is compared with, for the actions of one tenant."""

    actions: Mapping[str, Action]
    texts: tuple[str, ...]
    """Each once."""

    @classmethod
    def of(cls, actions: Mapping[str, Action]) -> "Comparison":
        """The comparison for some actions; without texts where no action has intents or examples."""
        asked = {each.id: each for each in actions.values() if each.intents or each.examples}
        if not asked:
            return cls({}, ())
        known = [text for texts in known_messages().values() for text in texts]
        examples = [text for action in asked.values() for text in action.examples]
        return cls(asked, tuple(dict.fromkeys([*known, *examples])))

    def best(self, cosines: Sequence[float], own_case: float) -> tuple[str, float]:
        """The id of the action that a message asks for most likely, and how likely it is, 0 to 1.

        `cosines`: of the message and each of the texts.
        """
        cosine_of = dict(zip(self.texts, cosines, strict=True))
        likely = {each.id: self._likelihood(each, cosine_of, own_case) for each in self.actions.values()}
        action_id = max(likely, key=lambda each: likely[each], default="")
        return action_id, likely.get(action_id, 0.0)

    def _likelihood(self, action: Action, cosine_of: Mapping[str, float], own_case: float) -> float:
        named = [text for intent in action.intents for text in known_messages().get(intent, ())]
        own = {*named, *action.examples}
        nearest = sorted((cosine_of[text] for text in own), reverse=True)[:_NEAREST]
        against = (
            cosine_of[text]
            for intent, texts in known_messages().items()
            if intent not in action.intents
            for text in texts
            if text not in own
        )
        return likelihood(sum(nearest) / len(nearest), max(against), own_case)


def likelihood(nearest_for: float, nearest_against: float, own_case: float) -> float:
    """How likely a message asks for an action; see the module's first lines."""
    odds = BIAS + FOR_WEIGHT * nearest_for + AGAINST_WEIGHT * nearest_against + OWN_CASE_WEIGHT * own_case
    return 1 / (1 + math.exp(-max(min(odds, 500.0), -500.0)))

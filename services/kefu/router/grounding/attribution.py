"""
Attribution: which sentence of which passage supports a sentence of an answer, and how much of it. It counts words.

A whole answer that has hardly a word in common with what was found is for a person to look at. That is asked only of an
answer in the language of its passages (words of another language cannot occur), and only when it is long enough to say
something. The test looks for the grossest case, an answer about something else; a wrong figure is caught by
`LiteralGuard`, a wrong sentence is reported in `TurnCompleted.supports`.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from kefu.router.domain.turn import Passage, Support
from kefu.router.grounding.lexical_overlap import share, units_of, units_of_passage
from kefu.router.grounding.sentence_selection import pieces
from kefu.text.language import language_of

_HARDLY = 0.15
"""No sentence of such an answer shares more than this part of its words with any sentence found."""
_FEWEST_UNITS = 6
_FIGURE = re.compile(r"\d")
_FIGURES_WEIGH = 2
"""A figure counts as much as so many words: it is what a sentence is asked for."""


class Attribution(NamedTuple):
    """The sentence of a passage that holds most of a sentence of the answer."""

    number: int
    """Of the passage, from 1; 0 when none holds any of it."""
    share: float
    """Of the sentence's words and figures, those that it holds, 0 to 1."""
    text: str


class AttributionIndex:
    """The sentences of some passages, indexed for comparison with an answer's."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._held: list[tuple[int, str, frozenset[str]]] = []
        for number, passage in enumerate(passages, 1):
            above = units_of(" ".join((passage.title, *passage.headings)))
            before: tuple[str, frozenset[str]] | None = None
            for _, _, text in pieces(passage.text):
                units = units_of_passage(text)
                self._held.append((number, text, units | above))
                if before is not None:  # an answer often joins two sentences that stand together
                    self._held.append((number, f"{before[0]} {text}", before[1] | units | above))
                before = text, units

    def of(self, sentence: str, number: int = 0) -> Attribution:
        """What supports a sentence best; `number`: in this passage alone, counted from 1."""
        words = units_of(sentence)
        best = Attribution(0, 0.0, "")
        for place, text, units in self._held:
            if number in (0, place):
                part = _weighed(words, units)
                # Of equals the shorter: two sentences only when one is not enough.
                if (part, -len(text)) > (best.share, -len(best.text)) and part > 0:
                    best = Attribution(place, part, text)
        return best


def _weighed(words: frozenset[str], units: frozenset[str]) -> float:
    if share(words, units) == 0.0:
        # Too short to tell, but for a figure: "7 days."
        return float(words <= units and any(map(_FIGURE.search, words)))
    weights = {word: _FIGURES_WEIGH if _FIGURE.search(word) else 1 for word in words}
    return sum(weight for word, weight in weights.items() if word in units) / sum(weights.values())


def is_hardly_supported(text: str, passages: Sequence[Passage], supports: Sequence[Support]) -> bool:
    """Whether an answer shares hardly a word with what it should rest on."""
    language = language_of(text)
    if not supports or any((passage.language or language_of(passage.text)) != language for passage in passages):
        return False
    return len(units_of(text)) >= _FEWEST_UNITS and max(support.share for support in supports) <= _HARDLY

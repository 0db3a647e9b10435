"""
Whether a whole answer has hardly a word in common with what was found: then a person should look at it.

Only for an answer in the language of its passages (words of another language cannot occur), and only when it is long
enough to say something. It looks for the grossest case, an answer about something else; a wrong figure is the literals'
business, a wrong sentence is reported in `TurnCompleted.supports`.
"""

from collections.abc import Sequence

from kefu.common.language import language_of
from kefu.router.model import Passage, Supported
from kefu.router.overlap import units_of

_HARDLY = 0.15
"""No sentence of such an answer shares more than this part of its words with any sentence found."""
_FEWEST_UNITS = 6


def is_hardly_borne_out(text: str, passages: Sequence[Passage], supports: Sequence[Supported]) -> bool:
    """Whether an answer shares hardly a word with what it should rest on."""
    language = language_of(text)
    if not supports or any((passage.language or language_of(passage.text)) != language for passage in passages):
        return False
    return len(units_of(text)) >= _FEWEST_UNITS and max(support.share for support in supports) <= _HARDLY

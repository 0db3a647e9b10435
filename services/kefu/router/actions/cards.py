"""Cards of a result, by an action's template. What they show comes from the projected result and the inputs alone."""

from collections.abc import Iterable, Mapping
from typing import Any, cast
from urllib.parse import quote, urlsplit

from kefu.common.text.language import AnswerLanguage
from kefu.router.actions.action import PLACEHOLDER, Action, CardTemplate, Texts
from kefu.router.actions.template import render
from kefu.router.actions.wording import in_language, in_words, words_of
from kefu.router.domain.card import Card, CardField, Cards

_MOST_CARDS = 20
_MOST_TITLE, _MOST_STATUS, _MOST_VALUE = 200, 100, 1_000  # characters
_MOST_LINK = 2_000


def cards_of(
    template: CardTemplate | None, action: Action, values: Mapping[str, Any], language: AnswerLanguage
) -> Cards | None:
    """The cards of inputs and results. None where there are none, or the text says more than they could."""
    if template is None:
        return None
    listed: Any = values.get(template.list) if template.list else [{}]
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in cast("list[Any]", listed)):
        return None
    entries = cast("list[dict[str, Any]]", listed)
    if len(entries) > _MOST_CARDS:
        return None
    words = words_of(action)
    text = render(in_language(template.texts, language), in_words(values, words, language)) if template.texts else ""
    return together(text, [card_of(template, {**values, **each}, words, language) for each in entries])


def together(text: str, cards: Iterable[Card]) -> Cards | None:
    """Cards below a text; None where there are none, too many, or one that has no title or too long a text."""
    every = tuple(cards)
    return Cards(text, every) if 0 < len(every) <= _MOST_CARDS and all(map(_fits, every)) else None


def card_of(
    template: CardTemplate,
    values: Mapping[str, Any],
    words: Mapping[str, Texts],
    language: AnswerLanguage,
    choice: str = "",
) -> Card:
    """A card of a thing's values. `choice`: the one that it stands for."""
    said = in_words(values, words, language)
    fields = [
        CardField(in_language(each.labels, language), _lines(render(in_language(each.values, language), said)))
        for each in template.fields
    ]
    return Card(
        _line(render(in_language(template.titles, language), said)),
        _line(render(in_language(template.statuses, language), said)) if template.statuses else "",
        tuple(each for each in fields if each.value),
        _address(template.link, values),
        choice,
    )


def _fits(card: Card) -> bool:
    """Nothing is cut: a customer would agree to what stands behind the cut, too."""
    if not 0 < len(card.title) <= _MOST_TITLE or len(card.status) > _MOST_STATUS:
        return False
    return all(len(each.value) <= _MOST_VALUE for each in card.fields)


def _line(text: str) -> str:
    return " ".join(text.split())


def _lines(text: str) -> str:
    """A text without blank lines."""
    return "\n".join(filter(None, map(_line, text.splitlines())))


def _address(link: str, values: Mapping[str, Any]) -> str:
    """The address with its values; empty where one is missing, or would lead out of its place in the path."""
    filled = {found[2]: _segment(values.get(found[2])) for found in PLACEHOLDER.finditer(link)}
    if not all(filled.values()):
        return ""
    address = PLACEHOLDER.sub(lambda found: filled[found[2]], link)
    climbs = {".", ".."} & set(urlsplit(address).path.split("/"))
    return "" if climbs or len(address) > _MOST_LINK else address


def _segment(value: Any) -> str:
    """A text or a number as a part of an address; empty for anything else."""
    is_plain = isinstance(value, str | int) and not isinstance(value, bool)
    return quote(str(value), safe="") if is_plain else ""

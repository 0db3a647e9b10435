"""Cards of a result, by an action's template. What they show comes from the projected result and the inputs alone."""

from collections.abc import Iterable, Mapping
from typing import Any, cast
from urllib.parse import quote, urlsplit

from kefu.router.actions.action import PLACEHOLDER, Action, CardTemplate, Texts
from kefu.router.actions.template import plain, render_plain
from kefu.router.actions.value_words import in_language, in_words, say, words_of
from kefu.router.domain.card import Card, CardField, Cards
from kefu.text.language import AnswerLanguage

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
    shared = {name: value for name, value in values.items() if name != template.list}
    writer = CardWriter(template, shared, words_of(action), language)
    text = say(template.texts, action, values, language) if template.texts else ""
    return together(text, map(writer.card, entries))


def together(text: str, cards: Iterable[Card]) -> Cards | None:
    """Cards below a text; None where there are none, too many, or one that has no title or too long a text."""
    every = tuple(cards)
    return Cards(text, every) if 0 < len(every) <= _MOST_CARDS and all(map(_fits, every)) else None


class CardWriter:
    """Writes cards. `shared`: the values that all of them may show."""

    def __init__(
        self,
        template: CardTemplate,
        shared: Mapping[str, Any],
        words: Mapping[str, Texts],
        language: AnswerLanguage,
    ) -> None:
        self._template = template
        self._shared = shared
        self._words = words
        self._language: AnswerLanguage = language
        self._said = self._in_words(shared)

    def card(self, values: Mapping[str, Any], choice: str = "") -> Card:
        """The card of a thing's values. `choice`: the one that it stands for."""
        template, said = self._template, {**self._said, **self._in_words(values)}

        def written(texts: Texts) -> str:
            return render_plain(in_language(texts, self._language), said) if texts else ""

        fields = [
            CardField(in_language(each.labels, self._language), _lines(written(each.values)))
            for each in template.fields
        ]
        return Card(
            _line(written(template.titles)),
            _line(written(template.statuses)),
            tuple(each for each in fields if each.value),
            _address(template.link, {**self._shared, **values}),
            choice,
        )

    def _in_words(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return plain(in_words(values, self._words, self._language))


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

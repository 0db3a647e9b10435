"""What is said of values: words in place of codes, days in place of points in time."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from kefu.router.actions.action import Action, Texts
from kefu.router.actions.template import render
from kefu.router.domain.turn import InputValue
from kefu.text.language import AnswerLanguage

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]{5,20}(?:Z|[+-]\d\d:?\d\d)?", re.ASCII)
"""ISO 8601, as JSON has it."""
_DAY_CHARACTERS = len("2026-11-25")


def say(texts: Texts, action: Action, values: Mapping[str, Any], language: AnswerLanguage) -> str:
    """A template of an action over its inputs and results."""
    return render(in_language(texts, language), in_words(values, words_of(action), language))


def words_of(action: Action) -> Mapping[str, Texts]:
    """What an action has words for: by value, those of its options too."""
    options = {value: texts for each in action.inputs for value, texts in each.options.items()}
    return {**action.words, **options}


def progress_of(action: Action, language: AnswerLanguage) -> str:
    """What the customer reads while an action's call runs; empty where nobody wrote words for it."""
    texts = action.progress or action.titles
    return in_language(texts, language) if texts else ""


def in_language(texts: Texts, language: AnswerLanguage) -> str:
    """The text in a language; in another one where there is none."""
    return texts.get(language) or next(iter(texts.values()))


def in_words(value: Any, words: Mapping[str, Texts], language: AnswerLanguage) -> Any:
    """A result with words in place of values that stand alone in a field, and days in place of points in time."""
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {name: in_words(each, words, language) for name, each in fields.items()}
    if isinstance(value, list | tuple):
        return [in_words(each, words, language) for each in cast("Sequence[Any]", value)]
    if not isinstance(value, str):
        return value
    if value in words:
        return in_language(words[value], language)
    return value[:_DAY_CHARACTERS] if _TIMESTAMP.fullmatch(value) else value


def as_text(value: InputValue) -> str:
    """An input's value in one line."""
    return value if isinstance(value, str) else " ".join(value)

"""Names and texts of a draft, from those of a document."""

import re
from collections.abc import Collection

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^a-z0-9]+")
_BRACES = re.compile(r"[{}\s]+")
_MOST_NAME, _MOST_ID, _MOST_TEXT = 40, 63, 200


def snake(name: str) -> str:
    """A name of an input or a result: "orderId" as "order_id"."""
    return _fit(_words(name, "_"), "value", "_")[:_MOST_NAME].rstrip("_")


def kebab(name: str) -> str:
    """The id of an action or a secret: "getOrder" as "get-order"."""
    return _fit(_words(name, "-"), "call", "-")[:_MOST_ID].rstrip("-")


def of_its_own(name: str, taken: Collection[str]) -> str:
    """A name that is not taken: with a number, where it is."""
    number, one = 2, name
    while one in taken:
        one, number = f"{name[: _MOST_NAME - 4]}_{number}", number + 1
    return one


def label(name: str) -> str:
    """What a person reads for a name."""
    return snake(name).replace("_", " ")


def sentence(text: str) -> str:
    """A text of a document as it may stand in a template: one line, without braces and its full stop."""
    return _BRACES.sub(" ", text).strip()[:_MOST_TEXT].rstrip(" .。")


def _words(name: str, between: str) -> str:
    return _OTHER.sub(between, _CAMEL.sub("_", name).lower()).strip(between)


def _fit(words: str, instead: str, between: str) -> str:
    """Words that begin with a letter, as a name must."""
    return words if words[:1].isalpha() else between.join(filter(None, (instead, words)))

"""Metadata of documents and metadata filters of requests: the keys and values that are allowed."""

import re
from collections.abc import Iterable, Mapping

from kefu.common.errors import BadRequest

MAX_PAIRS = 20
MAX_VALUE_CHARACTERS = 200
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,63}")

Pairs = tuple[tuple[str, str], ...]
"""Keys and values, sorted."""


def checked_metadata(field: str, metadata: Mapping[str, str]) -> Pairs:
    """A document's metadata, checked and sorted. Raises BadRequest, naming `field`, also for an empty value."""
    empty = [key for key, value in metadata.items() if not value]
    if empty:
        raise BadRequest(field, f"gives {empty[0][:64]} no value; give it one, or leave it out.")
    return checked_filters(field, metadata.items())


def checked_filters(field: str, pairs: Iterable[tuple[str, str]]) -> Pairs:
    """A request's filters, checked and sorted. Raises BadRequest, naming `field`.

    At most 20 pairs. A key has 1 to 64 characters and a value at most 200. An empty value stands for documents without
    the key.
    """
    found = tuple(sorted(set(pairs)))
    if len(found) > MAX_PAIRS:
        raise BadRequest(field, f"must be at most {MAX_PAIRS}.")
    if not all(_KEY.fullmatch(key) for key, _ in found):
        raise BadRequest(field, 'must have keys of 1 to 64 of a-z, 0-9, "_" and "-", beginning with a letter.')
    if any(len(value) > MAX_VALUE_CHARACTERS for _, value in found):
        raise BadRequest(field, f"must have values of at most {MAX_VALUE_CHARACTERS} characters.")
    return found

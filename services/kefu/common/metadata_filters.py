"""Metadata of documents, and what a request filters by: which keys and values there can be."""

import re
from collections.abc import Iterable, Mapping

from kefu.common.errors import BadRequest

MAX_PAIRS = 20
MAX_VALUE_CHARACTERS = 200
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,63}")

Pairs = tuple[tuple[str, str], ...]
"""Keys and values, sorted."""


def checked_metadata(field: str, metadata: Mapping[str, str]) -> Pairs:
    """A document's metadata, or BadRequest."""
    empty = [key for key, value in metadata.items() if not value]
    if empty:
        raise BadRequest(field, f"gives {empty[0][:64]} no value; give it one, or leave it out.")
    return checked_filters(field, metadata.items())


def checked_filters(field: str, pairs: Iterable[tuple[str, str]]) -> Pairs:
    """What a request filters by, or BadRequest. An empty value stands for documents without the key."""
    found = tuple(sorted(set(pairs)))
    if len(found) > MAX_PAIRS:
        raise BadRequest(field, f"must be at most {MAX_PAIRS}.")
    if not all(_KEY.fullmatch(key) for key, _ in found):
        raise BadRequest(field, 'must have keys of 1 to 64 of a-z, 0-9, "_" and "-", beginning with a letter.')
    if any(len(value) > MAX_VALUE_CHARACTERS for _, value in found):
        raise BadRequest(field, f"must have values of at most {MAX_VALUE_CHARACTERS} characters.")
    return found

"""
Filters of a search: language, validity, audience and metadata of a document.

Days are written "2026-11-25"; ISO days compare like their text.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from kefu.common.errors import BadRequest
from kefu.common.metadata_filters import Pairs


@dataclass(frozen=True)
class Validity:
    """First and last day on which a document is valid, both included. An empty day sets no limit."""

    first: str = ""
    last: str = ""

    def holds_on(self, day: str) -> bool:
        """Whether the document is valid on a day."""
        return (not self.first or self.first <= day) and (not self.last or day <= self.last)


ALWAYS = Validity()


class Audience(StrEnum):
    """Who may see a document or an answer."""

    EVERYONE = "everyone"
    STAFF = "staff"

    def sees(self, other: "Audience") -> bool:
        """Whether this audience may see what is for another."""
        return self is Audience.STAFF or other is Audience.EVERYONE


def parse_audience(field: str, text: str) -> Audience:
    """The audience that a text names; everyone for an empty one. Raises BadRequest for any other text: no guess is
    safe.
    """
    try:
        return Audience(text.strip().lower() or Audience.EVERYONE)
    except ValueError:
        raise BadRequest(field, 'must be "everyone" or "staff".') from None


def strictest(*audiences: Audience) -> Audience:
    """The narrowest of some audiences: staff if one of them is."""
    return Audience.STAFF if Audience.STAFF in audiences else Audience.EVERYONE


@dataclass(frozen=True)
class Facts:
    """The filterable facts of a document. Most documents of a collection share theirs."""

    language: str = ""
    validity: Validity = ALWAYS
    audience: Audience = Audience.EVERYONE
    metadata: Pairs = ()

    @cached_property
    def label(self) -> int:
        """A number for these facts, below 2**63 and the same in every process."""
        parts = (self.language, self.validity.first, self.validity.last, self.audience, repr(self.metadata))
        digest = hashlib.blake2b("\x00".join(parts).encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little") >> 1


@dataclass(frozen=True)
class SearchFilter:
    """The documents that a search may find. By default these exclude documents for staff alone."""

    day: str
    audience: Audience = Audience.EVERYONE
    languages: frozenset[str] = frozenset()
    """Empty: all."""
    metadata: Pairs = ()
    """One pair of each key must match. An empty value matches documents without the key."""

    def admits(self, facts: Facts) -> bool:
        """Whether a document with these facts may be found."""
        return (
            self.audience.sees(facts.audience)
            and facts.validity.holds_on(self.day)
            and (not self.languages or facts.language in self.languages)
            and self._matches_metadata(facts)
        )

    def _matches_metadata(self, facts: Facts) -> bool:
        metadata = dict(facts.metadata)
        return all((key, metadata.get(key, "")) in self.metadata for key, _ in self.metadata)

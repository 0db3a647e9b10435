"""
What a search may ask of a document beside its text: language, days, audience, metadata.

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
    """First and last day, both included; an empty one sets no limit."""

    first: str = ""
    last: str = ""

    def holds_on(self, day: str) -> bool:
        """Whether it holds on a day."""
        return (not self.first or self.first <= day) and (not self.last or day <= self.last)


ALWAYS = Validity()


class Audience(StrEnum):
    """Whom something may be shown to."""

    EVERYONE = "everyone"
    STAFF = "staff"

    def sees(self, other: "Audience") -> bool:
        """Whether this audience may see what is for another."""
        return self is Audience.STAFF or other is Audience.EVERYONE


def parse_audience(field: str, text: str) -> Audience:
    """What a document calls its audience, everyone if nothing; BadRequest for anything else: no guess is safe."""
    try:
        return Audience(text.strip().lower() or Audience.EVERYONE)
    except ValueError:
        raise BadRequest(field, 'must be "everyone" or "staff".') from None


def strictest(*audiences: Audience) -> Audience:
    """Staff alone, if one of them says so."""
    return Audience.STAFF if Audience.STAFF in audiences else Audience.EVERYONE


@dataclass(frozen=True)
class Facts:
    """What is known of a document; most documents of a collection have the same."""

    language: str = ""
    validity: Validity = ALWAYS
    audience: Audience = Audience.EVERYONE
    metadata: Pairs = ()

    @cached_property
    def label(self) -> int:
        """A number for them, below 2**63 and the same in every process."""
        parts = (self.language, self.validity.first, self.validity.last, self.audience, repr(self.metadata))
        digest = hashlib.blake2b("\x00".join(parts).encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little") >> 1


@dataclass(frozen=True)
class SearchFilter:
    """Which documents a search may find. Unless it says otherwise, none that is for staff alone."""

    day: str
    audience: Audience = Audience.EVERYONE
    languages: frozenset[str] = frozenset()
    """Empty: all."""
    metadata: Pairs = ()
    """Of pairs with one key, any may be met; an empty value is met by documents without the key."""

    def admits(self, facts: Facts) -> bool:
        """Whether a document with these facts may be found."""
        return (
            self.audience.sees(facts.audience)
            and facts.validity.holds_on(self.day)
            and (not self.languages or facts.language in self.languages)
            and self._matches_metadata(facts)
        )

    def _matches_metadata(self, facts: Facts) -> bool:
        there = dict(facts.metadata)
        return all((key, there.get(key, "")) in self.metadata for key, _ in self.metadata)

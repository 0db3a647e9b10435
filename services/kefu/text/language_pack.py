"""A language pack: all that `text` has to know of one language. The packs are listed in language_packs.py."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class PersonalKind(StrEnum):
    """A kind of personal data."""

    EMAIL = "email"
    ID_CARD = "ID card"
    BANK_CARD = "bank card"
    PASSPORT = "passport"
    PHONE = "phone"
    ADDRESS = "address"
    IP = "IP address"


@dataclass(frozen=True)
class QuestionRules:
    """Rules that reduce a question to what it asks; see question_equivalence.py."""

    reduce: Callable[[str], tuple[frozenset[str], list[str]]]
    """The kinds of a question, and the words of its subject in order. The text is in lower case, NFKC and simplified
    characters, has at most 600 of them, and no letter outside the packs."""
    orders: Callable[[list[str]], list[tuple[str, ...]]]
    """The orders of a subject's words that say the same; at least the given one."""


@dataclass(frozen=True)
class PersonalDataRules:
    """What surrounds personal data in a language; see pii.py. The patterns are alternatives, written with `|`."""

    placeholders: Mapping[PersonalKind, str]
    """What stands in the place of each kind, without brackets."""
    passport: str
    """Pattern of a word for a passport."""
    before_number: str
    """Pattern of what says that the digits after it are an order's, a parcel's or a model's, up to the digits."""
    before_phone: str
    """Pattern of what says that the digits after it are a telephone number, up to the digits."""
    addresses: Callable[[str], Iterator[tuple[int, int]]]
    """The start and the end of each postal address in a text, in linear time."""


@dataclass(frozen=True)
class ColloquialRules:
    """How people type a language in a hurry; see colloquial.py."""

    standard_forms: Mapping[str, str]
    """Short forms in lower case, of one word or two, with what they stand for."""
    rewrites: tuple[tuple[re.Pattern[str], str], ...]
    """Spoken forms within a text, and what is written for them."""
    manners: re.Pattern[str]
    """What says nothing of the matter: greetings, thanks, fillers."""


@dataclass(frozen=True)
class LanguagePack:
    """The rules of one language."""

    code: str
    """ISO 639-1."""
    letters: str
    """Its letters in lower case, as the inside of a class of `re`. The first pack with a letter in a text reads it."""
    question_rules: QuestionRules
    personal_data: PersonalDataRules
    colloquial: ColloquialRules

    def reads(self, text: str) -> bool:
        """Whether a text has a letter of this language."""
        return re.search(f"[{self.letters}]", text) is not None

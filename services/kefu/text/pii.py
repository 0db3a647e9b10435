"""
Personal data (PII) in text, found by structure and check digits, and replaced by placeholders.

Recognised are telephone numbers, mail and IP addresses, Chinese identity cards, bank cards, passports and postal
addresses. Names of people are not recognised. Look-alikes stay: order numbers, prices, dates, product codes, and
companies' telephone numbers (400 and 800 in China, toll-free and premium lines elsewhere). A long row of digits is
personal only if its check digit is right, or if a word in front says what it is.
"""

import re
from bisect import bisect
from collections.abc import Container, Iterator, Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

import phonenumbers
from phonenumbers import Leniency, PhoneNumberMatcher, PhoneNumberType
from stdnum import luhn
from stdnum.cn import ric

from kefu.text.language import language_of
from kefu.text.language_pack import PersonalKind
from kefu.text.language_packs import LANGUAGE_PACKS

__all__ = ("PersonalDataSpan", "PersonalKind", "holds_personal_data", "personal_data", "placeholder", "redacted")


class PersonalDataSpan(NamedTuple):
    """The position of one piece of personal data: characters from `start` to before `end`."""

    start: int
    end: int
    kind: PersonalKind


_RULES = tuple(pack.personal_data for pack in LANGUAGE_PACKS)
_PLACEHOLDERS = {pack.code: pack.personal_data.placeholders for pack in LANGUAGE_PACKS}
_REGIONS = ("CN", "US", "GB", "TW")
"""Regions in which a telephone number without a country code is looked up."""
_COMPANY_NUMBER_TYPES = frozenset(
    {
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)
_CONTEXT_CHARACTERS = 24
_LARGE_PART, _LARGE_PARTS = 10, 2
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9_.+%-])[a-zA-Z0-9_.+%-]{1,64}@(?:[a-zA-Z0-9-]{1,63}\.){1,8}[a-zA-Z]{2,24}(?![a-zA-Z0-9-])"
)
_ID_CARD = re.compile(r"(?<![A-Za-z0-9])\d{6}[ -]?\d{8}[ -]?\d{3}[\dXx](?![A-Za-z0-9])")
_CARD = re.compile(r"(?<![A-Za-z0-9.,-])\d{4,6}(?:[ -]?\d){8,15}(?![A-Za-z0-9]|[-.,]\d)")
# Visa, Mastercard, American Express, JCB, Discover, UnionPay.
_CARD_PREFIX = re.compile(r"4|5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3[47]|35(?:2[89]|[3-8])|6011|64[4-9]|65|62|81")
_CARD_LENGTHS = {"3": (15, 16), "4": (13, 16, 19), "5": (16,), "2": (16,), "6": (16, 17, 18, 19), "8": (16, 17, 18, 19)}
_MOBILE_CN = re.compile(r"(?<![A-Za-z0-9])(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![A-Za-z0-9]|-\d)")
_PASSPORT = re.compile(
    rf"(?i)(?:{'|'.join(rules.passport for rules in _RULES)})"
    r"[^\n。.!?！？\d]{0,12}?(?<![A-Za-z0-9])([A-Z]{1,2}\d{7,8}|\d{9})(?![A-Za-z0-9])"
)
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])")
_SEPARATOR = "[ ()（）./‐–—－\u3000-]{0,3}"
_LONG_NUMBER = re.compile(rf"[+＋]?[(（]?\d(?:{_SEPARATOR}\d){{6,16}}")
"""A telephone number if it has a country code, or a word in front says so; at most 17 digits, two more than E.164."""
# "0571-88886666", "(212) 555-0123": the usual notations, which need neither.
_USUAL_NOTATION = re.compile(r"\(?0\d{1,4}\)?[ -]?\d{3,4}[ -]?\d{3,4}|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4}")
_LONELY_USUAL_NOTATION = re.compile(rf"(?<![A-Za-z0-9_-])(?:{_USUAL_NOTATION.pattern})(?!\d)")
_MAX_CHECKED_NUMBERS = 16
"""Numbers of a text that are looked up in the numbering plans of the regions, at up to half a millisecond each. Those
after them are taken for telephone numbers by their shape."""
_EXTENSION_CHARACTERS = 8  # after a number: " ext. 123"
_NO_PHONE_SHAPE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d[\d,]*\.\d\d?")
_NUMBER_CONTEXT = re.compile(rf"(?i)(?:{'|'.join(rules.before_number for rules in _RULES)})$")
_PHONE_CONTEXT = re.compile(rf"(?i)(?:{'|'.join(rules.before_phone for rules in _RULES)})$")


def redacted(text: str, *, keep: Container[PersonalKind] = ()) -> str:
    """A text with placeholders, such as "[phone]" or "[电话]", in place of personal data. Kinds in `keep` stay."""
    found = [piece for piece in personal_data(text) if piece.kind not in keep]
    if not found:
        return text
    names = _placeholders(text)
    parts: list[str] = []
    at = 0
    for piece in found:
        parts += [text[at : piece.start], f"[{names[piece.kind]}]"]
        at = piece.end
    return "".join([*parts, text[at:]])


def placeholder(kind: PersonalKind, text: str) -> str:
    """The placeholder of a kind, in the language of `text`."""
    return f"[{_placeholders(text)[kind]}]"


@lru_cache(maxsize=16)
def _placeholders(text: str) -> Mapping[PersonalKind, str]:
    return _PLACEHOLDERS.get(language_of(text), _PLACEHOLDERS["en"])


def holds_personal_data(text: str) -> bool:
    """Whether a text holds anything that `redacted` would replace."""
    return bool(personal_data(text))


def personal_data(text: str) -> list[PersonalDataSpan]:
    """All pieces of personal data in a text, in order, without overlaps."""
    found: list[PersonalDataSpan] = []
    for piece in _candidates(text):
        at = bisect(found, piece)
        if (at == 0 or found[at - 1].end <= piece.start) and (at == len(found) or piece.end <= found[at].start):
            found.insert(at, piece)
    return found


def _candidates(text: str) -> Iterator[PersonalDataSpan]:
    """Candidates, the most certain kinds first: of two that overlap, the first one counts."""
    for match in _EMAIL.finditer(text):
        yield PersonalDataSpan(match.start(), match.end(), PersonalKind.EMAIL)
    if any(character.isdigit() for character in text):
        yield from _cards(text)
        for match in _PASSPORT.finditer(text):
            yield PersonalDataSpan(match.start(1), match.end(1), PersonalKind.PASSPORT)
        yield from _phones(text)
        for rules in _RULES:
            for start, end in rules.addresses(text):
                yield PersonalDataSpan(start, end, PersonalKind.ADDRESS)
    for match in (*_IPV4.finditer(text), *_IPV6.finditer(text)):
        if _is_ip(match[0]):
            yield PersonalDataSpan(match.start(), match.end(), PersonalKind.IP)


def _cards(text: str) -> Iterator[PersonalDataSpan]:
    for match in _ID_CARD.finditer(text):
        if ric.is_valid(re.sub("[ -]", "", match[0])):
            yield PersonalDataSpan(match.start(), match.end(), PersonalKind.ID_CARD)
    for match in _CARD.finditer(text):
        digits = re.sub("[ -]", "", match[0])
        plausible = _CARD_PREFIX.match(digits) and len(digits) in _CARD_LENGTHS[digits[0]]
        if plausible and luhn.is_valid(digits) and not _is_numbered(text, match.start()):
            yield PersonalDataSpan(match.start(), match.end(), PersonalKind.BANK_CARD)


def _phones(text: str) -> Iterator[PersonalDataSpan]:
    for match in _MOBILE_CN.finditer(text):
        if not _is_numbered(text, match.start()):
            yield PersonalDataSpan(match.start(), match.end(), PersonalKind.PHONE)
    for number, start in enumerate(_phone_starts(text)):
        span = _phone_at(text, start) if number < _MAX_CHECKED_NUMBERS else _phone_shape_at(text, start)
        if span is not None:
            yield PersonalDataSpan(*span, PersonalKind.PHONE)


def _phone_starts(text: str) -> list[int]:
    """Where a telephone number may begin: those that nothing speaks for are not looked up."""
    starts = {match.start() for match in _LONELY_USUAL_NOTATION.finditer(text)}
    for match in _LONG_NUMBER.finditer(text):
        if match[0][0] in "+＋" or _PHONE_CONTEXT.search(_before(text, match.start())):
            starts.add(match.start())
    return sorted(starts)


def _phone_at(text: str, start: int) -> tuple[int, int] | None:
    """The span of the personal telephone number that begins at `start`, by the numbering plans of the regions."""
    shape = _phone_shape_at(text, start)
    if shape is None:
        return None
    before = max(start - 1, 0)  # the matcher looks at a character on either side
    window = text[before : shape[1] + _EXTENSION_CHARACTERS]
    matches = [
        match
        for region in _REGIONS
        for match in PhoneNumberMatcher(window, region, leniency=Leniency.VALID)
        if before + match.start < shape[1]
    ]
    if any(phonenumbers.number_type(match.number) in _COMPANY_NUMBER_TYPES for match in matches):
        return None
    spans = ((before + match.start, before + match.end) for match in matches)
    return next((span for span in spans if _is_personal_phone(text, *span)), None)


def _phone_shape_at(text: str, start: int) -> tuple[int, int] | None:
    """The span of the digits at `start`, unless what surrounds them says that they are something else."""
    match = _LONG_NUMBER.match(text, start)
    if match is None or _is_numbered(text, start) or re.search(r"[\w-]$", text[max(start - 1, 0) : start], re.ASCII):
        return None
    return match.span()


def _is_personal_phone(text: str, start: int, end: int) -> bool:
    written = text[start:end]
    if _NO_PHONE_SHAPE.fullmatch(written):
        return False
    if _is_numbered(text, start) or re.match(r"[A-Za-z_]|-\w", text[end : end + 2]):
        return False
    if re.search(r"[\w-]$", text[max(start - 1, 0) : start], re.ASCII):
        return False
    if written[0] in "+＋" or _PHONE_CONTEXT.search(_before(text, start)):
        return True
    return _USUAL_NOTATION.fullmatch(written) is not None


def _before(text: str, start: int) -> str:
    """What stands in front of a number, as far as it says what the number is."""
    return text[max(0, start - _CONTEXT_CHARACTERS) : start]


def _is_numbered(text: str, start: int) -> bool:
    return _NUMBER_CONTEXT.search(_before(text, start)) is not None


def _is_ip(written: str) -> bool:
    if ":" in written and sum(character in "0123456789abcdefABCDEF" for character in written) < 3:
        return False
    try:
        address = ip_address(written)
    except ValueError:
        return False
    if address.version == 4 and sum(int(part) >= _LARGE_PART for part in written.split(".")) < _LARGE_PARTS:
        return False  # more likely a version, such as 8.5.5.9
    return address.is_global  # an address of a private network says nothing of a person

"""
Personal data (PII) in text, found by structure and check digits, and replaced by placeholders.

Recognised are telephone numbers, mail and IP addresses, Chinese identity cards, bank cards, passports and postal
addresses. Names of people are not recognised. Look-alikes stay: order numbers, prices, dates, product codes, and
companies' telephone numbers (400 and 800 in China, toll-free and premium lines elsewhere). A long row of digits is
personal only if its check digit is right, or if a word in front says what it is.
"""

import re
from collections.abc import Container, Iterator
from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple

import phonenumbers
from phonenumbers import Leniency, PhoneNumberMatcher, PhoneNumberType
from stdnum import luhn
from stdnum.cn import ric

from kefu.common.text.language import language_of


class PersonalKind(StrEnum):
    """A kind of personal data."""

    EMAIL = "email"
    ID_CARD = "ID card"
    BANK_CARD = "bank card"
    PASSPORT = "passport"
    PHONE = "phone"
    ADDRESS = "address"
    IP = "IP address"


class PersonalDataSpan(NamedTuple):
    """The position of one piece of personal data: characters from `start` to before `end`."""

    start: int
    end: int
    kind: PersonalKind


_CHINESE = {
    PersonalKind.EMAIL: "邮箱",
    PersonalKind.ID_CARD: "身份证号",
    PersonalKind.BANK_CARD: "银行卡号",
    PersonalKind.PASSPORT: "护照号",
    PersonalKind.PHONE: "电话",
    PersonalKind.ADDRESS: "地址",
    PersonalKind.IP: "IP地址",
}
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
    r"(?<![A-Za-z0-9_.+-])[a-zA-Z0-9_.+%-]{1,64}@(?:[a-zA-Z0-9-]{1,63}\.){1,8}[a-zA-Z]{2,24}(?![a-zA-Z0-9-])"
)
_ID_CARD = re.compile(r"(?<![A-Za-z0-9])\d{6}[ -]?\d{8}[ -]?\d{3}[\dXx](?![A-Za-z0-9])")
_CARD = re.compile(r"(?<![A-Za-z0-9.,-])\d{4,6}(?:[ -]?\d){8,15}(?![A-Za-z0-9]|[-.,]\d)")
# Visa, Mastercard, American Express, JCB, Discover, UnionPay.
_CARD_PREFIX = re.compile(r"4|5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3[47]|35(?:2[89]|[3-8])|6011|64[4-9]|65|62|81")
_CARD_LENGTHS = {"3": (15, 16), "4": (13, 16, 19), "5": (16,), "2": (16,), "6": (16, 17, 18, 19), "8": (16, 17, 18, 19)}
_MOBILE_CN = re.compile(r"(?<![A-Za-z0-9])(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![A-Za-z0-9]|-\d)")
_PASSPORT = re.compile(
    r"(?i)(?:passport|护照|護照)[^\n。.!?！？\d]{0,12}?(?<![A-Za-z0-9])([A-Z]{1,2}\d{7,8}|\d{9})(?![A-Za-z0-9])"
)
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])")
_DIGITS = re.compile(r"\d(?:[ ()./-]{0,3}\d){6}")
"""The least that can be a telephone number. The search for one takes a millisecond, and is left out without these."""
_NO_PHONE_SHAPE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d[\d,]*\.\d\d?")
_NUMBER_CONTEXT = re.compile(
    r"(?i)(?:order|parcel|tracking|shipment|invoice|ticket|case|contract|serial|account|receipt|reference|ref|booking"
    r"|policy|item|sku|model|isbn|sn|no|nr)(?:\s*(?:number|no|nr|id|code))?\s*\.?\s*(?:is|was)?\s*[#:：]?\s*$"
    r"|#\s*$"
    r"|(?:单号|單號|订单|訂單|编号|編號|快递|快遞|运单|運單|发票|發票|流水|合同|保单|保單|序列|型号|型號|货号|工单)"
    r"[号號]?(?:码|碼)?\s*(?:是|为|：|:)?\s*$"
)
_PHONE_CONTEXT = re.compile(
    r"(?i)(?:phone|mobile|cell|tel|telephone|call|whatsapp|reach|text)\b[^\d\n]{0,14}$"
    r"|(?:电话|電話|手机|手機|号码|號碼|致电|致電|联系|聯繫|微信|座机)[^\d\n]{0,6}$"
)
_HAN = "(?:(?![到在住是往去至寄送给你我他的了这那条从由址走沿过收])[\u4e00-\u9fff])"
"""A character of a place's name: in "寄到人民路12号" the address begins after 到."""
_NUMBER_CN = r"[0-9０-９一二三四五六七八九十百]{1,6}"
_UNIT_CN = (
    r"(?:[0-9A-Za-z０-９一二三四五六七八九十]{1,5}"
    r"(?:栋|幢|棟|座|号楼|號樓|单元|單元|楼|樓|层|層|室|房|户|號|号)){1,4}"
)
_ADDRESS_CN = re.compile(
    rf"(?:{_HAN}{{2,8}}?(?:省|自治区|特别行政区))?(?:{_HAN}{{1,8}}?[市州盟])?(?:{_HAN}{{1,8}}?[区區县縣旗])?"
    rf"(?:{_HAN}{{1,8}}?(?:镇|鎮|乡|鄉|街道|村))?"
    rf"{_HAN}{{1,8}}?(?:大道|路|街|巷|弄|胡同|里)(?:[东西南北中]?[一二三四五六七八九十]?段)?\s?{_NUMBER_CN}\s?(?:号|號|弄|-\d+号?)"
    rf"(?:\s?{_UNIT_CN})?"
)
_UNIT_ALONE_CN = re.compile(
    rf"(?:{_HAN}{{2,10}}?(?:小区|社区|花园|公寓|家园|大厦|新村|苑))\s?{_UNIT_CN}"
    r"|\d{1,4}(?:栋|幢|棟|号楼)(?:\d{1,3}单元)?\s?\d{2,5}(?:室|房|号)?"
)
_STREET = r"(?:Street|Avenue|Road|Lane|Drive|Boulevard|Court|Terrace|Crescent|Square|Parkway|Highway|Place|Close|Way)"
_STREET_SHORT = r"(?:St|Ave|Rd|Ln|Dr|Blvd|Ct|Cres|Sq|Pkwy|Hwy|Pl)\b\.?"
_ADDRESS_EN = re.compile(
    r"\b\d{1,5}[A-Za-z]?,? (?:(?:North|South|East|West|[NSEW]\.?) )?"
    r"(?:[A-Z][a-z'’]+ |\d{1,3}(?:st|nd|rd|th) ){1,3}"
    rf"(?:{_STREET}\b|{_STREET_SHORT})"
    r"(?:,? (?:Apt|Apartment|Unit|Suite|Ste|Flat|Floor|#)\.? ?#?\w{1,6})?"
    r"(?:, [A-Z][a-z]+(?: [A-Z][a-z]+)?)?(?:,? [A-Z]{2}(?: \d{5}(?:-\d{4})?)?\b|,? [A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b)?"
    r"|\b\d{1,5} (?:[a-z]+ ){1,2}(?:street|avenue|boulevard)\b"
    r"|\b(?:P\.? ?O\.? Box|Postfach) \d{1,6}\b"
)


def redacted(text: str, *, keep: Container[PersonalKind] = ()) -> str:
    """A text with placeholders, such as "[phone]" or "[电话]", in place of personal data. Kinds in `keep` stay."""
    found = [piece for piece in personal_data(text) if piece.kind not in keep]
    if not found:
        return text
    parts: list[str] = []
    at = 0
    for piece in found:
        parts += [text[at : piece.start], placeholder(piece.kind, text)]
        at = piece.end
    return "".join([*parts, text[at:]])


def placeholder(kind: PersonalKind, text: str) -> str:
    """The placeholder of a kind, in the language of `text`."""
    return f"[{_CHINESE[kind] if language_of(text) == 'zh' else kind}]"


def holds_personal_data(text: str) -> bool:
    """Whether a text holds anything that `redacted` would replace."""
    return bool(personal_data(text))


def personal_data(text: str) -> list[PersonalDataSpan]:
    """All pieces of personal data in a text, in order, without overlaps."""
    found: list[PersonalDataSpan] = []
    for piece in _candidates(text):
        if all(piece.end <= other.start or other.end <= piece.start for other in found):
            found.append(piece)
    return sorted(found)


def _candidates(text: str) -> Iterator[PersonalDataSpan]:
    """Candidates, the most certain kinds first: of two that overlap, the first one counts."""
    for match in _EMAIL.finditer(text):
        yield PersonalDataSpan(match.start(), match.end(), PersonalKind.EMAIL)
    if any(character.isdigit() for character in text):
        yield from _cards(text)
        for match in _PASSPORT.finditer(text):
            yield PersonalDataSpan(match.start(1), match.end(1), PersonalKind.PASSPORT)
        yield from _phones(text)
        for pattern in (_ADDRESS_CN, _UNIT_ALONE_CN, _ADDRESS_EN):
            for match in pattern.finditer(text):
                yield PersonalDataSpan(match.start(), match.end(), PersonalKind.ADDRESS)
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
    if not _DIGITS.search(text):
        return
    matches = [match for region in _REGIONS for match in PhoneNumberMatcher(text, region, leniency=Leniency.VALID)]
    company_numbers = [match for match in matches if phonenumbers.number_type(match.number) in _COMPANY_NUMBER_TYPES]
    for match in matches:
        is_line = any(match.start < line.end and line.start < match.end for line in company_numbers)
        if not is_line and _is_personal_phone(text, match):
            yield PersonalDataSpan(match.start, match.end, PersonalKind.PHONE)


def _is_personal_phone(text: str, match: phonenumbers.PhoneNumberMatch) -> bool:
    written = match.raw_string
    if _NO_PHONE_SHAPE.fullmatch(written):
        return False
    if _is_numbered(text, match.start) or re.match(r"[A-Za-z_]|-\w", text[match.end :]):
        return False
    if re.search(r"[\w-]$", text[: match.start], re.ASCII):
        return False
    if written.startswith("+") or _PHONE_CONTEXT.search(text[max(0, match.start - _CONTEXT_CHARACTERS) : match.start]):
        return True
    # Without such a word and a country code, only the usual notations count: "0571-88886666", "(212) 555-0123".
    return bool(
        re.fullmatch(r"\(?0\d{1,4}\)?[ -]?\d{3,4}[ -]?\d{3,4}|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4}", written)
    )


def _is_numbered(text: str, start: int) -> bool:
    return _NUMBER_CONTEXT.search(text[max(0, start - _CONTEXT_CHARACTERS) : start]) is not None


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

"""What surrounds personal data in English: see pii.py."""

import re
from collections.abc import Iterator

from kefu.text.language_pack import PersonalDataRules, PersonalKind

_STREET = r"(?:Street|Avenue|Road|Lane|Drive|Boulevard|Court|Terrace|Crescent|Square|Parkway|Highway|Place|Close|Way)"
_STREET_SHORT = r"(?:St|Ave|Rd|Ln|Dr|Blvd|Ct|Cres|Sq|Pkwy|Hwy|Pl)\b\.?"
_ADDRESS = re.compile(
    r"\b\d{1,5}[A-Za-z]?,? (?:(?:North|South|East|West|[NSEW]\.?) )?"
    r"(?:[A-Z][a-z'’]{1,40} |\d{1,3}(?:st|nd|rd|th) ){1,3}"
    rf"(?:{_STREET}\b|{_STREET_SHORT})"
    r"(?:,? (?:Apt|Apartment|Unit|Suite|Ste|Flat|Floor|#)\.? ?#?\w{1,6})?"
    r"(?:, [A-Z][a-z]{1,40}(?: [A-Z][a-z]{1,40})?)?"
    r"(?:,? [A-Z]{2}(?: \d{5}(?:-\d{4})?)?\b|,? [A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b)?"
    r"|\b\d{1,5} (?:[a-z]{1,40} ){1,2}(?:street|avenue|boulevard)\b"
    r"|\b(?:P\.? ?O\.? Box|Postfach) \d{1,6}\b"
)


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _ADDRESS.finditer(text))


RULES = PersonalDataRules(
    placeholders={kind: str(kind) for kind in PersonalKind},
    passport="passport",
    before_number=(
        r"(?:order|parcel|tracking|shipment|invoice|ticket|case|contract|serial|account|receipt|reference|ref|booking"
        r"|policy|item|sku|model|isbn|sn|no|nr)(?:\s*+(?:number|no|nr|id|code))?+\s*+\.?+\s*+(?:is|was)?+\s*+[#:：]?+\s*+"
        r"|#\s*+"
    ),
    before_phone=r"(?:phone|mobile|cell|tel|telephone|call|whatsapp|reach|text)\b[^\d\n]{0,14}",
    addresses=_addresses,
)

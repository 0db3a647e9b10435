"""Slots that a customer has filled: order numbers, days, amounts, codes; telephone numbers and mail as placeholders."""

import re
from collections.abc import Iterator, Sequence
from operator import itemgetter

from kefu.common.text.pii import PersonalKind, personal_data, placeholder
from kefu.router.domain.handoff import Slot, SlotKind

MOST_SLOTS = 12
_PERSONAL = {PersonalKind.PHONE: SlotKind.PHONE, PersonalKind.EMAIL: SlotKind.EMAIL}
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)"
)
_DATE = re.compile(
    r"(?<!\d)(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{4})(?!\d)"
    r"|(?:\d{4}\s?年\s?)?\d{1,2}\s?月\s?\d{1,2}\s?[日号號]"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}\b(?:,? \d{{4}})?"
    rf"|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?"
)
_AMOUNT = re.compile(
    r"(?:[¥￥$€£]|\b(?:RMB|CNY|USD|EUR|GBP))\s?\d[\d,]*(?:\.\d{1,2})?"
    r"|\d[\d,]*(?:\.\d{1,2})?\s?(?:元|块钱?|塊|万元|(?:yuan|rmb|cny|usd|eur|gbp|dollars?|euros?|pounds?)\b)",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:\b(?:order|parcel|tracking|shipment|invoice|ticket|case|contract|account|booking|reference|policy|serial)"
    r"(?:\s?(?:number|no\.?|nr\.?|id|code))?(?:\s(?:is|was))?\s?[:：#]{0,2}\s?"
    r"|(?:订单|訂單|单号|單號|快递|运单|發票|发票|合同|保单|流水|工单|编号|序列)(?:编?[号號]码?)?\s?(?:是|为|：|:|#)?\s?|#\s?)"
    r"((?=[A-Z-]*\d)[A-Z0-9](?:[A-Z0-9-]{3,30})[A-Z0-9])(?![A-Z0-9])",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"(?<![\w.-])\d{9,24}(?![\w]|[.-]\d)")
_CODE = re.compile(
    r"(?<![A-Za-z0-9-])(?=[A-Z-]*\d|\d+-?[A-Z])(?=[0-9-]*[A-Z])[A-Z0-9]{2,}"
    r"(?:-[A-Z0-9]+)*(?![A-Za-z0-9-])"
)
_SHORTEST_CODE = 4


def slots_of(messages: Sequence[str]) -> tuple[Slot, ...]:
    """The slots in a customer's messages, oldest first; each value once, where it was told last."""
    found: dict[tuple[SlotKind, str], Slot] = {}
    for message in messages:
        for _, slot in sorted(_slots(message), key=itemgetter(0)):
            key = (slot.kind, slot.value.upper())
            found.pop(key, None)
            found[key] = slot
    return tuple(found.values())[-MOST_SLOTS:]


def _slots(message: str) -> Iterator[tuple[int, Slot]]:
    """Each slot of a message with the position where it begins."""
    text = message
    for piece in personal_data(message):
        if kind := _PERSONAL.get(piece.kind):
            yield piece.start, Slot(kind, placeholder(piece.kind, message))
        text = _blank(text, piece.start, piece.end)
    for pattern, kind in (
        (_DATE, SlotKind.DATE),
        (_AMOUNT, SlotKind.AMOUNT),
        (_NUMBERED, SlotKind.NUMBER),
        (_LONG_NUMBER, SlotKind.NUMBER),
        (_CODE, SlotKind.CODE),
    ):
        for match in pattern.finditer(text):
            value = match[match.lastindex or 0].strip()
            if kind is not SlotKind.CODE or len(value) >= _SHORTEST_CODE:
                yield match.start(), Slot(kind, value)
                text = _blank(text, match.start(), match.end())


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + "\n" * (end - start) + text[end:]

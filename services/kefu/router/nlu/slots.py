"""Slots that a customer has filled: order numbers, days, amounts, codes; telephone numbers and mail as placeholders."""

import re
from collections.abc import Iterator, Sequence
from operator import itemgetter

from kefu.router.domain.handoff import Slot, SlotKind
from kefu.router.nlu.packs import PACKS
from kefu.text.pii import PersonalKind, personal_data, placeholder

MOST_SLOTS = 12
_PERSONAL = {PersonalKind.PHONE: SlotKind.PHONE, PersonalKind.EMAIL: SlotKind.EMAIL}
# A figure begins where no other begins: else a long row of digits is read anew at each of them.
_FIGURE = r"\d++(?:,\d++)*+(?:\.\d{1,2})?"
_DATE = re.compile(
    "|".join(
        [
            r"(?<!\d)(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{4})(?!\d)",
            *(pack.slots.date for pack in PACKS),
        ]
    )
)
_AMOUNT = re.compile(
    rf"(?:[¥￥$€£]|\b(?:RMB|CNY|USD|EUR|GBP))\s?{_FIGURE}"
    rf"|(?<!\d)(?<!\d,){_FIGURE}\s?(?:{'|'.join(pack.slots.amount_unit for pack in PACKS)})",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    rf"(?:{'|'.join(pack.slots.number_label for pack in PACKS)}|#\s?)"
    r"((?=[A-Z-]{0,31}\d)[A-Z0-9](?:[A-Z0-9-]{3,30})[A-Z0-9])(?![A-Z0-9])",
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
    personal = personal_data(message)
    placeholders = {kind: placeholder(kind, message) for kind in {piece.kind for piece in personal} & set(_PERSONAL)}
    for piece in personal:
        if piece.kind in placeholders:
            yield piece.start, Slot(_PERSONAL[piece.kind], placeholders[piece.kind])
    text = _blank(message, [(piece.start, piece.end) for piece in personal])
    for pattern, kind in (
        (_DATE, SlotKind.DATE),
        (_AMOUNT, SlotKind.AMOUNT),
        (_NUMBERED, SlotKind.NUMBER),
        (_LONG_NUMBER, SlotKind.NUMBER),
        (_CODE, SlotKind.CODE),
    ):
        taken: list[tuple[int, int]] = []
        for match in pattern.finditer(text):
            value = match[match.lastindex or 0].strip()
            if kind is not SlotKind.CODE or len(value) >= _SHORTEST_CODE:
                yield match.start(), Slot(kind, value)
                taken.append(match.span())
        text = _blank(text, taken)


def _blank(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """A text with line feeds in place of what stands in `spans`, which are in order and do not overlap."""
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += [text[at:start], "\n" * (end - start)]
        at = end
    return "".join([*parts, text[at:]])

"""
Foreign codes: the number of an order, a parcel or an invoice that a document gives as an example.

No customer may be told such a number as their own. It is told from other codes by what stands in front of it: a word
that announces an example ("for example", 例如), or what it is the number of ("your order number is …"). So product
models, error codes, hotlines and the company's own numbers stay, which documents name without either.
"""

import re

from kefu.router.nlu.packs import PACKS
from kefu.text.chinese import simplified
from kefu.text.compatibility_form import compatibility_form

# Of letters and digits, or of digits alone; it begins where no other begins, so that long rows are read once.
_CODE = re.compile(r"(?<![A-Za-z0-9-])[A-Za-z0-9](?:[A-Za-z0-9-]{2,38}[A-Za-z0-9])(?![A-Za-z0-9-])")
_LOOK_BACK = 80
"""Characters in front of a code in which the word stands that makes it an example."""
_SENTENCE_END = re.compile(r"[。！？!?；;\n]|\.\s")
_EXAMPLE = re.compile(f"(?:{'|'.join(pack.slots.before_example for pack in PACKS)})", re.IGNORECASE)
_NUMBER_OF = re.compile(rf"(?:{'|'.join(pack.slots.number_label for pack in PACKS)})[\W_]{{0,4}}$", re.IGNORECASE)
_NUMBER_OF_COMPANY = re.compile(
    rf"(?:{'|'.join(pack.slots.company_number_label for pack in PACKS)})[^,，]*$", re.IGNORECASE
)
_FEWEST_DIGITS = 4
_FEWEST_DIGITS_ALONE = 8
"""Fewer digits without a letter are an amount, a year or a short number to call."""
_SHORTEST = 6
_NO_SIGN = re.compile(r"[\W_]+")


def holds_foreign_code(piece_text: str, question: str) -> bool:
    """Whether a piece of evidence gives the number of somebody's order or the like which the customer did not write."""
    text = simplified(piece_text)
    written: str | None = None
    for found in _CODE.finditer(text):
        code = _NO_SIGN.sub("", found[0])
        digits = sum(character.isdigit() for character in code)
        if len(code) < _SHORTEST or digits < (_FEWEST_DIGITS if digits < len(code) else _FEWEST_DIGITS_ALONE):
            continue
        if digits == len(code) < len(found[0]):
            continue  # digits in groups: a day, a number to call, a standard
        before = text[max(0, found.start() - _LOOK_BACK) : found.start()]
        clause = _SENTENCE_END.split(before)[-1]
        is_numbered = _NUMBER_OF.search(clause) and not _NUMBER_OF_COMPANY.search(clause)
        if not (is_numbered or _EXAMPLE.search(clause)):
            continue
        if written is None:
            written = _NO_SIGN.sub("", compatibility_form(question)).upper()
        if code.upper() not in written:
            return True
    return False

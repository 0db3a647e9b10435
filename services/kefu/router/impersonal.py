"""
Whether a text may be shown to another customer: no address, number or name by which a person could be known.

Stricter than `kefu.common.personal`: a name, or a long number that may be an order's, is enough to keep a text apart.
"""

import re
import unicodedata

from kefu.common.personal import holds_personal_data

_DATE = re.compile(r"(?<!\d)\d{4}[-/.]\d\d?[-/.]\d\d?(?!\d)(?: \d\d?:\d\d)?")
_PERSONAL = re.compile(
    r"(?<![\w.])\+?\d(?:[\s().-]?\d){6,}"  # telephones, cards, identity cards, orders
    r"|[A-Za-z]*\d[A-Za-z\d-]{9,}"  # tracking numbers
    r"|(?i:\bmy name is\b|\bi am (?:mr|mrs|ms|dr)\b|\bthis is [A-Z]\w+ (?:speaking|here)\b)"
    r"|我叫(?!什么)|我的名字|我姓|本人姓名"
)


def is_impersonal(text: str) -> bool:
    """Whether nothing in a text looks like a person's data. It errs on the side of finding some."""
    if _PERSONAL.search(_DATE.sub(" ", unicodedata.normalize("NFKC", text))):
        return False
    return not holds_personal_data(text)

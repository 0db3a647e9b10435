"""Text from outside made safe for a terminal: without control characters."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """A text without what a terminal would obey: escape sequences, and changes of writing direction."""
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n"))


def one_line(text: str, length: int = 100) -> str:
    """A printable text on one line, shortened with an ellipsis to at most `length` characters."""
    flat = " ".join(printable(text).split())
    return flat if len(flat) <= length else flat[: length - 1].rstrip() + "…"

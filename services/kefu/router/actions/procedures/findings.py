"""What is wrong with a procedure, or may be, in words. A plain value."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """A finding about a line of a page, from 1. An error keeps the procedure from being followed."""

    line: int
    text: str
    """A sentence."""
    is_error: bool = True

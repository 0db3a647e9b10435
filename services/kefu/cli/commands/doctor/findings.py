"""Findings of `kefu doctor`."""

from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    """The verdict on a finding."""

    GOOD = "ok"
    """Nothing to do."""
    NOTE = "note"
    """`kefu up` works, and could work better."""
    BAD = "bad"
    """`kefu up` will fail."""


class Finding(NamedTuple):
    """The result of one check."""

    subject: str
    verdict: Verdict
    found: str
    """What is there."""
    advice: str = ""
    """What to do; empty when there is nothing to do."""

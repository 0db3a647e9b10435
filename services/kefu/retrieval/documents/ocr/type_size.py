"""
The size of letters in a picture, by the width of what they spell.

The height of a line that an engine finds is off by 15 %, and depends on whether a letter reaches below the line. Its
width divided by that of its letters in a usual font is within 3 % of the other lines in that font: enough to tell
headings.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import median

from kefu.retrieval.documents.parsers.pdf.lines import Line

_NARROW, _BROAD = frozenset("iljtfI.,:;'!|() "), frozenset("mwMW@%")
_LEAST_EMS = 3.5  # a shorter line tells too little
_BORDER = 0.35  # of its height, by which a found line is longer than its letters
_STEPS = ((2.1, 2.4), (1.5, 1.8), (1.15, 1.3))
"""From which ratio to the body's letters on a line has which size: lines of one level have one size."""


def type_size(text: str, width: float, height: float) -> float:
    """The size of a line's letters, in the unit of its width; 0 if it is too short to tell."""
    ems = sum(map(_ems, text))
    return (width - _BORDER * height) / ems if ems >= _LEAST_EMS else 0.0


def _ems(letter: str) -> float:
    if letter >= "\u2e80":
        return 1.0
    if letter in _NARROW:
        return 0.3
    if letter in _BROAD:
        return 0.85
    return 0.68 if letter.isupper() else 0.55


def body_size_of(lines: Iterable[Line]) -> float:
    """The size of most letters; 0 without lines that tell."""
    return median([line.size for line in lines for _ in range(0, len(line.text), 10) if line.size] or [0.0])


def levelled(lines: Sequence[Line], measured: float, body: float) -> list[Line]:
    """The lines with sizes in few steps above `body`, where `measured` is the size measured of the body's letters."""
    return [replace(line, size=body * _step(line.size / measured if measured else 1.0)) for line in lines]


def _step(ratio: float) -> float:
    return next((step for least, step in _STEPS if ratio >= least), 1.0)

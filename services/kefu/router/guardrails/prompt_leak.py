"""
The prompt-leak guard: stops an answer that repeats a run of the model's instructions letter by letter.

Text that may begin such a run is held back until that is decided. A run that stands in the passages as well is no
secret. A translation or an encoding of the instructions is not recognised: see docs/concepts/guardrails.md.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from kefu.router.guardrails.citation_markers import CitationMarker, Piece

_HOLD = 10
"""Weight of a run from which on it is held back..."""
_BLOCK = 32
"""...and at which it is the instructions that are told."""
_HAN_WEIGHT = 3
_LATIN, _OTHER = (8, 3), (3, 2)
"""Length of parts looked for, and how far apart: a run of `_HOLD` holds one whole, wherever it begins."""
_FEWEST = _BLOCK // _HAN_WEIGHT
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_BLANK = re.compile(r"\s+")

WITHHELD = "its own instructions"
"""Stands in `PromptLeakGuard.blocked`, for people: the text itself must not get out that way either."""


class PromptLeakGuard:
    """Passes pieces on as soon as they are decided, until `blocked`."""

    def __init__(self, instructions: str, known: Iterable[str]) -> None:
        """`known`: texts that may be repeated."""
        self._instructions = _normal(instructions)
        self._known = _normal("\n".join(known)) if self._instructions else ""
        self._parts = {size: _parts(self._instructions, size) for size, _ in (_LATIN, _OTHER)}
        self._tail = ""
        """The last of what was passed on, brought to one form."""
        self._pending = ""
        self._run = ""
        self._lengths: list[int] = []
        """Of each character of the run, for how many that are held back it stands."""
        self.blocked: str | None = None

    def push(self, pieces: Iterable[Piece]) -> list[Piece]:
        """Take further pieces; returns those that are decided."""
        out: list[Piece] = []
        for piece in pieces:
            if self.blocked is not None:
                break
            if isinstance(piece, CitationMarker):
                out += self.finish()
                out.append(piece)
            elif not self._instructions:
                out.append(piece)
            elif passed := self._passed(piece):
                out.append(passed)
        return out

    def finish(self) -> list[Piece]:
        """The rest, when nothing follows."""
        rest, self._pending, self._tail = self._pending, "", ""
        return [rest] if rest and self.blocked is None else []

    def _passed(self, text: str) -> str:
        near = _BLANK.sub(" ", self._tail + text.lower())
        if not self._pending:
            if not self._may_tell(near):  # most text
                self._tail = near[1 - _HOLD :]
                return text
            self._run, self._lengths = "", []
            for character in self._tail:
                self._follow(character, 0)
        self._tail = near[1 - _HOLD :]
        for character in text:
            self._pending += character
            self._follow(character, 1)
            if len(self._run) > _FEWEST and _weight(self._run) >= _BLOCK and self._run not in self._known:
                self.blocked = WITHHELD
                return ""
        is_held = _weight(self._run) >= _HOLD and self._run not in self._known
        end = len(self._pending) - (sum(self._lengths) if is_held else 0)
        passed, self._pending = self._pending[:end], self._pending[end:]
        return passed

    def _may_tell(self, near: str) -> bool:
        """Whether a text holds a run that is long enough to be held back: such a run holds one of these parts whole."""
        size, step = _LATIN if near.isascii() else _OTHER
        parts = self._parts[size]
        return any(near[at : at + size] in parts for at in range(0, len(near), step))

    def _follow(self, character: str, length: int) -> None:
        """The run becomes the longest end of the text that stands in the instructions."""
        normal = " " if character.isspace() else character.lower()
        if normal == " " and self._run.endswith(" "):
            self._lengths[-1] += length
            return
        run, dropped = self._run + normal, 0
        while run[dropped:] not in self._instructions:
            dropped += 1
        self._run = run[dropped:]
        self._lengths = [*self._lengths, *[0] * (len(normal) - 1), length][dropped:]


@lru_cache(maxsize=64)
def _parts(text: str, size: int) -> frozenset[str]:
    return frozenset(text[at : at + size] for at in range(len(text) - size + 1))


def _normal(text: str) -> str:
    return _BLANK.sub(" ", text.strip().lower())


def _weight(run: str) -> int:
    return len(run) if run.isascii() else len(run) + (_HAN_WEIGHT - 1) * len(_HAN.findall(run))

"""
Keeps what the model was told to do from being told on: a run of the answer that stands letter by letter in it.

Text that may be the begin of such a run is held back until it is one or is not. What stands in the passages as well is
no secret. A translation or an encoding of the instructions is not recognised: see docs/safety.md.
"""

import re
from collections.abc import Iterable

from kefu.router.citations import Mark, Piece

_HOLD = 10
"""Weight of a run from which on it is held back..."""
_BLOCK = 32
"""...and at which it is the instructions that are told."""
_HAN_WEIGHT = 3
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_BLANK = re.compile(r"\s+")

WITHHELD = "its own instructions"
"""Stands in `PromptGuard.blocked`, for people: the text itself must not get out that way either."""


class PromptGuard:
    """Passes pieces on as soon as they are decided, until `blocked`."""

    def __init__(self, instructions: str, known: Iterable[str]) -> None:
        """`known`: texts that may be told on."""
        self._instructions = _normal(instructions)
        self._known = _normal("\n".join(known)) if self._instructions else ""
        self._pending = ""
        self._run = ""
        self._lengths: list[int] = []
        """Of each character of the run, how many characters of the answer it stands for."""
        self.blocked: str | None = None

    def push(self, pieces: Iterable[Piece]) -> list[Piece]:
        """What is decided, given these further pieces."""
        out: list[Piece] = []
        for piece in pieces:
            if self.blocked is not None:
                break
            if isinstance(piece, Mark):
                out += self.finish()
                out.append(piece)
            elif not self._instructions:
                out.append(piece)
            elif passed := self._passed(piece):
                out.append(passed)
        return out

    def finish(self) -> list[Piece]:
        """The rest: nothing follows."""
        rest, self._pending, self._run, self._lengths = self._pending, "", "", []
        return [rest] if rest and self.blocked is None else []

    def _passed(self, text: str) -> str:
        for character in text:
            self._pending += character
            self._follow(character)
            weight = _weight(self._run)
            if weight >= _BLOCK and self._run not in self._known:
                self.blocked = WITHHELD
                return ""
        held = sum(self._lengths) if _weight(self._run) >= _HOLD and self._run not in self._known else 0
        end = len(self._pending) - held
        passed, self._pending = self._pending[:end], self._pending[end:]
        return passed

    def _follow(self, character: str) -> None:
        normal = " " if character.isspace() else character.lower()
        if normal == " " and self._run.endswith(" "):
            self._lengths[-1] += 1
            return
        run, dropped = self._run + normal, 0
        while run[dropped:] not in self._instructions:
            dropped += 1
        self._run = run[dropped:]
        self._lengths = [*self._lengths, 1][dropped:]


def _normal(text: str) -> str:
    return _BLANK.sub(" ", text.strip().lower())


def _weight(run: str) -> int:
    return len(run) if run.isascii() else len(run) + (_HAN_WEIGHT - 1) * len(_HAN.findall(run))

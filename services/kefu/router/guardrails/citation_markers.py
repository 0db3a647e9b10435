"""Citation markers in text that comes in pieces: "[1]", "[citation:1]", "【1】", "[1, 2]" and the like."""

import re
from dataclasses import dataclass

from kefu.text.linear_pattern import LinearPattern


@dataclass(frozen=True)
class CitationMarker:
    """A citation marker: the numbers in it, in their order."""

    numbers: tuple[int, ...]


Piece = str | CitationMarker

_LABEL = r"(?:citation|cite|source|reference|ref|passage|document|doc|来源|引用|资料|文档|段落|参考)"
_NUMBER = rf"(?:{_LABEL}\s*(?:[:：#.]\s*)?)?\^?\d{{1,3}}"
_MARK = LinearPattern(
    rf"(?i)[\[【［]\s*{_NUMBER}(?:\s*(?:[,，、;；–-]|and|和)\s*{_NUMBER})*\s*(?:†[^\]】］\n]{{0,30}})?[\]】］]"
)
_OPENERS = "[【［"
_OPENER = re.compile(r"[\[【［]")
_END = re.compile(r"[\]】］\n]")
_INSIDE = LinearPattern(r"[\[【［][\sA-Za-z0-9,，、;；:：#.^–\-来源引用资料文档段落参考和]*(?:†[^\]】］\n]*)?")
_UNFINISHED = LinearPattern(rf"(?i)[\[【［]\s*(?:{_LABEL}?[\s:：#.^]*\d[\d,，、;\s]*)?")
_LONGEST = 64


class CitationScanner:
    """Turns text into text and marks. What might still become a marker is held back, at most 64 characters."""

    def __init__(self) -> None:
        self._pending = ""

    def push(self, text: str) -> list[Piece]:
        """Take further text; returns the pieces that are decided."""
        self._pending += text
        return self._decided(final=False)

    def finish(self) -> list[Piece]:
        """The rest, when nothing follows. A marker that was cut off is dropped."""
        return self._decided(final=True)

    def _decided(self, *, final: bool) -> list[Piece]:
        pieces: list[Piece] = []
        while self._pending:
            opener = _OPENER.search(self._pending)
            if opener is None:
                pieces.append(self._pending)
                self._pending = ""
                break
            if opener.start():
                pieces.append(self._pending[: opener.start()])
                self._pending = self._pending[opener.start() :]
            end = _END.search(self._pending, 1, _LONGEST)
            if end is None and not final and len(self._pending) < _LONGEST and _INSIDE.fullmatch(self._pending):
                break  # undecided
            if end is None and final and _UNFINISHED.fullmatch(self._pending):
                self._pending = ""
                break
            mark = _MARK.match(self._pending[:_LONGEST])
            if mark:
                pieces.append(
                    CitationMarker(tuple(int(number) for number in re.findall(r"\d+", mark[0].partition("†")[0])))
                )
            else:
                pieces.append(self._pending[0])
            self._pending = self._pending[mark.end() if mark else 1 :]
        return pieces

"""
The Chinese variant of an answer: traditional characters for a customer who writes them, simplified ones for others.

Which traditional character a simplified one becomes depends on the word (头发 is 頭髮, 发送 is 發送), so text is held
back to the end of its clause. What comes out does not depend on where frames are cut.
"""

import re
from collections.abc import Callable, Iterable

from kefu.router.guardrails.citation_markers import Piece
from kefu.text.chinese import is_traditional, simplified, traditional

_LONGEST = 60  # characters: a clause without an end is not waited for
_CLAUSE = re.compile(rf"\w{{0,{_LONGEST - 1}}}\W")


def variant_converter(question: str, evidence: Iterable[str]) -> Callable[[str], str] | None:
    """The conversion that an answer needs; None when it is in the right characters anyway, as nearly always."""
    if is_traditional(question):
        return traditional
    return simplified if any(map(is_traditional, evidence)) else None


class ChineseVariantFilter:
    """Converts pieces clause by clause; passes them on untouched without a converter."""

    def __init__(self, convert: Callable[[str], str] | None) -> None:
        self._convert = convert
        self._held = ""

    def push(self, pieces: Iterable[Piece]) -> list[Piece]:
        """Take further pieces; returns those that are decided."""
        if self._convert is None:
            return list(pieces)
        out: list[Piece] = []
        for piece in pieces:
            if isinstance(piece, str):
                self._held += piece
                out += self._clauses()
            else:
                out += [*self.finish(), piece]
        return out

    def finish(self) -> list[Piece]:
        """The rest, when nothing follows."""
        rest, self._held = self._held, ""
        return [self._convert(rest)] if rest and self._convert is not None else []

    def _clauses(self) -> list[Piece]:
        assert self._convert is not None  # noqa: S101 - see push
        out: list[Piece] = []
        while self._held:
            clause = _CLAUSE.match(self._held)
            end = min(clause.end() if clause else _LONGEST + 1, _LONGEST)
            if clause is None and len(self._held) < _LONGEST:
                break
            out.append(self._convert(self._held[:end]))
            self._held = self._held[end:]
        return out

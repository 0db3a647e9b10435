"""
The literal check: figures, prices, addresses and codes pass only when they occur in the evidence.

What was sent is never taken back, so the guard holds back exactly what is undecided (an unfinished figure, a word that
may become an address) and closes for good at the first literal that the evidence does not hold: what follows in such an
answer deserves no more trust. The caller then ends the visible text with an ellipsis and hands over to a person. A
wrong figure costs a customer more than a wait.

What counts: numbers in digits (with their kind: money, per cent), times, dates, telephone numbers, e-mail and web
addresses, codes that mix letters and digits, and numbers in words in front of a unit ("three days", "三天"). Numbering
at the beginning of a line ("1.", "2)") is no figure.
"""

import re
from collections.abc import Iterable

from kefu.router.guardrails.citation_markers import CitationMarker, Piece
from kefu.router.guardrails.evidence import LiteralEvidence
from kefu.router.guardrails.literal_patterns import (
    HAN_UNIT,
    HAN_UNIT_BEGINNINGS,
    LETTERS,
    LINE_START,
    LITERAL_BEGIN,
    LOOK_AHEAD,
    LOOK_BACK,
    NEXT_WORD,
    NUMBERING,
    RUN,
    RUN_CHARACTERS,
    SIGNS,
    SUSPECT,
    UNIT_WORD,
    Kind,
)
from kefu.text.number_words import HAN_NUMBER, NUMBER_WORDS, han_number
from kefu.text.quantities import unit_is_decided


class LiteralGuard:
    """Passes pieces on as soon as they are decided, until `blocked` names a literal that is not in the evidence."""

    def __init__(self, evidence: LiteralEvidence) -> None:
        self._evidence = evidence
        self._pending = ""
        self._before = ""
        self.blocked: str | None = None

    def push(self, pieces: Iterable[Piece]) -> list[Piece]:
        """Take further pieces; returns those that are decided."""
        out: list[Piece] = []
        for piece in pieces:
            if isinstance(piece, CitationMarker):
                out += self._decided(final=True)
                if self.blocked is None:
                    out.append(piece)
            else:
                self._pending += piece
                out += self._decided(final=False)
        return out

    def finish(self) -> list[Piece]:
        """The rest, when nothing follows."""
        return self._decided(final=True)

    def _decided(self, *, final: bool) -> list[Piece]:
        at = 0
        while at < len(self._pending) and self.blocked is None:
            length = self._words(at) or self._next(at, final=final)
            if length == 0:
                break
            self._before = (self._before + self._pending[max(at, at + length - LOOK_BACK) : at + length])[-LOOK_BACK:]
            at += length
        passed, self._pending = self._pending[:at], self._pending[at:]
        return [passed] if passed else []

    def _words(self, at: int) -> int:
        """Length of the whole words from here on that can be no part of a literal: most text, at once."""
        suspect = SUSPECT.search(self._pending, at)
        end = suspect.start() if suspect else len(self._pending)
        text = self._pending[at:end]
        if NUMBER_WORDS.keys().isdisjoint(map(str.lower, LETTERS.findall(text))):
            return len(text.rstrip(RUN_CHARACTERS))  # the last run may go on
        for run in RUN.finditer(text):
            if run.end() == len(text) or run[0].lower().strip(".,:?'") in NUMBER_WORDS:
                return run.start()  # it may go on, or has to be looked at
        return len(text)

    def _next(self, at: int, *, final: bool) -> int:
        """Length of the next decided unit; 0 when undecided, or blocked."""
        text = self._pending
        if run := RUN.match(text, at):
            return self._run(run[0], text[run.end() : run.end() + LOOK_AHEAD], final=final)
        if number := HAN_NUMBER.match(text, at):
            return self._han(number[0], text[number.end() : number.end() + LOOK_AHEAD], final=final)
        literal = LITERAL_BEGIN.search(text, at)
        return (literal.start() if literal else len(text)) - at

    def _run(self, run: str, after: str, *, final: bool) -> int:
        if not after and not final:
            return 0
        if re.search(r"\d", run):
            # Its unit may stand behind it, with or without a space.
            if not final and not unit_is_decided(after) and len(after) < LOOK_AHEAD:
                return 0
            ends_numbering = run[-1] == "." or after.startswith(("、", ")", "）"))
            if ends_numbering and NUMBERING.fullmatch(run) and LINE_START.search(self._before):
                return len(run)
            unit = after[1:2] if after[:1] == " " else after[:1]
            money = unit in ("元", "块") or self._before.rstrip(" ")[-1:] in tuple(SIGNS)
            kind = Kind(money, unit in ("%", "％"))
            if not self._evidence.supports(run, kind) or self._evidence.contradicts(run, self._before, after):
                self.blocked = run
                return 0
            return len(run)
        value = NUMBER_WORDS.get(run.lower().strip(".,:?'"), 0)
        if value > 1 and run[-1].isalpha():
            following = NEXT_WORD.match(after + (" " if final else ""))
            if following is None and not final and len(after) < LOOK_AHEAD and re.fullmatch(r"\s+[A-Za-z]*", after):
                return 0
            known = self._evidence.has_number(str(value))
            if known and not final and not unit_is_decided(after) and len(after) < LOOK_AHEAD:
                return 0
            if self._evidence.contradicts_word(value, self._before, after) if known else self._is_figure(following):
                self.blocked = run
                return 0
            return len(run)
        if not self._evidence.supports(run):
            self.blocked = run
            return 0
        return len(run)

    @staticmethod
    def _is_figure(following: re.Match[str] | None) -> bool:
        return following is not None and UNIT_WORD.fullmatch(following[1]) is not None

    def _han(self, number: str, after: str, *, final: bool) -> int:
        value = han_number(number)
        if value <= 1 or self._before[-1:] in ("第", "周", "期"):
            # The number itself may go on, and then be another one.
            return len(number) if after or final else 0
        if self._evidence.has_number(str(value)):
            if not final and not unit_is_decided(after):
                return 0
            if self._evidence.contradicts_word(value, self._before, after):
                self.blocked = number
                return 0
            return len(number)
        if not final and not HAN_UNIT.match(after) and after in HAN_UNIT_BEGINNINGS:
            return 0
        if HAN_UNIT.match(after):
            self.blocked = number
            return 0
        return len(number)

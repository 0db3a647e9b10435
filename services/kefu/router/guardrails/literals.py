"""
Lets figures, prices, addresses and codes pass only when they occur in the evidence.

What was sent is never taken back, so the guard holds back exactly what is undecided (an unfinished figure, a word that
may become an address) and closes for good at the first literal that nothing bears out: what follows in such an
answer deserves no more trust. The caller then ends the visible text with an ellipsis and hands over to a person. A
wrong figure costs a customer more than a wait.

What counts: numbers in digits (with their kind: money, per cent), times, dates, telephone numbers, e-mail and web
addresses, codes that mix letters and digits, and numbers in words in front of a unit ("three days", "三天"). Numbering
at the beginning of a line ("1.", "2)") is no figure.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from kefu.common.text.number_words import HAN_DIGITS, HAN_NUMBER, NUMBER, NUMBER_WORDS, han_number, normal
from kefu.router.guardrails.citations import Mark, Piece
from kefu.router.guardrails.quantities import (
    CLOCK,
    Quantity,
    Statements,
    clock,
    unit_behind,
    unit_in_front,
    unit_is_decided,
)

_SIGNS = "¥￥$€£"
_RUN_CHARACTERS = r"A-Za-z0-9０-９_.,:/\-+@%％#&=?~'’×" + _SIGNS
_RUN = re.compile(f"[{_RUN_CHARACTERS}]+")
_LITERAL_BEGIN = re.compile(f"[{_RUN_CHARACTERS}{HAN_DIGITS}]")
_LOOK_BACK = 240
_LOOK_AHEAD = 32
_HAN_UNITS = re.findall(r"\S+", "工作日 自然日 小时 分钟 星期 月 天 日 周 年 元 块 折 成 倍")
_HAN_UNIT = re.compile(f"个?(?:{'|'.join(_HAN_UNITS)})")
_HAN_UNIT_BEGINNINGS = frozenset(
    (counter + unit)[:end] for counter in ("", "个") for unit in _HAN_UNITS for end in range(len(counter + unit))
)
_FULL_WIDTH = str.maketrans("０１２３４５６７８９％￥’", "0123456789%¥'")
_MONEY = re.compile(rf"[{_SIGNS}元块]|\b(?:yuan|rmb|cny|usd|eur|dollars?|euros?|pounds?)\b", re.IGNORECASE)
_PER_CENT = re.compile(r"[%％]|百分之|\bper\s?cent\b", re.IGNORECASE)
_ADDRESS = re.compile(
    r"://|\S@\S|^www\.|[a-z0-9-]{2,}\.(?:com|cn|net|org|io|co|example|shop|app|info|gov|edu|hk|tw|top|site|store|me|cc|dev"
    r"|ai|uk|us|eu|de|fr|jp|sg)(?:[/:?#]|$)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}")
_TIME = re.compile(r"0?(\d{1,2}):(\d\d)")
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):(\d\d)(?![\d:])")
_NUMBERING = re.compile(r"(?:1?\d|20)\.?")
_LINE_START = re.compile(r"(?:^|\n)[\s*#>•\-]*$")
_ONE_NUMBER = re.compile(rf"[{_SIGNS}]?(?:{NUMBER.pattern})%?")
_UNIT_WORD = re.compile(
    r"(?:business|working|calendar|days?|hours?|minutes?|weeks?|months?|years?|yuan|dollars?|percent|per|times)",
    re.IGNORECASE,
)
_SUSPECT = re.compile(f"[0-9０-９{HAN_DIGITS}{_SIGNS}@./:]")
"""A stretch without any of these holds words alone: no figure, no code, no address."""
_SENTENCE_END = re.compile(r"[。！？!?；;\n]|\.\s")
_NEXT_WORD = re.compile(r"\s+([A-Za-z]+)(?=[^A-Za-z])")


class _Kind(NamedTuple):
    money: bool
    per_cent: bool


_PLAIN = _Kind(False, False)


class Evidence:
    """What an answer may rest on: passages, the question, what was said before."""

    def __init__(self, texts: Iterable[str], sources: Iterable[tuple[str, str]] = (), question: str = "") -> None:
        """`sources` are passages, what stands above them and what they say: a figure of theirs has to be about the same
        thing as in them. Figures of the other `texts` may be repeated as one likes.
        """
        self._numbers: dict[str, _Kind] = {}
        self._text = ""
        for text in texts:
            self._add(text)
        self._free = frozenset(self._numbers)
        sources = list(sources)
        for above, text in sources:
            self._add(f"{above}\n{text}")
        self._statements = Statements(sources, question)

    def gainsays(self, run: str, before: str, after: str) -> bool:
        """Whether the figures of a run that occur in the passages are about something else there, or in another unit.

        `before` and `after`: what stands around it in the answer.
        """
        core = run.translate(_FULL_WIDTH)
        found = list(NUMBER.finditer(core))
        said = _SENTENCE_END.split(before)[-1]
        if time := _TIME.fullmatch(core.strip(".,:?")):
            return self._statements.gainsay(Quantity(clock(time[1], time[2]), CLOCK), said)
        if not 1 <= len(found) <= 2 or _DATE.search(core):
            return False
        behind = "" if core[-1] in ".,:?" else after
        for number in found:
            value = normal(number[0])
            front = core[: number.start()] if number is found[0] else ""
            unit = unit_in_front(before[-5:] + front) or unit_behind(core[found[-1].end() :] + behind)
            if value not in self._free and self._statements.gainsay(Quantity(value, unit), said + front):
                return True
        return False

    def gainsays_word(self, value: int, before: str, after: str) -> bool:
        """The same for a number in words; without a unit behind it, it is no figure."""
        unit = unit_behind(after)
        said = _SENTENCE_END.split(before)[-1]
        return (
            bool(unit) and str(value) not in self._free and self._statements.gainsay(Quantity(str(value), unit), said)
        )

    def _add(self, text: str) -> None:
        plain = text.translate(_FULL_WIDTH)
        self._text += "\n" + plain.lower()
        # A table says its unit once, in its head: a kind holds for every number of the text it stands in.
        kind = _Kind(bool(_MONEY.search(plain)), bool(_PER_CENT.search(plain)))
        for run in _RUN.finditer(plain):
            times = [clock(*found) for found in _CLOCK.findall(run[0])]
            # 9:30 holds neither a 9 nor a 30, but 9:00 is nine o'clock.
            parts = [time.partition(":")[0] for time in times if time.endswith(":00")] or NUMBER.findall(run[0])
            if times and not any(time.endswith(":00") for time in times):
                continue
            if len(parts) <= 2 or _DATE.search(run[0]):  # the groups of a telephone number are no figures
                for part in parts:
                    self._know(normal(part), kind)
        for word in re.findall(r"[A-Za-z]+(?:-[A-Za-z]+)?", plain.lower()):
            for part in (word, *word.split("-")):
                if part in NUMBER_WORDS:
                    self._know(str(NUMBER_WORDS[part]), kind)
        for han in HAN_NUMBER.finditer(plain):
            self._know(str(han_number(han[0])), kind)

    def _know(self, number: str, kind: _Kind) -> None:
        known = self._numbers.get(number, _PLAIN)
        self._numbers[number] = _Kind(known.money or kind.money, known.per_cent or kind.per_cent)

    def has_number(self, number: str, kind: _Kind = _PLAIN) -> bool:
        """Whether a number occurs, as money or per cent if it is that."""
        known = self._numbers.get(normal(number))
        return known is not None and known.money >= kind.money and known.per_cent >= kind.per_cent

    def has_text(self, text: str) -> bool:
        """Whether a text occurs as whole words, whatever its case."""
        pattern = rf"(?<![a-z0-9]){re.escape(text.lower())}(?![a-z0-9])"
        return re.search(pattern, self._text) is not None

    def bears_out(self, run: str, kind: _Kind = _PLAIN) -> bool:
        """Whether a run of characters without space holds nothing but words, or only literals that occur."""
        core = run.translate(_FULL_WIDTH).strip(".,:?'-+=~/&#×_")
        if _ADDRESS.search(core):
            return self.has_text(core.removeprefix("https://").removeprefix("http://"))
        parts = NUMBER.findall(core)
        if not parts:
            return True
        kind = _Kind(kind.money or core[0] in _SIGNS, kind.per_cent or core[-1] == "%")
        if len(parts) == 1 and _ONE_NUMBER.fullmatch(core):
            return self.has_number(parts[0], kind)
        if self.has_text(core):
            return True
        if time := _TIME.fullmatch(core):
            return self.has_text(f"{time[1]}:{time[2]}") or (time[2] == "00" and self.has_number(time[1]))
        if re.fullmatch(r"\d+(?:[.,]\d+)*[A-Za-z]+", core):  # "30days", "3kg"
            return all(self.has_number(part) for part in parts)
        if re.search("[A-Za-z]", core.replace("x", "")):
            return False  # a code: it has to occur as it is
        if len(parts) <= 2 or _DATE.fullmatch(core):
            return all(self.has_number(part, kind) for part in parts)
        return False


class LiteralGuard:
    """Passes pieces on as soon as they are decided, until `blocked` names a literal that nothing bears out."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._pending = ""
        self._before = ""
        self.blocked: str | None = None

    def push(self, pieces: Iterable[Piece]) -> list[Piece]:
        """What is decided, given these further pieces."""
        out: list[Piece] = []
        for piece in pieces:
            if isinstance(piece, Mark):
                out += self._decided(final=True)
                if self.blocked is None:
                    out.append(piece)
            else:
                self._pending += piece
                out += self._decided(final=False)
        return out

    def finish(self) -> list[Piece]:
        """The rest: nothing follows."""
        return self._decided(final=True)

    def _decided(self, *, final: bool) -> list[Piece]:
        at = 0
        while at < len(self._pending) and self.blocked is None:
            length = self._words(at) or self._next(at, final=final)
            if length == 0:
                break
            self._before = (self._before + self._pending[max(at, at + length - _LOOK_BACK) : at + length])[-_LOOK_BACK:]
            at += length
        passed, self._pending = self._pending[:at], self._pending[at:]
        return [passed] if passed else []

    def _words(self, at: int) -> int:
        """Length of the whole words from here on that can be no part of a literal: most text, at once."""
        suspect = _SUSPECT.search(self._pending, at)
        end = suspect.start() if suspect else len(self._pending)
        for run in _RUN.finditer(self._pending, at, end):
            if run.end() == end or run[0].lower().strip(".,:?'") in NUMBER_WORDS:
                return run.start() - at  # it may go on, or has to be looked at
        return end - at

    def _next(self, at: int, *, final: bool) -> int:
        """Length of the next decided unit; 0 when undecided, or blocked."""
        text = self._pending
        if run := _RUN.match(text, at):
            return self._run(run[0], text[run.end() : run.end() + _LOOK_AHEAD], final=final)
        if number := HAN_NUMBER.match(text, at):
            return self._han(number[0], text[number.end() : number.end() + _LOOK_AHEAD], final=final)
        literal = _LITERAL_BEGIN.search(text, at)
        return (literal.start() if literal else len(text)) - at

    def _run(self, run: str, after: str, *, final: bool) -> int:
        if not after and not final:
            return 0
        if re.search(r"\d", run):
            # Its unit may stand behind it, with or without a space.
            if not final and not unit_is_decided(after) and len(after) < _LOOK_AHEAD:
                return 0
            ends_numbering = run[-1] == "." or after.startswith(("、", ")", "）"))
            if ends_numbering and _NUMBERING.fullmatch(run) and _LINE_START.search(self._before):
                return len(run)
            unit = after[1:2] if after[:1] == " " else after[:1]
            money = unit in ("元", "块") or self._before.rstrip(" ")[-1:] in tuple(_SIGNS)
            kind = _Kind(money, unit in ("%", "％"))
            if not self._evidence.bears_out(run, kind) or self._evidence.gainsays(run, self._before, after):
                self.blocked = run
                return 0
            return len(run)
        value = NUMBER_WORDS.get(run.lower().strip(".,:?'"), 0)
        if value > 1 and run[-1].isalpha():
            following = _NEXT_WORD.match(after + (" " if final else ""))
            if following is None and not final and len(after) < _LOOK_AHEAD and re.fullmatch(r"\s+[A-Za-z]*", after):
                return 0
            known = self._evidence.has_number(str(value))
            if self._evidence.gainsays_word(value, self._before, after) if known else self._is_figure(following):
                self.blocked = run
                return 0
            return len(run)
        if not self._evidence.bears_out(run):
            self.blocked = run
            return 0
        return len(run)

    @staticmethod
    def _is_figure(following: re.Match[str] | None) -> bool:
        return following is not None and _UNIT_WORD.fullmatch(following[1]) is not None

    def _han(self, number: str, after: str, *, final: bool) -> int:
        value = han_number(number)
        if value <= 1 or self._before[-1:] in ("第", "周", "期"):
            # The number itself may go on, and then be another one.
            return len(number) if after or final else 0
        if self._evidence.has_number(str(value)):
            if not final and not unit_is_decided(after):
                return 0
            if self._evidence.gainsays_word(value, self._before, after):
                self.blocked = number
                return 0
            return len(number)
        if not final and not _HAN_UNIT.match(after) and after in _HAN_UNIT_BEGINNINGS:
            return 0
        if _HAN_UNIT.match(after):
            self.blocked = number
            return 0
        return len(number)

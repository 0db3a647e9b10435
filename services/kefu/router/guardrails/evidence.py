"""The evidence of an answer: every literal that its passages, its question and its date hold."""

import re
from collections.abc import Iterable
from functools import lru_cache

from kefu.router.guardrails.literal_patterns import (
    ADDRESS,
    CLOCK_TIME,
    DATE,
    FULL_WIDTH,
    MONEY,
    ONE_NUMBER,
    PER_CENT,
    PLAIN,
    RUN,
    SENTENCE_END,
    SIGNS,
    TIME,
    Kind,
)
from kefu.router.guardrails.quantities import Statements
from kefu.text.number_words import HAN_NUMBER, NUMBER, NUMBER_WORDS, han_number, normalized_number
from kefu.text.quantities import CLOCK, Quantity, clock, unit_behind, unit_in_front

_LONGEST_LITERAL = 1_000
"""Characters; an address with all its parameters is shorter."""
_WORD = re.compile("[a-z0-9]")


class LiteralEvidence:
    """What an answer may rest on: passages, the question, what was said before."""

    def __init__(self, texts: Iterable[str], sources: Iterable[tuple[str, str]] = (), question: str = "") -> None:
        """`sources` are passages, each as what stands above it and what it says.

        A figure of theirs has to be about the same thing as in them; figures of the `texts` may be repeated freely.
        """
        self._numbers: dict[str, Kind] = {}
        self._text = ""
        for text in texts:
            self._add(text)
        self._free = frozenset(self._numbers)
        sources = list(sources)
        for above, text in sources:
            self._add_source(f"{above}\n{text}")
        self._statements = Statements(sources, question)

    def contradicts(self, run: str, before: str, after: str) -> bool:
        """Whether the figures of a run that occur in the passages are about something else there, or in another unit.

        `before` and `after`: what stands around it in the answer.
        """
        core = run.translate(FULL_WIDTH)
        found = list(NUMBER.finditer(core))
        said = SENTENCE_END.split(before)[-1]
        if time := TIME.fullmatch(core.strip(".,:?")):
            return self._statements.contradict(Quantity(clock(time[1], time[2]), CLOCK), said)
        if not 1 <= len(found) <= 2 or DATE.search(core):
            return False
        behind = "" if core[-1] in ".,:?" else after
        for number in found:
            value = normalized_number(number[0])
            front = core[: number.start()] if number is found[0] else ""
            unit = unit_in_front(before[-5:] + front) or unit_behind(core[found[-1].end() :] + behind)
            if value not in self._free and self._statements.contradict(Quantity(value, unit), said + front):
                return True
        return False

    def contradicts_word(self, value: int, before: str, after: str) -> bool:
        """The same for a number in words; without a unit behind it the number is no figure."""
        unit = unit_behind(after)
        said = SENTENCE_END.split(before)[-1]
        return (
            bool(unit)
            and str(value) not in self._free
            and self._statements.contradict(Quantity(str(value), unit), said)
        )

    def admit(self, number: str) -> None:
        """Let a number be said from now on, whatever it is of: one that was computed. `number` is normalised."""
        self._numbers[number] = Kind(True, True)
        self._free |= {number}

    def _add(self, text: str) -> None:
        self._add_literals(*_literals_in(text))

    def _add_source(self, text: str) -> None:
        self._add_literals(*_literals_of_source(text))

    def _add_literals(self, plain: str, kind: Kind, numbers: Iterable[str]) -> None:
        self._text += "\n" + plain
        for number in numbers:
            known = self._numbers.get(number, PLAIN)
            self._numbers[number] = Kind(known.money or kind.money, known.per_cent or kind.per_cent)

    def has_number(self, number: str, kind: Kind = PLAIN) -> bool:
        """Whether a number occurs, as money or per cent if it is that."""
        known = self._numbers.get(normalized_number(number))
        return known is not None and known.money >= kind.money and known.per_cent >= kind.per_cent

    def has_text(self, text: str) -> bool:
        """Whether a text occurs as whole words, whatever its case. A longer one than any literal does not."""
        wanted = text.lower()
        at = self._text.find(wanted) if len(wanted) <= _LONGEST_LITERAL else -1
        while at >= 0:
            end = at + len(wanted)
            if not _WORD.match(self._text, at - 1, at) and not _WORD.match(self._text, end, end + 1):
                return True
            at = self._text.find(wanted, at + 1)
        return False

    def supports(self, run: str, kind: Kind = PLAIN) -> bool:
        """Whether a run of characters without space holds nothing but words, or only literals that occur."""
        core = run.translate(FULL_WIDTH).strip(".,:?'-+=~/&#×_")
        if ADDRESS.search(core):
            return self.has_text(core.removeprefix("https://").removeprefix("http://"))
        parts = NUMBER.findall(core)
        if not parts:
            return True
        kind = Kind(kind.money or core[0] in SIGNS, kind.per_cent or core[-1] == "%")
        if len(parts) == 1 and ONE_NUMBER.fullmatch(core):
            return self.has_number(parts[0], kind)
        if self.has_text(core):
            return True
        if time := TIME.fullmatch(core):
            return self.has_text(f"{time[1]}:{time[2]}") or (time[2] == "00" and self.has_number(time[1]))
        if re.fullmatch(r"\d+(?:[.,]\d+)*[A-Za-z]+", core):  # "30days", "3kg"
            return all(self.has_number(part) for part in parts)
        if re.search("[A-Za-z]", core.replace("x", "")):
            return False  # a code: it has to occur as it is
        if len(parts) <= 2 or DATE.fullmatch(core):
            return all(self.has_number(part, kind) for part in parts)
        return False


def _literals_in(text: str) -> tuple[str, Kind, frozenset[str]]:
    """The text in plain characters of lower case, of which kind its numbers are, and the numbers."""
    plain = text.translate(FULL_WIDTH)
    # A table says its unit once, in its head: a kind holds for every number of the text it stands in.
    kind = Kind(bool(MONEY.search(plain)), bool(PER_CENT.search(plain)))
    numbers: set[str] = set()
    for run in RUN.finditer(plain):
        times = [clock(*found) for found in CLOCK_TIME.findall(run[0])]
        # 9:30 holds neither a 9 nor a 30, but 9:00 is nine o'clock.
        parts = [time.partition(":")[0] for time in times if time.endswith(":00")] or NUMBER.findall(run[0])
        if times and not any(time.endswith(":00") for time in times):
            continue
        if len(parts) <= 2 or DATE.search(run[0]):  # the groups of a telephone number are no figures
            numbers.update(map(normalized_number, parts))
    for word in re.findall(r"[A-Za-z]+(?:-[A-Za-z]+)?", plain.lower()):
        numbers.update(str(NUMBER_WORDS[part]) for part in (word, *word.split("-")) if part in NUMBER_WORDS)
    numbers.update(str(han_number(han[0])) for han in HAN_NUMBER.finditer(plain))
    return plain.lower(), kind, frozenset(numbers)


_literals_of_source = lru_cache(maxsize=2048)(_literals_in)
"""The same for passages, which are remembered: they are found again and again."""

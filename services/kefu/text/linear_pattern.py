"""Patterns over text of strangers, read by RE2: in time that grows with the text alone, whatever stands in it."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import re2

_re2: Any = re2  # it is not typed
_SPACES = r"\x{9}-\x{d}\x{1c}-\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
_NO_SPACES = (
    r"\x{0}-\x{8}\x{e}-\x{1b}\x{21}-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}"
    r"\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff}"
)
_IN_BRACKETS = {"d": r"\p{Nd}", "D": r"\P{Nd}", "w": r"\p{L}\p{N}_", "s": _SPACES, "S": _NO_SPACES}
_ALONE = {letter: f"[{characters}]" for letter, characters in _IN_BRACKETS.items()} | {
    "W": r"[^\p{L}\p{N}_]",
    "A": r"\A",
    "Z": r"\z",
}
"""What RE2 has of ASCII alone, or by another name."""
_ESCAPE = re.compile(
    r"\\(?:u(?P<short>[0-9A-Fa-f]{4})|U(?P<long>[0-9A-Fa-f]{8})|x[0-9A-Fa-f]{2}|[pP]\{\w+\}|[fnrtv]|(?P<letter>[0-9A-Za-z])|.)",
    re.DOTALL,
)
_PART = re.compile(rf"(?P<brackets>\[\^?\]?(?:\\.|[^\\\]])*\])|{_ESCAPE.pattern}|\{{,|\$", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


class LinearMatch(Protocol):
    """Where a pattern was found. Positions are those of characters, as with `re.Match`."""

    def __getitem__(self, group: int | str, /) -> Any:
        """What a group read; None: nothing."""
        ...

    def start(self, group: int = 0) -> int:
        """Where a group begins; -1: it read nothing."""
        ...

    def end(self, group: int = 0) -> int:
        """Where a group ends; -1: it read nothing."""
        ...

    def span(self, group: int = 0) -> tuple[int, int]:
        """Where a group begins and ends."""
        ...

    def groups(self) -> tuple[Any, ...]:
        """What each group read."""
        ...

    def expand(self, template: str) -> str:
        """A template with what groups read, as for `re.Match.expand`."""
        ...


class LinearPattern:
    r"""
    A pattern in the notation of `re`, which finds what `re` finds; flags are written in front, as in "(?i)".

    What RE2 cannot read, or would read in another way, raises ValueError: look-arounds, references to groups,
    possessive repeats, `\b` (its words are of ASCII), and `$` without (?m) (write `\Z`). `\p{L}` may be used.
    Three differences remain. With (?i), "i" is neither İ nor ı. Half a surrogate pair is read as U+FFFD. And what finds
    nothing at a place is not tried again there for something.

    `memory_mib` bounds what RE2 remembers of hostile text; with less it is slower, and as right.
    """

    def __init__(self, pattern: str, *, memory_mib: int = 8) -> None:
        self.pattern = pattern
        """As it was written."""
        options = _re2.Options()
        options.max_mem = memory_mib * 1024 * 1024
        options.log_errors = False
        try:
            self._compiled = _re2.compile(_translated(pattern), options)
        except _re2.error as failure:
            raise ValueError(f"RE2 cannot read {pattern!r}: {failure}") from None

    def __repr__(self) -> str:
        return f"LinearPattern({self.pattern!r})"

    def search(self, text: str, start: int = 0) -> LinearMatch | None:
        """The first match from a position on."""
        return self._compiled.search(_encodable(text), start)

    def match(self, text: str, start: int = 0) -> LinearMatch | None:
        """The match that begins at a position."""
        return self._compiled.match(_encodable(text), start)

    def fullmatch(self, text: str) -> LinearMatch | None:
        """The match that is the whole text."""
        return self._compiled.fullmatch(_encodable(text))

    def finditer(self, text: str) -> Iterator[LinearMatch]:
        """All matches, in order, without overlaps."""
        before: tuple[int, int] | None = None
        for found in self._compiled.finditer(_encodable(text)):
            if found.span() != before:  # RE2's own loop gives an empty match twice
                yield found
            before = found.span()

    def split(self, text: str) -> list[str]:
        """The parts between all matches, with what groups read between them."""
        parts, at = list[str](), 0
        for found in self.finditer(text):
            parts += [text[at : found.start()], *found.groups()]
            at = found.end()
        return [*parts, text[at:]]

    def sub(self, replacement: str | Callable[[LinearMatch], str], text: str) -> str:
        """The text with another one in place of each match."""
        parts, at = list[str](), 0
        for found in self.finditer(text):
            new = found.expand(replacement) if isinstance(replacement, str) else replacement(found)
            parts += [text[at : found.start()], new]
            at = found.end()
        return "".join([*parts, text[at:]])


def _encodable(text: str) -> str:
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _translated(pattern: str) -> str:
    """A pattern of `re` in RE2's notation."""
    in_lines = re.match(r"\(\?[is]*m", pattern)

    def refuse(written: str) -> ValueError:
        return ValueError(f"RE2 does not read {written} of {pattern!r} as `re` does")

    def escape(found: re.Match[str], known: Mapping[str, str]) -> str:
        if code := found["short"] or found["long"]:
            return rf"\x{{{code}}}"
        letter = found["letter"]
        if letter and letter not in known:
            raise refuse(found[0])
        return known[letter] if letter else found[0]

    def part(found: re.Match[str]) -> str:
        written = found[0]
        if written.startswith("\\"):
            return escape(found, _ALONE)
        if (written == "{,") or (written == "$" and not in_lines) or "[:" in written[1:]:
            raise refuse(written)
        return _ESCAPE.sub(lambda each: escape(each, _IN_BRACKETS), written)

    return _PART.sub(part, pattern)

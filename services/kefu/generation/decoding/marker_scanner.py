"""Marker scanner: finds strings in a stream whose pieces may cut them anywhere, and holds back only undecided text."""

from collections.abc import Iterable
from typing import NamedTuple


class Chunk(NamedTuple):
    """Text, and the token ids that made exactly this text."""

    text: str
    token_ids: tuple[int, ...] = ()


class Match(NamedTuple):
    """A marker that was found. `token_ids` are those of all tokens in which `before`, the marker and `after` lie."""

    before: str
    marker: str
    after: str
    token_ids: tuple[int, ...]


class MarkerScanner:
    """Passes text through until one of `markers` comes.

    Held text is passed in one piece, with all its ids, once none of it is undecided. If a part were passed before the
    rest, a continuation from its ids would find it undecided again, and repeat it.
    """

    def __init__(self, markers: Iterable[str]) -> None:
        self._markers = tuple(markers)
        self._held: list[Chunk] = []

    def push(self, chunk: Chunk) -> Chunk | Match | None:
        """The text that can be passed on, or the earliest marker that is complete; None while all is undecided."""
        self._held.append(chunk)
        text = "".join(held.text for held in self._held)
        found = [(at, marker) for marker in self._markers if (at := text.find(marker)) >= 0]
        if not found:
            return None if self._is_undecided(text) else self.flush()
        at, marker = min(found, key=lambda one: (one[0], -len(one[1])))
        ids = tuple(token for held in self._held for token in held.token_ids)
        self._held = []
        return Match(text[:at], marker, text[at + len(marker) :], ids)

    def flush(self) -> Chunk | None:
        """The held text, as plain text; None when there is none."""
        if not self._held:
            return None
        held, self._held = self._held, []
        return Chunk("".join(chunk.text for chunk in held), tuple(token for chunk in held for token in chunk.token_ids))

    @property
    def holds_text(self) -> bool:
        """Whether text is held back as undecided."""
        return bool(self._held)

    def _is_undecided(self, text: str) -> bool:
        """Whether the end of `text` may be the beginning of a marker."""
        longest = max((len(marker) for marker in self._markers), default=1) - 1
        return any(
            marker.startswith(text[-length:])
            for length in range(1, min(longest, len(text)) + 1)
            for marker in self._markers
            if length < len(marker)
        )

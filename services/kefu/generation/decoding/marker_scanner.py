"""Find strings in a stream of pieces that may cut them anywhere, holding back only what is undecided."""

from collections.abc import Iterable
from typing import NamedTuple


class Chunk(NamedTuple):
    """Text and the token ids that made exactly it."""

    text: str
    token_ids: tuple[int, ...] = ()


class Match(NamedTuple):
    """A marker that was found. The ids are those of all tokens in which `before`, the marker and `after` lie."""

    before: str
    marker: str
    after: str
    token_ids: tuple[int, ...]


class MarkerScanner:
    """Passes text through until one of `markers` comes.

    What is held is passed in one piece, with all its ids, once none of it is undecided. Were a part passed before the
    rest, going on from its ids would meet it undecided again, and say it twice.
    """

    def __init__(self, markers: Iterable[str]) -> None:
        self._markers = tuple(markers)
        self._held: list[Chunk] = []

    def push(self, chunk: Chunk) -> Chunk | Match | None:
        """What can be passed on, or the earliest marker when one is complete; None while it is undecided."""
        self._held.append(chunk)
        text = "".join(held.text for held in self._held)
        found = [(at, marker) for marker in self._markers if (at := text.find(marker)) >= 0]
        if not found:
            return None if self._undecided(text) else self.flush()
        at, marker = min(found, key=lambda one: (one[0], -len(one[1])))
        ids = tuple(token for held in self._held for token in held.token_ids)
        self._held = []
        return Match(text[:at], marker, text[at + len(marker) :], ids)

    def flush(self) -> Chunk | None:
        """What is held, as plain text; None when nothing is."""
        if not self._held:
            return None
        held, self._held = self._held, []
        return Chunk("".join(chunk.text for chunk in held), tuple(token for chunk in held for token in chunk.token_ids))

    @property
    def holding(self) -> bool:
        """Something is undecided."""
        return bool(self._held)

    def _undecided(self, text: str) -> bool:
        """The end of `text` may be the beginning of a marker."""
        longest = max((len(marker) for marker in self._markers), default=1) - 1
        return any(
            marker.startswith(text[-length:])
            for length in range(1, min(longest, len(text)) + 1)
            for marker in self._markers
            if length < len(marker)
        )

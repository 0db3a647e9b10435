"""
The sentence gate: what a model writes comes out of it sentence by sentence, each to be proven before it is shown.

Some say nothing by themselves and come out with others: a line that leads in ("To cancel:") with what it introduces, a
first "Yes." with the sentence behind it, the items of a list with each other: a list that lacks a step is a wrong one.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kefu.router.grounding.lexical_overlap import sentences
from kefu.router.guardrails.citation_markers import CitationMarker, Piece

_ENDED = re.compile(r"[。！？!?；;.…][\"”’」』）)]*$")
_MAY_END = re.compile(r"[。！？!?；;.…\n]")
_CLOSES = '"”’」』）)'
_LONGEST_END = 8
_LEADS_IN = (":", "：")
_ITEM = re.compile(r"[^\S\n]*(?:[-•·]|\*(?!\*)|\d{1,2}[.)）、])(?!\d)")
_BEFORE_END = re.compile(r"(?<=\S) (?=[.!?,;])")
"""What a marker leaves behind."""
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_]+")
_MOST_OPENING_WORDS = 3
LONGEST_SENTENCE = 1_000
"""Characters; a longer one is not waited for."""
LONGEST_LIST = 4_000
TOO_LONG = "length"


@dataclass(frozen=True)
class HeldSentence:
    """A sentence, or several that say something only together."""

    pieces: tuple[Piece, ...]
    """As they were written, with the white space in front and the markers behind."""
    text: str
    """Without markers."""


class SentenceGate:
    """Cuts pieces into sentences; does not judge them."""

    def __init__(self) -> None:
        self._held: list[Piece] = []
        self._text = ""
        """Of what is held, without markers."""
        self._is_first = True
        self.overflow = ""
        """What did not end within the longest sentence: nothing comes out behind it."""

    def push(self, pieces: Iterable[Piece]) -> list[HeldSentence]:
        """Take further pieces; returns the sentences that are whole."""
        out: list[HeldSentence] = []
        for piece in pieces:
            if self.overflow:
                break
            self._held.append(piece)
            if not isinstance(piece, str):
                continue
            # Most frames end nothing: what is held is not read again for them.
            may_end = _MAY_END.search(self._text[-_LONGEST_END:] + piece)
            self._text += piece
            if may_end:
                out += self._whole(final=False)
            self._overflows()
        return out

    def finish(self, *, is_whole: bool) -> list[HeldSentence]:
        """The rest, when nothing follows.

        `is_whole`: the model ended by itself; else half a sentence is dropped, and a list that may lack items.
        """
        out = [] if self.overflow else self._whole(final=True, is_whole=is_whole)
        self._held, self._text = [], ""
        return out

    def _overflows(self) -> None:
        if len(self._text) <= LONGEST_SENTENCE:
            return
        is_list = any(self._is_item(start) for start, _ in sentences(self._text[:LONGEST_SENTENCE]))
        if not is_list or len(self._text) > LONGEST_LIST:
            self.overflow, self._held, self._text = self._text.strip(), [], ""

    def _whole(self, *, final: bool, is_whole: bool = False) -> list[HeldSentence]:
        out: list[HeldSentence] = []
        at = 0
        for end in list(self._groups(final=final, is_whole=is_whole)):  # they end where the text does now
            text = _BEFORE_END.sub("", self._text[: end - at].strip())
            out.append(HeldSentence(tuple(self._released(end - at)), text))
            at = end
            self._is_first = False
        return out

    def _groups(self, *, final: bool, is_whole: bool) -> Iterator[int]:
        """The end of each group of sentences that is whole."""
        before = words = 0
        is_first, is_open, is_list = self._is_first, False, False
        for start, end in sentences(self._text):
            if not (self._is_decided(end) or (final and (is_whole or self._has_ended(end)))):
                break
            is_item = self._is_item(start)
            if is_list and not is_item and "\n" in self._text[before:start]:
                yield before
                is_first, is_open, is_list, words = False, False, False, 0
            words += len(_WORD.findall(self._text[start:end]))
            is_opening = is_first and not is_open and words <= _MOST_OPENING_WORDS
            before, is_list = end, is_list or is_item
            is_open = is_list or is_opening or self._text.endswith(_LEADS_IN, 0, end)
            if not is_open:
                yield end
                is_first, words = False, 0
        if final and is_open and is_whole:
            yield before

    def _is_item(self, start: int) -> bool:
        line = self._text.rfind("\n", 0, start) + 1
        is_whole_line = line > 0 or self._is_first  # else its beginning has come out
        return is_whole_line and _ITEM.match(self._text, line) is not None

    def _is_decided(self, end: int) -> bool:
        """Whether a sentence ends here, and nothing that follows can still belong to it."""
        rest = self._text[end:]
        behind = rest.lstrip()
        if "\n" in rest[: len(rest) - len(behind)]:
            return True
        # A full stop in front of a quotation mark ends a sentence or not by what follows both.
        return self._has_ended(end) and bool(behind) and rest[0] not in _CLOSES

    def _has_ended(self, end: int) -> bool:
        return _ENDED.search(self._text[max(0, end - _LONGEST_END) : end]) is not None

    def _released(self, end: int) -> list[Piece]:
        """What is held up to this character of the text, with the markers right behind it."""
        out: list[Piece] = []
        at = 0
        while self._held:
            piece = self._held[0]
            if isinstance(piece, CitationMarker):
                if at > end:
                    break
            elif at + len(piece) > end:
                if piece[: end - at]:
                    out.append(piece[: end - at])
                    self._held[0] = piece[end - at :]
                break
            else:
                at += len(piece)
            out.append(self._held.pop(0))
        self._text = self._text[end:]
        return out

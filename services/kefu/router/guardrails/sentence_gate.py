"""
The sentence gate: nothing of an answer is shown before its sentence is whole and has passed the checks.

At the first sentence that does not pass the gate closes for good: what follows in such an answer deserves no more
trust, and what was shown stays a row of whole sentences. A line that leads in to others ("To cancel:") is held until
the line behind it is whole, for it says nothing by itself.
"""

import re
from collections.abc import Callable, Iterable

from kefu.router.grounding.lexical_overlap import sentences
from kefu.router.guardrails.citation_markers import CitationMarker, Piece

_ENDED = re.compile(r"[。！？!?；;.…][\"”’」』）)]*$")
_MAY_END = re.compile(r"[。！？!?；;.…\n]")
_CLOSES = '"”’」』）)'
_LONGEST_END = 8
_LEADS_IN = (":", "：")
LONGEST_SENTENCE = 1_000
"""Characters; a longer one is not waited for."""
TOO_LONG = "length"


class SentenceGate:
    """Passes whole sentences on, until `failed` names a check that one did not pass."""

    def __init__(self, check: Callable[[str], str]) -> None:
        """`check` gives the name of the check that a sentence does not pass, or an empty text."""
        self._check = check
        self._held: list[Piece] = []
        self._text = ""
        """Of what is held, without markers."""
        self.failed = ""
        self.refused = ""
        """The sentence that did not pass, without markers."""

    def push(self, pieces: Iterable[Piece]) -> list[Piece]:
        """Take further pieces; returns those of whole sentences that passed."""
        out: list[Piece] = []
        for piece in pieces:
            if self.failed:
                break
            self._held.append(piece)
            if isinstance(piece, str):
                # Most frames end nothing: what is held is not read again for them.
                may_end = _MAY_END.search(self._text[-_LONGEST_END:] + piece)
                self._text += piece
                if may_end:
                    out += self._passed(final=False)
                if len(self._text) > LONGEST_SENTENCE and not self.failed:
                    self._fail(TOO_LONG, self._text)
            elif not self._text.strip():
                out += self._released(len(self._text))
        return out

    def finish(self, *, is_whole: bool) -> list[Piece]:
        """The rest, when nothing follows. `is_whole`: the model ended by itself; else half a sentence is dropped."""
        out = [] if self.failed else self._passed(final=True, is_whole=is_whole)
        self._held, self._text = [], ""
        return out

    def _passed(self, *, final: bool, is_whole: bool = False) -> list[Piece]:
        at, lead = 0, None
        last = len(self._text.rstrip())
        for start, end in sentences(self._text):
            if not (self._is_decided(end) or (final and (is_whole or self._has_ended(end)))):
                break
            if self._text.endswith(_LEADS_IN, 0, end) and not (final and end == last):
                lead = start if lead is None else lead
                continue
            begin = start if lead is None else lead
            lead = None
            failed = TOO_LONG if end - begin > LONGEST_SENTENCE else self._check(self._text[begin:end])
            if failed:
                sentence = self._text[begin:end]
                out = self._released(at)
                self._fail(failed, sentence)
                return out
            at = end
        return self._released(at) if at else []

    def _is_decided(self, end: int) -> bool:
        """Whether a sentence ends here, and nothing that follows can still belong to it."""
        rest = self._text[end : end + _LONGEST_END]
        if self._has_ended(end):
            return bool(rest) and rest[0] not in _CLOSES
        return "\n" in rest[: len(rest) - len(rest.lstrip())]

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

    def _fail(self, name: str, sentence: str) -> None:
        self.failed, self.refused, self._held, self._text = name, sentence.strip(), [], ""

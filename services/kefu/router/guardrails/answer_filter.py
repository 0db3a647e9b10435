"""
The answer filter: from what a model writes to what a customer sees, in one chain over frames.

    frames → CitationScanner → PromptLeakGuard → LiteralGuard → ChineseVariantFilter → VisibleAnswer (text, citations)

Each holds back only what is undecided, and the outcome does not depend on where frames are cut.
"""

import re
from collections.abc import Iterable, Sequence

from kefu.router.domain.turn import Citation, Passage, Support
from kefu.router.grounding.attribution import AttributionIndex
from kefu.router.grounding.lexical_overlap import sentences
from kefu.router.guardrails.chinese_variant import ChineseVariantFilter, variant_converter
from kefu.router.guardrails.citations import CitationScanner, Mark, Piece
from kefu.router.guardrails.evidence import Evidence
from kefu.router.guardrails.literals import LiteralGuard
from kefu.router.guardrails.prompt_leak import PromptLeakGuard

_ATTRIBUTED = 0.5
"""A sentence without a marker is tied to the passage of which a sentence holds at least this share of its words."""
_CORRECTED = 0.6
"""A marker is moved to a passage that holds at least this share of the sentence..."""
_CLEARLY = 0.25
"""...and so much more of it than the passage that the model named."""
_MARKS = re.compile(r"\[\d+\]")
_CLOSING = ".,:;!?)。，：；！？）、"


class VisibleAnswer:
    """The visible text of one answer as it grows: pieces in, text out.

    A marker that points to a passage is kept as "[n]" and becomes a citation of the sentence, or part of one, before
    it; one that points nowhere is removed. The model's number is a hint: when the words of the sentence stand in
    another passage and clearly less so in that one, the citation names the other.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._attribution = AttributionIndex(passages)
        self._held = ""  # white space, which matters only when something follows
        self._marker_removed = False
        self._after_marker = 0  # characters
        self._cited_span: tuple[int, int] | None = None
        self._cited_numbers: set[int] = set()
        self._citations: list[tuple[int, int, int]] = []  # characters from, to, number
        self.text = ""

    def push(self, pieces: Iterable[Piece]) -> str:
        """Take further pieces; returns what the customer sees more."""
        before = len(self.text)
        for piece in pieces:
            if isinstance(piece, Mark):
                self._mark(piece)
            else:
                self._append(piece)
        return self.text[before:]

    def citations(self) -> tuple[Citation, ...]:
        """Citations of the text so far, sorted by start; sentences without a marker are attributed by their words."""
        found = list(self._citations)
        for start, end in sentences(self.text):
            if any(start < cited_end and cited_start < end for cited_start, cited_end, _ in self._citations):
                continue
            carried = self._attribution.of(self.text[start:end])
            if carried.share >= _ATTRIBUTED:
                found.append((start, end, carried.number))
        return tuple(self._citation(*citation) for citation in sorted(found))

    def supports(self) -> tuple[Support, ...]:
        """For each sentence so far, in order: which passage's sentence supports it, and how much of it."""
        found: list[Support] = []
        for start, end in sentences(self.text):
            body = _MARKS.sub("", self.text[start:end])
            if len(body.strip()) > 1:
                span = (len(self.text[:start].encode()), len(self.text[:end].encode()))
                found.append(Support(*span, *self._attribution.of(body)))
        return tuple(found)

    def drop_held(self) -> None:
        """Forget white space that waits for something to follow."""
        self._held = ""

    def _append(self, text: str) -> None:
        if self._marker_removed and text:
            if text[0].isspace() or text[0] in _CLOSING:
                self._held = self._held.rstrip(" ")
            self._marker_removed = False
        joined = self._held + text
        body = joined.rstrip()
        self._held = joined[len(body) :]
        self.text += body if self.text else body.lstrip()
        if not self.text:
            self._held = ""

    def _mark(self, mark: Mark) -> None:
        span = self._span_before()
        numbers = [number for number in mark.numbers if 1 <= number <= len(self._passages)]
        if span is None or not numbers:
            self._marker_removed = True
            return
        if span != self._cited_span:
            self._cited_span, self._cited_numbers = span, set()
        for hint in numbers:
            number = self._checked(hint, self.text[span[0] : span[1]])
            if number in self._cited_numbers:
                continue
            self._cited_numbers.add(number)
            self._citations.append((*span, number))
            self.text += f"{self._held}[{number}]"
            self._held = ""
        self._after_marker = len(self.text)

    def _span_before(self) -> tuple[int, int] | None:
        since = self.text[self._after_marker :]
        if "\n" in self._held:
            return None  # it stands at the beginning of a line, and there is nothing before it
        spans = list(sentences(since))
        if not spans:
            return None if "\n" in since else self._cited_span
        if "\n" in since and not list(sentences(since.rpartition("\n")[2])):
            return None
        start, end = spans[-1]
        return self._after_marker + start, self._after_marker + end

    def _checked(self, hint: int, sentence: str) -> int:
        carried = self._attribution.of(sentence)
        own = self._attribution.of(sentence, hint).share
        return carried.number if carried.share >= _CORRECTED and carried.share - own >= _CLEARLY else hint

    def _citation(self, start: int, end: int, number: int) -> Citation:
        passage = self._passages[number - 1]
        return Citation(
            start=len(self.text[:start].encode()),
            end=len(self.text[:end].encode()),
            number=number,
            passage=passage.name,
            title=passage.title,
            uri=passage.uri,
        )


class AnswerFilter:
    """The whole chain. After `blocked` is set nothing more comes out: see `LiteralGuard`."""

    def __init__(
        self, passages: Sequence[Passage], evidence: Evidence, question: str = "", instructions: str = ""
    ) -> None:
        """`question` decides traditional or simplified characters; `instructions` are not told on."""
        self._scanner = CitationScanner()
        self._leak_guard = PromptLeakGuard(instructions, [passage.text for passage in passages])
        self._literal_guard = LiteralGuard(evidence)
        self._variant_filter = ChineseVariantFilter(variant_converter(question, (passage.text for passage in passages)))
        self._answer = VisibleAnswer(passages)
        self._seen = 0
        """Characters that will come out and were seen before."""
        self._made_of = passages, evidence, question, instructions

    @property
    def text(self) -> str:
        """All that came out."""
        return self._answer.text

    @property
    def blocked(self) -> str | None:
        """The literal that the evidence does not hold, if one came; or the mark of a prompt leak."""
        return self._literal_guard.blocked or self._leak_guard.blocked

    def push(self, text: str) -> str:
        """Take what the model wrote; returns what the customer sees more."""
        return self._unseen(
            self._variant_filter.push(self._literal_guard.push(self._leak_guard.push(self._scanner.push(text))))
        )

    def finish(self) -> str:
        """The model has ended; returns what was held back and may be seen."""
        rest = self._literal_guard.push([*self._leak_guard.push(self._scanner.finish()), *self._leak_guard.finish()])
        decided = self._variant_filter.push([*rest, *self._literal_guard.finish()])
        return self._unseen([*decided, *self._variant_filter.finish()])

    def _unseen(self, pieces: Iterable[Piece]) -> str:
        more = self._answer.push(pieces)
        unseen = more[self._seen :]
        self._seen -= len(more) - len(unseen)
        return unseen

    def resume_from(self, written: str, seen: str) -> bool:
        """Begin with what was `written` by the model and `seen` by the customer; False when these do not fit."""
        self.push(written)
        self._seen = len(seen) - len(self.text)  # held back here until the next word is there
        return seen.startswith(self.text)

    def restarted(self) -> "AnswerFilter":
        """A new filter like this one, before anything was pushed."""
        return AnswerFilter(*self._made_of)

    def released(self, written: str) -> str:
        """The beginning of what the model wrote that gave the visible text: from there a model can go on."""
        fresh = self.restarted()
        for end in range(len(written)):
            if fresh.text == self.text:
                break
            fresh.push(written[end])
        else:
            end = len(written)
        # Some characters leave only when the next one is seen.
        return written[: written.rfind(self.text[-1], 0, end) + 1] if self.text else ""

    def break_off(self) -> str:
        """End the visible text where it was blocked; returns the ellipsis, or nothing when there is no text."""
        text = self.text
        if not text or text[-1] in ".。!！?？\n":
            return ""
        self._answer.drop_held()
        return self._answer.push(["……" if not text[-1].isascii() else "…"])

    def quote(self, text: str, number: int) -> str:
        """Say something of a passage's own behind the answer, cited; returns what the customer sees more."""
        self._answer.drop_held()
        return self._answer.push([text, Mark((number,))])

    def citations(self) -> tuple[Citation, ...]:
        """See `VisibleAnswer.citations`."""
        return self._answer.citations()

    def supports(self) -> tuple[Support, ...]:
        """See `VisibleAnswer.supports`."""
        return self._answer.supports()

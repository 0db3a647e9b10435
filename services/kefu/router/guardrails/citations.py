"""Citations: which passage each sentence of the visible answer is tied to, by marker and by words."""

from collections.abc import Iterable, Sequence

from kefu.router.domain.turn import Citation, Passage, Support
from kefu.router.grounding.attribution import AttributionIndex
from kefu.router.grounding.lexical_overlap import sentences
from kefu.router.guardrails.citation_markers import CitationMarker, Piece
from kefu.text.linear_pattern import LinearPattern

_ATTRIBUTED = 0.5
"""A sentence without a marker is tied to the passage of which a sentence holds at least this share of its words."""
_CORRECTED = 0.6
"""A marker is moved to a passage that holds at least this share of the sentence..."""
_CLEARLY = 0.25
"""...and so much more of it than the passage that the model named."""
_MARKS = LinearPattern(r"\[\d+\]")
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
            if isinstance(piece, CitationMarker):
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

    def _mark(self, mark: CitationMarker) -> None:
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

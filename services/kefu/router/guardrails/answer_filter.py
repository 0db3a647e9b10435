"""
The answer filter: from what a model writes to what a customer sees, in one chain over frames.

    frames → CitationScanner → PromptLeakGuard → LiteralGuard → ChineseVariantFilter → VisibleAnswer (text, citations)

Each holds back only what is undecided, and the outcome does not depend on where frames are cut.
"""

from collections.abc import Iterable, Sequence

from kefu.router.domain.turn import Citation, Passage, Support
from kefu.router.guardrails.chinese_variant import ChineseVariantFilter, variant_converter
from kefu.router.guardrails.citation_markers import CitationMarker, CitationScanner, Piece
from kefu.router.guardrails.citations import VisibleAnswer
from kefu.router.guardrails.evidence import Evidence
from kefu.router.guardrails.literals import LiteralGuard
from kefu.router.guardrails.prompt_leak import PromptLeakGuard


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
        return self._answer.push([text, CitationMarker((number,))])

    def citations(self) -> tuple[Citation, ...]:
        """See `VisibleAnswer.citations`."""
        return self._answer.citations()

    def supports(self) -> tuple[Support, ...]:
        """See `VisibleAnswer.supports`."""
        return self._answer.supports()

"""
The answer filter: from what a model writes to what a customer sees, in one chain over frames.

    frames → CitationScanner → PromptLeakGuard → LiteralGuard → SentenceGate → ChineseVariantFilter → VisibleAnswer

Each holds back only what is undecided, the gate a whole sentence, and the outcome does not depend on where frames are
cut.
"""

from collections.abc import Callable, Sequence

from kefu.router.domain.turn import Citation, Passage, Support
from kefu.router.guardrails.chinese_variant import ChineseVariantFilter, variant_converter
from kefu.router.guardrails.citation_markers import CitationMarker, CitationScanner, Piece
from kefu.router.guardrails.citations import VisibleAnswer
from kefu.router.guardrails.evidence import Evidence
from kefu.router.guardrails.literals import LiteralGuard
from kefu.router.guardrails.prompt_leak import PromptLeakGuard
from kefu.router.guardrails.sentence_gate import SentenceGate


class AnswerFilter:
    """The whole chain. Once it is `blocked` (`LiteralGuard`) or has `failed` (`SentenceGate`), nothing comes out."""

    def __init__(
        self,
        passages: Sequence[Passage],
        evidence: Evidence,
        question: str = "",
        instructions: str = "",
        check: Callable[[str], str] | None = None,
    ) -> None:
        """`question` decides traditional or simplified characters; `instructions` are not told on.

        `check`: see `SentenceGate`; without one nothing is held back for its sentence's sake.
        """
        self._scanner = CitationScanner()
        self._leak_guard = PromptLeakGuard(instructions, [passage.text for passage in passages])
        self._literal_guard = LiteralGuard(evidence)
        self._variant_filter = ChineseVariantFilter(variant_converter(question, (passage.text for passage in passages)))
        self._answer = VisibleAnswer(passages)
        self._gate = None if check is None else SentenceGate(check)

    @property
    def text(self) -> str:
        """All that came out."""
        return self._answer.text

    @property
    def blocked(self) -> str | None:
        """The literal that the evidence does not hold, if one came; or the mark of a prompt leak."""
        return self._literal_guard.blocked or self._leak_guard.blocked

    @property
    def failed(self) -> str:
        """The name of the check that a sentence did not pass; empty when none failed."""
        return "" if self._gate is None else self._gate.failed

    @property
    def refused(self) -> str:
        """The sentence that did not pass its check; empty when none failed."""
        return "" if self._gate is None else self._gate.refused

    @property
    def shows_whole_sentences(self) -> bool:
        """Whether the text is made of whole sentences that passed their checks, wherever it ends."""
        return self._gate is not None

    def push(self, text: str) -> str:
        """Take what the model wrote; returns what the customer sees more."""
        decided = self._literal_guard.push(self._leak_guard.push(self._scanner.push(text)))
        return self._answer.push(self._variant_filter.push(self._checked(decided)))

    def finish(self, *, is_whole: bool = True) -> str:
        """Nothing more is written; returns what was held back and may be seen.

        `is_whole`: the model ended its answer by itself. Else its last sentence may be half of one.
        """
        rest = self._literal_guard.push([*self._leak_guard.push(self._scanner.finish()), *self._leak_guard.finish()])
        decided = self._checked([*rest, *self._literal_guard.finish()])
        if self._gate is not None:
            decided += self._gate.finish(is_whole=is_whole and self.blocked is None)
        return self._answer.push([*self._variant_filter.push(decided), *self._variant_filter.finish()])

    def _checked(self, pieces: list[Piece]) -> list[Piece]:
        return pieces if self._gate is None else self._gate.push(pieces)

    def break_off(self) -> str:
        """End the visible text where it was blocked; returns the ellipsis, or nothing when there is no text."""
        text = self.text
        if self.shows_whole_sentences or not text or text[-1] in ".。!！?？\n":
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

"""
The answer filters: from what a model writes to what a customer sees, in one chain over frames.

    as it comes   frames → CitationScanner → PromptLeakGuard → LiteralGuard → ChineseVariantFilter → VisibleAnswer
    proven        frames → CitationScanner → PromptLeakGuard → SentenceGate ⇒ ChineseVariantFilter → VisibleAnswer

Each holds back only what is undecided, and the outcome does not depend on where frames are cut. At ⇒ a sentence is
proven by whoever holds the filter (`answering/writing/proof`), and shown or left out.
"""

from collections.abc import Sequence

from kefu.router.domain.turn import Citation, Passage, Support
from kefu.router.guardrails.chinese_variant import ChineseVariantFilter, variant_converter
from kefu.router.guardrails.citation_markers import CitationScanner, Piece
from kefu.router.guardrails.citations import VisibleAnswer
from kefu.router.guardrails.evidence import LiteralEvidence
from kefu.router.guardrails.literals import LiteralGuard
from kefu.router.guardrails.prompt_leak import PromptLeakGuard
from kefu.router.guardrails.sentence_gate import HeldSentence, SentenceGate


class _Chain:
    """What both filters have: the beginning of the chain, and its end."""

    def __init__(self, passages: Sequence[Passage], question: str = "", instructions: str = "") -> None:
        """`question` decides traditional or simplified characters; `instructions` are not told on."""
        self._scanner = CitationScanner()
        self._leak_guard = PromptLeakGuard(instructions, [passage.text for passage in passages])
        self._variant_filter = ChineseVariantFilter(variant_converter(question, (passage.text for passage in passages)))
        self._answer = VisibleAnswer(passages)

    @property
    def text(self) -> str:
        """All that came out."""
        return self._answer.text

    @property
    def blocked(self) -> str | None:
        """The mark of a prompt leak, or what else closed the filter for good."""
        return self._leak_guard.blocked

    def citations(self) -> tuple[Citation, ...]:
        """See `VisibleAnswer.citations`."""
        return self._answer.citations()

    def supports(self) -> tuple[Support, ...]:
        """See `VisibleAnswer.supports`."""
        return self._answer.supports()

    def _scanned(self, text: str) -> list[Piece]:
        return self._leak_guard.push(self._scanner.push(text))

    def _scanned_rest(self) -> list[Piece]:
        return [*self._leak_guard.push(self._scanner.finish()), *self._leak_guard.finish()]


class AnswerFilter(_Chain):
    """Lets text through as it comes. Once it is `blocked` (`LiteralGuard`), nothing comes out."""

    def __init__(
        self, passages: Sequence[Passage], evidence: LiteralEvidence, question: str = "", instructions: str = ""
    ) -> None:
        """See `_Chain`."""
        super().__init__(passages, question, instructions)
        self._literal_guard = LiteralGuard(evidence)

    @property
    def blocked(self) -> str | None:
        """The literal that the evidence does not hold, if one came; or the mark of a prompt leak."""
        return self._literal_guard.blocked or super().blocked

    def push(self, text: str) -> str:
        """Take what the model wrote; returns what the customer sees more."""
        return self._answer.push(self._variant_filter.push(self._literal_guard.push(self._scanned(text))))

    def finish(self) -> str:
        """Nothing more is written; returns what was held back and may be seen."""
        decided = [*self._literal_guard.push(self._scanned_rest()), *self._literal_guard.finish()]
        return self._answer.push([*self._variant_filter.push(decided), *self._variant_filter.finish()])

    def break_off(self) -> str:
        """End the visible text where it was blocked; returns the ellipsis, or nothing when there is no text."""
        text = self.text
        if not text or text[-1] in ".。!！?？\n":
            return ""
        self._answer.drop_held()
        return self._answer.push(["……" if not text[-1].isascii() else "…"])


class SentenceFilter(_Chain):
    """Gives whole sentences, and shows those that it is told to."""

    def __init__(self, passages: Sequence[Passage], question: str = "", instructions: str = "") -> None:
        """See `_Chain`."""
        super().__init__(passages, question, instructions)
        self._gate = SentenceGate()

    @property
    def overflow(self) -> str:
        """See `SentenceGate`."""
        return self._gate.overflow

    def push(self, text: str) -> list[HeldSentence]:
        """Take what the model wrote; returns the sentences that are whole."""
        return self._gate.push(self._scanned(text))

    def finish(self, *, is_whole: bool) -> list[HeldSentence]:
        """Nothing more is written. `is_whole`: the model ended by itself; else its last sentence may be half of one."""
        rest = self._gate.push(self._scanned_rest())
        return [*rest, *self._gate.finish(is_whole=is_whole and self.blocked is None)]

    def show(self, sentence: HeldSentence) -> str:
        """Show a sentence; returns what the customer sees more."""
        return self._answer.push([*self._variant_filter.push(sentence.pieces), *self._variant_filter.finish()])

"""
The answer checks: what code can tell of a sentence of the model. What it says of the case is for a second reading.

    language   it is in the answer's language, titles and names excepted
    literal    its figures, codes and addresses stand in the passages or the question, or come of a sum that it shows
    codes      it tells no example of a page as the customer's own number
    person     it addresses the customer as "you", and no "you" of the question stands for the company any more
    support    it has something in common with what was found

What these catch, and how often wrongly: docs/benchmarks/answers.md. Pure functions, in linear time.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kefu.router.domain.turn import Passage, Support
from kefu.router.grounding.attribution import AttributionIndex, is_hardly_supported
from kefu.router.grounding.lexical_overlap import units_of, units_of_passage
from kefu.router.guardrails.equations import equations
from kefu.router.guardrails.evidence import LiteralEvidence
from kefu.router.guardrails.foreign_codes import holds_foreign_code
from kefu.router.guardrails.form_of_address import is_misaddressed
from kefu.router.guardrails.literals import LiteralGuard
from kefu.text.citations import without_citations
from kefu.text.language import AnswerLanguage, language_of
from kefu.text.linear_pattern import LinearPattern

_LONGEST_NAME: Mapping[AnswerLanguage, int] = {"en": 4, "zh": 3}
"""Han characters in an English sentence, words in a Chinese one, in a row, that may be a name."""
_LATIN = re.compile(r"[A-Za-z]")
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_LATIN_RUN = LinearPattern(r"[A-Za-z][A-Za-z'’-]*(?:\s+[A-Za-z][A-Za-z'’-]*)*")
_MOST_QUESTION = 1_000
"""Characters of a question that are read, its last ones: for each sentence anew."""

_AT_ONCE = 64
"""Characters that a literal guard is given: its time grows with the square of a piece's length."""


@dataclass(frozen=True)
class AskedText:
    """What an answer is checked against."""

    question: str
    """As the customer wrote it, behind an earlier one that it leans on."""
    language: AnswerLanguage
    """The answer's."""
    passages: Sequence[Passage]
    literals: LiteralEvidence
    """What its figures, codes and addresses may rest on."""
    is_read_again: bool = False
    """Whether a second reading follows, which tells better than shared words what is not in the passages."""


class AnswerChecks:
    """The checks of one answer; sentences are given in their order."""

    def __init__(self, asked: AskedText) -> None:
        question = asked.question[-_MOST_QUESTION:]
        texts = "\n".join(each.text for each in asked.passages)
        self._asked = asked
        self._names = " ".join(part for each in asked.passages for part in (each.title, *each.headings)).lower()
        self._attribution = AttributionIndex(asked.passages)
        self._is_same_language = all(
            (each.language or language_of(each.text)) == asked.language for each in asked.passages
        )
        self._found = frozenset[str]().union(
            *(units_of_passage("\n".join((each.title, *each.headings, each.text))) for each in asked.passages)
        )
        self._checks: Mapping[str, Callable[[str], bool]] = {
            "language": lambda one: is_in_another_language(one, asked.language, self._names),
            "literal": self._holds_unknown_literal,
            "codes": lambda one: holds_foreign_code(one, question),
            "person": lambda one: is_misaddressed(question, one, texts),
            "support": self._is_unsupported,
        }
        self.literal = ""
        """The first literal for which a sentence did not pass."""

    def failed(self, sentence: str) -> str:
        """The name of the first check that a sentence does not pass, or an empty text."""
        said = without_citations(sentence)
        return next((name for name, check in self._checks.items() if check(said)), "")

    def _holds_unknown_literal(self, sentence: str) -> bool:
        known = self._asked.literals
        at, rest = 0, ""
        for each in equations(sentence):
            said = (*each.counts, *each.operands)
            # One that is all counts shows no sum of what the pages say, and would let any figure pass.
            if any(map(known.has_number, said)) and all(_is_known(operand, known) for operand in each.operands):
                for number in (*said, each.result):
                    known.admit(number)
                rest += sentence[at : each.start]
                at = each.end
        guard = LiteralGuard(known)
        rest += sentence[at:]
        guard.push([rest[each : each + _AT_ONCE] for each in range(0, len(rest), _AT_ONCE)])
        guard.finish()
        self.literal = self.literal or guard.blocked or ""
        return guard.blocked is not None

    def _is_unsupported(self, sentence: str) -> bool:
        if self._asked.is_read_again or not self._is_same_language:
            return False  # words of another language cannot occur
        if not units_of(sentence) & self._found:
            return True
        held = self._attribution.of(sentence)
        return is_hardly_supported(sentence, self._asked.passages, [Support(0, len(sentence), *held)])


def _is_known(operand: str, known: LiteralEvidence) -> bool:
    """Whether an operand stands in the evidence; .7 does where 70 %, 30 % off or 7 折 stands."""
    if known.has_number(operand):
        return True
    factor = Decimal(operand)
    forms = (factor * 100, 100 - factor * 100, factor * 10) if 0 < factor < 1 else ()
    return any(known.has_number(f"{form.normalize():f}") for form in forms)


def is_in_another_language(sentence: str, language: AnswerLanguage, names: str) -> bool:
    """Whether a sentence, or more of it than a name, is in another language. `names` may stand in it, in lower case."""
    text = without_citations(sentence)
    own, other = (_LATIN, _HAN_RUN) if language == "en" else (_HAN_RUN, _LATIN_RUN)
    most = _LONGEST_NAME[language] if own.search(text) else 0
    sizes = ((run[0], len(run[0]) if language == "en" else len(run[0].split())) for run in other.finditer(text))
    return any(size > most and run.lower() not in names for run, size in sizes)

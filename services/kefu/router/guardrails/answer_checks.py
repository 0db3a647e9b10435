"""
The answer checks: what a sentence of the model must pass before a customer sees it. Pure functions, in linear time.

    language   it is in the answer's language, titles and names excepted
    quotation  it quotes nothing, and no page: the model imitates the form, and only code quotes what is there
    codes      it tells no example of a page as the customer's own number
    person     it addresses the customer as "you", and no "you" of the question stands for the company any more
    polarity   it says yes or no only as the evidence does for certain, and loses no "not", "only", "except"
    echo       it has a word that the question has not
    subject    what it repeats stands where the question's answer stands
    figure     so does each of its figures
    support    it has something in common with what was found

Which sentences these catch, and how often wrongly: docs/benchmarks/answers.md.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from kefu.common.text.citations import without_citations
from kefu.common.text.language import AnswerLanguage
from kefu.common.text.linear_pattern import LinearPattern
from kefu.router.domain.turn import Passage, Support
from kefu.router.grounding.attribution import AttributionIndex, is_hardly_supported
from kefu.router.grounding.evidence_pieces import EvidencePiece
from kefu.router.grounding.evidence_ranking import RankedPiece
from kefu.router.grounding.own_words import is_echo, own_words
from kefu.router.grounding.polarity import certain_polarity, polarity_of
from kefu.router.grounding.stated_polarity import statements
from kefu.router.guardrails.answer_subject import has_neighbours_figure, has_other_figures, is_of_another_subject
from kefu.router.guardrails.claimed_polarity import claims_otherwise, turns_meaning
from kefu.router.guardrails.foreign_codes import holds_foreign_code
from kefu.router.guardrails.form_of_address import is_misaddressed

_QUOTES_A_PAGE = re.compile(
    r"\b(?:page|passage|document|article|website|text|source)s?\b[^.!?]{0,30}\b(?:says?|states?|reads?|writes?)\b\s*:"
    r"|(?:原文|页面|资料|文档|网页)[^。！？]{0,6}[:：]",
    re.IGNORECASE,
)
_LONGEST_NAME: Mapping[AnswerLanguage, int] = {"en": 4, "zh": 3}
"""Han characters in an English sentence, words in a Chinese one, in a row, that may be a name."""
_LATIN = re.compile(r"[A-Za-z]")
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_LATIN_RUN = LinearPattern(r"[A-Za-z][A-Za-z'’-]*(?:\s+[A-Za-z][A-Za-z'’-]*)*")


_MOST_QUESTION = 1_000
"""Characters of a question that are read, its last ones: for each sentence anew."""


@dataclass(frozen=True)
class Asked:
    """What an answer is checked against."""

    question: str
    """As it was read."""
    language: AnswerLanguage
    """The answer's."""
    passages: Sequence[Passage]
    ranked: Sequence[RankedPiece] = ()
    """All pieces of evidence, the best first."""
    chosen: Sequence[EvidencePiece] = ()
    """Those that answer the question."""
    before: str = ""
    """The earlier question that it leans on."""
    written: str = ""
    """As the customer wrote it, where that differs."""


class AnswerChecks:
    """The checks of one answer; sentences are given in their order."""

    def __init__(self, asked: Asked, enabled: Collection[str]) -> None:
        """`enabled`: names of checks; see `RouterConfig.answer_checks`."""
        asked = replace(
            asked,
            question=asked.question[-_MOST_QUESTION:],
            written=(asked.written or asked.question)[-_MOST_QUESTION:],
        )
        self._asked = asked
        self._certain: Literal["yes", "no"] | None = certain_polarity(
            polarity_of(asked.question, asked.chosen, asked.language)
        )
        self._attribution = AttributionIndex(asked.passages)
        self._names = " ".join(part for each in asked.passages for part in (each.title, *each.headings)).lower()
        self._is_first = True
        whole = f"{asked.before} {asked.question}"[-_MOST_QUESTION:]
        names = "\n".join(each.text for each in asked.passages)
        checks: Mapping[str, Callable[[str], bool]] = {
            "language": lambda one: is_in_another_language(one, asked.language, self._names),
            "quotation": quotes,
            "codes": lambda one: holds_foreign_code(one, whole),
            "person": lambda one: is_misaddressed(asked.written, one, names),
            "polarity": self._polarity_differs,
            "echo": self._is_echo,
            "subject": lambda one: is_of_another_subject(one, asked.ranked),
            "figure": lambda one: has_neighbours_figure(one, whole, asked.ranked, asked.chosen),
            "support": self._is_unsupported,
        }
        self._checks = {name: check for name, check in checks.items() if name in enabled}

    def failed(self, sentence: str) -> str:
        """The name of the first check that a sentence does not pass, or an empty text."""
        name = next((name for name, check in self._checks.items() if check(sentence)), "")
        self._is_first = False
        return name

    def _polarity_differs(self, sentence: str) -> bool:
        question = self._asked.question
        if claims_otherwise(question, sentence, self._certain, opening=self._is_first):
            return True
        return turns_meaning(sentence, [self._attribution.of(sentence).text, *(one.text for one in self._asked.chosen)])

    def _is_echo(self, sentence: str) -> bool:
        if not is_echo(f"{self._asked.written} {self._asked.question}", sentence):
            return False
        said = [one.polarity for one in statements(self._asked.question, sentence, opening=self._is_first)]
        return not said or set(said) != {self._certain}

    def _is_unsupported(self, sentence: str) -> bool:
        said = without_citations(sentence)
        held = self._attribution.of(said)
        return is_hardly_supported(said, self._asked.passages, [Support(0, len(said), *held)])


def says_otherwise(answer: str, piece: str) -> bool:
    """Whether a piece of evidence, quoted behind an answer, would seem to contradict it."""
    return turns_meaning(answer, [piece]) or has_other_figures(answer, piece)


def quotes(sentence: str) -> bool:
    """Whether a sentence quotes more than a name, or announces that a page is quoted."""
    plain = without_citations(sentence).strip()
    return own_words(plain) != plain or _QUOTES_A_PAGE.search(plain) is not None


def is_in_another_language(sentence: str, language: AnswerLanguage, names: str) -> bool:
    """Whether a sentence, or more of it than a name, is in another language. `names` may stand in it, in lower case."""
    text = without_citations(sentence)
    own, other = (_LATIN, _HAN_RUN) if language == "en" else (_HAN_RUN, _LATIN_RUN)
    most = _LONGEST_NAME[language] if own.search(text) else 0
    sizes = ((run[0], len(run[0]) if language == "en" else len(run[0].split())) for run in other.finditer(text))
    return any(size > most and run.lower() not in names for run, size in sizes)

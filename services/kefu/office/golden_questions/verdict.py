"""
The verdict of one answer, by what a customer saw of it.

All that was shown counts, also what a hand-over withdrew. Quoted text counts for `must` and `must_not`: the customer
reads it. It does not count for polarity and for an echo: these are about what the answer itself says.

- asked back: the customer was asked which subject is meant. Such an answer is never right or wrong.
- wrong: a `must_not` occurs; or an own sentence says the opposite polarity; or it is an echo: its own words hold none
  that the question has not, and neither what must be said nor the right yes or no, so that only a quotation answers.
- refused: a person was called, or nothing was said, where the documents have the answer.
- right: every group of `must` occurs, and no sentence says the opposite polarity; or a person was called where one is
  required or allowed. A polarity that is not said is unmistakable when the groups occur. Without groups it must be
  said, and a question that the documents do not answer is answered rightly by a fixed reply alone.
- half: the rest, and whatever is too long to read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.office.golden_questions.searched_text import SearchedText
from kefu.office.golden_questions.stated_polarity import Polarity, asks, statements
from kefu.router.grounding.lexical_overlap import sentences
from kefu.router.grounding.own_words import is_echo, own_words
from kefu.text.citations import without_citations
from kefu.text.language import AnswerLanguage, answer_language

MAX_CHARACTERS: Mapping[AnswerLanguage, int] = {"en": 450, "zh": 180}
"""Most characters that a customer reads, by the answer's language."""
_TWICE_AS_LONG = ("procedure", "comparison", "two_questions")


class Verdict(StrEnum):
    """What a customer would say of an answer."""

    RIGHT = "right"
    HALF = "half"
    WRONG = "wrong"
    REFUSED = "refused"
    ASKED_BACK = "asked_back"


@dataclass(frozen=True)
class Shown:
    """What a customer was shown for an answer."""

    text: str
    """The answer, empty after a hand-over: its message is nobody's answer."""
    withdrawn: tuple[str, ...] = ()
    """What was shown before, and taken back."""
    handed_over: bool = False
    """Whether a person was called."""
    asks_back: bool = False
    """Whether the text is a question back, with choices."""
    is_fixed: bool = False
    """Whether the text is a fixed reply, which says nothing of the documents."""

    @property
    def all_texts(self) -> tuple[str, ...]:
        """Everything that was seen, in order."""
        return tuple(text for text in (*self.withdrawn, self.text) if text.strip())


@dataclass(frozen=True)
class Judgement:
    """A verdict and its reason."""

    verdict: Verdict
    why: str
    said: Polarity | None = None
    """The polarity that the answer's own sentences say; the wrong one, if they say both."""


def judge(question: ConversationQuestion, shown: Shown) -> Judgement:
    """The verdict of an answer."""
    if shown.asks_back:
        return Judgement(Verdict.ASKED_BACK, "it asks back")
    texts = shown.all_texts
    seen = SearchedText("\n".join(texts))
    found = list(dict.fromkeys(string for string in question.must_not if seen.holds(string)))
    missing = [group for group in question.must if not any(seen.holds(string) for string in group)]
    said, against = _said(question, texts)
    if found:
        return Judgement(Verdict.WRONG, f"it says {_listed(found)}", said)
    if against:
        return Judgement(Verdict.WRONG, f"it says {said}, right is {question.polarity}: {against}", said)
    if question.must and said is None and any(_is_echo(question, text) for text in texts):
        return Judgement(Verdict.WRONG, "it is an echo of the question", said)
    if shown.handed_over or not texts:
        if question.person == "no":
            return Judgement(Verdict.REFUSED, "a person was called" if shown.handed_over else "nothing was said", said)
        if shown.handed_over:
            return Judgement(Verdict.RIGHT, "a person was called", said)
        return Judgement(Verdict.HALF, "nothing was said, and no person was called", said)
    if missing:
        return Judgement(Verdict.HALF, f"it does not say {' nor '.join(_listed(group) for group in missing)}", said)
    if _is_too_long(question, shown.text):
        return Judgement(Verdict.HALF, "it is too long", said)
    if not question.must:
        if question.polarity is not None and said is None:
            return Judgement(Verdict.HALF, f"it does not say {question.polarity}", said)
        if question.person != "no" and not shown.is_fixed:
            return Judgement(Verdict.HALF, "it answers what the documents do not", said)
    return Judgement(Verdict.RIGHT, "it says what it must", said)


def _said(question: ConversationQuestion, texts: tuple[str, ...]) -> tuple[Polarity | None, str]:
    """The polarity that is said, and the sentence that says the opposite of the right one, if any does."""
    if question.polarity is None:
        return None, ""
    said: Polarity | None = None
    for text in texts:
        for one in statements(question.text, own_words(text)):
            if one.polarity != question.polarity:
                return one.polarity, one.sentence
            said = one.polarity
    return said, ""


def _is_echo(question: ConversationQuestion, text: str) -> bool:
    own = own_words(text)
    if not is_echo(question.text, own):
        return False
    # "Is express or standard delivery faster?" is answered in the question's own words.
    held = SearchedText("\n".join(own[begin:end] for begin, end in sentences(own) if not asks(own[begin:end])))
    return not all(any(held.holds(string) for string in group) for group in question.must)


def _is_too_long(question: ConversationQuestion, text: str) -> bool:
    most = MAX_CHARACTERS[answer_language(text) or question.language]
    return len(without_citations(text).strip()) > (2 * most if question.kind in _TWICE_AS_LONG else most)


def _listed(strings: tuple[str, ...] | list[str]) -> str:
    return " / ".join(f"“{string}”" for string in strings)

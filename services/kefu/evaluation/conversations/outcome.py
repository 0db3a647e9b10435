"""
What an answer is counted as: the verdict of golden questions, and *beside*, the true sentence about something else.

A verdict is of strings, and calls half whatever is neither right nor wrong. Here what was half is beside where nothing
that was shown answers: where the question's evidence is known, what must be said is not, and nothing shown overlaps a
span of the evidence; where it is not known, none of what must be said is; and where the documents have no answer, one
of the answer's own was given. The classes do not overlap. A report counts wrong ones among those beside.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.office.golden_questions.searched_text import SearchedText
from kefu.office.golden_questions.verdict import Judgement, Shown, Verdict
from kefu.router.grounding.lexical_overlap import sentences, units_of
from kefu.text.citations import without_citations

_SHARED = 0.8
"""Of the units of the shorter one, the part that two texts share which overlap. Neighbouring rows of a table, such as
"Activity log, Plus: 12 months" and "Activity log, Pro: 36 months", share up to .7."""
_FEWEST_UNITS = 3


class Outcome(StrEnum):
    """What an answer is counted as."""

    RIGHT = "right"
    HALF = "half"
    BESIDE = "beside"
    WRONG = "wrong"
    REFUSED = "refused"
    ASKED_BACK = "asked_back"


def outcome_of(
    question: ConversationQuestion, shown: Shown, judgement: Judgement, supports: Sequence[str] = ()
) -> Outcome:
    """What a judged answer is counted as. `supports`: the sentences of the pages that its text shows, where known."""
    if judgement.verdict is Verdict.HALF and shown.all_texts and _is_beside(question, shown, supports):
        return Outcome.BESIDE
    return Outcome(judgement.verdict)


def _is_beside(question: ConversationQuestion, shown: Shown, supports: Sequence[str]) -> bool:
    seen = SearchedText("\n".join(shown.all_texts))
    said = [any(seen.holds(string) for string in group) for group in question.must]
    if said and all(said):
        return False
    if question.evidence:
        return not overlaps(_pieces(shown, supports), question.evidence)
    if question.person != "no":
        return not any(said) and not shown.is_fixed
    return bool(said) and not any(said)


def _pieces(shown: Shown, supports: Sequence[str]) -> list[str]:
    """The parts of what was shown: of the answer its supports if it has any, else its lines and sentences.

    A row of a table is shown as a line of several sentences: "Pro — discount: 30%; payment: by the year".
    """
    texts = [without_citations(text) for text in (shown.withdrawn if supports else shown.all_texts)]
    lines = [line for text in texts for line in text.splitlines()]
    return [*supports, *lines, *(text[begin:end] for text in texts for begin, end in sentences(text))]


def overlaps(shown: Iterable[str], evidence: Iterable[str]) -> bool:
    """Whether one of the texts shown is, by its words and figures, a part of one of the evidence or the reverse."""
    spans = [units_of(span) for span in evidence]
    return any(_is_shared(units, span) for units in map(units_of, shown) for span in spans)


def _is_shared(one: frozenset[str], other: frozenset[str]) -> bool:
    fewest = min(len(one), len(other))
    if fewest < _FEWEST_UNITS:
        return bool(one) and one == other
    return len(one & other) >= _SHARED * fewest

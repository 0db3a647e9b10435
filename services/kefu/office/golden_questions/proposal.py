"""A golden question made of an answer: what was asked, and what of the evidence has to be said again."""

from collections.abc import Sequence
from dataclasses import dataclass

from kefu.office.golden_questions.conversation_question import ConversationQuestion, Kind, Person
from kefu.office.golden_questions.stated_polarity import Polarity, statements
from kefu.office.insight.unanswered import UnansweredQuestion
from kefu.router.domain.handoff import FAILURES
from kefu.router.domain.turn import Passage, Turn
from kefu.router.grounding.own_words import own_words
from kefu.router.grounding.sentence_selection import best_sentence
from kefu.text.citations import without_citations
from kefu.text.language import AnswerLanguage, answer_language
from kefu.text.pii import redacted
from kefu.text.quantities import located_quantities, unit_behind

_MOST_BEFORE = 3
_MOST_FIGURES = 3
_LONGEST_SENTENCE = 120
_LONGEST_UNIT = 12


@dataclass(frozen=True)
class Proposal:
    """A question to be looked over, without an id, and what was answered. Neither holds personal data."""

    question: ConversationQuestion
    answer: str


def proposal_of_turn(turn: Turn, earlier: Sequence[Turn]) -> Proposal:
    """The proposal of a turn. `earlier`: the turns of its session before it, oldest first."""
    language = _language(turn.language, turn.question)
    handoff = turn.handoff
    text = turn.withdrawn if handoff is not None else turn.own_text
    cited = _cited(turn)
    leans = bool(turn.query) and turn.query != turn.full_question
    before = [each.question for each in earlier if each.question and not each.agent][-_MOST_BEFORE:] if leans else []
    person: Person = "required" if handoff is not None and handoff.reason not in FAILURES else "no"
    polarity = _polarity(turn.full_question, text)
    question = ConversationQuestion(
        id="",
        language=language,
        text=redacted(turn.full_question),
        kind=_kind(polarity, follows=bool(before)),
        person=person,
        before=tuple(map(redacted, before)),
        polarity=polarity,
        must=() if handoff is not None else _must(turn.full_question, text, cited),
        documents=tuple(dict.fromkeys(each.title for each in cited)),
    )
    return Proposal(question, redacted(without_citations(text)).strip())


def proposal_of_unanswered(unanswered: UnansweredQuestion) -> Proposal:
    """The proposal of an unanswered question whose session is gone: with the figures that a person replied."""
    polarity = _polarity(unanswered.text, unanswered.reply)
    question = ConversationQuestion(
        id="",
        language=_language(unanswered.language, unanswered.text),
        text=unanswered.text,
        kind=_kind(polarity, follows=False),
        person="no",
        polarity=polarity,
        must=tuple((each,) for each in _figures(unanswered.reply)[:_MOST_FIGURES]),
    )
    return Proposal(question, unanswered.reply)


def _language(told: str, text: str) -> AnswerLanguage:
    if told in ("zh", "en"):
        return "zh" if told == "zh" else "en"
    return answer_language(text) or "en"


def _kind(polarity: Polarity | None, *, follows: bool) -> Kind:
    """What kind a question is: one that got a yes or no asked for it."""
    if follows:
        return "follow_up"
    return "direct" if polarity is None else "yes_no"


def _polarity(text: str, answer: str) -> Polarity | None:
    said: list[Polarity] = list(dict.fromkeys(each.polarity for each in statements(text, own_words(answer))))
    return said[0] if len(said) == 1 else None


def _cited(turn: Turn) -> list[Passage]:
    """The passages that the answer rests on, else all that it could have."""
    completed = turn.completed
    numbers = {each.number for each in completed.citations} if completed is not None else set[int]()
    if completed is not None and not numbers:
        numbers = {each.number for each in completed.supports if each.number}
    return [each for each in turn.passages if each.number in numbers] or list(turn.passages)


def _must(text: str, answer: str, cited: Sequence[Passage]) -> tuple[tuple[str, ...], ...]:
    """The figures that both the answer and its evidence have, else the sentence of the evidence that bears most."""
    held = {each for passage in cited for each in _figures(passage.text)}
    figures = [each for each in _figures(without_citations(answer)) if each in held or not cited]
    if figures:
        return tuple((each,) for each in figures[:_MOST_FIGURES])
    best = best_sentence(text, cited)
    if best is None:
        return ()
    sentence = " ".join(best.text.split())
    is_said = sentence in " ".join(without_citations(answer).split())
    return ((sentence,),) if is_said and len(sentence) <= _LONGEST_SENTENCE else ()


def _figures(text: str) -> list[str]:
    """The figures of a text with their units, as they are written."""
    found = [text[each.start : each.end] + _unit(text[each.end :]) for each in located_quantities(text)]
    return list(dict.fromkeys(found))


def _unit(behind: str) -> str:
    """The unit that a text begins with, as it is written."""
    unit = unit_behind(behind)
    if not unit:
        return ""
    lengths = (length for length in range(1, _LONGEST_UNIT) if unit_behind(behind[:length]) == unit)
    shortest = next(lengths, 0)
    while shortest < len(behind) and behind[shortest - 1].isascii() and behind[shortest].isascii():
        if not behind[shortest].isalpha():
            break
        shortest += 1
    return behind[:shortest]

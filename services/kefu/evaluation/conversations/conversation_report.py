"""The report of a set of conversations: verdicts by kind and language, harm, times, and every wrong answer."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, cast

from kefu.evaluation.conversations.outcome import Outcome
from kefu.evaluation.conversations.question_run import JudgedAnswer
from kefu.evaluation.metrics import Figure, wilson
from kefu.evaluation.plots import Intervals
from kefu.office.golden_questions.conversation_question import KINDS

READING = (
    "Right: all that an answer must say, and nothing that it must not. Beside: nothing that answers was shown, but "
    "something else, or something wrong. Wrong, a part of that: it says what is harmful, the opposite of yes or no, or "
    "the question again. Refused: a person was called, or it was asked back, though the documents have the answer. "
    "Half: the rest. Harm is the share of wrong answers among the answerable questions (those for which no person is "
    "needed, without small talk). In brackets the 95 % interval for so many questions (Wilson)."
)
_NOT_ANSWERED = (Outcome.REFUSED, Outcome.ASKED_BACK)
_BESIDE = (Outcome.BESIDE, Outcome.WRONG)
_UNAVAILABLE = ("model_unavailable", "search_unavailable", "overloaded")
_COLUMNS = ("right", "half", "beside", "wrong", "refused")


@dataclass(frozen=True)
class Verdicts:
    """The verdicts of some questions. Field names are those of the JSON output."""

    questions: int
    right: Figure
    half: Figure
    beside: Figure
    """Nothing that answers was shown, but something else; wrong ones included."""
    wrong: Figure
    """A part of `beside`."""
    refused: Figure
    """A person was called or nothing said, where the documents have the answer; those asked back included."""
    asked_back: int
    """Questions that were answered by a question."""


@dataclass(frozen=True)
class Share:
    """A count, of how many, and the share."""

    count: int
    of: int
    share: Figure


@dataclass(frozen=True)
class Seconds:
    """Times of answers, in seconds; None of nothing."""

    median: float | None
    p95: float | None


@dataclass(frozen=True)
class ConversationResults:
    """The results of one set. Field names are those of the JSON output."""

    name: str
    model: str
    asked: int
    planned: int
    """Questions that were to be asked; more than `asked` when the run was stopped."""
    selection: str
    """Which questions of the set were chosen."""
    answerable: Verdicts
    with_evidence: int
    """Answerable questions whose evidence is known."""
    harm: Share
    affirmed: Share
    """Of the questions whose answer is no and for which a text was shown, those that were told yes."""
    refused: Share
    """Of the answerable questions, those that were not answered."""
    unanswerable_answered: Share
    """Of the questions for which a person is required or allowed, those that were answered with a text of its own."""
    unavailable: int
    """Questions handed over because the model or the search did not answer in time: the machine was too busy."""
    languages: Mapping[str, Verdicts]
    """Verdicts of the answerable questions by language."""
    kinds: Mapping[str, Verdicts]
    """Verdicts of all questions by kind."""
    persons: Mapping[str, Verdicts]
    """Verdicts of the other questions: small talk, and those for which a person is allowed or required."""
    first_text: Seconds
    total: Seconds
    answers: Sequence[JudgedAnswer]

    def as_json(self) -> dict[str, Any]:
        """The results as JSON, with the wrong answers among the texts only."""
        fields = {name: value for name, value in vars(self).items() if name != "answers"}
        plain = {name: _plain(value) for name, value in fields.items()}
        return plain | {"wrong": [as_text(one) for one in self.wrong()]}

    def wrong(self) -> list[JudgedAnswer]:
        """The wrong answers, in the order of asking."""
        return [one for one in self.answers if one.outcome is Outcome.WRONG]

    def panel(self) -> Intervals:
        """The results as a panel of a plot."""
        rows = {f"{name}, answerable": getattr(self.answerable, name) for name in _COLUMNS}
        for language, one in self.languages.items():
            rows |= {f"{name}, {language}": getattr(one, name) for name in _COLUMNS}
        return Intervals(f"{self.name}: verdicts, {self.model}", rows)

    def markdown(self) -> str:
        """The results as a section of a report."""
        beside = [one for one in self.answers if one.outcome is Outcome.BESIDE]
        return "\n".join([*self._head(), *self._table(), *_listed("Wrong", self.wrong()), *_listed("Beside", beside)])

    def _head(self) -> list[str]:
        stopped = f", stopped after {self.asked}" if self.asked < self.planned else ""
        lines = [
            f"### {self.name}",
            "",
            f"{self.planned} questions ({self.selection}){stopped}; {self.model or 'no model was asked'}.",
            "",
            f"- Harm, wrong of the answerable: {_share(self.harm)}",
            f"- Right of the answerable: {_figure(self.answerable.right)}",
            f"- Beside, wrong included: {_figure(self.answerable.beside)}; "
            f"the evidence of {self.with_evidence} of {self.answerable.questions} is known",
            f"- Refused though it is there: {_share(self.refused)}",
            f"- Affirmed though the answer is no: {_share(self.affirmed)}",
            f"- Answered though a person is required or allowed: {_share(self.unanswerable_answered)}",
            f"- Seconds to the first text: {_seconds(self.first_text)}; to the end: {_seconds(self.total)}",
        ]
        if self.unavailable:
            lines.append(
                f"- {self.unavailable} were handed over because the model or the search did not answer in time. "
                "They say more about the machine than about the answers: ask them again when it is less busy."
            )
        return [*lines, ""]

    def _table(self) -> list[str]:
        rows = {
            "answerable": self.answerable,
            **{f"answerable, {name}": one for name, one in self.languages.items() if len(self.languages) > 1},
            **self.persons,
            **{f"kind {name}": one for name, one in self.kinds.items()},
        }
        return [
            "| questions | number | right | half | beside | of which wrong | refused | asked back |",
            "|---|---|---|---|---|---|---|---|",
            *(
                f"| {name} | {one.questions} | {' | '.join(_figure(getattr(one, each)) for each in _COLUMNS)} "
                f"| {one.asked_back} |"
                for name, one in rows.items()
            ),
            "",
        ]


def results_of(name: str, answers: Sequence[JudgedAnswer], planned: int, selection: str) -> ConversationResults:
    """The results of the judged answers of a set."""
    answerable = [one for one in answers if one.question.is_answerable]
    others = [one for one in answers if one.question.person != "no"]
    denied = [
        one for one in answers if one.question.polarity == "no" and one.shown.all_texts and not one.shown.asks_back
    ]
    groups = {
        "small talk": [one for one in answers if one.question.kind == "small_talk"],
        "a person is allowed": [one for one in answers if one.question.person == "allowed"],
        "a person is required": [one for one in answers if one.question.person == "required"],
    }
    languages = sorted({one.question.language for one in answerable})
    return ConversationResults(
        name=name,
        model=next((one.model for one in answers if one.model), ""),
        asked=len(answers),
        planned=planned,
        selection=selection,
        answerable=_verdicts(answerable),
        with_evidence=sum(bool(one.question.evidence) for one in answerable),
        harm=_share_of(sum(one.outcome is Outcome.WRONG for one in answerable), len(answerable)),
        affirmed=_share_of(sum(one.judgement.said == "yes" for one in denied), len(denied)),
        refused=_share_of(sum(one.outcome in _NOT_ANSWERED for one in answerable), len(answerable)),
        unanswerable_answered=_share_of(
            sum(_is_answered(one) and not one.shown.is_fixed for one in others), len(others)
        ),
        unavailable=sum(one.handoff in _UNAVAILABLE for one in answers),
        languages={each: _verdicts([one for one in answerable if one.question.language == each]) for each in languages},
        kinds={
            kind: _verdicts(group) for kind in KINDS if (group := [one for one in answers if one.question.kind == kind])
        },
        persons={title: _verdicts(group) for title, group in groups.items() if group},
        first_text=_seconds_of([one.first_text for one in answers]),
        total=_seconds_of([one.total for one in answers]),
        answers=answers,
    )


def as_text(one: JudgedAnswer) -> dict[str, Any]:
    """An answer as the JSON object of `--texts`."""
    question = one.question
    return {
        "id": question.id,
        "kind": question.kind,
        "language": question.language,
        "before": question.before,
        "question": question.text,
        "text": one.text,
        "withdrawn": one.shown.withdrawn,
        "verdict": str(one.outcome),
        "why": one.judgement.why,
        "said": one.judgement.said,
        "polarity": question.polarity,
        "person": question.person,
        "must": question.must,
        "must_not": question.must_not,
        "evidence": question.evidence,
        "note": question.note,
        "source": one.source,
        "finish": one.finish,
        "handoff": one.handoff,
        "passages": [asdict(passage) for passage in one.passages],
        "first_text": _rounded(one.first_text),
        "total": _rounded(one.total),
    }


def _listed(title: str, found: Sequence[JudgedAnswer]) -> list[str]:
    lines = [f"#### {title} ({len(found)})", ""]
    for one in found:
        before = "".join(f"{text} → " for text in one.question.before)
        lines += [
            f"- **{one.question.id}** ({one.question.kind}): {_line(before + one.question.text)}",
            f"  - answer: {_line(one.text)}",
            f"  - why: {_line(one.judgement.why)}",
            f"  - right: {_line(one.question.note or 'there is no note')}",
        ]
    return [*lines, ""] if found else []


def _is_answered(one: JudgedAnswer) -> bool:
    return bool(one.shown.text) and not one.shown.asks_back


def _verdicts(answers: Sequence[JudgedAnswer]) -> Verdicts:
    found = [one.outcome for one in answers]
    refused = sum(
        one.outcome in _NOT_ANSWERED for one in answers if one.question.person == "no"
    )  # where a person may be called, asking back refuses nothing

    def share(*outcomes: Outcome) -> Figure:
        return wilson(sum(each in outcomes for each in found), len(found))

    return Verdicts(
        questions=len(found),
        right=share(Outcome.RIGHT),
        half=share(Outcome.HALF),
        beside=share(*_BESIDE),
        wrong=share(Outcome.WRONG),
        refused=wilson(refused, len(found)),
        asked_back=found.count(Outcome.ASKED_BACK),
    )


def _share_of(count: int, of: int) -> Share:
    return Share(count, of, wilson(count, of))


def _seconds_of(values: Sequence[float | None]) -> Seconds:
    known = sorted(value for value in values if value is not None)
    if not known:
        return Seconds(None, None)
    return Seconds(round(median(known), 3), round(known[min(len(known) - 1, int(0.95 * len(known)))], 3))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in cast("Mapping[str, object]", value).items()}
    return asdict(value) if isinstance(value, Verdicts | Share | Seconds) else value


def _share(share: Share) -> str:
    return f"{share.count} of {share.of}, {_figure(share.share)}"


def _figure(figure: Figure) -> str:
    return f"{figure.value:.1%} [{figure.low:.1%}, {figure.high:.1%}]"


def _seconds(seconds: Seconds) -> str:
    if seconds.median is None or seconds.p95 is None:
        return "none"
    return f"median {seconds.median:.2f}, p95 {seconds.p95:.2f}"


def _line(text: str) -> str:
    return " ".join(text.split())

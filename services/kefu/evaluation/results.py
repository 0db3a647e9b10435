"""The results of the arms: figures, differences, and their output."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from kefu.evaluation.answer_set import ExpectedAnswer, Grade, grade_answer
from kefu.evaluation.arms import Arm, ArmAnswer
from kefu.evaluation.dataset import SetQuestion
from kefu.evaluation.metrics import Figure, bootstrap_mean
from kefu.evaluation.plots import Intervals


@dataclass(frozen=True)
class ArmFigures:
    """The figures of one arm over some questions. Field names are those of the JSON output."""

    arm: str
    questions: int
    hit: Figure
    """Share of right answers, or the share of keywords in a set graded by keywords."""
    written: float
    """The same for the model's text, before filters and quotation."""
    f1: float
    length: float
    """Mean characters."""
    too_long: int
    handed_over: int
    prompt_tokens: float
    """Mean over the answers for which the model was asked."""


@dataclass(frozen=True)
class SetResults:
    """The results of all arms over one set. Field names are those of the JSON output."""

    name: str
    model: str
    judged_by: str
    arms: list[ArmFigures]
    even: list[ArmFigures]
    """Ids with an even number: prompts were tuned on these."""
    odd: list[ArmFigures]
    languages: dict[str, list[ArmFigures]]
    """The arms for each language, if there are several."""
    differences: dict[str, Figure]
    thinking: str = ""
    """Why there is no row with thinking; empty if there is one, or if this is it."""
    judged: dict[str, Figure] = field(default_factory=dict[str, Figure])
    """Share that the LLM judge holds for right, by arm; empty without a judge."""

    def as_json(self) -> dict[str, Any]:
        """The results as JSON."""
        return asdict(self)

    def markdown(self) -> str:
        """The results as a section of a report."""
        lines = [
            f"### {self.name}",
            "",
            f"{self.arms[0].questions if self.arms else 0} questions, judged by {self.judged_by}; {self.model}.",
            "",
            "| arm | hit | even ids | odd ids | model's words alone | token F1 | characters | too long | handed over "
            "| prompt tokens |",
            "|---|---|---|---|---|---|---|---|---|---|",
        ]
        for every, even, odd in zip(self.arms, self.even, self.odd, strict=True):
            lines.append(_row(every.arm, every, f"{even.hit.value:.3f}", f"{odd.hit.value:.3f}"))
        for language, arms in self.languages.items():
            lines += [_row(f"{one.arm}, {language}, {one.questions} questions", one, "", "") for one in arms]
        if self.thinking:
            lines.append(f"| with thinking | not run: {self.thinking} | | | | | | | | |")
        lines += ["", *(f"{label}: {format_figure(difference)}" for label, difference in self.differences.items()), ""]
        lines += [f"{arm}, by the judge: {format_figure(share)}" for arm, share in self.judged.items()]
        return "\n".join(lines)

    def panel(self) -> Intervals:
        """The results as a panel of a plot."""
        rows = {one.arm: one.hit for one in self.arms}
        rows |= {f"{one.arm}, {language}": one.hit for language, arms in self.languages.items() for one in arms}
        what = "right answers" if self.judged_by == "answers" else "share of keywords"
        return Intervals(f"{self.name}: {what}, {self.model}", rows)


def _row(name: str, one: ArmFigures, even: str, odd: str) -> str:
    cells = [name, format_figure(one.hit), even, odd, f"{one.written:.3f}", f"{one.f1:.3f}", f"{one.length:.0f}"]
    return f"| {' | '.join([*cells, str(one.too_long), str(one.handed_over), f'{one.prompt_tokens:.0f}'])} |"


def format_figure(figure: Figure) -> str:
    """A figure with its interval."""
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def grade_arms(
    name: str,
    model: str,
    answered: Mapping[Arm, Sequence[ArmAnswer]],
    expected: Mapping[str, ExpectedAnswer],
    questions: Mapping[str, SetQuestion],
) -> SetResults:
    """Grade all arms, which must have answered the same questions."""
    judged = {
        arm: [(each, grade_answer(each.text, expected[each.id])) for each in answers]
        for arm, answers in answered.items()
    }

    def over(keep: Callable[[str], bool]) -> list[ArmFigures]:
        return [_figures(arm, [pair for pair in pairs if keep(pair[0].id)], expected) for arm, pairs in judged.items()]

    differences = {
        f"{one} - {other}": bootstrap_mean(_scores(judged[one]) - _scores(judged[other]))
        for one, other in ((Arm.RAG, Arm.CLOSED), (Arm.RAG, Arm.EXTRACTIVE), (Arm.RAG, Arm.ORACLE))
        if one in judged and other in judged
    }
    if Arm.RAG in judged and Arm.EXTRACTIVE in judged:
        rag, extractive = _scores(judged[Arm.RAG]), _scores(judged[Arm.EXTRACTIVE])
        kept = np.array([answered.finish != "handoff" for answered, _ in judged[Arm.RAG]], bool)
        differences[f"{Arm.RAG} - {Arm.EXTRACTIVE}, of the {kept.sum()} not handed over"] = bootstrap_mean(
            (rag - extractive)[kept]
        )
    languages = sorted({questions[each].language for each in expected})
    return SetResults(
        name=name,
        model=model,
        judged_by="answers" if any(each.answers for each in expected.values()) else "keywords",
        arms=over(lambda _: True),
        even=over(lambda each: questions[each].is_even),
        odd=over(lambda each: not questions[each].is_even),
        languages={
            language: over(lambda each, language=language: questions[each].language == language)
            for language in languages
            if len(languages) > 1
        },
        differences=differences,
    )


def _scores(pairs: Sequence[tuple[ArmAnswer, Grade]]) -> npt.NDArray[np.float64]:
    return np.array([_score(pair) for pair in pairs], np.float64)


def _score(pair: tuple[ArmAnswer, Grade]) -> float:
    answered, judged = pair
    return 0.0 if answered.finish == "handoff" and not answered.text else judged.score


def _figures(arm: Arm, pairs: Sequence[tuple[ArmAnswer, Grade]], expected: Mapping[str, ExpectedAnswer]) -> ArmFigures:
    count = max(len(pairs), 1)
    asked = [answered.prompt_tokens for answered, _ in pairs if answered.prompt_tokens]
    return ArmFigures(
        arm=arm,
        questions=len(pairs),
        hit=bootstrap_mean(_scores(pairs)),
        written=sum(grade_answer(answered.written, expected[answered.id]).score for answered, _ in pairs) / count,
        f1=sum(judged.f1 for _, judged in pairs) / count,
        length=sum(judged.length for _, judged in pairs) / count,
        too_long=sum(judged.too_long for _, judged in pairs),
        handed_over=sum(answered.finish == "handoff" for answered, _ in pairs),
        prompt_tokens=sum(asked) / max(len(asked), 1),
    )

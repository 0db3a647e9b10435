"""
Abstention: the shares of questions that are refused, and that are answered with a right document.

Thresholds are cross-validated. The set has five folds, by position modulo five, and a question's threshold comes from
the other folds. There it is the highest one that still answers a given share of the answerable questions.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from kefu.evaluation.dataset import QuestionSet
from kefu.evaluation.metrics import Figure, bootstrap_mean
from kefu.evaluation.plots import Curves
from kefu.evaluation.results import format_figure
from kefu.evaluation.retrieval.relevance_fit import Observation, auc, fit, predict
from kefu.evaluation.retrieval.run import Evaluation
from kefu.retrieval.calibration.out_of_domain import OUT_OF_DOMAIN_QUESTIONS
from kefu.retrieval.domain.calibration import MAX_TITLES, Calibration, calibrate
from kefu.retrieval.embedders import Vectors

_FOLDS = 5
BestRelevance = Callable[[str], float]
"""Returns the relevance of a question's best passage."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AbstentionCase:
    """A question with the signals of its best passages."""

    id: str
    answerable: bool
    relevance: float
    """Relevance of the best passage."""
    score_margin: float
    """See score_margin.py."""
    right: bool
    """Whether a right document is among the passages for the model."""
    language: str = ""
    vector: Vectors = field(default_factory=lambda: np.zeros(0, np.float32))
    """The question's embedding."""


@dataclass(frozen=True)
class Refusals:
    """The figures of one way to decide."""

    name: str
    auc: float
    """Probability that an answerable question's signal exceeds that of a question without an answer."""
    threshold: float
    """Mean threshold of the folds, or the only threshold."""
    refused: Figure
    """Refused share of the questions without an answer."""
    answered: Figure
    """Answered share of the answerable questions, with a right document or not."""
    right: Figure
    """Share of the answerable questions answered with a right document among the passages for the model."""
    curve: tuple[tuple[float, float], ...] = ()
    """(answered share of the answerable, refused share of the others), as one threshold for all moves."""


@dataclass(frozen=True)
class Abstention:
    """The abstention of one question set. Field names are those of the JSON output."""

    name: str
    answerable: int
    foreign: int
    wanted: float
    """Share of the answerable questions to be answered on the other folds, 0 to 1."""
    ways: list[Refusals]
    languages: dict[str, list[Refusals]]
    """The same thresholds for each language, if there are several."""

    def as_json(self) -> dict[str, Any]:
        """The figures as JSON."""
        return asdict(self)

    def markdown(self) -> str:
        """The figures as a section of a report."""
        lines = [
            f"### {self.name}",
            "",
            f"{self.answerable} answerable questions, {self.foreign} without an answer; thresholds answer "
            f"{self.wanted:.0%} of the answerable ones of the other folds.",
            "",
            "| decided by | AUC | threshold | refused of those without | answered | answered with a right document |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {way.name} | {way.auc:.3f} | {way.threshold:.3f} | {format_figure(way.refused)} | "
            f"{format_figure(way.answered)} | {format_figure(way.right)} |"
            for way in (*self.ways, *(one for some in self.languages.values() for one in some))
        ]
        return "\n".join([*lines, ""])

    def panel(self) -> Curves:
        """The figures as a panel of a plot."""
        return Curves(
            f"{self.name}: {self.answerable} answerable questions, {self.foreign} without an answer",
            "answered, of the answerable ones",
            "refused, of those without an answer",
            {way.name: way.curve for way in self.ways if way.curve},
            {f"at {way.threshold:.3f}: {way.name}": (way.answered.value, way.refused.value) for way in self.ways},
        )


def cases_of(evaluation: Evaluation, shown: int) -> list[AbstentionCase]:
    """A case for each question of a set; the model gets at most `shown` passages."""
    cases: list[AbstentionCase] = []
    for one in evaluation.questions:
        hits = evaluation.ranking(one, shown)
        found = {entry.document for hit in hits for entry in (hit.entry, *hit.duplicates)}
        if hits:
            best = hits[0]
            right = not found.isdisjoint(one.set_question.relevant)
            cases.append(
                AbstentionCase(
                    id=one.set_question.id,
                    answerable=bool(one.set_question.relevant),
                    relevance=best.relevance,
                    score_margin=evaluation.score_margin(one),
                    right=right,
                    language=one.set_question.language,
                    vector=one.query.vector,
                )
            )
    return cases


def measure_abstention(
    name: str,
    cases: Sequence[AbstentionCase],
    target_answered: float,
    default_threshold: float,
    calibration: Calibration | None = None,
) -> Abstention:
    """Decide every question by relevance, by score margin and by both, each with thresholds from the other folds.

    Then decide it by `default_threshold` and by the collection's own calibration. `target_answered` is the share of the
    answerable questions to be answered, 0 to 1.
    """
    answerable = np.array([case.answerable for case in cases])
    by_relevance = np.array([case.relevance for case in cases])
    by_margin = np.array([case.score_margin for case in cases])
    both = _fit_by_folds(cases)
    ways: list[Refusals] = []
    by_language: dict[str, list[Refusals]] = {}
    languages = sorted({case.language for case in cases})

    def decide(way: str, signal: Floats, thresholds: Floats, *, moves: bool = True) -> None:
        refusals = _refusals(way, cases, signal, thresholds)
        ways.append(replace(refusals, curve=_curve(signal, answerable)) if moves else refusals)
        for language in languages if len(languages) > 1 else ():
            positions = [at for at, case in enumerate(cases) if case.language == language]
            of_language = _refusals(
                f"{way}, {language}", [cases[at] for at in positions], signal[positions], thresholds[positions]
            )
            by_language.setdefault(language, []).append(of_language)

    decide("relevance", by_relevance, _thresholds_by_fold(cases, by_relevance, target_answered))
    decide("how far its document stands apart", by_margin, _thresholds_by_fold(cases, by_margin, target_answered))
    decide("both, weighed for the set", both, _thresholds_by_fold(cases, both, target_answered))
    decide("as its questions calibrate it", *_calibrate_by_folds(cases), moves=False)
    decide(
        f"relevance, {default_threshold:g} for all", by_relevance, np.full(len(cases), default_threshold), moves=False
    )
    if calibration is not None:
        label = f"relevance, calibrated with {calibration.answerable} {calibration.source} of its own"
        decide(label, by_relevance, np.full(len(cases), calibration.min_relevance), moves=False)
    return Abstention(name, int(answerable.sum()), int((~answerable).sum()), target_answered, ways, by_language)


def calibrate_from_titles(questions: QuestionSet, evaluation: Evaluation) -> Calibration:
    """The calibration of a set by the titles of its documents, without its questions."""

    def ask(text: str) -> float:
        hits = evaluation.ranking_alone(evaluation.make_query(text), count=1)
        return hits[0].relevance if hits else 0.0

    foreign = [each for some in OUT_OF_DOMAIN_QUESTIONS.values() for each in some]
    return own_calibration([one.title for one in questions.documents], foreign, ask, time.time())


def own_calibration(
    titles: Sequence[str], foreign: Sequence[str], best_relevance: BestRelevance, now: float
) -> Calibration:
    """The calibration of a collection with these titles."""
    chosen = list(dict.fromkeys(title.strip() for title in titles if title.strip()))[:MAX_TITLES]
    return calibrate(
        [best_relevance(title) for title in chosen], [best_relevance(each) for each in foreign], "titles", now
    )


def highest_threshold(signal: Floats, target_answered: float) -> float:
    """The highest threshold that answers a share of the questions with these signals."""
    if not len(signal):
        return 0.0
    return float(np.sort(signal)[int((1 - target_answered) * len(signal) + 1e-9)])


def _folds(count: int) -> npt.NDArray[np.int64]:
    return np.arange(count) % _FOLDS


def _fit_by_folds(cases: Sequence[AbstentionCase]) -> Floats:
    folds = _folds(len(cases))
    signal = np.zeros(len(cases))
    observed = [Observation("", False, case.answerable, _features(case), case.relevance) for case in cases]
    for fold in range(_FOLDS):
        fitted = fit([one for one, other in zip(observed, folds, strict=True) if other != fold])
        for at, case in enumerate(cases):
            if folds[at] == fold:
                signal[at] = predict(fitted, _features(case))
    return signal


def _features(case: AbstentionCase) -> tuple[float, float]:
    bounded = min(max(case.relevance, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded)) / 3, case.score_margin * 10  # about as wide as each other


def _thresholds_by_fold(cases: Sequence[AbstentionCase], signal: Floats, target_answered: float) -> Floats:
    """The threshold of each case."""
    folds = _folds(len(cases))
    answerable = np.array([case.answerable for case in cases])
    thresholds = np.array(
        [highest_threshold(signal[(folds != fold) & answerable], target_answered) for fold in range(_FOLDS)], np.float64
    )
    return thresholds[folds]


def _calibrate_by_folds(cases: Sequence[AbstentionCase]) -> tuple[Floats, Floats]:
    """The relevance and the threshold of each case, by the calibration from the questions of the other folds.

    The relevance is 0 where the score margin is too small.
    """
    folds = _folds(len(cases))
    signal, thresholds = np.zeros(len(cases)), np.zeros(len(cases))
    for fold in range(_FOLDS):
        others = [case for case, other in zip(cases, folds, strict=True) if other != fold]
        yes, no = ([case for case in others if case.answerable is kind] for kind in (True, False))
        calibration = calibrate(
            [case.relevance for case in yes],
            [case.relevance for case in no],
            "questions",
            0.0,
            score_margins=([case.score_margin for case in yes], [case.score_margin for case in no]),
            vectors=(_vectors(yes), _vectors(no)),
        )
        examples = calibration.example_questions
        for at, case in enumerate(cases):
            if folds[at] == fold:
                relevance = case.relevance
                if examples is not None:
                    relevance = float(examples.relevance(np.array([relevance]), case.vector[None])[0])
                signal[at] = relevance if case.score_margin >= calibration.min_apart else 0.0
                thresholds[at] = calibration.min_relevance
    return signal, thresholds


def _vectors(cases: Sequence[AbstentionCase]) -> Vectors:
    return np.stack([case.vector for case in cases]) if cases else np.zeros((0, 0), np.float32)


def _curve(signal: Floats, answerable: npt.NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    thresholds = np.unique(np.quantile(signal[answerable], np.linspace(0, 1, 101)))
    return tuple(
        (float((signal[answerable] >= least).mean()), float((signal[~answerable] < least).mean()))
        for least in thresholds
    )


def _refusals(name: str, cases: Sequence[AbstentionCase], signal: Floats, thresholds: Floats) -> Refusals:
    answers = signal >= thresholds
    answerable = np.array([case.answerable for case in cases])
    right = np.array([case.right for case in cases])
    observed = [
        Observation("", False, case.answerable, (), float(value)) for case, value in zip(cases, signal, strict=True)
    ]
    return Refusals(
        name=name,
        auc=auc(observed),
        threshold=float(thresholds.mean()),
        refused=bootstrap_mean((~answers)[~answerable].astype(np.float64)),
        answered=bootstrap_mean(answers[answerable].astype(np.float64)),
        right=bootstrap_mean((answers & right)[answerable].astype(np.float64)),
    )

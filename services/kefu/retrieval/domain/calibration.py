"""
Calibration: the threshold of relevance from which on a collection answers.

Relevance means the same everywhere. But the limit between questions with and without an answer differs: an encyclopedia
is nearer to any question than a help centre. So each collection is asked questions that it answers and questions that
it does not. With real questions, the threshold lies between the two kinds, half way in log odds. Where the kinds
overlap, the threshold makes the shares answered and refused greatest together.

Without real questions, the collection's own titles stand for the first kind, and out_of_domain.py for the second.
Titles are found more easily than questions, so they only say what is too high. The threshold refuses nine of ten
out-of-domain questions, because a collection may answer a tenth of these after all. And it stays near the default.

Few questions say little: the default threshold weighs as much as twenty of them. So a collection of one document keeps
nearly the default. From a few hundred documents on, the threshold is the collection's own.

The score margin (see score_margin.py) may separate real questions of both kinds better. That is so where the documents
treat the subject of questions without an answer. Then a second threshold refuses questions with a small margin, and the
first one is as low as nearly all answerable questions need.

With fifty real questions of each kind and more, relevance itself also goes by how near a question is to them (see
example_questions.py).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pydantic

from kefu.retrieval.domain.example_questions import ExampleQuestions, Vectors

DEFAULT_MIN_RELEVANCE = 0.5
"""The threshold of a collection that was not calibrated."""
MAX_TITLES = 200
"""Titles asked of a collection. More of them say no more, and each one is an embedding."""
_DEFAULT_WEIGHT = 20
_BOUNDS = {"titles": (0.4, 0.65), "questions": (0.05, 0.95)}
_OUTLIERS = 0.05
"""Share of titles that may be empty phrases ("Miscellaneous"), and of questions that may be in the wrong set."""
_MAX_FOREIGN_ANSWERED = 0.1
"""Share of out-of-domain questions that a collection may be about."""
_MIN_QUESTIONS_FOR_MARGIN = 20  # questions of each kind, below which a second threshold says nothing
_MIN_ANSWERED = 0.87  # share by both thresholds: the aim is .85 of questions that were not asked
_LEAST_GAIN = 0.02
"""By how much more example questions must tell the two kinds apart (AUC, each question by the others) to be kept."""
_CLEAR_GAIN = 3  # a second threshold must refuse this many times the share of answerable questions that it loses

Source = Literal["titles", "questions"]


@dataclass(frozen=True)
class Calibration:
    """The thresholds of a collection, and the questions behind them. Stored in Redis as JSON."""

    min_relevance: float
    source: Source
    answerable: int
    """Number of questions asked that the collection answers."""
    foreign: int
    """Number of questions asked that it does not answer."""
    answered: float
    """Share of the answerable questions that pass both thresholds."""
    refused: float
    """Share of the foreign questions that do not."""
    time: float
    """Seconds since the epoch."""
    embedder: str = ""
    """Id of the embedder that relevance was measured with."""
    min_apart: float = 0.0
    """Least score margin of an answer; 0: any."""
    examples: str = ""
    """Embeddings of the questions, as `ExampleQuestions.dump` writes them; empty: there were too few."""
    example_counts: tuple[int, int] = (0, 0)
    """Of those with an answer and without."""
    example_weights: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @cached_property
    def example_questions(self) -> ExampleQuestions | None:
        """The questions that relevance goes by too; None: by passages alone."""
        if not self.examples:
            return None
        return ExampleQuestions.load(self.examples, *self.example_counts, self.example_weights)

    def with_examples(self, examples: ExampleQuestions) -> "Calibration":
        """The same, made of the relevance that these examples give."""
        return replace(
            self,
            examples=examples.dump(),
            example_counts=(len(examples.answerable), len(examples.foreign)),
            example_weights=examples.weights,
        )


CALIBRATION = pydantic.TypeAdapter(Calibration)
"""Converts a calibration to JSON and back."""


def calibrate(
    answerable: Sequence[float],
    foreign: Sequence[float],
    source: Source,
    time: float,
    embedder: str = "",
    score_margins: tuple[Sequence[float], Sequence[float]] | None = None,
    vectors: tuple[Vectors, Vectors] | None = None,
) -> Calibration:
    """The calibration from the relevance of each question's best passage; the default threshold without one of the two.

    `score_margins` holds the margins of the same questions of both kinds, and `vectors` their embeddings, where both
    are real questions.
    """
    yes, no = np.array(answerable, np.float64), np.array(foreign, np.float64)
    margins, foreign_margins = (np.array(each, np.float64) for each in score_margins or (yes, no))
    examples = ExampleQuestions.fitted(vectors[0], yes, vectors[1], no) if vectors else None
    if examples is not None:
        counts = len(examples.answerable), len(examples.foreign)
        alone = np.concatenate([yes[: counts[0]], no[: counts[1]]])
        by_both = examples.relevance(alone, np.concatenate([examples.answerable, examples.foreign]), itself=True)
        if _separation(by_both, counts[0]) - _separation(alone, counts[0]) > _LEAST_GAIN:
            yes, no = by_both[: counts[0]], by_both[counts[0] :]
            margins, foreign_margins = margins[: counts[0]], foreign_margins[: counts[1]]
        else:
            examples = None

    def shares(least: float, least_margin: float) -> tuple[float, float]:
        """Shares of the answerable questions that are answered, and of the foreign ones that are refused."""
        answered, let_through = (
            (yes >= least) & (margins >= least_margin),
            (no >= least) & (foreign_margins >= least_margin),
        )
        return float(answered.mean()) if len(yes) else 0.0, float((~let_through).mean()) if len(no) else 0.0

    def clearly_better(one: tuple[float, float], other: tuple[float, float]) -> bool:
        (answered, refused), (answered_before, refused_before) = shares(*one), shares(*other)
        return refused - refused_before > _CLEAR_GAIN * (answered_before - answered)

    chosen = DEFAULT_MIN_RELEVANCE, 0.0
    if len(yes) and len(no):
        few = float(np.quantile(yes, _OUTLIERS))
        cut = (
            min(float(np.quantile(no, 1 - _MAX_FOREIGN_ANSWERED)), few)
            if source == "titles"
            else separating_threshold(yes, no)
        )
        chosen = alone = _shrunk(cut, len(yes), source), 0.0
        if score_margins is not None and min(len(yes), len(no)) >= _MIN_QUESTIONS_FOR_MARGIN:
            lowered = _shrunk(min(cut, few), len(yes), source)
            both = lowered, _margin_threshold(margins[yes >= lowered], len(yes))
            if both[1] > 0 and all(clearly_better(both, other) for other in (alone, (lowered, 0.0))):
                chosen = both
    answered, refused = shares(*chosen)
    calibration = Calibration(
        min_relevance=round(chosen[0], 4),
        source=source,
        answerable=len(answerable),
        foreign=len(foreign),
        answered=answered,
        refused=refused,
        time=time,
        embedder=embedder,
        min_apart=round(chosen[1], 4),
    )
    return calibration if examples is None else calibration.with_examples(examples)


def _separation(relevance: npt.NDArray[np.float64], answerable: int) -> float:
    """Probability that a question with an answer, the first ones, has more relevance than one without (AUC)."""
    yes, no = relevance[:answerable, None], relevance[None, answerable:]
    return float((yes > no).mean() + (yes == no).mean() / 2)


def _shrunk(cut: float, questions: int, source: Source) -> float:
    """A threshold, drawn towards the default the more, the fewer the questions."""
    weight = questions / (questions + _DEFAULT_WEIGHT)
    lowest, highest = _BOUNDS[source]
    return _probability(
        weight * _log_odds(min(max(cut, lowest), highest)) + (1 - weight) * _log_odds(DEFAULT_MIN_RELEVANCE)
    )


def _margin_threshold(margins: npt.NDArray[np.float64], questions: int) -> float:
    """The highest threshold of the margin that still answers enough of `questions`; nearer to 0, the fewer they are.

    `margins` holds the margins of those that the threshold of relevance does not refuse.
    """
    lost = len(margins) - math.ceil(_MIN_ANSWERED * questions)
    return float(np.sort(margins)[lost]) * questions / (questions + _DEFAULT_WEIGHT) if lost > 0 else 0.0


def separating_threshold(answerable: npt.NDArray[np.float64], foreign: npt.NDArray[np.float64]) -> float:
    """Half way between the lowest answerable and the highest foreign relevance, without outliers; or the best cut."""
    low, high = float(np.quantile(foreign, 1 - _OUTLIERS)), float(np.quantile(answerable, _OUTLIERS))
    if low < high:
        return _probability((_log_odds(low) + _log_odds(high)) / 2)
    cuts = np.unique(np.concatenate([answerable, foreign]))
    worth = [(answerable >= cut).mean() + (foreign < cut).mean() for cut in cuts]
    return float(cuts[int(np.argmax(worth))])


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(bounded / (1 - bounded))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))

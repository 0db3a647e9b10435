"""
From which relevance on a collection's passages count as an answer.

Relevance means the same everywhere, but where questions without an answer end and those with one begin differs: an
encyclopedia is nearer to any question than a help centre. So each collection is asked questions that it answers and
questions that it does not. With real ones, the threshold lies between the two, half way in log odds; where they
overlap, it lies where the shares answered and refused are greatest together.

Without real questions, the collection's own titles stand for the first and foreign_questions.py for the second. Titles
are found more easily than questions are, so they only say what is too high: the threshold refuses nine of ten foreign
questions, a tenth being what a collection may answer after all, and stays near the usual one.

Few questions say little: the usual threshold weighs as much as twenty of them. So a collection of one document keeps
nearly the usual one, and from a few hundred on it is the collection's own.

Real questions of both kinds may be told apart better by how far the best document stands apart from the next ones (see
apart.py): where the subject of those without an answer is treated. Then a second threshold refuses the nearest, and the
first one is as low as nearly all answerable questions need.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pydantic

DEFAULT_MIN_RELEVANCE = 0.5
"""Where nothing was measured."""
MAX_TITLES = 200
"""Asked of a collection; more say no more, and each is an embedding."""
_DEFAULT_WEIGHT = 20
_BOUNDS = {"titles": (0.4, 0.65), "questions": (0.05, 0.95)}
_OUTLIERS = 0.05
"""So many titles may be empty phrases ("Miscellaneous"), so many questions may be in the wrong set."""
_MAX_FOREIGN_ANSWERED = 0.1
"""So many foreign questions a collection may be about."""
_MIN_QUESTIONS_FOR_MARGIN = 20  # questions of each kind, below which a second threshold says nothing
_MIN_ANSWERED = 0.87  # of the answerable ones, by both thresholds: .85 are wanted of questions that were not asked
_CLEAR_GAIN = 3  # times the share of answerable questions that it loses, a second threshold must refuse of the others

Source = Literal["titles", "questions"]


@dataclass(frozen=True)
class Calibration:
    """A collection's threshold, and what it was made of."""

    min_relevance: float
    source: Source
    answerable: int
    """Questions asked that the collection answers."""
    foreign: int
    answered: float
    """Share of the first at or above the threshold."""
    refused: float
    """Share of the second below it."""
    time: float
    """Seconds since the epoch."""
    embedder: str = ""
    """By which relevance was measured."""
    min_apart: float = 0.0
    """A question is refused, too, where the best document stands less apart from the next ones; 0: it is not."""


CALIBRATION = pydantic.TypeAdapter(Calibration)
"""To JSON and back."""


def calibrate(
    answerable: Sequence[float],
    foreign: Sequence[float],
    source: Source,
    time: float,
    embedder: str = "",
    score_margins: tuple[Sequence[float], Sequence[float]] | None = None,
) -> Calibration:
    """Both are relevances of best passages; without one of the two, the threshold is the usual one.

    `score_margins`: how far the best documents stand apart for the same questions, where both kinds are real ones.
    """
    yes, no = np.array(answerable, np.float64), np.array(foreign, np.float64)
    far, near = (np.array(each, np.float64) for each in score_margins or (yes, no))

    def shares(least: float, least_apart: float) -> tuple[float, float]:
        """Answered of the first, refused of the second."""
        answered, let_through = (yes >= least) & (far >= least_apart), (no >= least) & (near >= least_apart)
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
            loose = _shrunk(min(cut, few), len(yes), source)
            both = loose, _margin_threshold(far[yes >= loose], len(yes))
            if both[1] > 0 and all(clearly_better(both, other) for other in (alone, (loose, 0.0))):
                chosen = both
    answered, refused = shares(*chosen)
    return Calibration(
        min_relevance=round(chosen[0], 4),
        source=source,
        answerable=len(yes),
        foreign=len(no),
        answered=answered,
        refused=refused,
        time=time,
        embedder=embedder,
        min_apart=round(chosen[1], 4),
    )


def _shrunk(cut: float, questions: int, source: Source) -> float:
    """Nearer to the usual one, the fewer the questions."""
    weight = questions / (questions + _DEFAULT_WEIGHT)
    lowest, highest = _BOUNDS[source]
    return _probability(
        weight * _log_odds(min(max(cut, lowest), highest)) + (1 - weight) * _log_odds(DEFAULT_MIN_RELEVANCE)
    )


def _margin_threshold(far: npt.NDArray[np.float64], questions: int) -> float:
    """The highest that answers enough of so many questions, of which these are not refused yet; nearer to 0, the fewer
    they are.
    """
    lost = len(far) - math.ceil(_MIN_ANSWERED * questions)
    return float(np.sort(far)[lost]) * questions / (questions + _DEFAULT_WEIGHT) if lost > 0 else 0.0


def separating_threshold(answerable: npt.NDArray[np.float64], foreign: npt.NDArray[np.float64]) -> float:
    """Half way between the lowest of the one and the highest of the other, outliers left out; or the best cut."""
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

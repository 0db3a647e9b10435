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
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pydantic

USUAL = 0.5
"""Where nothing was measured."""
MOST_TITLES = 200
"""Asked of a collection; more say no more, and each is an embedding."""
_USUAL_WEIGHS = 20
_BOUNDS = {"titles": (0.4, 0.65), "questions": (0.05, 0.95)}
_OUTLIERS = 0.05
"""So many titles may be empty phrases ("Miscellaneous"), so many questions may be in the wrong set."""
_FOREIGN_ANSWERED = 0.1
"""So many foreign questions a collection may be about."""

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


CALIBRATION = pydantic.TypeAdapter(Calibration)
"""To JSON and back."""


def calibrate(
    answerable: Sequence[float], foreign: Sequence[float], source: Source, time: float, embedder: str = ""
) -> Calibration:
    """Both are relevances of best passages; without one of the two, the threshold is the usual one."""
    yes, no = np.array(answerable, np.float64), np.array(foreign, np.float64)
    threshold = USUAL
    if len(yes) and len(no):
        if source == "titles":
            cut = min(float(np.quantile(no, 1 - _FOREIGN_ANSWERED)), float(np.quantile(yes, _OUTLIERS)))
        else:
            cut = between(yes, no)
        weight = len(yes) / (len(yes) + _USUAL_WEIGHS)
        lowest, highest = _BOUNDS[source]
        cut = min(max(cut, lowest), highest)
        threshold = _odds_to(weight * _log_odds(cut) + (1 - weight) * _log_odds(USUAL))
    return Calibration(
        min_relevance=round(threshold, 4),
        source=source,
        answerable=len(yes),
        foreign=len(no),
        answered=float((yes >= threshold).mean()) if len(yes) else 0.0,
        refused=float((no < threshold).mean()) if len(no) else 0.0,
        time=time,
        embedder=embedder,
    )


def between(answerable: npt.NDArray[np.float64], foreign: npt.NDArray[np.float64]) -> float:
    """Half way between the lowest of the one and the highest of the other, outliers left out; or the best cut."""
    low, high = float(np.quantile(foreign, 1 - _OUTLIERS)), float(np.quantile(answerable, _OUTLIERS))
    if low < high:
        return _odds_to((_log_odds(low) + _log_odds(high)) / 2)
    cuts = np.unique(np.concatenate([answerable, foreign]))
    worth = [(answerable >= cut).mean() + (foreign < cut).mean() for cut in cuts]
    return float(cuts[int(np.argmax(worth))])


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(bounded / (1 - bounded))


def _odds_to(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))

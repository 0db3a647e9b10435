"""The fit of the weights in relevance.py: logistic regression by Newton's method, and its AUC."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kefu.evaluation.retrieval.run import Evaluation
from kefu.retrieval.domain.logistic_regression import logistic_regression

_MOST_OF_A_SET = 150
_ANSWERABLE_SHARE = 0.75


@dataclass(frozen=True)
class Observation:
    """The best passage of one question in one set."""

    set_name: str
    is_even: bool
    answerable: bool
    row: tuple[float, ...]
    relevance: float
    """Relevance by the current weights in relevance.py."""


@dataclass(frozen=True)
class Fitted:
    """Fitted bias and weights for relevance.py."""

    bias: float
    weights: tuple[float, ...]


def observe(evaluated: Mapping[str, Evaluation], foreign: Sequence[tuple[str, str]]) -> list[Observation]:
    """Ask each question of its own set, and questions of each `foreign` pair's first set of the second."""
    observations: list[Observation] = []
    for asking, answering in [*((name, name) for name in evaluated), *foreign]:
        own = asking == answering
        for one in evaluated[asking].questions:
            for best in evaluated[answering].ranking_alone(one.query, count=1):
                observations.append(  # noqa: PERF401 - three levels of comprehension
                    Observation(
                        set_name=asking if own else f"{asking} asked of {answering}",
                        is_even=one.set_question.is_even,
                        answerable=own and bool(one.set_question.relevant),
                        row=best.features.row(),
                        relevance=best.relevance,
                    )
                )
    return observations


def fit(observations: Sequence[Observation]) -> Fitted:
    """Logistic regression with an L2 penalty on the weights.

    A set counts as much as 150 of its questions of each kind do, so that no large one decides alone, and all answerable
    questions together as much as three times the others: each collection's threshold is set by the latter anyway.
    """
    rows = np.array([each.row for each in observations])
    answers = np.array([each.answerable for each in observations], np.float64)
    sizes = Counter((each.set_name, each.answerable) for each in observations)
    shares = np.array([min(1.0, _MOST_OF_A_SET / sizes[each.set_name, each.answerable]) for each in observations])
    balance = np.zeros(len(answers))
    for kind, share in ((1, _ANSWERABLE_SHARE), (0, 1 - _ANSWERABLE_SHARE)):
        of_kind = answers == kind
        balance[of_kind] = shares[of_kind] * share * len(answers) / max(shares[of_kind].sum(), 1e-9)
    weights = logistic_regression(rows, answers, balance)
    return Fitted(float(weights[0]), tuple(float(weight) for weight in weights[1:]))


def predict(fitted: Fitted, row: Sequence[float]) -> float:
    """The probability by fitted weights, 0 to 1."""
    total = fitted.bias + sum(weight * value for weight, value in zip(fitted.weights, row, strict=True))
    return float(1 / (1 + np.exp(-total)))


def auc(observations: Sequence[Observation]) -> float:
    """Area under the ROC curve of relevance. Ties count half; 0.5 without one of the two classes."""
    yes = np.array([each.relevance for each in observations if each.answerable])
    no = np.array([each.relevance for each in observations if not each.answerable])
    if not len(yes) or not len(no):
        return 0.5
    above = (yes[:, None] > no[None, :]).mean() + (yes[:, None] == no[None, :]).mean() / 2
    return float(above)


def pass_rates(observations: Sequence[Observation], threshold: float) -> tuple[float, float]:
    """Shares of answerable and of other questions with a relevance from `threshold` on."""
    yes = [each.relevance >= threshold for each in observations if each.answerable]
    no = [each.relevance >= threshold for each in observations if not each.answerable]
    return sum(yes) / max(len(yes), 1), sum(no) / max(len(no), 1)

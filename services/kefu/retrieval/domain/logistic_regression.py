"""Logistic regression by Newton's method, for the few weights that are fitted here."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_L2 = 1.0
_STEPS = 30


def logistic_regression(rows: Floats, answers: Floats, shares: Floats) -> Floats:
    """The bias and the weights of the columns of `rows`, with an L2 penalty on the weights.

    `answers` are 1 or 0; `shares` say how much each row counts.
    """
    rows = np.column_stack([np.ones(len(rows)), rows])
    penalty = np.eye(rows.shape[1]) * _L2
    penalty[0, 0] = 1e-6
    weights = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        probability = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (shares * (probability - answers)) + penalty @ weights
        curvature = (rows * (shares * probability * (1 - probability))[:, None]).T @ rows + penalty
        weights -= np.linalg.solve(curvature, gradient)
    return weights

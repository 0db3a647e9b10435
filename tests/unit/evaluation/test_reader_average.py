"""The average of trained evidence readers."""

import numpy as np

from kefu.evaluation.conversations.reader_average import average
from kefu.retrieval.ranking.e5_reader import ADAPTED_A, ADAPTED_B


def test_each_matrix_is_changed_by_the_mean_of_the_changes() -> None:
    random = np.random.default_rng(0)
    readers = [
        {
            f"l7.fo.w{ADAPTED_A}": random.normal(size=(4, 8)).astype(np.float16),
            f"l7.fo.w{ADAPTED_B}": random.normal(size=(6, 4)).astype(np.float16),
            "head": random.normal(size=8).astype(np.float32),
        }
        for _ in range(3)
    ]
    found = average(readers)
    changes = [
        each[f"l7.fo.w{ADAPTED_B}"].astype(float) @ each[f"l7.fo.w{ADAPTED_A}"].astype(float) for each in readers
    ]
    changed = found[f"l7.fo.w{ADAPTED_B}"].astype(float) @ found[f"l7.fo.w{ADAPTED_A}"].astype(float)
    assert np.allclose(changed, np.mean(changes, axis=0), atol=0.01)
    assert np.allclose(found["head"], np.mean([each["head"] for each in readers], axis=0))
    assert {name: array.dtype for name, array in found.items()} == {name: a.dtype for name, a in readers[0].items()}

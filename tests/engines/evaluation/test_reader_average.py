"""The average of trained evidence readers."""

import numpy as np
import numpy.typing as npt

from kefu.evaluation.conversations.reader_average import Weights, average
from kefu.retrieval.ranking.e5_reader import ADAPTED_A, ADAPTED_B


def _reader(random: np.random.Generator) -> Weights:
    return {
        f"l7.fo.w{ADAPTED_A}": random.normal(size=(4, 8)).astype(np.float16),
        f"l7.fo.w{ADAPTED_B}": random.normal(size=(6, 4)).astype(np.float16),
        "head": random.normal(size=8).astype(np.float32),
    }


def _change(reader: Weights) -> npt.NDArray[np.float64]:
    return reader[f"l7.fo.w{ADAPTED_B}"].astype(float) @ reader[f"l7.fo.w{ADAPTED_A}"].astype(float)


def test_each_matrix_is_changed_by_the_mean_of_the_changes() -> None:
    random = np.random.default_rng(0)
    readers = [_reader(random) for _ in range(3)]
    found = average(readers)
    assert np.allclose(_change(found), np.mean([_change(each) for each in readers], axis=0), atol=0.01)
    assert np.allclose(found["head"], np.mean([each["head"] for each in readers], axis=0))
    assert {name: array.dtype for name, array in found.items()} == {name: a.dtype for name, a in readers[0].items()}


def test_no_more_ranks_are_kept_than_allowed_and_these_are_the_greatest() -> None:
    random = np.random.default_rng(1)
    readers = [_reader(random) for _ in range(3)]
    found = average(readers, most_ranks=4)
    mean = np.mean([_change(each) for each in readers], axis=0)
    assert found[f"l7.fo.w{ADAPTED_B}"].shape == (6, 4)
    left_out = np.linalg.svd(mean, compute_uv=False)[4:]
    assert np.isclose(np.linalg.norm(mean - _change(found)), np.linalg.norm(left_out), atol=0.02)

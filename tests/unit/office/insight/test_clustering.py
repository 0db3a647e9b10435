"""Questions about the same, by embeddings that are made up: average linkage, as another implementation has it."""

import numpy as np
import pytest

from kefu.office.insight.clustering import Vectors, cluster, cosine_threshold, most_central

RANDOM = np.random.default_rng(11)


def around(centre: Vectors, count: int, spread: float) -> Vectors:
    """Vectors near one."""
    noise = RANDOM.standard_normal((count, len(centre))) * spread / np.sqrt(len(centre))
    return (centre + noise).astype(np.float32)


def unit(dimension: int = 32) -> Vectors:
    """A direction."""
    vector = RANDOM.standard_normal(dimension)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def as_sets(groups: list[list[int]]) -> set[frozenset[int]]:
    return {frozenset(group) for group in groups}


def test_what_is_alike_is_one_group_and_the_largest_comes_first() -> None:
    few, many = around(unit(), 3, 0.2), around(unit(), 7, 0.2)
    alone = unit()[None]
    groups = cluster(np.concatenate([few, many, alone]), 0.8)
    assert groups == [list(range(3, 10)), [0, 1, 2], [10]]


@pytest.mark.parametrize("least", [0.2, 0.4, 0.6, 0.8])
def test_it_is_average_linkage(least: float) -> None:
    hierarchy = pytest.importorskip("scipy.cluster.hierarchy")
    centres = [unit() for _ in range(12)]
    vectors = np.concatenate([around(centre, int(RANDOM.integers(1, 9)), 0.9) for centre in centres])
    labels = hierarchy.fcluster(hierarchy.linkage(vectors, "average", metric="cosine"), 1 - least, "distance")
    expected = [[int(row) for row in np.flatnonzero(labels == label)] for label in set(labels.tolist())]
    assert as_sets(cluster(vectors, least)) == as_sets(expected)


def test_a_group_is_named_by_the_one_in_its_middle() -> None:
    centre = unit()
    vectors = np.concatenate([around(centre, 6, 0.6), centre[None]])
    assert most_central(vectors, list(range(7))) == 6


def test_a_question_without_an_embedding_stands_alone() -> None:
    vectors = np.concatenate([around(unit(), 3, 0.1), np.zeros((2, 32), np.float32)])
    assert as_sets(cluster(vectors)) == {frozenset({0, 1, 2}), frozenset({3}), frozenset({4})}


def test_there_may_be_no_question_or_one() -> None:
    assert cluster(np.zeros((0, 0), np.float32)) == []
    assert cluster(unit()[None]) == [[0]]


def test_the_threshold_follows_how_alike_unrelated_questions_are() -> None:
    common = unit(384) * 3
    near = np.stack([common + unit(384) for _ in range(60)])
    far = np.stack([unit(384) for _ in range(60)])
    assert cosine_threshold(near) > cosine_threshold(far) > 0.4
    same = around(unit(384), 60, 0.01)
    assert len(cluster(same)) == 1, "where all ask the same, they are one group nevertheless"

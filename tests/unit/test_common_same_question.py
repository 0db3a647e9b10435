"""The guard that says whether two questions are the same: opposites never are, some paraphrases are."""

from pathlib import Path

import pytest

from kefu.common.same_question import asked, differing

_QUESTIONS = Path(__file__).parent / "questions"
_LEAST_PAIRS = 60


def pairs(name: str) -> list[tuple[str, str]]:
    """The pairs of a file, written for this test."""
    lines = (_QUESTIONS / f"{name}.tsv").read_text("utf-8").splitlines()
    return [(one, other) for one, _, other in (line.partition("\t") for line in lines)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_opposite_passes_for_the_same_question(language: str) -> None:
    opposites = pairs(f"opposites_{language}")
    assert len(opposites) >= _LEAST_PAIRS
    passing = [(one, other) for one, other in opposites if differing(one, other) is None]
    assert passing == []
    assert all(asked(one).key != asked(other).key for one, other in opposites), "nor by the key that the cache looks up"


@pytest.mark.parametrize(("language", "least"), [("en", 0.5), ("zh", 0.5)])
def test_many_paraphrases_pass_for_the_same_question(language: str, least: float) -> None:
    paraphrases = pairs(f"paraphrases_{language}")
    passing = [differing(one, other) is None for one, other in paraphrases]
    assert sum(passing) / len(passing) >= least


@pytest.mark.parametrize("name", ["opposites_en", "opposites_zh", "paraphrases_en", "paraphrases_zh"])
def test_a_question_is_the_same_as_itself_and_the_guard_takes_no_sides(name: str) -> None:
    for one, other in pairs(name):
        assert differing(one, one) is None
        assert differing(other, other.upper()) is None
        assert (differing(one, other) is None) == (differing(other, one) is None)

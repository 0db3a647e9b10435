"""The guard that says whether two questions are the same: opposites never are, some paraphrases are."""

from pathlib import Path

import pytest

from kefu.text.question_equivalence import DifferenceKind, question_difference, reduce_question
from tests.support.table import table

_QUESTIONS = Path(__file__).parent / "questions"


def pairs(name: str) -> list[tuple[str, str]]:
    """The pairs of a file, written for this test."""
    lines = (_QUESTIONS / f"{name}.tsv").read_text("utf-8").splitlines()
    return [(one, other) for one, _, other in (line.partition("\t") for line in lines)]


@pytest.mark.parametrize("name", ["opposites_en", "opposites_zh", "opposites_held_out_en", "opposites_held_out_zh"])
def test_no_opposite_passes_for_the_same_question(name: str) -> None:
    opposites = pairs(name)
    assert len(opposites) >= (40 if "held_out" in name else 60)
    passing = [(one, other) for one, other in opposites if question_difference(one, other) is None]
    assert passing == []
    assert all(reduce_question(one).key != reduce_question(other).key for one, other in opposites), (
        "nor by the key that the cache looks up"
    )


@pytest.mark.parametrize(
    "name", ["paraphrases_en", "paraphrases_zh", "paraphrases_held_out_en", "paraphrases_held_out_zh"]
)
def test_most_paraphrases_pass_for_the_same_question(name: str) -> None:
    passing = [question_difference(one, other) is None for one, other in pairs(name)]
    assert sum(passing) / len(passing) >= 0.7


@table(
    ("one", "other", "kind", "words"),
    [
        ("Can I return it after 30 days?", "Can I return it after 60 days?", DifferenceKind.NUMBER, ("30", "60")),
        ("How do I bind my phone?", "How do I unbind my phone?", DifferenceKind.NEGATION, ("bind", "unbind")),
        ("When does it ship?", "Where does it ship?", DifferenceKind.KIND, ("when", "where")),
        ("Can the buyer cancel?", "Can the seller cancel?", DifferenceKind.WORDS, ("buyer", "seller")),
        ("Do you ship from China to Spain?", "Do you ship from Spain to China?", DifferenceKind.ORDER, ()),
        ("三十天后可以退吗？", "60天后可以退吗？", DifferenceKind.NUMBER, ("30", "60")),
        ("怎么绑定手机？", "怎么解绑手机？", DifferenceKind.NEGATION, ("绑定", "解绑")),
        ("运费由买家付吗？", "运费由卖家付吗？", DifferenceKind.WORDS, ("买", "卖")),
    ],
)
def test_a_difference_names_its_kind_and_its_words(
    one: str, other: str, kind: DifferenceKind, words: tuple[str, ...]
) -> None:
    found = question_difference(one, other)
    assert found is not None
    assert (found.kind, (*found.one, *found.other)) == (kind, words)


def test_what_you_have_is_what_there_is() -> None:
    """A curated answer to the one was ignored for the other."""
    assert question_difference("Is there a student discount?", "Do you have a student discount?") is None
    assert question_difference("Are there gift cards?", "Do you have any gift cards?") is None
    assert reduce_question("How many stores do you have?").kinds == {"howmany"}
    assert question_difference("Is there a fee?", "Do you have to pay a fee?") is not None


@pytest.mark.parametrize("name", ["opposites_en", "opposites_zh", "paraphrases_en", "paraphrases_zh"])
def test_a_question_is_the_same_as_itself_and_the_guard_takes_no_sides(name: str) -> None:
    for one, other in pairs(name):
        assert question_difference(one, one) is None
        assert question_difference(other, other.upper()) is None
        assert (question_difference(one, other) is None) == (question_difference(other, one) is None)

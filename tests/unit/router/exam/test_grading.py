"""What a reply is worth: what it must say is found in whatever form, and nothing else is."""

from kefu.router.exam.cases import ExamCase, ExamPassage
from kefu.router.exam.grade import Grade, folded, grade, says
from tests.support.table import table

_PASSAGES = (ExamPassage("Units", ("Prices",), "Unit M costs 58 euros."), ExamPassage("Units", (), "Unit L: 1,299."))
CASE = ExamCase(
    "en-row-x",
    "en",
    "row",
    "What does unit M cost?",
    _PASSAGES,
    (),
    answer="Unit M costs 58 euros [1].",
    must=(("58", "fifty-eight"), ("euros", "€")),
    must_not=("^no", "99"),
)
NOWHERE = ExamCase("en-not-found-x", "en", "not_found", "What does unit X cost?", _PASSAGES, (), not_found=True)


@table(
    ("reply", "expected"),
    [
        ("Unit M costs 58 euros [1].", Grade.RIGHT),
        ("UNIT M COSTS  ５８ EUROS【1】.", Grade.RIGHT),
        ("It is **58** euros.", Grade.RIGHT),
        ("Fifty-eight euros, no more.", Grade.RIGHT),
        ("It costs 158 euros.", Grade.WANTING),
        ("It costs 58.50 euros.", Grade.WANTING),
        ("It costs euros [58].", Grade.WANTING),
        ("", Grade.WANTING),
        (" \n", Grade.WANTING),
        ("It costs 58 euros, not 99.", Grade.HARMFUL),
        ("No, it costs 58 euros.", Grade.HARMFUL),
        ("NOT_FOUND", Grade.NOT_FOUND),
        ("not_found.", Grade.NOT_FOUND),
        ("58 euros. NOT_FOUND", Grade.RIGHT),  # the customer has read the figure by then
    ],
)
def test_a_reply_gets_its_grade(reply: str, expected: Grade) -> None:
    assert grade(CASE, reply) is expected


@table(
    ("reply", "expected"),
    [
        ("NOT_FOUND", Grade.RIGHT),
        ("“NOT_FOUND”", Grade.RIGHT),
        ("It costs 12 euros.", Grade.HARMFUL),
        ("It costs 12 euros. NOT_FOUND", Grade.HARMFUL),
        ("", Grade.WANTING),
    ],
)
def test_where_the_passages_do_not_answer_nothing_may_be_said(reply: str, expected: Grade) -> None:
    assert grade(NOWHERE, reply) is expected


@table(
    ("said", "text", "expected"),
    [
        ("羽绒服 5 天洗好。", "5天", True),
        ("羽绒服 15 天洗好。", "5天", False),
        ("不能，须在周一。", "^不", True),
        ("您不能。", "^不", False),
        ("3 * 6 = 18 yuan", "3 × 6 = 18", True),
        ("3x6=18", "= 18", True),
        ("That is 1,299 euros", "1299", True),
        ("I know it", "no", False),
        ("Yesterday", "^yes", False),
    ],
)
def test_texts_are_found_as_whole_words_and_figures(said: str, text: str, expected: bool) -> None:
    assert says(folded(said), text) is expected

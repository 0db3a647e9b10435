"""Curated answers that share a question are told, whichever way they came in."""

from kefu.retrieval.domain.curated_draft import CuratedDraft
from kefu.retrieval.ingest.curated_conflicts import shared_questions


def answer(
    text: str, *questions: str, days: tuple[str, str] = ("", ""), language: str = "en", first: int = 0
) -> CuratedDraft:
    return CuratedDraft(questions, text, language, *days, priority=first)


STORED = answer("From nine.", "When are you open?")


def test_a_question_of_another_answer_is_told_with_that_answer() -> None:
    new = answer("From ten.", "Opening hours?", "when are you  OPEN")
    assert shared_questions([new], [STORED]) == [
        f"“when are you OPEN” is a question of the curated answer {STORED.id}, too: “From nine.”."
        " Take it out of one of them, or give one the greater priority."
    ]
    [told] = shared_questions([answer("From ten.", "Hours?", "When are you open?", first=5)], [STORED])
    assert told.endswith("Given is the one of priority 5.")


def test_nothing_is_told_where_only_one_of_them_can_be_given() -> None:
    asked = ("Opening hours?", "When are you open?")
    assert shared_questions([answer("From ten.", "When are you open?")], [STORED]) == []  # it takes its place
    assert shared_questions([answer("From ten.", "When are you closed?")], [STORED]) == []
    assert shared_questions([answer("九点。", *asked, language="zh")], [STORED]) == []
    winter = answer("From eight.", "When are you open?", days=("2026-12-01", "2027-02-28"))
    summer = answer("From six.", *asked, days=("2027-03-01", ""))
    assert shared_questions([summer], [winter]) == []
    assert len(shared_questions([answer("From six.", *asked, days=("2027-02-28", ""))], [winter])) == 1


def test_two_rows_of_a_file_with_one_question_and_other_answers_are_told_once() -> None:
    rows = [answer("Yes.", "Parking?", "Can I park?"), answer("No.", "Can I park here?", "can I park")]
    [told] = shared_questions(rows, [])
    assert told.startswith("“Can I park?” has another answer in this file: “No.”.")
    [told] = shared_questions([answer("Yes.", "Can I park?"), answer("No.", "Can I park?")], [])
    assert told == "“Can I park?” has another answer in this file, and only the last one is kept: “No.”."


def test_of_many_only_some_are_told() -> None:
    many = [answer("No.", f"Other {each}?", f"Why {each}?") for each in range(8)]
    told = shared_questions(many, [answer("Yes.", *(f"Why {each}?" for each in range(8)))])
    assert (len(told), told[-1]) == (6, "So it is with 3 more.")

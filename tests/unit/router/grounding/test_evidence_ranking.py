"""The piece that answers a question comes first, and what would mislead beside it is left out."""

import pytest

from kefu.router.answering.evidence.evidence_answer import evidence_for
from kefu.router.domain.turn import Passage
from kefu.router.grounding.evidence_pieces import PieceKind
from kefu.router.grounding.evidence_ranking import (
    bearing,
    candidate_pieces,
    ranked_pieces,
    read_again,
    text_to_compare,
    worth_comparing,
)
from kefu.router.grounding.evidence_selection import selected_evidence
from kefu.text.language import AnswerLanguage

_LIFT = """| Situation | Fee |
|---|---|
| With a lift | ¥60 |
| Without a lift, 4th floor | ¥75 |
| Without a lift, 5th floor | ¥90 |"""


def _passage(number: int, text: str, *headings: str, language: str = "en", relevance: float = 0.9) -> Passage:
    return Passage(number, f"p{number}", "Delivery", headings, text, "", relevance, language)


def _best(question: str, *passages: Passage, language: AnswerLanguage = "en") -> list[str]:
    ranked = ranked_pieces(question, "", passages, candidate_pieces(passages, language), None)
    return [piece.text for piece in selected_evidence(question, ranked, language)]


def test_the_row_that_is_asked_about_is_shown_without_its_neighbours() -> None:
    said = _best("What does it cost on the 5th floor without a lift?", _passage(1, _LIFT))
    assert said == ["Without a lift, 5th floor: ¥90"]


_PARCELS = """| Service | Time | Price |
|---|---|---|
| Parcel | 3 days | ¥12 |
| Freight | 2 weeks | ¥60 |"""


def _evidence(question: str, *passages: Passage, language: AnswerLanguage = "en") -> tuple[list[str], float]:
    ranked = ranked_pieces(question, "", passages, candidate_pieces(passages, language), None)
    found = evidence_for(question, passages, ranked, language)
    return [piece.text for piece in found.pieces], found.bearing


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What is the price of freight?", "Freight (Price): ¥60"),
        ("How long does freight take?", "Freight (Time): 2 weeks"),
        ("Tell me about freight please", "Freight — Time: 2 weeks; Price: ¥60"),
    ],
)
def test_of_a_row_the_column_that_is_asked_for_is_shown(question: str, said: str) -> None:
    assert _best(question, _passage(1, _PARCELS)) == [said]


def test_how_long_is_a_time_where_a_row_has_a_time_and_a_length() -> None:
    table = """| Place | Held for | Limits of a parcel |
|---|---|---|
| Locker | 48 hours | 45 × 35 × 30 cm |
| Station | 5 days | 1 m |"""
    assert _best("How long does my parcel stay in a locker?", _passage(1, table)) == ["Locker (Held for): 48 hours"]


def test_a_question_for_a_number_is_answered_by_what_holds_one() -> None:
    vague = _passage(1, "Refunds of a ticket take as long as the bank of the ticket needs.", "Refunds of a ticket")
    exact = _passage(2, "Refunds take 7 days.", "Tickets")
    asked = "How long do refunds of a ticket take?"
    said, bearing_of_both = _evidence(asked, vague, exact)
    assert any("7 days" in each for each in said)
    assert bearing_of_both > 0
    assert _evidence(asked, vague)[1] == 0.0
    assert _evidence("Do refunds of a ticket take long?", vague)[1] > 0
    assert (
        _evidence("退票要几天？", _passage(1, "退票收取 5% 手续费。", "退票", language="zh"), language="zh")[1] == 0.0
    )


def test_a_worked_example_is_not_shown_for_the_rule() -> None:
    rule = "A refund is paid in 7 days."
    text = f"For example, a refund of May 1 is paid on May 8, a refund of May 3 on May 10. {rule}"
    assert _evidence("How is a refund paid?", _passage(1, text))[0] == [rule]


def test_of_a_passage_in_two_languages_the_customers_pieces_are_shown() -> None:
    text = "Gift cards are valid for 3 years.\n礼品卡有效期为 3 年。\nThey are not refunded.\n礼品卡不能退。"
    pieces = candidate_pieces([_passage(1, text, language="zh")], "en")
    assert [piece.text for piece in pieces] == ["Gift cards are valid for 3 years.", "They are not refunded."]


_COLLECTION = """| Service | Collected | Price |
|---|---|---|
| Parcel | next day | ¥12 |
| Freight | within a week | ¥60 |
| Courier | same day | ¥30 |"""


@pytest.mark.parametrize(
    "question",
    [
        "Compared with a parcel, how much later is freight collected?",
        "Is freight collected as quickly as a parcel, or how long does each take?",
    ],
)
def test_both_rows_are_shown_that_a_question_compares(question: str) -> None:
    said = "\n".join(_best(question, _passage(1, _COLLECTION)))
    assert "Parcel" in said
    assert "Freight" in said
    assert "Courier" not in said


def test_a_passage_in_the_customers_language_is_shown_before_another() -> None:
    chinese = _passage(1, "礼品卡有效期为 3 年。", language="zh")
    english = _passage(2, "Gift cards are valid for 3 years.", relevance=0.5)
    assert _best("How long are gift cards valid?", chinese, english) == ["Gift cards are valid for 3 years."]
    assert _best("How long are gift cards valid?", chinese) == ["礼品卡有效期为 3 年。"]


def test_equal_words_are_one_piece() -> None:
    same = "Gift cards are valid for 3 years."
    assert len(candidate_pieces([_passage(1, same), _passage(2, same)], "en")) == 1


def test_steps_answer_a_question_how() -> None:
    text = "An order can be cancelled once.\n\n1. Open My orders.\n2. Tap Cancel."
    ranked = ranked_pieces(
        "how do I cancel an order", "", [_passage(1, text)], candidate_pieces([_passage(1, text)], "en"), None
    )
    assert ranked[0].piece.kind is PieceKind.STEPS


def test_cosines_decide_where_words_do_not() -> None:
    passages = [_passage(1, "Parcels wait for two days. Lockers open with a code.")]
    pieces = candidate_pieces(passages, "en")
    near = {"Lockers open with a code.": 0.95}
    ranked = ranked_pieces("unlock", "", passages, pieces, [near.get(piece.text, 0.75) for piece in pieces])
    assert ranked[0].piece.text == "Lockers open with a code."
    assert sum(each.probability for each in ranked) == pytest.approx(1.0)


def test_what_is_compared_stands_under_its_title_headings_and_question() -> None:
    passage = _passage(1, "Can I wait?\nYes, for a week.", "Lockers")
    (piece,) = candidate_pieces([passage], "en")
    assert text_to_compare(piece, [passage]).startswith("Delivery\nLockers\nCan I wait?")


def test_evidence_bears_more_on_its_own_question_than_on_another() -> None:
    passages = [_passage(1, "Gift cards are valid for 3 years.", "Gift cards")]
    far = [_passage(1, "Gift cards are valid for 3 years.", "Gift cards", relevance=0.01)]
    pieces = candidate_pieces(passages, "en")
    own = ranked_pieces("How long are gift cards valid?", "", passages, pieces, [0.93])
    other = ranked_pieces("Do you sell submarines?", "", far, pieces, [0.75])
    assert bearing(own, passages) > 0.3 > bearing(other, far)
    assert bearing([], passages) == 0.0


def test_a_reading_decides_among_what_is_near() -> None:
    passages = [_passage(1, "Lockers open with a code. Lockers wait for two days. Lockers are yellow. Vans are red.")]
    pieces = candidate_pieces(passages, "en")
    ranked = ranked_pieces("What do I type in at the lockers?", "", passages, pieces, [0.9, 0.9, 0.9, 0.7])
    assert read_again(ranked, []) == ranked
    readings = [3.0 if "code" in each.piece.text else -4.0 for each in ranked[:3]]
    read = read_again(ranked, readings)
    assert read[0].piece.text == "Lockers open with a code."
    assert [each.piece for each in read[3:]] == [ranked[3].piece], "what was not read stays below"
    assert read[3].score < read[2].score
    assert sum(each.probability for each in read) == pytest.approx(1.0)
    poor = read_again(ranked, [-6.0 for _ in readings])
    assert bearing(read, passages) > bearing(poor, passages)


def test_the_pieces_that_are_compared_are_the_best_by_their_words() -> None:
    text = " ".join(f"Locker {number} is blue." for number in range(100)) + " Vans are red."
    passages = [_passage(1, text)]
    pieces = candidate_pieces(passages, "en")
    compared = worth_comparing("Which colour are vans?", "", passages, pieces)
    assert len(compared) == 64
    assert any("Vans" in piece.text for piece in compared)
    assert worth_comparing("Which colour are vans?", "", passages, pieces[:64]) == pieces[:64]

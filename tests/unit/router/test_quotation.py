"""What is said behind an answer that the evidence does not clearly carry."""

from kefu.router.domain.turn import Passage, Support
from kefu.router.grounding.quotation import is_supported, quotation_for
from tests.support.table import table

TEXT = "Refunds of furniture take 14 days. They go to the card that you paid with. Vouchers are refunded as vouchers."
TABLE = "| Method | Time | Fee |\n|---|---|---|\n| Standard | 2-4 working days | ¥8 |\n| Express | next day | ¥18 |"


def passage(text: str, language: str = "en") -> Passage:
    return Passage(1, "p", "Refunds", (), text, "", 0.9, language)


@table(("shares", "carried"), [([], False), ([0.9], True), ([0.9, 0.8], True), ([0.9, 0.3], False), ([0.0], False)])
def test_an_answer_is_carried_when_each_of_its_sentences_is(shares: list[float], carried: bool) -> None:
    supports = [Support(0, 1, 1, share, "") for share in shares]
    assert is_supported("How long do refunds take?", "They take 14 days.", supports) is carried


def test_an_answer_that_says_nothing_but_the_question_is_not_carried() -> None:
    supports = [Support(0, 1, 1, 1.0, "")]
    assert not is_supported("Which network does X.25 use?", "X.25 does use which network [1].", supports)
    assert not is_supported("X.25使用哪种网络类型", "X.25使用网络类型[1]。", supports)


def test_the_sentence_that_bears_most_on_the_question_is_quoted() -> None:
    found = quotation_for("How do vouchers come back?", "It is quick.", [passage(TEXT)], "en")
    assert found is not None
    assert (found.text, found.number) == (" The page says: “Vouchers are refunded as vouchers.”", 1)


def test_sentences_behind_it_are_quoted_too_while_there_is_room() -> None:
    text = (
        f"{TEXT} Everything else is said on the page about refunds, which is a long one, so that it has no room here."
    )
    found = quotation_for("How long do furniture refunds take?", "It is quick.", [passage(text)], "en")
    assert found is not None
    assert found.text == f" The page says: “{TEXT}”"


def test_a_table_behind_it_is_not_quoted_with_it() -> None:
    found = quotation_for(
        "How fast is delivery?", "It is free.", [passage(f"Delivery is fast in cities.\n{TABLE}")], "en"
    )
    assert found is not None
    assert found.text == " The page says: “Delivery is fast in cities.”"


def test_what_a_sentence_says_beside_the_question_must_be_in_the_answer() -> None:
    text = "An immune deficiency occurs when the immune system is less active than normal."
    asked = "What occurs when the immune system is less active than normal?"
    found = quotation_for(asked, "It occurs when the immune system is less active than normal.", [passage(text)], "en")
    assert found is not None
    assert "deficiency" in found.text


def test_an_answer_without_an_end_gets_one() -> None:
    found = quotation_for("How long do furniture refunds take?", "Quick", [passage(TEXT)], "en")
    assert found is not None
    assert found.text.startswith(". The page says")


def test_what_the_answer_says_already_is_not_quoted() -> None:
    assert quotation_for("How long?", "Refunds of furniture take 14 days, we think.", [passage(TEXT)], "en") is None


def test_another_language_is_not_quoted() -> None:
    assert quotation_for("退款要多久？", "很快。", [passage(TEXT)], "zh") is None


def test_a_row_of_a_table_is_quoted_with_the_names_of_its_columns() -> None:
    found = quotation_for("What does express cost?", "It is free.", [passage(TABLE)], "en")
    assert found is not None
    assert found.text == " The page says: “Method: Express; Time: next day; Fee: ¥18”"


def test_of_a_long_sentence_the_part_that_bears_on_the_question_is_quoted() -> None:
    long = (
        "Appliances travel like furniture, with the two-man team, at the same times and the same fees, but only "
        "within the mainland, and never on Sundays or holidays, whatever the season, while the team may be late or "
        "come on another day, which you will be told in time, parcels to Macao may weigh 30 kg, not more than that."
    )
    found = quotation_for("How heavy may parcels to Macao be?", "It depends.", [passage(long)], "en")
    assert found is not None
    assert "parcels to Macao may weigh 30 kg" in found.text
    assert len(found.text) < len(long)
    assert "“… " in found.text

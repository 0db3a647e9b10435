"""The sentence gate: what a model writes comes out sentence by sentence, wherever it is cut."""

import pytest

from kefu.router.guardrails.citation_markers import CitationMarker, CitationScanner, Piece
from kefu.router.guardrails.sentence_gate import LONGEST_LIST, LONGEST_SENTENCE, HeldSentence, SentenceGate
from tests.support.table import table


def plain(sentence: HeldSentence) -> str:
    def text(piece: Piece) -> str:
        return f"[{piece.numbers[0]}]" if isinstance(piece, CitationMarker) else piece

    return "".join(map(text, sentence.pieces))


def gated(text: str, *, step: int = 1_000, is_whole: bool = True) -> tuple[list[HeldSentence], SentenceGate]:
    gate, scanner = SentenceGate(), CitationScanner()
    out: list[HeldSentence] = []
    for at in range(0, len(text), step):
        out += gate.push(scanner.push(text[at : at + step]))
    out += gate.push(scanner.finish())
    return [*out, *gate.finish(is_whole=is_whole)], gate


STEPS = "To cancel:\n1. Open the order.\n2. Choose Cancel.\n3. Confirm."
ANSWERS: tuple[tuple[str, list[str]], ...] = (
    (
        "Refunds take 7 days [1]. Vouchers come back at once.[2] That is all.",
        ["Refunds take 7 days.", "Vouchers come back at once.", "That is all."],
    ),
    ("Refunds take 7.5 days (for cards). They are free!", ["Refunds take 7.5 days (for cards).", "They are free!"]),
    ("退款需要 7 天[1]。优惠券立即退回。[2] 就这些", ["退款需要 7 天。", "优惠券立即退回。", "就这些"]),
    (f"{STEPS}\n\nDone.", [STEPS, "Done."]),
    ("The code “A. B.” is yours. Fine.", ["The code “A. B.” is yours.", "Fine."]),
    ("Parcels go out on page 3. 4) is another. Fine.", ["Parcels go out on page 3.", "4) is another.", "Fine."]),
    ("**Cards** take 7 days. They are free.", ["**Cards** take 7 days.", "They are free."]),
    ("Yes. It takes 7 days. Sure.", ["Yes. It takes 7 days.", "Sure."]),
    ("可以。退款需要 7 天。", ["可以。退款需要 7 天。"]),
    ("- Cards take 7 days.\n- Vouchers are fast.\nAsk us.", ["- Cards take 7 days.\n- Vouchers are fast.", "Ask us."]),
    ("1、打开订单。\n2、选择取消。\n完成后会退款。", ["1、打开订单。\n2、选择取消。", "完成后会退款。"]),
    ("It is so: parcels go out on Friday. Bye.", ["It is so: parcels go out on Friday.", "Bye."]),
    ("It takes 7 days. Sure. You can wait.", ["It takes 7 days.", "Sure.", "You can wait."]),
    (f"{STEPS}\nDone. It is free.", [STEPS, "Done.", "It is free."]),
    ("Yes.", ["Yes."]),
    ("", []),
)


@table("step", [1, 2, 3, 7, 1000])
@table(("text", "sentences"), ANSWERS)
def test_an_answer_comes_out_in_the_same_sentences_and_as_it_is_wherever_it_is_cut(
    text: str, sentences: list[str], step: int
) -> None:
    out, _ = gated(text, step=step)
    assert [each.text for each in out] == sentences
    assert "".join(map(plain, out)) == text


@pytest.mark.parametrize("step", [1, 1000])
def test_a_sentence_has_the_markers_that_stand_in_it_or_right_behind_it(step: int) -> None:
    out, _ = gated("Refunds take 7 days [1]. Vouchers [2] come at once.[3] Cards do not.", step=step)
    marked = [[piece.numbers[0] for piece in each.pieces if isinstance(piece, CitationMarker)] for each in out]
    assert marked == [[1], [2, 3], []]


def test_no_part_of_a_sentence_comes_out_before_it_is_whole() -> None:
    gate = SentenceGate()
    assert [gate.push([piece]) for piece in ("Refunds take (for cards) ", "7.", "5 days.")] == [[], [], []]
    assert [each.text for each in gate.push([" They"])] == ["Refunds take (for cards) 7.5 days."]


def test_no_item_comes_out_before_the_list_is_whole() -> None:
    gate = SentenceGate()
    assert gate.push(["1. Open the order.\n2. Choose Cancel.\n"]) == []
    assert [each.text for each in gate.push(["That is all. Bye"])] == [
        "1. Open the order.\n2. Choose Cancel.",
        "That is all.",
    ]


@table(
    ("text", "sentences"),
    [
        ("It takes 7 days. It costs", ["It takes 7 days."]),
        ("It takes 7 days.", ["It takes 7 days."]),
        (f"It is easy to do. {STEPS[:-9]}", ["It is easy to do."]),
        ("It is easy to do. To cancel:\n", ["It is easy to do."]),
        ("Yes. It takes", []),
    ],
)
def test_what_may_be_half_is_dropped_where_the_model_was_cut_off(text: str, sentences: list[str]) -> None:
    for step in (1, 1000):
        out, _ = gated(text, step=step, is_whole=False)
        assert [each.text for each in out] == sentences


@pytest.mark.parametrize("step", [1, 50])
def test_a_sentence_without_an_end_is_not_waited_for_and_nothing_comes_out_behind_it(step: int) -> None:
    out, gate = gated("Delivery is free of charge. " + "word " * LONGEST_SENTENCE + "end. Bye.", step=step)
    assert [each.text for each in out] == ["Delivery is free of charge."]
    assert gate.overflow.startswith("word word")


def test_a_list_may_be_longer_than_a_sentence_up_to_a_bound() -> None:
    items = [f"{n}. {'word ' * 60}done.\n" for n in range(1, 5)]
    out, gate = gated("".join(items), step=10)
    assert (len(out), gate.overflow) == (1, "")
    assert len(out[0].text) > LONGEST_SENTENCE
    out, gate = gated("".join(items) * (LONGEST_LIST // 1_000), step=10)
    assert (out, bool(gate.overflow)) == ([], True)

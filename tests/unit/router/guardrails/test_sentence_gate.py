"""The sentence gate: whole sentences that passed come out, wherever the text is cut, and nothing behind a bad one."""

import pytest

from kefu.router.guardrails.citation_markers import CitationMarker, CitationScanner, Piece
from kefu.router.guardrails.sentence_gate import LONGEST_SENTENCE, TOO_LONG, SentenceGate
from tests.support.table import table


def plain(pieces: list[Piece]) -> str:
    return "".join(f"[{piece.numbers[0]}]" if isinstance(piece, CitationMarker) else piece for piece in pieces)


def passed(text: str, bad: str = "\0", *, step: int, is_whole: bool = True) -> tuple[str, SentenceGate, list[str]]:
    checked: list[str] = []

    def check(sentence: str) -> str:
        checked.append(sentence)
        return "bad" if bad in sentence else ""

    gate, scanner = SentenceGate(check), CitationScanner()
    out: list[Piece] = []
    for at in range(0, len(text), step):
        out += gate.push(scanner.push(text[at : at + step]))
    out += gate.push(scanner.finish())
    out += gate.finish(is_whole=is_whole)
    return plain(out), gate, checked


ANSWERS = (
    "Refunds take 7 days [1]. Vouchers come back at once.[2] That is all.",
    "Refunds take 7.5 days (for cards). They cost nothing!",
    "退款需要 7 天[1]。优惠券立即退回。[2] 就这些",
    "To cancel:\n1. Open the order.\n2. Choose Cancel [1].\n\nDone.",
    "The code “A. B.” is yours (see p. 3). Fine.",
)


@table("step", [1, 2, 3, 7, 1000])
@table("text", ANSWERS)
def test_what_passes_comes_out_as_it_is_wherever_it_is_cut(text: str, step: int) -> None:
    assert passed(text, step=step)[0] == text


@pytest.mark.parametrize("step", [1, 4, 1000])
def test_nothing_comes_out_from_the_first_sentence_on_that_does_not_pass(step: int) -> None:
    text, gate, _ = passed("Refunds take 7 days [1]. Gold pays nothing. Bye.", "Gold", step=step)
    assert (text, gate.failed) == ("Refunds take 7 days [1].", "bad")
    text, gate, _ = passed("家具免运费。标准配送 3 天。", "家具", step=step)
    assert (text, gate.failed) == ("", "bad")


def test_no_part_of_a_sentence_comes_out_before_it_is_whole() -> None:
    gate = SentenceGate(lambda _: "")
    assert gate.push(["Refunds take (for cards) "]) == []
    assert gate.push(["7."]) == []
    assert gate.push(["5 days."]) == []
    assert plain(gate.push([" They"])) == "Refunds take (for cards) 7.5 days."


def test_half_a_sentence_is_dropped_where_the_model_was_cut_off() -> None:
    assert passed("It takes 7 days. It costs", step=3, is_whole=False)[0] == "It takes 7 days."
    assert passed("It takes 7 days.", step=3, is_whole=False)[0] == "It takes 7 days."


@pytest.mark.parametrize("step", [1, 5, 1000])
def test_a_line_that_leads_in_is_checked_and_shown_with_the_one_behind_it(step: int) -> None:
    text, _, checked = passed("To cancel:\n1. Open it.\n2. Choose Cancel.", "Open", step=step)
    assert text == ""
    assert checked == ["To cancel:\n1. Open it."]


def test_a_sentence_without_an_end_is_not_waited_for() -> None:
    for step in (1, 100_000):
        text, gate, _ = passed("word " * LONGEST_SENTENCE, step=step)
        assert (text, gate.failed) == ("", TOO_LONG)

"""Figures in digits of other scripts are figures, and the same ones as in ASCII."""

import sys
import unicodedata

import pytest

from kefu.router.guardrails.evidence import LiteralEvidence
from kefu.router.guardrails.literal_patterns import RUN, RUN_CHARACTERS, SUSPECT
from kefu.router.guardrails.literals import LiteralGuard
from tests.support.table import table

HUNDREDS = ["১০০", "१००", "١٠٠", "๑๐๐", "１００", "𝟏𝟎𝟎"]


def passed(answer: str, evidence: str) -> tuple[str, str | None]:
    guard = LiteralGuard(LiteralEvidence([evidence]))
    return "".join(map(str, [*guard.push([answer]), *guard.finish()])), guard.blocked


@table("figure", HUNDREDS)
def test_a_figure_without_evidence_is_withheld_in_any_digits(figure: str) -> None:
    assert passed(f"It is {figure} in all.", "Seven days.") == ("It is ", figure)


@table("figure", HUNDREDS)
def test_a_figure_with_evidence_is_let_out_in_any_digits(figure: str) -> None:
    assert passed(f"It is {figure} in all.", "100 days.") == (f"It is {figure} in all.", None)
    assert passed("It is 100 in all.", f"{figure} days.") == ("It is 100 in all.", None)


def test_the_patterns_know_every_digit_and_the_same_characters_as_their_list() -> None:
    everything = [chr(code) for code in range(sys.maxunicode + 1)]
    digits = {each for each in everything if unicodedata.category(each) == "Nd" and ord(each) < 0x20000}
    assert digits <= {each for each in everything if SUSPECT.match(each)}
    assert {each for each in everything if RUN.match(each)} == set(RUN_CHARACTERS)


@pytest.mark.parametrize(
    ("answer", "visible"),
    [
        ("It takes Twenty-Five days.", "It takes "),
        ("It takes 'three days.", "It takes "),
        ("twoİ is no word.", "twoİ is no word."),
        ("A two-day trip, one's own.", "A two-day trip, one's own."),
    ],
)
def test_numbers_in_words_are_seen_among_marks_and_other_letters(answer: str, visible: str) -> None:
    assert passed(answer, "Seven days.")[0] == visible

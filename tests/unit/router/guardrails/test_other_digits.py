"""Figures in digits of other scripts are figures, and the same ones as in ASCII."""

import pytest

from kefu.router.guardrails.evidence import Evidence
from kefu.router.guardrails.literals import LiteralGuard

HUNDREDS = ["১০০", "१००", "١٠٠", "๑๐๐", "１００", "𝟏𝟎𝟎"]


def passed(answer: str, evidence: str) -> tuple[str, str | None]:
    guard = LiteralGuard(Evidence([evidence]))
    return "".join(map(str, [*guard.push([answer]), *guard.finish()])), guard.blocked


@pytest.mark.parametrize("figure", HUNDREDS)
def test_a_figure_without_evidence_is_withheld_in_any_digits(figure: str) -> None:
    assert passed(f"It is {figure} in all.", "Seven days.") == ("It is ", figure)


@pytest.mark.parametrize("figure", HUNDREDS)
def test_a_figure_with_evidence_is_let_out_in_any_digits(figure: str) -> None:
    assert passed(f"It is {figure} in all.", "100 days.") == (f"It is {figure} in all.", None)
    assert passed("It is 100 in all.", f"{figure} days.") == ("It is 100 in all.", None)

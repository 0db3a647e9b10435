"""What the load test says of tenants beside a disturbance."""

from loadtest.harness.verdicts import Verdict
from loadtest.scenarios.noisy_neighbour import Period, count_lost, figures, print_figures


def verdicts(first_text: float, count: int = 20, source: str = "GENERATED") -> list[Verdict]:
    return [Verdict("", first_text=first_text, total=1.0, source=source) for _ in range(count)]


def test_the_ratio_is_of_the_others_in_disturbed_spells_and_in_quiet_ones() -> None:
    spells = [
        Period(False, others=verdicts(0.1), noisy=verdicts(9.0)),
        Period(True, others=verdicts(0.12), noisy=[*verdicts(5.0, source="EXTRACTIVE"), Verdict("RESOURCE_EXHAUSTED")]),
    ]
    found = figures(spells)
    assert found["first_text_p95_ratio"] == 1.2
    assert found["others_disturbed"]["failed"] == 0
    assert found["noisy_disturbed"]["failures"] == {"RESOURCE_EXHAUSTED": 1}
    printed = print_figures(found)
    assert "disturbed over undisturbed: 1.2" in printed
    assert "the noisy one: 1 x RESOURCE_EXHAUSTED" in printed


def test_the_onset_is_shown_apart() -> None:
    late = [Verdict("", asked_at=103.0, first_text=2.0, source="GENERATED"), Verdict("refused", asked_at=104.0)]
    steady = [Verdict("", asked_at=120.0, first_text=0.1, source="GENERATED")]
    found = figures([Period(False, 0.0, verdicts(0.1)), Period(True, 100.0, late + steady)], onset=10.0)
    assert found["first_text_p95_ratio"] == 1.0
    assert (found["others_onset"]["started"], found["others_onset"]["failed"]) == (2, 1)
    assert "others, first 10 s of it: 1 x refused" in print_figures(found)


def test_what_failed_does_not_look_fast() -> None:
    spells = [Period(False, others=verdicts(0.1)), Period(True, others=[*verdicts(0.3), *[Verdict("refused")] * 99])]
    found = figures(spells)
    assert found["first_text_p95_ratio"] == 3.0
    assert found["others_disturbed"]["failed"] == 99


REFUSED = Verdict("RESOURCE_EXHAUSTED / OVERLOADED", retry_after=2.0)
HANDED_OVER = Verdict("handed over: REASON_OVERLOADED", handed_over=True)


def lost(*, others: list[Verdict], noisy: list[Verdict], disturbed: bool = True, flood: bool = True) -> int:
    """How many answers count against a run with these in a disturbed period, or in a quiet one."""
    extra = Period(disturbed, others=others, noisy=noisy)
    return count_lost(
        figures([Period(False, others=verdicts(0.1)), Period(True, others=verdicts(0.1)), extra]), flood=flood
    )


def test_the_tenant_that_floods_may_be_refused_and_nothing_else() -> None:
    assert lost(others=[], noisy=[REFUSED] * 9) == 0
    assert lost(others=[], noisy=[HANDED_OVER] * 9) == 9
    assert lost(others=[], noisy=[Verdict("no end came")]) == 1
    assert lost(others=[], noisy=[REFUSED], disturbed=False) == 1
    assert lost(others=[], noisy=[REFUSED], flood=False) == 1


def test_well_behaved_tenants_are_neither_refused_nor_handed_over() -> None:
    for disturbed in (False, True):
        assert lost(others=[REFUSED, HANDED_OVER], noisy=[], disturbed=disturbed) == 2


def test_refusals_and_hand_overs_have_columns_of_their_own() -> None:
    found = figures(
        [Period(False, others=verdicts(0.1)), Period(True, others=verdicts(0.1), noisy=[REFUSED, HANDED_OVER])]
    )
    rows = print_figures(found).splitlines()
    assert "handed over  refused  failed" in rows[0]
    assert next(row for row in rows if row.startswith("the noisy one")).split()[3:8] == ["2", "0", "1", "1", "0"]

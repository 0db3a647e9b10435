"""What the load test says of tenants beside a disturbance."""

from loadtest.harness.verdicts import Verdict
from loadtest.scenarios.noisy_neighbour import Period, figures, print_figures


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
    assert "noisy: 1 x RESOURCE_EXHAUSTED" in printed


def test_the_onset_is_shown_apart() -> None:
    late = [Verdict("", asked_at=103.0, first_text=2.0, source="GENERATED"), Verdict("refused", asked_at=104.0)]
    steady = [Verdict("", asked_at=120.0, first_text=0.1, source="GENERATED")]
    found = figures([Period(False, 0.0, verdicts(0.1)), Period(True, 100.0, late + steady)], onset=10.0)
    assert found["first_text_p95_ratio"] == 1.0
    assert (found["others_onset"]["started"], found["others_onset"]["failed"]) == (2, 1)
    assert "others, at first: 1 x refused" in print_figures(found)


def test_what_failed_does_not_look_fast() -> None:
    spells = [Period(False, others=verdicts(0.1)), Period(True, others=[*verdicts(0.3), *[Verdict("refused")] * 99])]
    found = figures(spells)
    assert found["first_text_p95_ratio"] == 3.0
    assert found["others_disturbed"]["failed"] == 99

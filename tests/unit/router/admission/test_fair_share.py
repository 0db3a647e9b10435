"""What is kept for a tenant: what it had lately and has not now."""

import pytest

from kefu.router.admission.fair_share import FairShare


def used(shares: FairShare, seconds: int, places: int = 96) -> None:
    for _ in range(seconds):
        shares.remember(places, 1.0)


def test_what_a_tenant_had_lately_is_missing_when_it_has_less() -> None:
    shares = FairShare()
    shares.add("a", 1.0, running=12)
    shares.add("b", 1.0, running=6)
    used(shares, 300)
    assert shares.unused_by_others() == pytest.approx(0.0, abs=0.01)
    shares.add("a", 1.0, running=-9)
    assert shares.unused_by_others() == pytest.approx(9.0, abs=0.01)
    assert shares.unused_by_others("b") == pytest.approx(9.0, abs=0.01)
    assert shares.unused_by_others("a") == pytest.approx(0.0, abs=0.01)  # nobody stands in its own way
    shares.add("a", 1.0, running=5)
    assert shares.unused_by_others() == pytest.approx(4.0, abs=0.01)


def test_what_is_missing_is_forgotten_within_minutes_and_then_the_tenant_is() -> None:
    shares = FairShare()
    shares.add("a", 1.0, running=12)
    shares.add("b", 1.0, running=1)
    used(shares, 300)
    shares.add("a", 1.0, running=-12)
    assert shares.share("b", 1.0, 96) == 48
    used(shares, 30)
    assert 4 < shares.unused_by_others() < 5
    used(shares, 300)
    assert shares.unused_by_others() == pytest.approx(0.0, abs=0.01)
    assert shares.share("b", 1.0, 96) == 96


def test_nothing_is_kept_beyond_a_tenants_part() -> None:
    shares = FairShare()
    shares.add("flood", 1.0, running=90, waiting=500)
    for tenant in ("a", "b", "c"):
        shares.add(tenant, 1.0, running=2)
    used(shares, 300)
    shares.add("flood", 1.0, running=-90, waiting=-500)
    assert shares.unused_by_others("a") == pytest.approx(24.0, abs=0.1)


def test_nothing_is_kept_for_turns_that_can_wait() -> None:
    shares = FairShare()
    shares.add("night", 1.0, running=20, waiting=70, batch=True)
    shares.add("night", 1.0, running=1)
    used(shares, 300)
    shares.add("night", 1.0, running=-1)
    assert shares.unused_by_others() == pytest.approx(1.0, abs=0.01)
    shares.add("night", 1.0, running=-20, waiting=-70, batch=True)
    assert shares.unused_by_others() == pytest.approx(1.0, abs=0.01)

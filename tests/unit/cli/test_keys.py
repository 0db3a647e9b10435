"""When a key ends, as people write it, and what `kefu doctor` says of keys."""

from datetime import datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kefu.cli.commands.doctor.findings import Verdict
from kefu.cli.commands.doctor.keys import findings_of
from kefu.cli.commands.tenants.keys_and_tenants import expiry
from kefu.cli.console import CommandFailed
from kefu.router.v1 import admin_pb2 as pb
from tests.support.table import table

NOON = datetime.fromisoformat("2026-01-31T12:00:00+08:00")


@table(
    ("value", "end"),
    [
        ("90d", "2026-05-01T12:00:00+08:00"),
        ("12h", "2026-02-01T00:00:00+08:00"),
        ("2w", "2026-02-14T12:00:00+08:00"),
        ("2026-01-31", "2026-02-01T00:00:00+08:00"),
        (" 2027-01-31", "2027-02-01T00:00:00+08:00"),
    ],
)
def test_a_key_ends_after_a_span_or_with_a_day(value: str, end: str) -> None:
    assert expiry(value, NOON) == datetime.fromisoformat(end)


@table("value", ["", "soon", "90", "-1d", "2026-01-30", "2026-02-30", "1d1h", "9999999d"])
def test_an_end_that_is_none_or_over_is_refused(value: str) -> None:
    with pytest.raises(CommandFailed, match=r"is no end|is over"):
        expiry(value, NOON)


def make_listed_key(name: str, *scopes: "pb.Scope.ValueType", made: int, expires: int = 0, used: int = 0) -> pb.Key:
    return pb.Key(
        name=f"tenants/acme/keys/{name}",
        scopes=scopes,
        create_time=Timestamp(seconds=made),
        expire_time=Timestamp(seconds=expires) if expires else None,
        last_used_time=Timestamp(seconds=used) if used else None,
    )


def test_doctor_names_keys_that_are_too_strong_endless_or_not_used() -> None:
    now, day = 1_800_000_000, 86_400
    fine = make_listed_key("fine", pb.SCOPE_DESK, made=now - 90 * day, expires=now + day, used=now)
    legacy = make_listed_key("legacy", pb.SCOPE_OPERATOR, made=now - day, expires=now + day)
    endless = make_listed_key("endless", pb.SCOPE_CHAT, made=now - 90 * day)
    over = make_listed_key("over", pb.SCOPE_OPERATOR, made=now - 90 * day, expires=now - day)
    found = [finding.found for finding in findings_of([fine, legacy, endless, over], now)]
    assert [line.partition(": ")[2] for line in found] == ["acme/legacy", "acme/endless", "acme/endless"]
    assert found[0].startswith("1 of 3 have the scope operator")
    assert "never expire" in found[1]
    assert "not seen in use" in found[2]
    assert [finding.verdict for finding in findings_of([fine], now)] == [Verdict.GOOD]
    many = findings_of([make_listed_key(f"k{number}", pb.SCOPE_CHAT, made=now) for number in range(9)], now)
    assert many[0].found.endswith("acme/k4 and 4 more")

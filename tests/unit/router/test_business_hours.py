"""When people are there, and when they are there again."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kefu.router.tenants.business_hours import BusinessHours, format_opening, open_seconds
from tests.support.table import table

_NO_ENTRIES = """
Mon
Mon 9:00-18:00
Mon 09:00-25:00
Mon 09:61-18:00
Mo-Fr 09:00-18:00
2026-13-01 closed
2026-10-07/2026-10-01 closed
daily 09:00-18:00
"""
SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEK = BusinessHours(["Mon-Fri 09:00-12:00", "mon-fri 13:00-18:00", "Sat 10:00-14:00", "2026-11-25 closed"])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize("moment", ["2026-11-23T09:00", "2026-11-23T17:59", "2026-11-28T10:00"])
def test_within_its_hours_somebody_is_there(moment: str) -> None:
    assert WEEK.is_open(at(moment))


@table(
    ("moment", "opening"),
    [
        ("2026-11-23T08:59", "2026-11-23T09:00"),
        ("2026-11-23T12:30", "2026-11-23T13:00"),
        ("2026-11-23T18:00", "2026-11-24T09:00"),
        ("2026-11-24T20:00", "2026-11-26T09:00"),  # the 25th is closed
        ("2026-11-25T10:00", "2026-11-26T09:00"),
        ("2026-11-28T15:00", "2026-11-30T09:00"),
    ],
)
def test_outside_them_the_next_opening_is_known(moment: str, opening: str) -> None:
    assert not WEEK.is_open(at(moment))
    assert WEEK.next_opening(at(moment)) == at(opening)


def test_hours_may_last_until_the_next_morning() -> None:
    night = BusinessHours(["Fri-Sun 22:00-06:00"])
    assert night.is_open(at("2026-11-28T05:59"))
    assert night.is_open(at("2026-11-30T05:00"))
    assert not night.is_open(at("2026-11-27T05:00"))
    assert night.next_opening(at("2026-11-27T05:00")) == at("2026-11-27T22:00")


def test_a_span_of_days_goes_before_weekdays() -> None:
    hours = BusinessHours(["Mon-Sun 00:00-24:00", "2026-10-01/2026-10-07 10:00-16:00"])
    assert hours.is_open(at("2026-09-30T23:59"))
    assert not hours.is_open(at("2026-10-01T09:00"))
    assert hours.is_open(at("2026-10-07T15:00"))


def test_when_nobody_will_ever_be_there_nothing_is_promised() -> None:
    assert BusinessHours(["Mon-Sun closed"]).next_opening(at("2026-11-23T08:59")) is None


def test_without_hours_somebody_is_always_there() -> None:
    assert BusinessHours([]).is_open(at("2026-11-23T03:00"))


@table("entry", ["", *_NO_ENTRIES.strip().splitlines()])
def test_what_is_no_entry_is_refused_with_an_example(entry: str) -> None:
    with pytest.raises(ValueError, match="Mon-Fri 09:00-18:00"):
        BusinessHours([entry])


@pytest.mark.parametrize(
    ("opening", "english", "chinese"),
    [
        ("2026-11-23T09:00", "today at 09:00 (UTC+8)", "今天 09:00（UTC+8）"),
        ("2026-11-24T09:00", "tomorrow at 09:00 (UTC+8)", "明天 09:00（UTC+8）"),
        ("2026-11-27T13:30", "on Friday at 13:30 (UTC+8)", "周五 13:30（UTC+8）"),
        ("2026-12-05T09:00", "on 5 December at 09:00 (UTC+8)", "12月5日 09:00（UTC+8）"),
    ],
)
def test_an_opening_is_told_as_people_say_it(opening: str, english: str, chinese: str) -> None:
    now = at("2026-11-23T03:00")
    assert format_opening(at(opening), now, "en") == english
    assert format_opening(at(opening), now, "zh") == chinese


@table(
    ("zone", "opening", "named"),
    [
        ("UTC", "2026-12-05T09:00", "(UTC)"),
        ("Europe/Berlin", "2026-07-05T09:00", "(UTC+2)"),
        ("Europe/Berlin", "2026-12-05T09:00", "(UTC+1)"),
        ("Asia/Kolkata", "2026-12-05T09:00", "(UTC+5:30)"),
        ("America/St_Johns", "2026-12-05T09:00", "(UTC-3:30)"),
    ],
)
def test_an_opening_names_its_zone_as_it_is_on_that_day(zone: str, opening: str, named: str) -> None:
    there = datetime.fromisoformat(opening).replace(tzinfo=ZoneInfo(zone))
    assert format_opening(there, there - timedelta(hours=1), "en") == f"today at 09:00 {named}"


@table(
    ("since", "till", "hours"),
    [
        ("2026-11-23T10:00", "2026-11-23T11:30", 1.5),
        ("2026-11-23T08:00", "2026-11-23T20:00", 8.0),  # not over lunch
        ("2026-11-20T17:00", "2026-11-23T10:00", 6.0),  # Friday, Saturday, Monday
        ("2026-11-25T00:00", "2026-11-25T23:00", 0.0),
        ("2026-11-23T11:00", "2026-11-23T10:00", 0.0),
    ],
)
def test_only_time_in_which_somebody_is_there_passes(since: str, till: str, hours: float) -> None:
    assert WEEK.open_seconds(at(since), at(till)) == hours * 3600
    zone = "Asia/Shanghai"
    entries = ["Mon-Fri 09:00-12:00", "mon-fri 13:00-18:00", "Sat 10:00-14:00", "2026-11-25 closed"]
    assert open_seconds(entries, zone, at(since).timestamp(), at(till).timestamp()) == hours * 3600


def test_hours_that_overlap_or_go_over_midnight_count_once() -> None:
    night = BusinessHours(["Fri 22:00-06:00", "Sat 05:00-08:00"])
    assert night.open_seconds(at("2026-11-27T20:00"), at("2026-11-29T00:00")) == 10 * 3600
    assert night.open_seconds(at("2026-11-28T05:30"), at("2026-11-28T07:00")) == 1.5 * 3600


def test_without_hours_all_time_passes_also_when_a_clock_is_put_back() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    since, till = (datetime(2026, 10, day, 12, tzinfo=berlin) for day in (24, 25))
    assert BusinessHours([]).open_seconds(since, till) == 25 * 3600
    assert BusinessHours(["Mon-Sun 00:00-24:00"]).open_seconds(since, till) == 25 * 3600

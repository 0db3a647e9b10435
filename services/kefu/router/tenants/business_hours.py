"""
Business hours: when agents are there to take over, in a tenant's time zone.

An entry is a day or a span of days, and hours: "Mon-Fri 09:00-18:00", "Sat 10:00-14:00", "Fri 22:00-06:00" (until the
next morning), "2026-12-25 closed", "2026-10-01/2026-10-07 10:00-16:00". Weekdays may have several entries. A date goes
before its weekday. Without any entry agents are always there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from kefu.text.language import AnswerLanguage

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAYS = re.compile(rf"({'|'.join(_DAYS)})(?:-({'|'.join(_DAYS)}))?")
_DATES = re.compile(r"(\d{4}-\d\d-\d\d)(?:/(\d{4}-\d\d-\d\d))?")
_HOURS = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_DAYS_AHEAD = 60
"""Days ahead in which the next opening is sought."""
_FORMAT_HINT = 'must be like "Mon-Fri 09:00-18:00", "2026-12-25 closed" or "2026-10-01/2026-10-07 10:00-16:00"'
_NAMES: dict[AnswerLanguage, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}


@dataclass(frozen=True)
class _Entry:
    weekdays: frozenset[int]
    first: date | None
    last: date | None
    minutes: tuple[int, int] | None
    """From and to in minutes since midnight; the end may lie in the next day. None: closed."""

    def is_for(self, day: date) -> bool:
        if self.first is not None and self.last is not None:
            return self.first <= day <= self.last
        return day.weekday() in self.weekdays


class BusinessHours:
    """The business hours of a tenant. Raises ValueError, whose text says what is wrong with an entry."""

    def __init__(self, entries: Sequence[str]) -> None:
        self._entries = [_entry(entry) for entry in entries]

    def is_open(self, at: datetime) -> bool:
        """Whether agents are there at a time."""
        return not self._entries or any(begin <= at < end for days in (-1, 0) for begin, end in self._windows(at, days))

    def open_seconds(self, since: datetime, till: datetime) -> float:
        """Seconds between two times of one time zone in which agents were there."""
        if not self._entries:
            return max(till.timestamp() - since.timestamp(), 0.0)
        days = (till.date() - since.date()).days
        windows = sorted(
            (begin.timestamp(), end.timestamp())
            for ahead in range(-1, days + 1)
            for begin, end in self._windows(since, ahead)
        )
        total, counted = 0.0, since.timestamp()
        for begin, end in windows:  # windows may overlap
            begin, end = max(begin, counted), min(end, till.timestamp())
            if end > begin:
                total, counted = total + end - begin, end
        return total

    def next_opening(self, at: datetime) -> datetime | None:
        """The next opening after a time that is not open. None: there is none within 60 days."""
        for days in range(_DAYS_AHEAD):
            begins = [begin for begin, _ in self._windows(at, days) if begin > at]
            if begins:
                return min(begins)
        return None

    def _windows(self, at: datetime, days: int) -> list[tuple[datetime, datetime]]:
        day = at.date() + timedelta(days=days)
        dated = [entry for entry in self._entries if entry.first is not None and entry.is_for(day)]
        chosen = dated or [entry for entry in self._entries if entry.is_for(day)]
        return [
            (_at(day, entry.minutes[0], at), _at(day, entry.minutes[1], at))
            for entry in chosen
            if entry.minutes is not None
        ]


def opening_status(entries: Sequence[str], time_zone: str) -> tuple[bool, datetime | None]:
    """Whether agents are there now, and if not, the next opening, in the time zone."""
    if not entries:
        return True, None
    hours, now = BusinessHours(entries), datetime.now(ZoneInfo(time_zone))
    return (True, None) if hours.is_open(now) else (False, hours.next_opening(now))


def open_seconds(entries: Sequence[str], time_zone: str, since: float, till: float) -> float:
    """Seconds between two times, in seconds since the epoch, in which agents were there."""
    zone = ZoneInfo(time_zone)
    return _parsed(tuple(entries)).open_seconds(datetime.fromtimestamp(since, zone), datetime.fromtimestamp(till, zone))


@lru_cache(maxsize=1000)
def _parsed(entries: tuple[str, ...]) -> BusinessHours:
    return BusinessHours(entries)


def format_opening(opening: datetime, now: datetime, language: AnswerLanguage) -> str:
    """An opening as text for a customer: "on Monday at 09:00 (UTC+8)", "明天 09:00（UTC+8）".

    Nobody knows which zone its reader is in. A page that does leaves out what its reader's clock shows as well.
    """
    clock, name = f"{opening:%H:%M}", _NAMES[language][opening.weekday()]
    ahead = (opening.date() - now.date()).days
    if language == "zh":
        day = {0: "今天", 1: "明天"}.get(ahead, name if ahead < len(_DAYS) else f"{opening.month}月{opening.day}日")
        return f"{day} {clock}（{_zone_name(opening)}）"
    day = {0: "today", 1: "tomorrow"}.get(
        ahead, f"on {name}" if ahead < len(_DAYS) else f"on {opening.day} {opening:%B}"
    )
    return f"{day} at {clock} ({_zone_name(opening)})"


def _zone_name(at: datetime) -> str:
    """The zone of a time by its distance from UTC: "UTC", "UTC+8", "UTC-3:30"."""
    minutes = round((at.utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return "UTC" if not minutes else f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"


def _at(day: date, minutes: int, like: datetime) -> datetime:
    days, rest = divmod(minutes, 24 * 60)
    return datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), tzinfo=like.tzinfo)


def _entry(written: str) -> _Entry:
    days, _, hours = written.strip().partition(" ")
    weekdays, dates = _WEEKDAYS.fullmatch(days.lower()), _DATES.fullmatch(days)
    first = last = None
    of_week: frozenset[int] = frozenset()
    if weekdays:
        begin = _DAYS.index(weekdays[1])
        span = (_DAYS.index(weekdays[2] or weekdays[1]) - begin) % len(_DAYS)
        of_week = frozenset((begin + day) % len(_DAYS) for day in range(span + 1))
    elif dates:
        try:
            first = date.fromisoformat(dates[1])
            last = date.fromisoformat(dates[2] or dates[1])
        except ValueError:
            raise ValueError(f'{_FORMAT_HINT}; there is no such day: "{written}".') from None
        if last < first:
            raise ValueError(f'{_FORMAT_HINT}; the days of "{written}" end before they begin.')
    else:
        raise ValueError(f'{_FORMAT_HINT}; "{written}" is not.')
    return _Entry(of_week, first, last, _minutes(hours.strip(), written))


def _minutes(hours: str, written: str) -> tuple[int, int] | None:
    if hours.lower() == "closed":
        return None
    found = _HOURS.fullmatch(hours)
    if not found:
        raise ValueError(f'{_FORMAT_HINT}; "{written}" is not.')
    begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if int(found[1]) > 23 or end > 24 * 60 or int(found[2]) > 59 or int(found[4]) > 59:
        raise ValueError(f'{_FORMAT_HINT}; there is no such time: "{written}".')
    return begin, end if end > begin else end + 24 * 60

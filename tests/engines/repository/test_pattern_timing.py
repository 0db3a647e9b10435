"""What remains with `re` over text of strangers reads hostile texts in linear time.

`tests/unit/repository/test_patterns.py` tells by their shape which patterns need no clock; RE2's need none.
"""

import re
from itertools import islice

import pytest

from tests.support.cpu_time import loops
from tests.support.pattern_collection import TEXT_OF_OURS, CollectedPattern, collected, stands_in
from tests.support.pattern_complexity import attacks, is_evidently_linear

_SHORT, _MIDDLE, _LONG, _LONGEST = 250, 1_000, 4_000, 16_000
_NOTICED = 0.3
"""Loops (see `cpu_time`) from which on a search through 1,000 characters is looked at again, at 4,000."""
_GROWS = 8
"""Four times the text takes four times the time, or sixteen times when it is quadratic."""
_MOST_LOOPS = 20


def search(one: CollectedPattern, text: str) -> None:
    if one.anchored:
        one.pattern.match(text)
        one.pattern.fullmatch(text)
    else:
        for _ in one.pattern.finditer(text):
            pass


def slow_text(one: CollectedPattern) -> str:
    """How a text begins on which the pattern takes more than linear time; empty for none."""
    texts = zip(attacks(one.pattern, _SHORT), attacks(one.pattern, _MIDDLE), attacks(one.pattern, _LONG), strict=True)
    for number, (short, middle, long) in enumerate(texts):
        if (
            loops(lambda text=short: search(one, text)) > _NOTICED
            and loops(lambda text=short: search(one, text), tries=3) > _MOST_LOOPS / 4
        ):
            return short[:40]
        if loops(lambda text=middle: search(one, text)) < _NOTICED:
            continue
        before = loops(lambda text=middle: search(one, text), tries=5)
        after = loops(lambda text=long: search(one, text), tries=5)
        grows = after > _GROWS * before and goes_on_growing(one, number, after)
        if before > _NOTICED and (after > _MOST_LOOPS or grows):
            return long[:40]
    return ""


def goes_on_growing(one: CollectedPattern, number: int, before: float) -> bool:
    """Whether the search grows as much again from 4,000 to 16,000 characters, on the text of this number.

    What looks some hundred characters ahead is not yet at its full cost at 1,000, and grows no faster than the text
    beyond.
    """
    longest = next(islice(attacks(one.pattern, _LONGEST), number, None))
    return loops(lambda: search(one, longest), tries=3) > _GROWS * before


@pytest.mark.parametrize(
    ("pattern", "anchored"),
    [
        (r"\d[\d,]*\s?(?:yuan|dollars)", False),
        (r"[a-z0-9-]{2,}\.(?:com|cn)", False),
        (r"[A-Za-z]*\d[A-Za-z\d-]{9,}", False),
        (r"(?<![a-z])\s*\d+", False),
        (r"\s*(?:[:#]\s*)?\s*x", True),
        (r"(?:\s*(?:is|was))?\s*#\s*$", False),
    ],
)
def test_a_search_that_begins_anew_at_each_character_is_recognised(pattern: str, anchored: bool) -> None:
    assert slow_text(CollectedPattern("planted", re.compile(pattern), anchored)) != ""


@pytest.mark.timeout(900)  # some hundred patterns on hostile texts, beside other tests
def test_every_search_takes_linear_time() -> None:
    timed = [one for one in collected()[0] if not (is_evidently_linear(one.pattern) or stands_in(one, TEXT_OF_OURS))]
    # Twice, since other work on the machine makes one measurement in ten thousand look slow.
    assert {one.place: text for one in timed if slow_text(one) and (text := slow_text(one))} == {}

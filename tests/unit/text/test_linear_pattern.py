"""A LinearPattern finds what `re` finds, and refuses what it cannot promise."""

import re
import sys
import unicodedata

import pytest

from kefu.text.linear_pattern import LinearMatch, LinearPattern
from tests.support.cpu_time import loops

_ASSIGNED = "".join(
    character
    for character in map(chr, range(sys.maxunicode + 1))
    if unicodedata.category(character) not in ("Cn", "Cs")
)
_TEXTS = (
    "",
    "\n",
    "ab\n\ncd\n",
    "Order 12-34, 订单５号 ٣ x_1\u3000é",
    "ß ẞ ſ K Σςσ",
    "[1] 【 2 】\x1c\x85\u2028\u200b",
    "aaa bb\tc",
    "😀a😀😀",
)


@pytest.mark.parametrize(
    "pattern", [r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"[\w-]", r"[^\w\s]", r"[^\S\n]", r"[\D]", ".", "[\u4e00-😀]"]
)
def test_a_class_holds_the_same_characters(pattern: str) -> None:
    runs = [found.span() for found in LinearPattern(f"{pattern}+").finditer(_ASSIGNED)]
    assert runs == [found.span() for found in re.finditer(f"{pattern}+", _ASSIGNED)]


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?i)order|ß|k|σ|s",
        r"(?m)^\w*$",
        r"(?s)a.*?c",
        r"(a)|(b+)|(?P<rest>c)",
        r"\A\s*|\Z",
        r"a*",
        r"[]a-]+|[^]\s]",
        r"\u4e00|\U0001f600|\x61|\[|\-|\ ",
        r"[\[【]\s*(\d{1,3})\s*[\]】]",
        r"(?:😀|a){2,}",
    ],
)
def test_all_methods_find_the_same(pattern: str) -> None:
    theirs, mine = re.compile(pattern), LinearPattern(pattern)
    for text in _TEXTS:
        for at in range(len(text) + 1):
            assert spans(mine.search(text, at), theirs) == spans(theirs.search(text, at), theirs)
            assert spans(mine.match(text, at), theirs) == spans(theirs.match(text, at), theirs)
        assert spans(mine.fullmatch(text), theirs) == spans(theirs.fullmatch(text), theirs)
        assert [found.span() for found in mine.finditer(text)] == [found.span() for found in theirs.finditer(text)]
        assert mine.sub(r"<\g<0>>", text) == theirs.sub(r"<\g<0>>", text)
        assert mine.sub(lambda found: found[0] * 2, text) == theirs.sub(lambda found: found[0] * 2, text)
        assert mine.split(text) == theirs.split(text)


def spans(found: re.Match[str] | LinearMatch | None, pattern: re.Pattern[str]) -> list[tuple[int, int]] | None:
    return None if found is None else [found.span(group) for group in range(pattern.groups + 1)]


@pytest.mark.parametrize(
    "pattern",
    [
        r"\bword\b",
        r"[\b]",
        r"end$",
        r"(?i)end$",
        r"a++",
        r"(?>a)",
        r"(?=a)",
        r"(?<!a)b",
        r"(a)\1",
        r"(?P<x>a)(?P=x)",
        r"a{,3}",
        r"[[:alpha:]]",
        r"[\W_]",
        r"\N{BULLET}",
        r"\Q.\E",
        r"(?a)\w",
        r"(?x) a",
        r"a{2000}",
        r"(",
    ],
)
def test_what_is_not_read_alike_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="RE2"):
        LinearPattern(pattern)


def test_the_differences_are_those_that_are_described() -> None:
    assert not LinearPattern("(?i)i").search("İı")
    half = LinearPattern("b").sub("c", "a\ud800b")
    assert half == "a\ud800c"
    assert [found.span() for found in LinearPattern("|a").finditer("a")] == [(0, 0), (1, 1)]


def test_a_text_that_holds_up_re_is_read_at_once() -> None:
    pattern, text = LinearPattern(r"(?:\s*(?:is|was))*\s*#\s*x|(?:a|aa)+b"), ("is " * 4_000) + "a" * 4_000
    assert loops(lambda: list(pattern.finditer(text)), tries=3) < 20

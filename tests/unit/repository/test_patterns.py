"""Every regular expression of the product reads any text in linear time, so that no text stops a service.

By what the patterns are, without a clock: those over text of strangers are RE2's (`LinearPattern`), or of a shape that
is linear in `re`. What is neither is timed by `tests/engines/repository/test_pattern_timing.py`.
"""

import re
from collections.abc import Iterable

import pytest

from kefu.router.nlu.packs.en import ENGLISH
from kefu.router.nlu.packs.zh import CHINESE
from kefu.text.linear_pattern import LinearPattern
from tests.support.pattern_collection import TEXT_OF_OURS, CollectedPattern, collected, stands_in
from tests.support.pattern_complexity import has_ambiguous_star, is_evidently_linear

_READ_IN_SHORT_PIECES = (
    "kefu.text.citations",
    "kefu.text.en",
    "kefu.text.language",
    "kefu.text.number_words",
    "kefu.text.pii",
    "kefu.text.zh",
    "kefu.office.golden_questions",
    "kefu.router.grounding",
    "kefu.router.guardrails.evidence",
    "kefu.router.guardrails.literal_patterns",
    "kefu.router.nlu",
)
"""Packages that read one message or sentence by many patterns. `re` takes a microsecond for each, RE2 some five: their
patterns stay with `re`, and are timed."""
_MADE_LATE = {
    "kefu.common.redis.schema.check": "of bytes: the beginning of a key's name",
    "kefu.text.en.question_rules": "of a table in the module, and collected from there",
    "kefu.text.zh.colloquial": "of a table in the module, and collected from there",
    "kefu.text.zh.question_rules": "of tables in the module, and collected from there",
    "kefu.text.language_pack": "the letters of a pack, in brackets",
    "kefu.evaluation.answer_match": "one escaped text",
    "kefu.gateway.edge_refusals": "of bytes, and anchored: a line of 512 at most",
    "kefu.retrieval.documents.parse": "of a table in the module, and collected from there",
    "kefu.retrieval.vectorstore.milvus_store": "a configured name and hex digits",
    "kefu.router.exam.grade": "one escaped text",
    "kefu.router.guardrails.evidence": "one escaped text",
    "kefu.router.nlu.sentiment": "an alternation of words in a class method; collected from the module's scorers",
}
"""Modules that make a pattern out of local values, with what stands in it."""


@pytest.fixture(scope="module")
def found() -> tuple[list[CollectedPattern], list[str]]:
    return collected()  # not while tests are collected, which every worker does


@pytest.fixture
def patterns(found: tuple[list[CollectedPattern], list[str]]) -> list[CollectedPattern]:
    return found[0]


@pytest.fixture
def made_late(found: tuple[list[CollectedPattern], list[str]]) -> list[str]:
    return found[1]


def places(found: Iterable[CollectedPattern]) -> list[str]:
    return sorted({each.place for each in found})


def test_the_patterns_of_all_packages_are_looked_at(patterns: list[CollectedPattern]) -> None:
    packages = {each.place.split(".")[1] for each in patterns}
    assert packages >= {"common", "router", "retrieval", "gateway", "cli", "local"}
    assert len(patterns) > 250
    assert any(each.place == "kefu.router.nlu.intents._PHRASE" for each in patterns)
    known = {each.pattern for each in patterns}
    assert {CHINESE.sensitive.self_harm, ENGLISH.instructions.in_document} <= known


def test_a_pattern_that_is_made_late_is_known(made_late: list[str]) -> None:
    assert {place.split(":")[0] for place in made_late} <= set(_MADE_LATE)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:来|聊聊?|谈谈?)*$",
        r"(?:我|好|真)(?:的|真的?|好)*想死",
        r"你(?:这|个|这个|这群)*(?:废物|垃圾)",
        r"(a*)*b",
        r"(a|aa)+$",
        r"(?:a?b?)*c",
        r"(?:\w+\s?)*x",
        r"(?:\d+|\d\d)*x",
        r"(?i)(?:straße|STRASSE|[a-z]+)*!",
        r"(?:\w{1,40} ?){0,600}x",
        r"(?=(?:a+)+b)c",
        r"(?:ab|a|b)*c",
    ],
)
def test_a_star_that_reads_a_text_in_two_ways_is_recognised(pattern: str) -> None:
    assert has_ambiguous_star(re.compile(pattern))


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:来|聊|谈)*$",
        r"(?:\w+\s)*x",
        r"(?:[a-z]+\.)*c",
        r"(?:a+)*+b",
        r"(?:a|ab)c*",
        r"(?:x{2,}y)*",
        r"(?:好吗|好不好|好)?x*",
        r"\d{1,3}(?:,\d{3})+(?:\.\d+)?",
        r"(?:/\*[^*]*\*+(?:[^/*][^*]*\*+)*/)*",
        r"(?:😀|\[[a-z]{1,3}\]|:-?\))+",
    ],
)
def test_a_star_that_reads_every_text_in_one_way_is_let_pass(pattern: str) -> None:
    assert not has_ambiguous_star(re.compile(pattern))


def test_no_star_reads_a_text_in_two_ways(patterns: list[CollectedPattern]) -> None:
    """Else thirty characters may take for ever: each repetition doubles the ways in which the search can fail."""
    assert places(each for each in patterns if has_ambiguous_star(each.pattern)) == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d+",
        r"[ \t]++",
        r"[a-z]+|[\u4e00-\u9fff]|\w{1,9}x",
        r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)",
        r"\s+[A-Za-z]*",
        r"(x+|y+)",
    ],
)
def test_a_shape_that_is_linear_is_recognised(pattern: str) -> None:
    assert is_evidently_linear(re.compile(pattern))


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d+x",
        r"\w+$",
        r"\s*\S",
        r"(?=.*x)y",
        r"(a)\1*b",
        r"(?:ab)+",
        r"x+(?:y+z)?",
        r"(?:\w{1,15} ?){0,6}x",
        r"(?:a?){30}b",
        r"\w{1,200}x",
    ],
)
def test_a_shape_that_may_cost_more_is_not_taken_for_linear(pattern: str) -> None:
    assert not is_evidently_linear(re.compile(pattern))


def test_what_re2_can_read_of_strangers_is_read_by_re2(patterns: list[CollectedPattern]) -> None:
    """A LinearPattern in its stead, or `re` for a reason that stands in one of two tables."""
    let_pass = (*TEXT_OF_OURS, *_READ_IN_SHORT_PIECES)
    assert places(each for each in convertible(patterns) if not stands_in(each, let_pass)) == []


def test_every_place_that_keeps_re_needs_to(patterns: list[CollectedPattern]) -> None:
    shaped = [each for each in patterns if not is_evidently_linear(each.pattern)]
    assert [place for place in TEXT_OF_OURS if not any(stands_in(each, (place,)) for each in shaped)] == []
    able = convertible(patterns)
    assert [place for place in _READ_IN_SHORT_PIECES if not any(stands_in(each, (place,)) for each in able)] == []


def convertible(patterns: Iterable[CollectedPattern]) -> list[CollectedPattern]:
    """Those whose shape is not evidently linear, and which RE2 reads as `re` does."""
    return [each for each in patterns if not is_evidently_linear(each.pattern) and is_read_by_re2(each.pattern)]


def is_read_by_re2(pattern: re.Pattern[str]) -> bool:
    flags = "".join(
        letter
        for letter, flag in (("i", re.IGNORECASE), ("m", re.MULTILINE), ("s", re.DOTALL), ("x", re.VERBOSE))
        if pattern.flags & flag
    )
    try:
        LinearPattern((f"(?{flags})" if flags else "") + pattern.pattern)
    except ValueError:
        return False
    return True

"""Names, ids, days and page tokens that a caller may send."""

import uuid
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.common.errors import BadRequest
from kefu.common.pagination import decode_number, decode_token, encode_token, page_size_of
from kefu.common.resource_names import check_day, check_id, check_validity, new_session_id, new_turn_id, parse_name
from tests.support.table import table


def test_a_name_gives_its_ids() -> None:
    assert parse_name("turn", "sessions/s-1/turns/t2", "sessions", "turns") == ("s-1", "t2")


@table(
    "name", ["", "sessions", "sessions/", "sessions/a/turns", "turns/a", "sessions/a b", "sessions/..", "sessions/{x}"]
)
def test_a_name_of_another_shape_is_refused_and_the_field_is_named(name: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_name("session", name, "sessions")
    assert caught.value.field == "session"
    assert "sessions/{session}" in caught.value.description


@table("value", ["", "A", "1a", "-a", "a_b", "a" * 64, "é", "a\n"])
def test_an_id_that_could_be_mistaken_is_refused(value: str) -> None:
    with pytest.raises(BadRequest):
        check_id("collection_id", value)


def test_days() -> None:
    assert check_day("as_of", "2026-11-25") == date(2026, 11, 25)
    assert check_day("as_of", "") is None
    for wrong in ("2026-13-01", "20261125", "yesterday", "2026-1-1", "2026-W48-3"):
        with pytest.raises(BadRequest):
            check_day("as_of", wrong)


def test_what_ends_before_it_begins_is_refused() -> None:
    for first, last in (("2026-05-01", "2026-05-01"), ("2026-05-01", ""), ("", "2026-01-01"), ("", "")):
        check_validity(first, last)
    with pytest.raises(BadRequest, match=r"valid_until: must not be before valid_from, 2027-05-01\."):
        check_validity("2027-05-01", "2027-01-01")


def test_session_ids_are_uuid4_and_turn_ids_sort_by_time() -> None:
    assert uuid.UUID(new_session_id()).version == 4
    turns = [new_turn_id() for _ in range(100)]
    assert {uuid.UUID(turn).version for turn in turns} == {7}
    assert turns == sorted(turns)


@given(st.text())
def test_a_page_token_gives_back_its_position(position: str) -> None:
    assert decode_token(encode_token(position)) == position


def test_a_position_may_be_a_number() -> None:
    assert (decode_number(encode_token("120")), decode_number("")) == (120, 0)


@table("position", ["returns", "-1", "1.5", "一", "²", "9" * 10])
def test_the_token_of_another_list_is_no_number(position: str) -> None:
    with pytest.raises(BadRequest):
        decode_number(encode_token(position))


@pytest.mark.parametrize("token", ["!", "abc", "漢字", "/w=="])
def test_a_foreign_page_token_is_refused(token: str) -> None:
    with pytest.raises(BadRequest):
        decode_token(token)


def test_page_sizes() -> None:
    assert [page_size_of(size) for size in (0, 7, 100, 5000)] == [50, 7, 100, 100]
    with pytest.raises(BadRequest):
        page_size_of(-1)

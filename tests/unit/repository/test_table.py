"""Tables of cases: which rows a failure names, and when a floor holds."""

import asyncio

import pytest

from tests.support.table import table


def half_is(number: int, half: int, base: int = 2) -> None:
    assert number / base == half


NUMBERS = [(2, 1), (3, 1), (4, 2), (5, 2)]


def test_a_table_names_every_row_that_fails_with_what_came_and_no_other() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"2 of 4 rows hold, and 4 should") as failed:
        table("number, half", NUMBERS)(half_is)()
    [_, *told] = str(failed.value).splitlines()
    assert [line for line in told if line.startswith("(")] == [
        "(3, 1): assert (3 / 2) == 1",
        "(5, 2): assert (5 / 2) == 2",
    ]


def test_a_row_that_raises_or_lacks_an_error_fails() -> None:
    def refused(value: str) -> None:
        with pytest.raises(ValueError, match="invalid literal"):
            int(value)

    with pytest.raises(pytest.fail.Exception, match=r"1 of 3 .*\n'1': DID NOT RAISE.*\nNone: .*NoneType") as failed:
        table("value", ["x", "1", None])(refused)()
    assert len(str(failed.value).splitlines()) == 3


def test_a_floor_is_how_many_hold_no_fewer_and_no_more() -> None:
    table("number, half", NUMBERS, floor=2)(half_is)()
    for floor in (1, 3):
        with pytest.raises(pytest.fail.Exception, match=f"2 of 4 rows hold, and {floor} should"):
            table("number, half", NUMBERS, floor=floor)(half_is)()


def test_a_table_without_rows_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="0 of 0"):
        table("number, half", ())(half_is)()


@table("number", [2, 4])
@table("half", [1, 2])
def test_fixtures_and_other_tables_fill_the_parameters_that_a_table_leaves(
    number: int, half: int, request: pytest.FixtureRequest
) -> None:
    assert number % half == 0
    assert request.node.name == "test_fixtures_and_other_tables_fill_the_parameters_that_a_table_leaves"


@table(("number", "half"), lambda: [(2, 1), (4, 2)])
async def test_a_test_that_awaits_has_a_table_too(number: int, half: int) -> None:
    await asyncio.sleep(0)
    assert number / 2 == half


async def test_a_row_that_fails_where_it_awaits_is_named() -> None:
    async def is_even(number: int) -> None:
        await asyncio.sleep(0)
        assert number % 2 == 0

    with pytest.raises(pytest.fail.Exception, match=r"1 of 2 rows hold, and 2 should:\n3: assert \(3 % 2\) == 0"):
        await table("number", [2, 3])(is_even)()

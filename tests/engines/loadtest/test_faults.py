"""How the fault table judges what customers saw: texts, what is stored, recovery, targets."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from io import StringIO
from typing import Any, cast

import pytest
from rich.console import Console

from kefu.router.v1 import chat_pb2 as pb
from loadtest.bench.bench import Bench
from loadtest.bench.customers import CustomerLoad
from loadtest.bench.process import PortAllocator
from loadtest.bench.records import (
    Difference,
    Outcome,
    StoredComparison,
    StreamBreak,
    TurnRecord,
    compare_stored,
    difference,
)
from loadtest.faults.fakes import stalling_proxy
from loadtest.faults.injections import FAULTS, Fault, FaultRun
from loadtest.faults.recovery import Baseline, recovery_seconds
from loadtest.faults.report import Row, as_json, markdown, print_rows, row_of
from loadtest.harness.report import lost_answers
from loadtest.harness.verdicts import Verdict
from loadtest.soak.levels import Level, compare_levels
from loadtest.soak.turns import turn_figures, turn_sentence

TEXT = "Refunds take seven days."
NORMAL = Baseline(first_text=0.1, silence=0.1)
FAULT = Fault("kill", "kill -9", lambda _: nullcontext(cast("Any", None)))


def turn(asked_at: float, *, first: float = 0.1, seconds: float = 2.0, text: str = TEXT, name: str = "") -> TurnRecord:
    record = TurnRecord("How long?", asked_at, session="sessions/s", turn=name or f"sessions/s/turns/{asked_at}")
    record.ended_at, record.text = asked_at + seconds, text
    record.verdict = Verdict("", first_text=first, source="GENERATED")
    return record


def failed(asked_at: float) -> TurnRecord:
    record = turn(asked_at)
    record.verdict = Verdict("UNAVAILABLE / BACKEND_UNAVAILABLE")
    return record


def handed_over(asked_at: float) -> TurnRecord:
    record = turn(asked_at, text="")
    record.handoff = "A person will answer."
    record.verdict = Verdict("handed over: REASON_SEARCH_UNAVAILABLE", source="CANNED")
    return record


def steady(begin: float, end: float) -> list[TurnRecord]:
    return [turn(begin + 0.25 * number) for number in range(round((end - begin) * 4))]


def judged(records: Sequence[TurnRecord], fault: Fault = FAULT, stored: StoredComparison | None = None) -> Row:
    load = CustomerLoad([], (), [], 1, 1)
    run = FaultRun(cast("Bench", None), load, injected_at=10.0, repaired_at=12.0)
    return row_of(fault, run, records, TEXT, stored or StoredComparison(), NORMAL)


@pytest.mark.parametrize(
    ("expected", "got", "repeated", "missing"),
    [
        ("abcdef", "abcdef", 0, 0),
        ("abcdef", "abcbcdef", 2, 0),
        ("abcdef", "abef", 0, 2),
        ("abcdef", "abc", 0, 3),
        ("abcdef", "", 0, 6),
        ("abcdef", "abXdef", 1, 1),
        ("aaaa", "aaaaa", 1, 0),
        ("退款七天", "退款款七天", 1, 0),
    ],
)
def test_a_difference_counts_the_characters_that_are_too_many_and_too_few(
    expected: str, got: str, repeated: int, missing: int
) -> None:
    assert difference(expected, got) == Difference(repeated, missing)


def test_a_turn_that_was_handed_over_is_neither_answered_nor_failed() -> None:
    assert [one.outcome for one in (turn(0), handed_over(0), failed(0))] == ["answered", "degraded", "failed"]
    left = turn(0)
    left.verdict = Verdict("", abandoned=True)
    assert left.outcome is Outcome.ABANDONED


def test_what_is_stored_is_compared_turn_by_turn() -> None:
    whole, differs, gone, unfinished, given = (turn(at) for at in range(5))
    given.text, given.handoff = "", "A person will answer."
    finished = pb.Turn.STATE_FINISHED
    stored = [
        pb.Turn(name=whole.turn, state=finished, text=TEXT, request_id="r1"),
        pb.Turn(name=differs.turn, state=finished, text=TEXT[:-3], request_id="r2"),
        pb.Turn(name=unfinished.turn, state=pb.Turn.STATE_RUNNING, request_id="r3"),
        pb.Turn(name=given.turn, state=finished, text=given.handoff, request_id="r4"),
        pb.Turn(name="sessions/s/turns/again", state=finished, text=TEXT, request_id="r1"),
    ]
    result = compare_stored([whole, differs, gone, unfinished, given, failed(9)], {"sessions/s": stored})
    assert result.difference == Difference(3, 0)
    assert result.lost == [gone, unfinished]
    assert result.duplicated == 1


def test_recovery_is_0_when_nothing_shows_the_fault() -> None:
    assert recovery_seconds(steady(0, 30), 10.0, 30.0, NORMAL) == 0.0


def test_recovery_lasts_until_the_last_turn_that_was_not_answered() -> None:
    records = [*steady(0, 30), handed_over(14.0)]
    assert recovery_seconds(records, 10.0, 30.0, NORMAL) == 6.0


def test_recovery_lasts_until_a_stream_that_broke_goes_on() -> None:
    running = turn(9.0, seconds=6.0)
    running.breaks = [StreamBreak(10.0, "UNAVAILABLE")]
    running.silences = [(10.0, 13.0)]
    assert recovery_seconds([*steady(0, 30), running], 10.0, 30.0, NORMAL) == 3.0


def test_recovery_lasts_while_first_texts_come_late() -> None:
    records = [*steady(0, 10), *(turn(10 + 0.25 * n, first=2.0) for n in range(16)), *steady(14, 30)]
    seconds = recovery_seconds(records, 10.0, 30.0, NORMAL)
    assert seconds is not None
    assert 3.5 <= seconds <= 4.0
    late = [*steady(0, 10), *(turn(10 + 0.25 * n, first=2.0) for n in range(80))]
    assert recovery_seconds(late, 10.0, 30.0, NORMAL) is None


def test_a_row_meets_its_target_only_when_every_turn_was_answered_and_stored() -> None:
    good = steady(0, 30)
    assert judged(good).met
    assert judged([*good, failed(11.0)]).shortfalls == ["1 turns failed"]
    assert judged([*good, turn(11.0, text=TEXT + "!")]).shortfalls == ["1 characters repeated, 0 missing"]
    assert judged(good, stored=StoredComparison(duplicated=1)).shortfalls == ["1 messages were answered twice"]
    assert judged(good, stored=StoredComparison(lost=[good[0]])).shortfalls == ["1 turns or sessions lost"]
    assert not judged([]).met


def test_only_a_fault_that_leaves_nobody_to_answer_may_hand_over() -> None:
    records = [*steady(0, 30), handed_over(11.0)]
    assert not judged(records).met
    assert judged(records, Fault("all", "all", FAULT.prepare, may_degrade=True)).met


def refused_at_first(asked_at: float) -> TurnRecord:
    record = turn(asked_at)
    record.breaks = [StreamBreak(asked_at, "RESOURCE_EXHAUSTED OVERLOADED (asked)", refused=True)]
    return record


def test_a_row_with_refusals_for_load_misses_its_target_unless_nothing_could_answer() -> None:
    records = [*steady(0, 30), refused_at_first(11.0)]
    row = judged(records)
    assert (row.refused_for_load, row.failed, row.resumed) == (1, 0, 1)
    assert row.shortfalls == ["1 turns were refused for load"]
    assert judged(records, Fault("all", "all", FAULT.prepare, may_degrade=True)).met


def test_hand_overs_and_refusals_for_load_are_counted_in_the_table_and_in_json() -> None:
    for_load, other = handed_over(11.0), handed_over(12.0)
    for_load.verdict = Verdict("handed over: REASON_OVERLOADED", source="CANNED", handed_over=True)
    rows = [judged([*steady(0, 30), for_load, other]), judged([*steady(0, 30), refused_at_first(11.0)])]
    assert (rows[0].degraded, rows[0].handed_over_for_load) == (2, 1)
    total = "In all rows 1 turns were handed over for load, and 1 were refused for load."
    out = StringIO()
    print_rows(Console(file=out, width=140), rows, "here and now")
    assert total in out.getvalue()
    assert total in markdown(rows, "here and now")
    assert "- kill -9: 1 turns were refused for load" in markdown(rows, "here and now")
    assert [row["refused_for_load"] for row in as_json(rows, "here and now")["faults"]] == [0, 1]


def test_a_soak_counts_what_was_handed_over_refused_and_failed() -> None:
    given = handed_over(1.0)
    given.verdict = Verdict("handed over: REASON_MODEL_UNAVAILABLE", source="CANNED", handed_over=True)
    left = turn(2.0)
    left.verdict = Verdict("", abandoned=True)
    records = [turn(0.0), left, given, refused_at_first(3.0), failed(4.0)]
    figures = turn_figures(records)
    counted = ("turns", "answered", "abandoned", "handed_over_for_load", "refused_for_load", "failed")
    assert [figures[key] for key in counted] == [5, 2, 1, 1, 1, 1]
    assert lost_answers(figures) == 3
    assert lost_answers(turn_figures([turn(0.0), left])) == 0
    said = turn_sentence(records)
    assert "1 handed over for load, 1 refused for load, 1 failed; first text p95 100 ms" in said
    assert "  1 x handed over: REASON_MODEL_UNAVAILABLE" in said


def test_redis_may_lose_the_last_two_seconds_and_no_more() -> None:
    fault = Fault("redis", "redis", FAULT.prepare, may_lose=True)
    records = steady(0, 30)
    just_before, long_before, after = turn(7.0, seconds=2.0), turn(2.0, seconds=2.0), turn(13.0)
    assert judged(records, fault, StoredComparison(lost=[just_before])).met
    assert not judged(records, fault, StoredComparison(lost=[just_before, long_before])).met
    assert not judged(records, fault, StoredComparison(lost=[after])).met


def test_the_table_is_printed_in_three_ways() -> None:
    broken = turn(11.0)
    broken.breaks = [StreamBreak(11.5, "UNAVAILABLE connection refused (asked)")]
    rows = [judged(steady(0, 30)), judged([*steady(0, 30), broken, failed(11.0)])]
    out = StringIO()
    print_rows(Console(file=out, width=140), rows, "here and now")
    assert "MISSED" in out.getvalue()
    assert "1 turns failed" in out.getvalue()
    lines = markdown(rows, "here and now").splitlines()
    assert lines[2].startswith("| fault | turns | failed |")
    assert lines[4] == "| kill -9 | 120 | 0 | 0 | 0 | 0 / 0 | 0 | 0.0 | met |"
    written = as_json(rows, "here and now")
    assert [row["met"] for row in written["faults"]] == [True, False]
    assert written["faults"][1]["causes"] == {
        "UNAVAILABLE connection refused (asked)": 1,
        "UNAVAILABLE / BACKEND_UNAVAILABLE": 1,
    }


def test_every_fault_has_a_name_of_its_own_and_the_first_is_none() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names)
    assert names[0] == "none"


async def test_a_stalled_connection_stays_open_and_passes_nothing() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    ports = PortAllocator()
    behind, front = ports.allocate(), ports.allocate()
    server = await asyncio.start_server(echo, "127.0.0.1", behind)
    async with stalling_proxy("127.0.0.1", front, behind) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", front)
        writer.write(b"one")
        assert await asyncio.wait_for(reader.read(100), 10) == b"one"
        proxy.stall()
        writer.write(b"two")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(100), 0.2)
        proxy.resume()
        assert await asyncio.wait_for(reader.read(100), 10) in (b"", b"two")
        writer.close()
        again, other = await asyncio.open_connection("127.0.0.1", front)
        other.write(b"three")
        assert await asyncio.wait_for(again.read(100), 10) == b"three"
        other.close()
    server.close()


def test_a_soak_names_what_did_not_return() -> None:
    def levels(*rows: tuple[float, int, int]) -> list[Level]:
        return [Level(float(at), *row) for at, row in enumerate(rows)]

    samples = {
        "router-1": levels((100, 20, 0), (120, 90, 30), (110, 22, 0)),
        "router-2": levels((100, 20, 0), (190, 90, 30), (180, 60, 2)),
        "redis": levels((10, 20, 0), (90, 20, 0), (90, 20, 0)),
    }
    before = {name: one[0] for name, one in samples.items()}
    after = {name: one[-1] for name, one in samples.items()}
    findings = compare_levels(samples, before, after)
    assert [one.problem for one in findings] == ["", "memory, descriptors, in flight", ""]
    assert findings[0].most == Level(0.0, 120, 90, 30)

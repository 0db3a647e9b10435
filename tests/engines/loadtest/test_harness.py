"""The load tests' figures, questions and tables."""

import csv
import json
import math
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.generation.config import GenerationConfig
from loadtest.compare.clients import ClientAnswer
from loadtest.compare.results import added_milliseconds, as_json, print_rows, ratios, row_of
from loadtest.harness.questions import endless_questions, make_questions, read_subjects
from loadtest.harness.report import lost_answers, summary, usage_table, verdict_table
from loadtest.harness.resource_usage import GENERATOR, Sample, Sampler, Usage
from loadtest.harness.statistics import COLUMNS, Spread, Timeline, max_overlap, percentile, write_timeline
from loadtest.harness.suite import H100
from loadtest.harness.tables import table
from loadtest.harness.verdicts import Verdict


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(value) for value in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([3.0], 0.01) == 3.0
    assert math.isnan(percentile([], 0.5))


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_at_least_the_share_lies_at_or_below_a_percentile(values: list[float], share: float) -> None:
    bound = percentile(values, share)
    assert sum(value <= bound for value in values) >= share * len(values) - 1e-9
    assert bound in values


def test_milliseconds_of_nothing_are_null_in_json() -> None:
    assert json.dumps(Spread.of([]).milliseconds()) == '{"p50": null, "p95": null, "p99": null, "max": null}'


def test_most_at_once_counts_overlap_and_not_touching() -> None:
    assert max_overlap([(0, 2), (1, 3), (2, 4), (10, 11)]) == 2
    assert max_overlap([]) == 0


def test_a_timeline_counts_seconds_and_what_is_open_in_them(tmp_path: Path) -> None:
    ours, theirs = Timeline(50.0), Timeline(50.0)
    ours.at(50.2).started += 2
    theirs.at(52.9).ended += 1
    theirs.at(52.9).first_text.append(0.25)
    ours.merge(theirs)
    assert [second.open for _, second in ours.rows()] == [2, 2, 1]
    write_timeline(tmp_path / "t.csv", ours, 1.0)
    with (tmp_path / "t.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert tuple(rows[0]) == COLUMNS
    assert [row["first_text_p99_ms"] for row in rows] == ["", "", "250.0"]


def test_there_are_thousands_of_distinct_questions_in_both_languages_always_the_same() -> None:
    asked = [question.text for question in make_questions()]
    assert len(asked) >= 2000
    assert len(set(asked)) == len(asked)
    assert {subject.language for subject in read_subjects()} == {"en", "zh"}
    assert asked == [question.text for question in make_questions()]
    assert asked != [question.text for question in make_questions(seed=1)]


def test_questions_never_end_and_never_repeat() -> None:
    count = len(make_questions())
    source = endless_questions()
    texts = [next(source).text for _ in range(2 * count + 10)]
    assert len(set(texts)) == len(texts)


def test_a_summary_counts_failures_and_takes_the_engine_off() -> None:
    verdicts = [
        Verdict("", asked_at=0.0, first_text=0.3, total=2.0, deltas=3, completion_tokens=5, source="GENERATED"),
        Verdict("", asked_at=1.0, first_text=0.5, total=2.0, deltas=4, completion_tokens=6, source="GENERATED"),
        Verdict("UNAVAILABLE", asked_at=1.0, total=0.1),
    ]
    figures = summary(verdicts, engine_seconds=0.1)
    assert (figures["started"], figures["good"], figures["failed"]) == (3, 2, 1)
    assert figures["streaming_at_once"] == 2
    assert figures["first_text_ms"]["p99"] == 500.0
    assert figures["first_text_beyond_engine_ms"]["p99"] == 400.0
    assert figures["tokens"] == 11
    printed = verdict_table("run", figures)
    assert "1 x UNAVAILABLE" in printed


def test_a_summary_tells_refusals_and_hand_overs_apart_in_json_and_on_the_terminal() -> None:
    verdicts = [
        Verdict("", first_text=0.3, total=2.0, source="EXTRACTIVE", brown_out="FEWER_PASSAGES"),
        Verdict("", first_text=0.1, total=0.1, source="CANNED", handoff="NOTHING_RELEVANT"),
        *[Verdict("handed over: REASON_OVERLOADED", handed_over=True, first_text=0.001, handoff="OVERLOADED")] * 2,
        *[Verdict("RESOURCE_EXHAUSTED / OVERLOADED", retry_after=seconds) for seconds in (1.0, 2.0, 5.0)],
        Verdict("UNAVAILABLE"),
    ]
    figures = json.loads(json.dumps(summary(verdicts)))
    counted = ("good", "handed_over_for_load", "refused_for_load", "failed")
    assert [figures[key] for key in counted] == [2, 2, 3, 1]
    assert figures["retry_after_ms"]["max"] == 5000.0
    assert figures["first_text_ms"]["p50"] == 100.0
    assert figures["handoffs"] == {"OVERLOADED": 2, "NOTHING_RELEVANT": 1}
    head, _, row, *lines = verdict_table("run", figures).splitlines()
    assert "handed over  refused  failed" in head
    assert row.split()[:7] == ["run", "8", "2", "0", "2", "3", "1"]
    assert "  3 x RESOURCE_EXHAUSTED / OVERLOADED" in lines
    assert "  refused ones may come back after p50 2000, max 5000 ms" in lines
    assert "  answers: 1 EXTRACTIVE, 1 CANNED" in lines
    assert "  handoffs: 2 OVERLOADED, 1 NOTHING_RELEVANT" in lines
    assert "  made with less: 1 FEWER_PASSAGES" in lines


def test_a_refusal_counts_against_a_run_unless_it_may_be_and_a_hand_over_always() -> None:
    def lost(verdict: Verdict, *, may_refuse: bool = False) -> int:
        return lost_answers(summary([Verdict(""), verdict]), may_refuse=may_refuse)

    for verdict in (Verdict("a"), Verdict("a", handed_over=True)):
        assert (lost(verdict), lost(verdict, may_refuse=True)) == (1, 1)
    refused = Verdict("a", retry_after=1.0)
    assert (lost(refused), lost(refused, may_refuse=True)) == (1, 0)
    assert lost(Verdict("", abandoned=True)) == 0


def test_the_processes_of_a_run_are_measured_and_a_busy_generator_is_warned_of() -> None:
    sampler = Sampler(lambda: {GENERATOR: [os.getpid()], "gone": [2**22 + 1]})
    sampler.sample()
    assert sampler.usage[GENERATOR].most_rss > 0
    assert sampler.usage[GENERATOR].samples[0].descriptors > 0
    assert GENERATOR in usage_table(sampler.usage)
    sampler.usage[GENERATOR] = Usage(1.0, [Sample(1.0, 0.99, 1, 1)])
    assert "bottleneck" in sampler.generator_warning()
    sampler.usage[GENERATOR] = Usage(1.0, [Sample(1.0, 0.2, 1, 1)])
    assert sampler.generator_warning() == ""


def test_a_table_is_aligned() -> None:
    lines = table(("name", "ms"), [["a", 1], ["long name", 100]]).splitlines()
    assert lines == ["name        ms", "--------------", "a            1", "long name  100"]


def test_the_comparison_says_what_a_way_adds_and_what_a_token_costs_three_ways() -> None:
    def answers(first: float, failed: str = "") -> list[ClientAnswer]:
        return [ClientAnswer(failed, first, 2.0, 100, 50, [(0.0, 2.0)]) for _ in range(10)]

    direct = row_of("direct", answers(0.010), on="", cpu_router=None, cpu_behind=0.01)
    kefu = row_of("kefu", answers(0.014), on="all", cpu_router=0.02, cpu_behind=0.03, baseline="direct")
    other = row_of("other", answers(0.012), on="", cpu_router=0.04, cpu_behind=0.01, baseline="direct")
    rows = [direct, kefu, other, row_of("bad", answers(1.0, "no [DONE]"), on="", cpu_router=0.0, cpu_behind=0.0)]
    by_name = {row.name: row for row in rows}
    assert [round(value, 3) for value in added_milliseconds(kefu, by_name)] == [4.0, 4.0]
    assert math.isnan(added_milliseconds(direct, by_name)[0])
    assert kefu.held == 10
    assert [kefu.router_us, kefu.tokens_a_frame] == [20.0, 2.0]
    said = ratios(by_name, "kefu", "other", "missing")
    assert [sentence.split(" of ")[0] for sentence in said] == [
        "20.0 µs a token against 40.0",
        "50.0 µs a token against 40.0",
    ]
    assert "bad: 10 x no [DONE]" in print_rows(rows)
    assert kefu.lost == 0
    assert json.loads(json.dumps(as_json(rows)))[0]["added_p50"] is None


def test_the_comparison_tells_refusals_and_hand_overs_apart() -> None:
    answers = [
        *[ClientAnswer("handed over: REASON_OVERLOADED", handed_over=True)] * 2,
        *[ClientAnswer("RESOURCE_EXHAUSTED / OVERLOADED", refused=True)] * 3,
        *[ClientAnswer("UNAVAILABLE")] * 4,
        ClientAnswer("", 0.1, 2.0, 100, 50),
    ]
    row = row_of("kefu", answers, on="", cpu_router=0.1, cpu_behind=0.1)
    assert (row.handed_over_for_load, row.refused_for_load, row.failed, row.lost) == (2, 3, 4, 9)
    assert json.loads(json.dumps(as_json([row])))[0]["refused_for_load"] == 3
    head, _, printed, *_ = print_rows([row]).splitlines()
    assert "handed over  refused  failed" in head
    assert printed.split()[3:6] == ["2", "3", "4"]


def test_the_engine_runs_at_the_pace_that_a_load_test_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**H100.variables(), "KEFU_INTERNAL_KEY": f"kefu_internal_{'0' * 64}"}.items():
        monkeypatch.setenv(name, value)
    speed = GenerationConfig().simulated  # pyright: ignore[reportCallIssue] - from the environment
    assert (speed.step_milliseconds, speed.prefill_tokens_per_second) == (4.63, 35_000)

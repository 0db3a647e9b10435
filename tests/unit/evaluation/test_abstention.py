"""Measuring what is refused: thresholds come from other questions, and nothing is counted twice."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from kefu.cli.commands.eval.retrieval import app
from kefu.evaluation.abstention import AbstentionCase, highest_threshold, measure_abstention, own_calibration


def case(number: int, relevance: float, *, answerable: bool, right: bool = True) -> AbstentionCase:
    return AbstentionCase(f"q-{number}", answerable, relevance, relevance / 10, right and answerable)


def test_a_set_that_can_be_told_apart_is() -> None:
    cases = [case(n, 0.9, answerable=True) for n in range(50)] + [case(n, 0.1, answerable=False) for n in range(50)]
    found = measure_abstention("set", cases, 0.9, 0.5)
    assert (found.answerable, found.foreign) == (50, 50)
    for way in found.ways:
        assert (way.auc, way.refused.value, way.answered.value, way.right.value) == (1.0, 1.0, 1.0, 1.0)
    assert "| relevance | 1.000 |" in found.markdown()


def test_an_answer_without_a_right_document_is_answered_and_not_right() -> None:
    cases = [case(n, 0.9, answerable=True, right=n % 2 == 0) for n in range(50)]
    cases += [case(n, 0.1, answerable=False) for n in range(50)]
    way = measure_abstention("set", cases, 0.9, 0.5).ways[0]
    assert (way.answered.value, way.right.value) == (1.0, 0.5)


def test_a_questions_own_fold_does_not_move_its_threshold() -> None:
    # The first fold's answerable questions are all weak; the others' threshold refuses them.
    cases = [case(n, 0.2 if n % 5 == 0 else 0.9, answerable=True) for n in range(50)]
    cases += [case(n, 0.1, answerable=False) for n in range(50)]
    way = measure_abstention("set", cases, 1.0, 0.5).ways[0]
    assert way.answered.value == pytest.approx(0.8)


def test_what_its_own_questions_calibrate_a_set_to_is_counted_on_others() -> None:
    def of(number: int, apart: float, *, answerable: bool) -> AbstentionCase:
        return AbstentionCase(f"q-{number}", answerable, 0.5 + number / 200, apart, answerable)

    cases = [of(n, 0.05, answerable=True) for n in range(50)] + [of(n, 0.01, answerable=False) for n in range(50)]
    (way,) = [
        way for way in measure_abstention("set", cases, 0.9, 0.5).ways if way.name == "as its questions calibrate it"
    ]
    assert way.refused.value == 1.0
    assert way.answered.value > 0.85


def test_the_highest_threshold_that_answers_a_share() -> None:
    signal = np.linspace(0.01, 1.0, 100)
    assert highest_threshold(signal, 0.9) == pytest.approx(0.11)
    assert (signal >= highest_threshold(signal, 0.9)).mean() == pytest.approx(0.9)
    assert highest_threshold(signal, 1.0) == pytest.approx(0.01)


def test_titles_are_asked_once_each_and_empty_ones_never() -> None:
    asked: list[str] = []

    def ask(text: str) -> float:
        asked.append(text)
        return 0.9

    made = own_calibration(["Returns", "Returns ", "", "Fees"], ["Why?"], ask, 0.0)
    assert asked == ["Returns", "Fees", "Why?"]
    assert (made.answerable, made.foreign) == (2, 1)


def test_a_set_without_unanswerable_questions_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text('{"_id": "d", "title": "Refunds", "text": "Refunds take 7 days."}\n')
    (tmp_path / "queries.jsonl").write_text('{"_id": "q-1", "text": "How long do refunds take?"}\n')
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq-1\td\t1\n")
    cache = ["--cache", str(tmp_path / "cache.sqlite")]
    refused = CliRunner().invoke(app, ["abstention", str(tmp_path), *cache])
    assert refused.exit_code == 1
    told = CliRunner().invoke(app, ["calibrate", str(tmp_path), *cache])
    assert told.exit_code == 0
    assert "of 1 titles answered" in told.stdout
    with (tmp_path / "queries.jsonl").open("a") as file:
        file.write('{"_id": "q-2", "text": "Who was the first woman in space?"}\n')
    measured = CliRunner().invoke(app, ["abstention", str(tmp_path), *cache, "--json"])
    assert measured.exit_code == 0
    assert json.loads(measured.stdout)["foreign"] == 1

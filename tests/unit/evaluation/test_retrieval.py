"""`kefu eval retrieval` on a folder in BEIR layout."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kefu.cli.commands.eval.retrieval import app
from kefu.evaluation.dataset import BadQuestionSet, load_question_set
from kefu.evaluation.metrics import hit_rate_gain, rank_figures


def write_set(folder: Path, corpus: str) -> Path:
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(corpus)
    (folder / "queries.jsonl").write_text(
        '{"_id": "s-1", "text": "How long may I return it?", "metadata": {}}\n{"_id": "s-2", "text": "Submarines?"}\n'
    )
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\ns-1\td1\t1\ns-1\td2\t0\n")
    return folder


CORPUS = (
    '{"_id": "d1", "title": "Returns", "text": "You may return it within 30 days."}\n'
    '{"_id": "d2", "title": "Delivery", "text": "It takes three days."}\n'
    '{"_id": "d3", "title": "", "text": ""}\n'
)


def test_figures_count_questions_that_have_a_right_document(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", CORPUS)
    result = CliRunner().invoke(app, ["retrieval", str(folder), "--json", "--cache", str(tmp_path / "cache")])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert (figures["queries"], figures["h@1"], figures["h@5"], figures["mrr@10"]) == (1, 1, 1, 1)
    assert figures["seconds"] >= 0


@pytest.mark.parametrize(("missing", "said"), [("corpus.jsonl", "corpus.jsonl"), ("qrels/test.tsv", "test.tsv")])
def test_a_missing_part_gives_a_message_and_no_traceback(tmp_path: Path, missing: str, said: str) -> None:
    folder = write_set(tmp_path / "set", CORPUS)
    (folder / missing).unlink()
    result = CliRunner().invoke(app, ["retrieval", str(folder), "--json"])
    assert result.exit_code == 1
    assert said in result.output.replace("\n", "")
    assert not isinstance(result.exception, BadQuestionSet)


def test_an_empty_corpus_is_refused_with_a_message(tmp_path: Path) -> None:
    with pytest.raises(BadQuestionSet, match="nothing to search"):
        load_question_set(write_set(tmp_path / "set", ""))


def test_intervals_hold_the_figure_and_narrow_with_more_questions() -> None:
    few, many = rank_figures([1, 2, 0, 6]), rank_figures([1, 2, 0, 6] * 100)
    assert (few.h1.value, few.h5.value, many.h1.value) == (0.25, 0.5, 0.25)
    assert few.mrr10.value == pytest.approx((1 + 1 / 2 + 1 / 6) / 4)
    assert few.h1.low <= many.h1.low < 0.25 < many.h1.high <= few.h1.high
    assert rank_figures([]).queries == 0


def test_a_gain_is_of_the_same_questions_and_none_without_a_difference() -> None:
    assert hit_rate_gain([1, 1, 2], [1, 1, 2]).high == 0
    better = hit_rate_gain([1] * 30, [2] * 10 + [1] * 20)
    assert better.value == pytest.approx(1 / 3)
    assert better.low > 0


def test_a_report_has_each_set_its_steps_and_what_history_gives(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", CORPUS)
    (folder / "queries.jsonl").write_text(
        '{"_id": "s-1", "text": "And how long?", "metadata": {"history": ["May I return it?", "Yes."]}}\n'
    )
    options = ["--ablation", "--report", str(tmp_path / "report.md"), "--cache", str(tmp_path / "cache")]
    result = CliRunner().invoke(app, ["retrieval", str(folder), *options])
    assert result.exit_code == 0, result.output
    report = (tmp_path / "report.md").read_text()
    assert "| set | 1 | 1.000 (1.000 to 1.000)" in report
    assert "what was asked before gives 1 questions" in report
    assert "| set | nothing | heads |" in report

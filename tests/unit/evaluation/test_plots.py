"""Reports of `kefu eval`: Markdown with a picture beside it, or without where nothing can draw."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kefu.cli.commands.eval import report
from kefu.cli.commands.eval.report import write_report
from kefu.cli.commands.eval.retrieval import app
from kefu.evaluation.metrics import Figure
from kefu.evaluation.plots import Curves, Intervals

PNG = b"\x89PNG"
PANELS = (
    Intervals("set", {"rag": Figure(0.8, 0.7, 0.9), "extractive": Figure(0.0, 0.0, 0.0)}),
    Curves("set", "answered", "refused", {"relevance": [(1.0, 0.0), (0.9, 0.95)]}, {"at 0.5": (0.95, 0.9)}),
)


def test_a_report_shows_the_picture_beside_it(tmp_path: Path) -> None:
    write_report(tmp_path / "report.md", "# Answers\n", PANELS)
    assert (tmp_path / "report.png").read_bytes().startswith(PNG)
    assert (tmp_path / "report.md").read_text().endswith("![The same as a picture](report.png)\n")


def test_without_matplotlib_there_is_a_report_and_a_word_about_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(report, "can_draw", lambda: False)
    write_report(tmp_path / "report.md", "# Answers\n", PANELS)
    assert (tmp_path / "report.md").read_text() == "# Answers\n"
    assert not (tmp_path / "report.png").exists()
    assert "kefu[plots]" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["retrieval", "abstention", "cache"])
def test_each_language_of_a_set_has_its_figures(tmp_path: Path, command: str) -> None:
    folder = tmp_path / "both"
    (folder / "qrels").mkdir(parents=True)
    documents = [("d1", "Refunds", "Refunds take 7 days."), ("d2", "退款", "退款需要 7 天。")]
    asked = [("q-1", "How long do refunds take?"), ("q-2", "退款需要几天？"), ("q-3", "Who won?"), ("q-4", "谁赢了？")]
    rows = [json.dumps({"_id": ident, "title": title, "text": text}) for ident, title, text in documents]
    (folder / "corpus.jsonl").write_text("\n".join(rows) + "\n")
    (folder / "queries.jsonl").write_text(
        "".join(json.dumps({"_id": ident, "text": text}) + "\n" for ident, text in asked)
    )
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq-1\td1\t1\nq-2\td2\t1\n")
    options = ["--report", str(tmp_path / "report.md"), "--cache", str(tmp_path / "cache.sqlite"), "--json"]
    done = CliRunner().invoke(app, [command, str(folder), *options])
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert {"en", "zh"} <= found["languages" if command == "abstention" else "groups"].keys()
    assert "both" in (tmp_path / "report.md").read_text()
    assert (tmp_path / "report.png").read_bytes().startswith(PNG)

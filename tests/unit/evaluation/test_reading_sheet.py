"""A sheet for a person to mark: what is drawn, what it shows, how it comes back, and what is said of a broken one."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kefu.evaluation.conversations.agreement import agreement_of
from kefu.evaluation.conversations.outcome import Outcome, outcome_of
from kefu.evaluation.conversations.question_run import JudgedAnswer
from kefu.evaluation.conversations.reading_sheet import BadSheet, Named, drawn, judged_file, read_sheet, write_sheet
from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.office.golden_questions.verdict import Shown, judge
from tests.support.table import table


def named(of: str, ident: str, text: str = "x", **fields: Any) -> Named:
    shown = Shown(text, withdrawn=fields.pop("withdrawn", ()), handed_over=fields.pop("handed_over", False))
    given: dict[str, Any] = {"language": "en", "text": ident, "kind": "direct", "person": "no"} | fields
    one = ConversationQuestion(id=ident, **given)
    judgement = judge(one, shown)
    outcome = outcome_of(one, shown, judgement)
    return Named(of, JudgedAnswer(one, shown, judgement, outcome, "", "", "", (), "", None, None))


MUST = {"must": (("7 days",),)}
ANSWERS = [
    named("shop", "a-1", "7 days.", **MUST, evidence=("7 days.",), note="Seven.", before=("Hi",)),
    named("shop", "a-2", "- 8 hours, as elsewhere.", **MUST),
    named("shop", "a-3", "", handed_over=True, person="required", kind="order", withdrawn=("Yes",)),
    named("bank", "a-1", "", **MUST),
]


def marked(folder: Path, *words: str, edit: tuple[str, str] = ("", "")) -> Path:
    """A sheet of the answers above, with these verdicts, in which a text was replaced."""
    sheet = folder / "sample.csv"
    write_sheet(sheet, ANSWERS)
    head, *rows = csv.reader(sheet.read_text("utf-8-sig").splitlines(keepends=True))
    with sheet.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([head, *([*row[:-1], word] for row, word in zip(rows, words, strict=True))])
    if edit[0]:
        sheet.write_text(sheet.read_text().replace(*edit), encoding="utf-8")
    return sheet


GOOD = ("right", "Wrong ", "right", "refused")


def test_each_set_and_kind_has_its_share_of_a_sample_and_a_seed_draws_the_same() -> None:
    answers = [named("shop", f"a-{at}", kind="slang" if at % 4 == 0 else "direct") for at in range(80)]
    answers += [named("bank", f"a-{at}", kind="typo") for at in range(20)]
    found = drawn(answers, 10, seed=3)
    counts = Counter((one.set, one.answer.question.kind) for one in found)
    assert counts == {("shop", "direct"): 6, ("shop", "slang"): 2, ("bank", "typo"): 2}
    assert drawn(answers, 10, seed=3) == found != drawn(answers, 10, seed=4)
    assert len({one.id for one in drawn(answers, 1000, seed=0)}) == 100
    assert [drawn(answers, 0, seed=0), drawn([], 5, seed=0)] == [[], []]
    often = Counter(one.id for seed in range(1000) for one in drawn(answers, 10, seed))
    assert min(often.values()) > 60, "each answer is as likely as another: 100 of 1000 times"


def test_a_sheet_shows_what_a_reader_needs_and_not_what_the_judge_found(tmp_path: Path) -> None:
    write_sheet(tmp_path / "sample.csv", ANSWERS)
    text = (tmp_path / "sample.csv").read_text("utf-8-sig")
    rows = {row["id"]: row for row in csv.DictReader(text.splitlines(keepends=True))}
    assert rows["shop/a-1"] == {
        "id": "shop/a-1",
        "before": "Hi",
        "question": "a-1",
        "answer": "7 days.",
        "evidence": "7 days.",
        "must": "7 days",
        "note": "Seven.",
        "verdict": "",
    }
    assert rows["shop/a-2"]["answer"] == "'- 8 hours, as elsewhere.", "no spreadsheet reads it as a formula"
    assert rows["shop/a-3"]["answer"] == "(taken back) Yes\n(a person was called)"
    assert rows["bank/a-1"]["answer"] == "(nothing was said)"
    assert "beside" not in text
    assert json.loads(judged_file(tmp_path / "sample.csv").read_text().splitlines()[1])["outcome"] == "beside"


def test_a_marked_sheet_is_counted_and_compared_with_the_judge(tmp_path: Path) -> None:
    answers = read_sheet(marked(tmp_path, *GOOD))
    assert [(one.id, one.outcome, one.reading) for one in answers] == [
        ("shop/a-1", "right", "right"),
        ("shop/a-2", "beside", "wrong"),
        ("shop/a-3", "right", "right"),
        ("bank/a-1", "refused", "refused"),
    ]
    found = agreement_of(answers)
    assert (found.agreed, found.numbers["all"], found.numbers["answerable"]) == (4, 4, 3)
    assert found.shares["all"]["right"].value == 0.5
    assert found.shares["answerable"]["wrong"].value == pytest.approx(1 / 3)
    differs = agreement_of(read_sheet(marked(tmp_path, "half", *GOOD[1:])))
    assert (differs.agreed, differs.confusion["half"][Outcome.RIGHT]) == (3, 1)
    text = differs.markdown()
    assert "The judge says the same of 3 of 4, 75.0% [30.1%, 95.4%]" in text
    assert "| reader \\ judge | right | half | beside | wrong | refused | asked back |" in text
    assert "| half | 1 | 0 | 0 | 0 | 0 | 0 |" in text
    assert json.loads(json.dumps(found.as_json()))["confusion"]["wrong"]["beside"] == 1


def test_a_sheet_with_semicolons_comes_back_as_well(tmp_path: Path) -> None:
    sheet = marked(tmp_path, *GOOD)
    rows = list(csv.reader(sheet.read_text().splitlines(keepends=True)))
    with sheet.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(rows)
    assert [one.reading for one in read_sheet(sheet)] == ["right", "wrong", "right", "refused"]


@table(
    ("words", "edit", "said"),
    [
        (
            ("good", *GOOD[1:]),
            ("", ""),
            "row 2: shop/a-1 has the verdict “good”. Write one of right, half, wrong, refused.",
        ),
        (("", *GOOD[1:]), ("", ""), "row 2: shop/a-1 has no verdict. Write one of"),
        (
            GOOD,
            ("shop/a-2", "shop/a-9"),
            "no answer with the id “shop/a-9” was drawn. Put back the id that stood there.",
        ),
        (GOOD, ("shop/a-2", "shop/a-9"), "the row of shop/a-2 is missing. Put it back."),
        (GOOD, ("shop/a-2", "shop/a-1"), "row 3: shop/a-1 stands in an earlier row too. Leave one of them out."),
        (GOOD, (",verdict", ",mine"), "has no column verdict: its first row must be id, before"),
    ],
)
def test_what_is_wrong_with_a_sheet_is_said_with_what_to_do(
    tmp_path: Path, words: tuple[str, ...], edit: tuple[str, str], said: str
) -> None:
    with pytest.raises(BadSheet) as found:
        read_sheet(marked(tmp_path, *words, edit=edit))
    assert said in str(found.value)


def test_a_sheet_that_cannot_be_read_or_lacks_the_file_beside_it_is_named(tmp_path: Path) -> None:
    sheet = marked(tmp_path, *GOOD)
    sheet.write_bytes("是".encode("gbk"))
    with pytest.raises(BadSheet, match="save it as “CSV UTF-8”"):
        read_sheet(sheet)
    judged_file(sheet).write_text("{}")
    with pytest.raises(BadSheet, match="put back the file that was written together"):
        read_sheet(sheet)
    judged_file(sheet).unlink()
    with pytest.raises(BadSheet, match=r"sample\.judged\.jsonl is missing.*put it beside the sheet again"):
        read_sheet(sheet)

"""Question sets of conversations: what is read, and what is said of a line that cannot be."""

import json
from pathlib import Path
from typing import Any

import pytest

from kefu.evaluation.conversations.question_set import behind_another, load_questions
from kefu.evaluation.dataset import BadQuestionSet, is_even

GOOD: dict[str, Any] = {"_id": "s-3", "language": "en", "text": " Is it free? ", "kind": "yes_no", "person": "no"}


def write(folder: Path, *rows: object) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_all_fields_are_read(tmp_path: Path) -> None:
    about = {"polarity": "no", "must": [["a", "b"], ["c"]], "must_not": ["d"], "documents": ["x/y"], "note": "No."}
    told = GOOD | {"_id": "s-4", "history": ["Hi", "Hello!", "Furniture?", "Yes."], "kind": "follow_up"}
    first, second = load_questions(write(tmp_path, GOOD | about | {"before": ["Hi"]}, "", told))
    assert (first.id, first.text, first.before, first.polarity) == ("s-3", "Is it free?", ("Hi",), "no")
    assert (first.must, first.must_not, first.note) == ((("a", "b"), ("c",)), ("d",), "No.")
    assert (is_even(first.id), is_even(second.id)) == (False, True)
    assert second.before == ("Hi", "Furniture?"), (
        "what the assistant said is another suite's: its answers are asked for"
    )
    assert (second.must, second.polarity) == ((), None)


def test_evidence_stands_in_a_document_as_it_is_written_or_shown(tmp_path: Path) -> None:
    pages = tmp_path / "help_center" / "en"
    pages.mkdir(parents=True)
    (pages / "fees.md").write_text("# Fees\n\nTap **Pay**. It is free.\n\n| Plus | Pro |\n|---|---|\n| 1 | **2** |\n")
    (pages / "hours.html").write_text("<p>Open <b>all</b> day.</p>")
    (tmp_path / "curated_answers.csv").write_text("question,answer\nwho,We are a shop.\n")
    spans = ["Tap **Pay**.", "Tap Pay.", "| 1 | 2 |", "Open all day.", "We are a shop."]
    (one,) = load_questions(write(tmp_path, GOOD | {"evidence": spans}))
    assert one.evidence == tuple(spans)
    with pytest.raises(BadQuestionSet) as found:
        load_questions(write(tmp_path, GOOD | {"evidence": [*spans, "It costs 3."]}, GOOD | {"_id": "s-5"}))
    path = tmp_path / "questions.jsonl"
    assert str(found.value) == (
        f"{path}, s-3: its evidence “It costs 3.” stands in no document of {tmp_path}. "
        "Copy it from the page, letter by letter, or leave it out."
    )


def test_evidence_is_not_looked_for_where_there_are_no_documents(tmp_path: Path) -> None:
    assert load_questions(write(tmp_path, GOOD | {"evidence": ["Free."]}))[0].evidence == ("Free.",)


def test_each_question_that_stands_alone_is_asked_behind_another_about_something_else(tmp_path: Path) -> None:
    rows = [
        GOOD | {"_id": "s-1", "text": "Is it free?", "documents": ["fees"]},
        GOOD | {"_id": "s-2", "text": "What is the fee?", "documents": ["fees"]},
        GOOD | {"_id": "s-3", "text": "And on Sundays?", "documents": ["hours"], "before": ["When are you open?"]},
        GOOD | {"_id": "s-4", "text": "坏了怎么办", "language": "zh", "documents": ["repairs"]},
        GOOD | {"_id": "s-5", "text": "When are you open?", "documents": ["hours"]},
        GOOD | {"_id": "s-6", "text": "A poem, please", "person": "allowed"},
    ]
    found = behind_another(load_questions(write(tmp_path, *rows)))
    assert [(each.id, each.before) for each in found] == [
        ("s-1", ("When are you open?",)),
        ("s-2", ("When are you open?",)),
        ("s-3", ("When are you open?",)),
        ("s-4", ()),
        ("s-5", ("Is it free?",)),
        ("s-6", ("Is it free?",)),
    ]


def test_small_talk_and_what_takes_a_person_is_not_answerable_from_documents(tmp_path: Path) -> None:
    rows = [
        GOOD | {"_id": str(at), "kind": kind, "person": person}
        for at, (kind, person) in enumerate((("direct", "no"), ("small_talk", "no"), ("order", "required")))
    ]
    assert [one.is_answerable for one in load_questions(write(tmp_path, *rows))] == [True, False, False]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is nested too deeply"),
        ([1], "is not a JSON object"),
        ({**GOOD, "_id": None}, "has no _id"),
        ({**GOOD, "_id": 3}, "has a _id that is no text"),
        ({**GOOD, "text": "  "}, "has a text that is no text, or an empty one"),
        ({**GOOD, "text": "x" * 4_001}, "has a text of 4001 characters"),
        ({**GOOD, "language": "de"}, "has the language de: it must be one of zh, en"),
        ({**GOOD, "kind": "riddle"}, "has the kind riddle: it must be one of direct, yes_no"),
        ({**GOOD, "person": "maybe"}, "has the person maybe: it must be one of required, allowed, no"),
        ({**GOOD, "polarity": "perhaps"}, "has the polarity perhaps"),
        ({**GOOD, "must": "free"}, "has a must that is no list of groups"),
        ({**GOOD, "must": ["free"]}, "has a must that is no list of texts"),
        ({**GOOD, "must": [list[str]()]}, "has a group in must without an alternative"),
        ({**GOOD, "must": [None]}, "has a group in must without an alternative"),
        ({**GOOD, "must_not": ["¥"]}, "has '¥' in must_not, of which nothing is left"),
        ({**GOOD, "must_not": [1]}, "has a must_not that is no list of texts"),
        ({**GOOD, "before": [""]}, "has an earlier message that is not of 1 to 4000 characters"),
        ({**GOOD, "before": ["a"], "history": ["a", "b"]}, "has before and history"),
        ({**GOOD, "history": ["a"]}, "has a history that does not end with the assistant"),
        ({**GOOD, "must_nots": list[str]()}, "has the unknown field must_nots"),
        (GOOD, "has the _id s-3 of an earlier line"),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong(tmp_path: Path, row: object, said: str) -> None:
    with pytest.raises(BadQuestionSet) as found:
        load_questions(write(tmp_path, GOOD, row))
    assert f"{tmp_path / 'questions.jsonl'}, line 2, {said}" in str(found.value)


def test_every_bad_line_is_named_up_to_ten(tmp_path: Path) -> None:
    with pytest.raises(BadQuestionSet) as found:
        load_questions(write(tmp_path, *["{"] * 12))
    lines = str(found.value).splitlines()
    assert len(lines) == 11
    assert "line 10," in lines[9]
    assert lines[10] == "… and 2 more."


def test_a_set_that_is_missing_empty_or_in_another_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadQuestionSet, match="cannot be read"):
        load_questions(tmp_path)
    with pytest.raises(BadQuestionSet, match="is empty"):
        load_questions(write(tmp_path, "", " "))
    (tmp_path / "questions.jsonl").write_bytes("是".encode("gbk"))
    with pytest.raises(BadQuestionSet, match="is not UTF-8"):
        load_questions(tmp_path)

"""`kefu eval conversations` against a running suite: what is imported, asked and erased, and what bad sets get."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest

from kefu.common.errors import CollectionNotFound
from kefu.retrieval.v1 import knowledge_pb2 as kpb
from kefu.testing.suite import CommandResult
from tests.support.cli_harness import CliHarness

DAYS: dict[str, Any] = {"_id": "s-1", "language": "en", "text": "How long?", "kind": "direct", "person": "no"}


def write_set(folder: Path, *rows: dict[str, Any]) -> Path:
    (folder / "help_center" / "en").mkdir(parents=True)
    (folder / "help_center" / "en" / "returns.md").write_text("# Returns\n\nWithin 15 days.\n")
    (folder / "curated_answers.csv").write_text("question,answer\na,b\n")
    (folder / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


async def evaluate(kefu: CliHarness, *arguments: str) -> CommandResult:
    return await kefu("eval", "conversations", "shop", "--server", f"127.0.0.1:{kefu.port}", *arguments)


async def test_a_set_is_imported_asked_judged_and_erased(kefu: CliHarness) -> None:
    write_set(
        kefu.folder / "shop",
        DAYS | {"must": [["15 days"]], "before": ["Hello"]},
        DAYS | {"_id": "s-2", "must": [["20 days"]]},
        DAYS | {"_id": "s-3", "must_not": ["十五天"], "note": "Not so.", "kind": "condition"},
    )
    done = await evaluate(kefu, "--json", "--texts", "texts.jsonl", "--report", "report.md")
    assert done.status == 0, done
    assert kefu.knowledge.documents.keys() == {"help_center/en/returns.md", "shop/curated_answers.csv"}
    pinned = kefu.knowledge.document_starts["shop/curated_answers.csv"].kind
    assert pinned == kpb.DocumentStart.KIND_CURATED_ANSWERS
    (start,) = kefu.knowledge.starts
    assert start.create
    assert kefu.knowledge.calibrated == kefu.knowledge.deleted == [start.collection]
    asked = [(one.session, one.text, list(one.collections)) for one in kefu.chat.requests]
    assert [(session, text) for session, text, _ in asked] == [
        ("sessions/-", "Hello"),
        ("sessions/s1", "How long?"),
        ("sessions/-", "How long?"),
        ("sessions/-", "How long?"),
    ]
    assert all(collections == [start.collection] for _, _, collections in asked)
    assert kefu.chat.deleted == ["sessions/s1"] * 3
    found = json.loads(done.out)
    assert (found["name"], found["model"], found["asked"], found["planned"]) == ("shop", "scripted", 3, 3)
    assert found["harm"]["count"] == 1
    assert found["harm"]["share"]["value"] == pytest.approx(1 / 3)
    assert found["answerable"]["right"]["value"] == pytest.approx(1 / 3)
    assert {kind: one["questions"] for kind, one in found["kinds"].items()} == {"direct": 2, "condition": 1}
    assert [(one["id"], one["note"]) for one in found["wrong"]] == [("s-3", "Not so.")]
    lines = [json.loads(line) for line in (kefu.folder / "texts.jsonl").read_text().splitlines()]
    assert [line["verdict"] for line in lines] == ["right", "beside", "wrong"]
    assert lines[0]["text"] == "You have 15 days [1], 十五天。"
    assert lines[0]["passages"] == [{"title": "Returns\x1b[2J", "relevance": 0.0}]
    assert 0 <= lines[0]["first_text"] <= lines[0]["total"]
    report = (kefu.folder / "report.md").read_text()
    assert "Harm, wrong of the answerable: 1 of 3, 33.3%" in report
    assert "**s-3** (condition): How long?" in report
    assert "why: it says “十五天”" in report


async def test_a_sample_is_drawn_for_a_person_and_what_the_person_says_is_counted(kefu: CliHarness) -> None:
    rows = [DAYS | {"_id": f"s-{at}", "must": [["15 days" if at % 2 else "20 days"]]} for at in range(6)]
    write_set(kefu.folder / "shop", *rows)
    done = await evaluate(kefu, "--sample", "4", "--sheet", "read.csv")
    assert done.status == 0, done
    assert "keep read.judged.jsonl beside it, and run: kefu eval verdicts read.csv" in " ".join(done.err.split())
    sheet = kefu.folder / "read.csv"
    written = sheet.read_text("utf-8-sig")
    assert len(written.splitlines()) == 5
    again = await evaluate(kefu, "--sample", "4", "--sheet", "read.csv")
    assert (again.status, "read.csv is there already: name another with --sheet" in again.err) == (2, True)
    unread = await kefu("eval", "verdicts", "read.csv")
    assert (unread.status, "has no verdict. Write one of right, half, wrong, refused." in unread.err) == (2, True)
    sheet.write_text("".join(f"{line}{'right' if at else ''}\n" for at, line in enumerate(written.splitlines())))
    read = await kefu("eval", "verdicts", "read.csv", "--json")
    assert read.status == 0, read
    found = json.loads(read.out)
    assert (found["numbers"]["all"], found["agreed"]) == (4, found["confusion"]["right"]["right"])
    assert found["shares"]["answerable"]["right"]["value"] == 1.0
    assert "| answerable | 4 | 100.0%" in (await kefu("eval", "verdicts", "read.csv")).out


async def test_only_the_chosen_questions_are_asked(kefu: CliHarness) -> None:
    rows = [DAYS | {"_id": f"s-{at}", "kind": kind, "text": f"How long is {at}?"} for at, kind in enumerate(KINDS)]
    write_set(kefu.folder / "shop", *rows, DAYS | {"_id": "s-8", "language": "zh", "text": "多久"})

    async def asked(*arguments: str) -> list[str]:
        kefu.chat.requests.clear()
        assert (await evaluate(kefu, *arguments)).status == 0
        return [one.text.removeprefix("How long is ").removesuffix("?") for one in kefu.chat.requests]

    assert await asked("--odd") == ["1", "3"]
    assert await asked("--ids", "even") == ["0", "2", "多久"]
    assert await asked("--kind", "typo", "--kind", "order") == ["1", "3"]
    assert await asked("--language", "zh") == ["多久"]
    assert await asked("--even", "--language", "en", "--first", "1", "--parallel", "4") == ["0"]
    assert await asked("--collection", "help") == ["0", "1", "2", "3", "多久"]
    assert [list(one.collections) for one in kefu.chat.requests][-1] == ["collections/help"]
    assert len(kefu.knowledge.starts) == 5, "a knowledge base that is named is not filled"


KINDS = ("direct", "typo", "slang", "order")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--kind", "riddle"), "There is no kind riddle: it is one of direct, yes_no"),
        (("--odd", "--even"), "give one of --odd, --even, --ids"),
        (("--even",), "questions.jsonl has no question of the chosen ones (even ids)"),
        (("--model", "x"), "--model is for a suite of its own"),
        (("shop", "--sample", "3"), "--sample tells sets by the names of their folders"),
        (("--sample", "3", "--sheet", "missing/read.csv"), "there is no folder missing"),
        (("--texts", "missing/texts.jsonl"), "missing/texts.jsonl cannot be written (No such file or directory)"),
    ],
)
async def test_what_cannot_be_asked_is_said_before_anything_is_done(
    kefu: CliHarness, arguments: tuple[str, ...], said: str
) -> None:
    write_set(kefu.folder / "shop", DAYS)
    done = await evaluate(kefu, *arguments)
    assert done.status == 2
    assert said in " ".join(done.err.replace("│", " ").split())
    assert not kefu.knowledge.starts
    assert not kefu.chat.requests


async def test_a_set_without_questions_or_documents_is_refused(kefu: CliHarness) -> None:
    folder = write_set(kefu.folder / "shop", DAYS | {"kind": "riddle"})
    done = await evaluate(kefu)
    assert done.status == 2
    assert "questions.jsonl, line 1, has the kind riddle" in done.err
    (folder / "questions.jsonl").write_text(json.dumps(DAYS))
    (folder / "help_center" / "en" / "returns.md").unlink()
    done = await evaluate(kefu)
    assert (done.status, "shop has no documents: put them into shop/help_center" in done.err) == (2, True)
    (folder / "help_center" / "en").rmdir()
    (folder / "help_center").rmdir()
    (folder / "page.md").write_text("# Returns\n\n15 days.\n")
    assert (await evaluate(kefu)).status == 0
    assert kefu.knowledge.documents.keys() == {"shop/page.md", "shop/curated_answers.csv"}, "the questions are none"
    done = await kefu("eval", "conversations", "shop", "--collection", "help")
    assert (done.status, "say which with --server" in done.err) == (2, True)


async def test_a_run_that_is_stopped_tells_what_was_judged_so_far_and_cleans_up(kefu: CliHarness) -> None:
    write_set(kefu.folder / "shop", DAYS | {"must": [["15 days"]]}, *(DAYS | {"_id": f"s-{at}"} for at in range(2, 5)))
    kefu.chat.endless_from = 2
    server = f"127.0.0.1:{kefu.port}"
    process = await kefu.start("eval", "conversations", "shop", "--server", server, "--texts", "texts.jsonl", "--json")
    async with asyncio.timeout(60):
        while len(kefu.chat.requests) < 2:
            await asyncio.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = await process.communicate()
    assert process.returncode == 130, err
    found = json.loads(out)
    assert (found["asked"], found["planned"]) == (1, 4)
    assert found["answerable"]["right"]["value"] == 1.0
    assert len((kefu.folder / "texts.jsonl").read_text().splitlines()) == 1
    assert kefu.knowledge.deleted == [kefu.knowledge.starts[0].collection]


async def test_a_suite_that_fails_is_named_and_the_knowledge_base_is_deleted(kefu: CliHarness) -> None:
    write_set(kefu.folder / "shop", DAYS)
    kefu.chat.error = CollectionNotFound("There is no such collection.")
    done = await evaluate(kefu)
    assert done.status == 1
    assert "There is no such collection. (COLLECTION_NOT_FOUND)" in done.err
    assert kefu.knowledge.deleted == [kefu.knowledge.starts[0].collection]

"""`kefu eval conversations` with a suite of its own: started, filled, asked, stopped, and gone."""

import json
import os
import signal
import sys
from asyncio import create_subprocess_exec, sleep, timeout
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

import psutil

from kefu.testing.suite import clean_environment, still_running, wait_until

_ASKED: list[dict[str, Any]] = [
    {"text": "For how many nights may I try a mattress?", "kind": "direct", "must": [["100 nights"]]},
    {"text": "Is it free?", "kind": "follow_up", "before": ["May I return a mattress?"], "polarity": "yes"},
    {"text": "I want to talk to a person", "kind": "person", "person": "required"},
    {"text": "hello", "kind": "small_talk"},
]


def write_set(folder: Path, times: int = 1) -> Path:
    (folder / "help_center").mkdir(parents=True)
    text = "# Mattresses\n\nYou may try a mattress for 100 nights and return it free of charge.\n"
    (folder / "help_center" / "mattress.md").write_text(text)
    rows = [{"_id": f"q-{at}", "language": "en", "person": "no"} | row for at, row in enumerate(_ASKED * times, 1)]
    (folder / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


async def start(tmp_path: Path, *arguments: str) -> Process:
    (tmp_path / "tmp").mkdir()
    environment = clean_environment() | {"KEFU_GENERATION_ENGINE": "simulated", "TMPDIR": str(tmp_path / "tmp")}
    command = (sys.executable, "-m", "kefu.cli", "eval", "conversations", *arguments)
    return await create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, env=environment, cwd=tmp_path)


async def test_a_suite_is_started_asked_and_removed(tmp_path: Path) -> None:
    write_set(tmp_path / "shop")
    process = await start(tmp_path, "shop", "--json", "--texts", "texts.jsonl")
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    found = json.loads(out)
    assert (found["model"], found["asked"], found["unavailable"]) == ("simulated", 4, 0)
    shares = {name: found["answerable"][name]["value"] for name in ("right", "half", "beside", "wrong", "refused")}
    assert shares == {"right": 0, "half": 0.5, "beside": 0.5, "wrong": 0, "refused": 0}, (
        "the simulated engine says nothing right; that it is beside is known of the question that says what it must"
    )
    assert found["persons"]["a person is required"]["right"]["value"] == 1.0
    assert found["persons"]["small talk"]["right"]["value"] == 1.0
    answers = {row["id"]: row for row in map(json.loads, (tmp_path / "texts.jsonl").read_text().splitlines())}
    assert [passage["title"] for passage in answers["q-1"]["passages"]] == ["Mattresses"]
    assert answers["q-2"]["passages"], "it was searched with what was asked before"
    assert answers["q-3"]["handoff"] == "customer_asked"
    assert answers["q-4"]["source"] == "canned"
    assert list((tmp_path / "tmp").glob("kefu-eval-*")) == []


async def test_ctrl_c_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    write_set(tmp_path / "shop", times=20)
    process = await start(tmp_path, "shop", "--json", "--texts", "texts.jsonl")
    texts = tmp_path / "texts.jsonl"
    async with timeout(90):
        while not (texts.exists() and texts.read_text()):
            assert process.returncode is None, await process.communicate()
            await sleep(0.1)
    below = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGINT)
    out, err = await process.communicate()
    assert process.returncode == 130, err.decode()
    found = json.loads(out)
    assert 1 <= found["asked"] < found["planned"] == 80
    await wait_until(lambda: not still_running(below), 30, lambda: str(still_running(below)))
    assert list((tmp_path / "tmp").glob("kefu-eval-*")) == []

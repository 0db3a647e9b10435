"""LoRA adapters are held against the model before anything is loaded: vLLM takes what does not fit without a word."""

import json
from pathlib import Path

import pytest

from kefu.common.errors import StartupError
from kefu.generation.engines.vllm_adapters import read_adapters
from tests.support.tiny_models import write_adapter, write_model, write_quantized_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "model").path


def test_adapters_that_fit_are_read_with_their_rank(model: Path, tmp_path: Path) -> None:
    paths = {"tone": write_adapter(tmp_path / "tone"), "shop": write_adapter(tmp_path / "shop", rank=12)}
    assert [(one.name, one.path, one.rank) for one in read_adapters(paths, model)] == [
        ("tone", tmp_path / "tone", 4),
        ("shop", tmp_path / "shop", 12),
    ]
    assert read_adapters({}, Path("/nowhere")) == ()


def test_one_of_another_models_dimensions_is_refused(model: Path, tmp_path: Path) -> None:
    other = write_adapter(tmp_path / "other", hidden_size=128)
    with pytest.raises(StartupError, match=r"other in .* does not fit .*q_proj has 256 x 256 .* made for 128 x 128"):
        read_adapters({"other": other}, model)


def test_one_of_a_deeper_model_is_refused(model: Path, tmp_path: Path) -> None:
    deeper = write_adapter(tmp_path / "deeper", layers=3)
    with pytest.raises(StartupError, match=r"deeper in .* has no model\.layers\.2\.self_attn"):
        read_adapters({"deeper": deeper}, model)


def test_one_whose_settings_tell_a_smaller_rank_is_refused(model: Path, tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "a", rank=16)
    settings = json.loads((adapter / "adapter_config.json").read_text())
    (adapter / "adapter_config.json").write_text(json.dumps(settings | {"r": 8}))
    with pytest.raises(StartupError, match=r"has the rank 8 .* has 16"):
        read_adapters({"a": adapter}, model)


@pytest.mark.parametrize("content", [None, "{", "{}", "[]", '{"r": "many"}'])
def test_a_folder_that_holds_none_is_refused(model: Path, tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "adapter_config.json").write_text(content)
    with pytest.raises(StartupError, match=r"KEFU_GENERATION_ADAPTERS: tone .*as PEFT writes them"):
        read_adapters({"tone": tmp_path}, model)


def test_weights_cut_short_or_missing_are_refused(model: Path, tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "a")
    weights = adapter / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(StartupError, match=r"holds none that can be read"):
        read_adapters({"a": adapter}, model)
    weights.unlink()
    with pytest.raises(StartupError, match=r"holds no LoRA weights"):
        read_adapters({"a": adapter}, model)


def test_a_model_whose_file_hides_its_dimensions_takes_them(tmp_path: Path) -> None:
    model, _ = write_quantized_model(tmp_path / "model", "awq")
    assert len(read_adapters({"a": write_adapter(tmp_path / "a")}, model.path)) == 1


def test_a_model_without_weights_takes_them(tmp_path: Path) -> None:
    assert len(read_adapters({"a": write_adapter(tmp_path / "a")}, tmp_path)) == 1

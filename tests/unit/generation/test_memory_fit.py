"""Memory fit: the arithmetic of published models, folders that are not whole, and cards that are too small."""

import json
import struct
from pathlib import Path

import pytest

from kefu.common.errors import StartupError
from kefu.generation.models.card_fit import CardUse, check_fit, check_folder
from kefu.generation.models.memory_fit import (
    GIB,
    MemoryNeed,
    ModelShape,
    check_weight_files,
    read_shape,
    stored_weight_bytes,
)
from kefu.generation.models.nvidia_cards import NvidiaCard, parse_cards, visible_cards
from tests.support.table import table

QWEN_1_5B = ModelShape(28, 1536, 12, 2, 128, 8960, 151_936)
QWEN_7B = ModelShape(28, 3584, 28, 4, 128, 18_944, 152_064)
LLAMA_8B = ModelShape(32, 4096, 32, 8, 128, 14_336, 128_256)
USE = CardUse(utilization=0.9, cards=1, max_model_tokens=8192, max_running=64)


def card(name: str, mebibytes: int, free: int | None = None, index: int = 0) -> NvidiaCard:
    total = mebibytes * 2**20
    return NvidiaCard(index, name, f"GPU-{index}", "580.65.06", (8, 9), total, total if free is None else free * 2**20)


@pytest.mark.parametrize(
    ("shape", "kib_per_token", "published_parameters"),
    [
        (QWEN_1_5B, 28, 1_777_088_000),
        (QWEN_7B, 56, 7_615_616_512),
        (LLAMA_8B, 128, 8_030_261_248),
    ],
)
def test_weights_and_cache_are_those_of_the_published_models(
    shape: ModelShape, kib_per_token: int, published_parameters: int
) -> None:
    assert shape.kv_bytes_per_token() == kib_per_token * 1024
    assert shape.weight_bytes() == pytest.approx(2 * published_parameters, rel=0.001)  # norms and biases are left out


def test_quantized_weights_keep_their_embeddings() -> None:
    tables = 2 * 2 * QWEN_7B.vocabulary * QWEN_7B.hidden
    linear = QWEN_7B.weight_bytes() - tables
    assert QWEN_7B.weight_bytes("fp8") == linear // 2 + tables
    # Qwen2.5-7B-Instruct-AWQ is published as 5.57 GB.
    assert QWEN_7B.weight_bytes("awq") == pytest.approx(5.57e9, rel=0.01)


def test_split_over_more_cards_than_it_has_heads_a_cache_is_kept_twice() -> None:
    assert QWEN_1_5B.kv_bytes_per_token(cards=2) == 14 * 1024
    assert QWEN_1_5B.kv_bytes_per_token(cards=4) == 14 * 1024
    assert QWEN_1_5B.kv_bytes_per_token(number_bytes=1) == 14 * 1024


def test_tokens_are_what_weights_and_working_memory_leave() -> None:
    need = MemoryNeed(weights=10 * GIB, kv_per_token=128 * 1024, working=2 * GIB)
    assert need.kv_tokens(20 * GIB) == 8 * GIB // (128 * 1024)
    assert need.kv_tokens(11 * GIB) == 0


def test_a_model_that_fits_says_how_much_it_holds() -> None:
    fit = check_fit(QWEN_1_5B, QWEN_1_5B.weight_bytes(), [card("NVIDIA L4", 23_034)], USE)
    assert fit is not None
    assert not fit.warning
    assert fit.budget == int(23_034 * 2**20 * 0.9)
    assert fit.kv_tokens > 8192


@pytest.mark.parametrize(
    ("shape", "cards", "use", "words"),
    [
        (
            LLAMA_8B,
            [card("Tesla T4", 15_360)],
            USE,
            "The weights take 15.0 GiB of each GPU, and KEFU_GENERATION_GPU_MEMORY_UTILIZATION=0.9 of Tesla T4 is "
            "13.5 GiB. Take a smaller or a quantized model, or split it over 2 such GPUs "
            "(KEFU_GENERATION_TENSOR_PARALLEL_SIZE=2).",
        ),
        (
            QWEN_1_5B,
            [card("NVIDIA L4", 23_034, free=12_000)],
            USE,
            "Of NVIDIA L4 (GPU 0) 11.7 GiB are free, and KEFU_GENERATION_GPU_MEMORY_UTILIZATION=0.9 wants 20.2 GiB. "
            "End what else uses it (nvidia-smi lists it), or set that to 0.52 or less.",
        ),
        (
            LLAMA_8B,
            [card("NVIDIA L4", 23_034)],
            CardUse(0.9, 2, 8192, 64),
            "KEFU_GENERATION_TENSOR_PARALLEL_SIZE=2 wants 2 GPUs, and 1 can be seen here; ask for more, or set it "
            "lower.",
        ),
    ],
)
def test_what_vllm_would_surely_refuse_is_refused_before_it_starts(
    shape: ModelShape, cards: list[NvidiaCard], use: CardUse, words: str
) -> None:
    with pytest.raises(StartupError) as refused:
        check_fit(shape, shape.weight_bytes(), cards, use)
    assert str(refused.value) == words


def test_what_is_only_likely_to_fail_is_a_warning_that_names_the_settings() -> None:
    fit = check_fit(LLAMA_8B, LLAMA_8B.weight_bytes(), [card("NVIDIA L4", 23_034)], CardUse(0.9, 1, 32_768, 256))
    assert fit is not None
    assert fit.kv_tokens < 32_768
    assert "NVIDIA L4 will probably be too small" in fit.warning
    assert "KEFU_GENERATION_MAX_MODEL_TOKENS" in fit.warning


def test_the_smallest_of_several_cards_decides() -> None:
    cards = [card("NVIDIA L40S", 46_068), card("NVIDIA L4", 23_034, index=1)]
    fit = check_fit(QWEN_7B, QWEN_7B.weight_bytes(), cards, CardUse(0.9, 2, 8192, 64))
    assert fit is not None
    assert fit.budget == int(23_034 * 2**20 * 0.9)


def test_without_a_card_that_tells_its_memory_nothing_is_said() -> None:
    assert check_fit(QWEN_7B, QWEN_7B.weight_bytes(), [], USE) is None
    part = NvidiaCard(0, "NVIDIA H100", "GPU-0", "580.65.06", (9, 0), None, None)
    assert check_fit(QWEN_7B, QWEN_7B.weight_bytes(), [part], USE) is None


def write_model(folder: Path, *, cut: int = 0) -> None:
    config = {
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "intermediate_size": 128,
        "vocab_size": 100,
        "tie_word_embeddings": True,
    }
    (folder / "config.json").write_text(json.dumps(config))
    header = json.dumps({"w": {"dtype": "BF16", "shape": [8], "data_offsets": [0, 16]}}).encode()
    content = struct.pack("<Q", len(header)) + header + bytes(16)
    (folder / "model.safetensors").write_bytes(content[: len(content) - cut])


def test_a_folder_is_read(tmp_path: Path) -> None:
    write_model(tmp_path)
    assert read_shape(tmp_path) == ModelShape(2, 64, 4, 2, 16, 128, 100, tied_embeddings=True)
    assert check_weight_files(tmp_path) == 1
    (tmp_path / "consolidated.safetensors").write_bytes(b"the same weights once more")
    assert stored_weight_bytes(tmp_path) == (tmp_path / "model.safetensors").stat().st_size
    assert check_folder(tmp_path, [card("Tesla T4", 15_360)], USE) is not None


@pytest.mark.parametrize(
    ("cut", "words"), [(1, "bytes, and its header speaks of"), (30, "is no safetensors file, or was cut short")]
)
def test_a_download_that_was_cut_is_told_by_its_header(tmp_path: Path, cut: int, words: str) -> None:
    write_model(tmp_path, cut=cut)
    with pytest.raises(StartupError, match=words):
        check_weight_files(tmp_path)


def test_a_part_that_is_missing_is_named(tmp_path: Path) -> None:
    write_model(tmp_path)
    weights = {"weight_map": {"a": "model-1.safetensors", "b": "model.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(weights))
    with pytest.raises(StartupError, match=r"lacks model-1\.safetensors"):
        stored_weight_bytes(tmp_path)


@pytest.mark.parametrize("config", ["{", "[]", "{}", '{"num_attention_heads": 0, "hidden_size": 1}'])
def test_a_configuration_that_tells_no_shape_is_refused(tmp_path: Path, config: str) -> None:
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(StartupError, match=r"config\.json"):
        read_shape(tmp_path)


SMI = """\
0, NVIDIA H100 80GB HBM3, GPU-aaaa, 580.65.06, 9.0, 81559, 81000, Disabled
1, Tesla T4, GPU-bbbb, 580.65.06, 7.5, 15360, 15000, [N/A]
2, NVIDIA H100 80GB HBM3, GPU-cccc, 580.65.06, 9.0, 81559, 81000, Enabled
a warning, of the driver
"""


def test_cards_are_read_from_nvidia_smi() -> None:
    cards = parse_cards(SMI)
    assert [(one.index, one.capability, one.total) for one in cards] == [
        (0, (9, 0), 81_559 * 2**20),
        (1, (7, 5), 15_360 * 2**20),
        (2, (9, 0), None),  # cut into parts, of which each has less
    ]


@table(
    ("visible", "left"),
    [(None, [0, 1, 2]), ("1,0", [1, 0]), ("GPU-bb", [1]), ("", []), ("0,7,1", [0]), ("MIG-1234", [])],
)
def test_cuda_visible_devices_chooses_among_them(visible: str | None, left: list[int]) -> None:
    assert [one.index for one in visible_cards(parse_cards(SMI), visible)] == left

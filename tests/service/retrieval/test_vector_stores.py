"""
One contract for every vector store: FAISS on the CPU, FAISS with a GPU, Milvus. All find what sorting all vectors does.

The fake GPU (tests/support/fake_gpu.py) takes and refuses what FAISS's GPU indexes do. The same tests on a real one:
pytest -m gpu tests/service/retrieval/test_vector_stores.py
"""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from prometheus_client import REGISTRY

from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.vectorstore.faiss_device import IndexDevice, is_gpu_build
from kefu.retrieval.vectorstore.faiss_store import FaissVectors
from kefu.retrieval.vectorstore.gpu_process import GpuProcess
from kefu.retrieval.vectorstore.vector_store import Labels, PassageVectors, VectorStore
from tests.support.fake_gpu import FakeDevice, fake_gpu_command

DIMENSION = 32
_GPU_FROM = 100
gpu_only = pytest.mark.gpu


def unit_vectors(count: int, seed: int = 1) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@dataclass
class Reference:
    """A vector store, and all that was put into it: what it ought to find."""

    store: VectorStore

    def __post_init__(self) -> None:
        self.held: dict[str, tuple[int, list[PassageVectors]]] = {}
        self._next = 0

    def put(self, document: str, label: int, *passages: Vectors) -> None:
        parts = [
            # A passage's id follows from its text: what has the same id has the same vectors.
            PassageVectors(self._next + at, f"{document}-{self._next + at}", vectors.astype(np.float16))
            for at, vectors in enumerate(passages)
        ]
        self._next += len(parts)
        rows = self.store.put(document, label, parts)
        assert [len(own) for own in rows] == [len(part.vectors) for part in parts]
        for own, part in zip(rows, parts, strict=True):
            assert np.array_equal(self.store.vectors(own), part.vectors)
        self.held[document] = label, parts

    def remove(self, document: str) -> None:
        self.store.remove(document)
        del self.held[document]

    def cosines(self, query: Vectors, labels: Labels | None) -> dict[int, Vectors]:
        """Cosines of the vectors of each passage that may be found."""
        return {
            part.number: np.asarray(part.vectors.astype(np.float32) @ query, np.float32)
            for label, parts in self.held.values()
            if labels is None or label in labels
            for part in parts
        }

    def check(self, queries: Vectors, count: int, labels: Labels | None = None) -> None:
        """The store finds the `count` nearest vectors to each query, but for ties at the edge, best first."""
        for query, found in zip(queries, self.store.nearest(queries, count, labels), strict=True):
            cosines = self.cosines(query, labels)
            every = sorted((float(each) for own in cosines.values() for each in own), reverse=True)
            edge = every[:count][-1] if every else 2.0
            best = {number: float(max(own)) for number, own in cosines.items()}
            assert len(set(found)) == len(found)
            assert {number for number, cosine in best.items() if cosine > edge + 1e-3} <= set(found) <= set(best)
            assert all(best[number] >= edge - 1e-3 for number in found)
            order = [best[number] for number in found]
            assert all(first >= second - 1e-5 for first, second in pairwise(order)), order


@pytest.fixture
def processes() -> Iterator[list[GpuProcess]]:
    """Processes that a test starts; none is left."""
    started: list[GpuProcess] = []
    yield started
    for process in started:
        process.close()
        assert not Path(f"/proc/{process.pid}/exe").exists()


def started(processes: list[GpuProcess], *, call_seconds: float = 10.0, **options: object) -> GpuProcess:
    """A process with a fake GPU."""
    process = GpuProcess.start(0.5, fake_gpu_command(**options), call_seconds=call_seconds)
    assert process is not None
    processes.append(process)
    return process


@pytest.fixture
def real_gpu(processes: list[GpuProcess]) -> GpuProcess:
    """FAISS on this machine's GPU."""
    if not is_gpu_build():
        pytest.skip("FAISS is the build without GPUs here (faiss-cpu); faiss-gpu takes its place")
    process = GpuProcess.start(0.05)
    assert process is not None, "the log says why"
    processes.append(process)
    return process


@pytest.fixture(
    params=[
        "faiss",
        "faiss-fake-gpu",
        "faiss-fake-gpu-process",
        pytest.param("faiss-gpu", marks=gpu_only),
        pytest.param("milvus", marks=pytest.mark.engines),
    ]
)
def store(request: pytest.FixtureRequest) -> Iterator[VectorStore]:
    """An empty store of each kind."""
    match request.param:
        case "faiss":
            yield FaissVectors(DIMENSION)
        case "faiss-fake-gpu":
            yield FaissVectors(DIMENSION, gpu=FakeDevice(), gpu_from=_GPU_FROM)
        case "faiss-fake-gpu-process":
            process = started(request.getfixturevalue("processes"))
            yield FaissVectors(DIMENSION, gpu=process, gpu_from=_GPU_FROM)
        case "faiss-gpu":
            yield FaissVectors(DIMENSION, gpu=request.getfixturevalue("real_gpu"), gpu_from=_GPU_FROM)
        case _:
            from kefu.retrieval.vectorstore.milvus_store import MilvusStores  # its client is not installed everywhere

            url, token = request.getfixturevalue("milvus_url"), os.environ.get("KEFU_TEST_MILVUS_TOKEN", "")
            stores = MilvusStores(url, token, f"test{uuid.uuid4().hex[:12]}", "test", DIMENSION)
            opened = stores.open(CollectionKey("default", "help"), "1")
            yield opened
            opened.drop()
            stores.close()


def filled(store: VectorStore, documents: int = 300) -> Reference:
    """A store of documents with one or two passages and three labels, of which the last is rare."""
    reference = Reference(store)
    vectors = unit_vectors(4 * documents)
    for number in range(documents):
        label = 3 if number % 100 == 7 else 1 + number % 2
        own = vectors[4 * number : 4 * number + 4]
        reference.put(f"d{number}", label, *((own[:3], own[3:]) if number % 3 == 0 else (own[:2],)))
    return reference


def test_the_nearest_are_those_of_sorting_everything(store: VectorStore) -> None:
    reference = filled(store)
    assert len(store) == sum(len(part.vectors) for _, parts in reference.held.values() for part in parts)
    queries = np.concatenate([unit_vectors(6, seed=2), unit_vectors(40)[[0, 8, 39]]])
    for count in (1, 7, 256, 5000):
        reference.check(queries, count)


def test_a_filter_of_labels_holds_be_it_wide_narrow_or_empty(store: VectorStore) -> None:
    reference = filled(store)
    queries = unit_vectors(3, seed=3)
    for labels in (frozenset({1}), frozenset({1, 2}), frozenset({3}), frozenset({9}), frozenset[int]()):
        for count in (1, 100):
            reference.check(queries, count, labels)


def test_what_is_replaced_or_removed_is_not_found_any_more(store: VectorStore) -> None:
    reference = filled(store)
    queries = unit_vectors(3, seed=4)
    reference.check(queries, 10)
    for number in range(250):
        if number % 5 == 0:
            reference.put(f"d{number}", 1, unit_vectors(3, seed=100 + number))
        else:
            reference.remove(f"d{number}")
        if number % 50 == 0:
            reference.check(queries, 10)
            reference.check(queries, 10, frozenset({2}))
    reference.check(queries, 5000)
    for number in range(250, 300):
        reference.remove(f"d{number}")
    reference.check(queries, 10, frozenset({1}))
    store.remove("never there")


def test_equal_vectors_of_several_documents_are_all_found(store: VectorStore) -> None:
    reference = filled(store)
    twin = unit_vectors(1, seed=5)
    for number in range(5):
        reference.put(f"twin{number}", 1, twin)
    [found] = store.nearest(twin, 5)
    assert set(found) == {reference.held[f"twin{number}"][1][0].number for number in range(5)}


def test_an_empty_store_finds_nothing_and_a_document_may_be_without_passages(store: VectorStore) -> None:
    reference = Reference(store)
    assert store.nearest(unit_vectors(2), 5) == [[], []]
    reference.put("empty", 1)
    assert (len(store), store.nearest(unit_vectors(2), 5)) == (0, [[], []])


def test_cosines_are_those_of_the_stored_vectors(store: VectorStore) -> None:
    vectors, queries = unit_vectors(6).astype(np.float16), unit_vectors(2, seed=6)
    [rows] = store.put("d", 1, [PassageVectors(1, "p", vectors)])
    assert np.allclose(store.cosines(queries.T, rows), vectors.astype(np.float32) @ queries.T, atol=1e-5)


# ---- with a GPU ------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["fake", pytest.param("real", marks=gpu_only)])
def gpu(request: pytest.FixtureRequest) -> IndexDevice:
    return FakeDevice() if request.param == "fake" else request.getfixturevalue("real_gpu")


def test_inverted_lists_on_a_gpu_find_what_the_same_lists_on_the_cpu_do(gpu: IndexDevice) -> None:
    vectors, queries = unit_vectors(6000), unit_vectors(20, seed=7)
    here, there = (FaissVectors(DIMENSION, exact_up_to=3000, gpu=each, gpu_from=_GPU_FROM) for each in (None, gpu))
    for number, vector in enumerate(vectors.astype(np.float16)):
        for one in (here, there):
            one.put(f"d{number}", number % 2, [PassageVectors(number, "p", vector[None])])
    assert there.is_approximate
    assert (here.is_batched, there.is_batched) == (False, True)
    for labels in (None, frozenset({1})):
        pairs = zip(here.nearest(queries, 50, labels), there.nearest(queries, 50, labels), strict=True)
        # A cosine in the 4th digit decides which list is the last to be read.
        assert np.mean([len(set(one) & set(other)) / 50 for one, other in pairs]) > 0.98


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def fallbacks(reason: str) -> float:
    return metric("kefu_retrieval_gpu_fallbacks_total", part="vectors", reason=reason)


def test_documents_are_sent_in_large_parts_and_queries_together() -> None:
    device = FakeDevice()
    reference = filled(FaissVectors(DIMENSION, gpu=device, gpu_from=_GPU_FROM), documents=2000)
    assert device.calls["add"] == 0, "nothing is sent before somebody asks"
    reference.check(unit_vectors(16, seed=2), 10)
    assert (device.calls["create"], device.calls["add"], device.sizes) == (1, 1, [16])
    reference.put("late", 1, unit_vectors(2, seed=8))
    reference.check(unit_vectors(1, seed=8), 3)
    assert device.calls["add"] == 2
    for number in range(1990):
        reference.remove(f"d{number}")
    assert device.calls["create"] < 12, "a copy is made anew when a quarter of it is of no use"
    assert device.calls["create"] == device.calls["drop"] + reference.store.is_batched


def test_a_small_collection_is_left_to_the_cpu() -> None:
    device = FakeDevice()
    reference = Reference(FaissVectors(DIMENSION, gpu=device, gpu_from=_GPU_FROM))
    reference.put("d", 1, unit_vectors(_GPU_FROM - 1))
    reference.check(unit_vectors(2, seed=2), 10)
    assert not device.calls


@pytest.mark.parametrize("call", ["create", "add", "search", "drop"])
@pytest.mark.parametrize("after", [0, 2])
def test_a_gpu_that_fails_at_any_call_leaves_results_as_they_are(call: str, after: int) -> None:
    device = FakeDevice(fail_at=call, after=after)
    reference = Reference(FaissVectors(DIMENSION, exact_up_to=700, gpu=device, gpu_from=_GPU_FROM))
    vectors, queries = unit_vectors(1200), unit_vectors(4, seed=9)
    for number in range(600):
        reference.put(f"d{number}", 1, vectors[2 * number : 2 * number + 2])
        if number % 60 == 59 and number < 300:  # beyond, inverted lists may miss one
            reference.check(queries, 10)
    for number in range(590):
        reference.remove(f"d{number}")
    reference.store.drop()
    assert not reference.store.is_batched


def test_too_little_memory_leaves_that_collection_to_the_cpu_and_says_so() -> None:
    before = fallbacks("memory")
    device = FakeDevice(memory=DIMENSION * 2 * 700)
    small, large = (Reference(FaissVectors(DIMENSION, gpu=device, gpu_from=_GPU_FROM)) for _ in range(2))
    for number in range(100):
        small.put(f"d{number}", 1, unit_vectors(2, seed=number))
    small.check(unit_vectors(3, seed=2), 10)
    for number in range(300):
        large.put(f"d{number}", 1, unit_vectors(2, seed=number))
    for reference in (small, large):
        reference.check(unit_vectors(3, seed=2), 10)
    assert (small.store.is_batched, large.store.is_batched) == (True, False)
    assert (fallbacks("memory"), device.calls["drop"]) == (before + 1, 1)
    large.put("more", 1, unit_vectors(2))
    assert device.calls["create"] == 2, "it is not tried again with every document"


@pytest.mark.parametrize(("how", "said"), [("abort", "SIGABRT"), ("hang", "no answer in 1 s")])
def test_a_gpu_process_that_ends_or_hangs_is_done_without(
    processes: list[GpuProcess], capfd: pytest.CaptureFixture[str], how: str, said: str
) -> None:
    before = fallbacks("lost")
    process = started(processes, call_seconds=1.0, fail_at="search", after=2, how=how)
    stores = [FaissVectors(DIMENSION, gpu=process, gpu_from=_GPU_FROM) for _ in range(2)]
    references = [filled(store) for store in stores]
    queries = unit_vectors(4, seed=9)
    for _ in range(3):
        for reference in references:
            reference.check(queries, 10)
    assert process.is_lost
    assert [store.is_batched for store in stores] == [False, False]
    assert (fallbacks("lost"), metric("kefu_retrieval_on_gpu", part="vectors")) == (before + 1, 0)
    assert said in capfd.readouterr().out
    references[0].put("late", 1, unit_vectors(2, seed=8))
    references[0].check(unit_vectors(1, seed=8), 3)


def test_a_gpu_process_that_is_killed_is_done_without(processes: list[GpuProcess]) -> None:
    process = started(processes)
    reference = filled(FaissVectors(DIMENSION, gpu=process, gpu_from=_GPU_FROM))
    queries = unit_vectors(4, seed=9)
    reference.check(queries, 10)
    os.kill(process.pid, signal.SIGKILL)
    reference.check(queries, 10)
    assert process.is_lost


def test_a_gpu_process_that_does_not_start_leaves_everything_to_the_cpu(capfd: pytest.CaptureFixture[str]) -> None:
    before = fallbacks("missing")
    assert GpuProcess.start(0.1, ["false"]) is None
    assert (fallbacks("missing"), metric("kefu_retrieval_on_gpu", part="vectors")) == (before + 1, 0)
    assert "its process ended with status 1" in capfd.readouterr().out


@pytest.mark.skipif(is_gpu_build(), reason="FAISS is a build for GPUs here")
def test_the_process_says_in_words_that_this_faiss_finds_no_gpu(capfd: pytest.CaptureFixture[str]) -> None:
    assert GpuProcess.start(0.1) is None
    assert "FAISS finds no GPU here." in capfd.readouterr().out


def test_the_process_ends_with_the_service_that_started_it() -> None:
    code = (
        "import os; from kefu.retrieval.vectorstore.gpu_process import GpuProcess;"
        "from tests.support.fake_gpu import fake_gpu_command;"
        "process = GpuProcess.start(0.5, fake_gpu_command()); print(process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    pid = done.stdout.split()[-1]
    for _ in range(100):
        if not Path(f"/proc/{pid}/exe").exists():
            return
        time.sleep(0.1)
    pytest.fail("it goes on")

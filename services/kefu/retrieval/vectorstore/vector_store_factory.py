"""The vector stores that the configuration names."""

from collections.abc import Iterator
from contextlib import contextmanager

from kefu.common.errors import StartupError
from kefu.retrieval.config import DeviceSetting, RetrievalConfig
from kefu.retrieval.device.fallback import Part, Reason, note_cpu, note_fallback
from kefu.retrieval.vectorstore.faiss_device import is_gpu_build
from kefu.retrieval.vectorstore.faiss_store import FaissStores
from kefu.retrieval.vectorstore.gpu_process import GpuProcess
from kefu.retrieval.vectorstore.vector_store import VectorStores


@contextmanager
def open_stores(config: RetrievalConfig, embedder: str, dimension: int) -> Iterator[VectorStores]:
    """The vector stores while the block runs, for an embedder's id and dimension. Raises StartupError."""
    if config.vectors == "faiss":
        gpu = start_gpu(config.device, config.gpu_share)
        try:
            yield FaissStores(dimension, gpu)
        finally:
            if gpu is not None:
                gpu.close()
        return
    if not config.milvus_url:
        raise StartupError("KEFU_RETRIEVAL_VECTORS=milvus needs KEFU_RETRIEVAL_MILVUS_URL.")
    try:
        from kefu.retrieval.vectorstore.milvus_store import MilvusStores
    except ImportError as exc:
        raise StartupError(
            f"KEFU_RETRIEVAL_VECTORS=milvus needs {exc.name}, which is not installed: pip install 'kefu[milvus]'."
        ) from exc
    token = config.milvus_token.get_secret_value() if config.milvus_token else ""
    stores = MilvusStores(config.milvus_url, token, config.milvus_prefix, embedder, dimension)
    try:
        yield stores
    finally:
        stores.close()


def start_gpu(device: DeviceSetting, share: float) -> GpuProcess | None:
    """The process that holds indexes on the GPU; None, and the log says why, where the CPU has to do. Blocks for
    seconds.

    `device`: see RetrievalConfig.device. `share`: of the GPU's memory, for vectors.
    """
    if device == "cpu":
        note_cpu(Part.VECTORS)
        return None
    if not is_gpu_build():
        cause = "FAISS is the build without GPUs here; for the other: pip uninstall faiss-cpu, pip install 'kefu[gpu]'."
        note_fallback(Part.VECTORS, Reason.MISSING, cause, expected=device == "auto")
        return None
    return GpuProcess.start(share)

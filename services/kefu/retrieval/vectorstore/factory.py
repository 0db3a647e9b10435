"""The vector stores that the configuration names."""

from collections.abc import Iterator
from contextlib import contextmanager

from kefu.common.errors import StartupError
from kefu.retrieval.config import RetrievalConfig
from kefu.retrieval.vectorstore.base import VectorStores
from kefu.retrieval.vectorstore.faiss_store import FaissStores


@contextmanager
def open_stores(config: RetrievalConfig, embedder: str, dimension: int) -> Iterator[VectorStores]:
    """The vector stores while the block runs, for an embedder's id and dimension. Raises StartupError."""
    if config.vectors == "faiss":
        yield FaissStores(dimension)
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

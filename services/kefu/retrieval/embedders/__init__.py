"""Embedders: text to unit vectors, behind one small protocol."""

from kefu.retrieval.embedders.batching_embedder import BatchingEmbedder
from kefu.retrieval.embedders.embedder import Embedder, Vectors
from kefu.retrieval.embedders.embedder_factory import open_embedder

__all__ = ["BatchingEmbedder", "Embedder", "Vectors", "open_embedder"]

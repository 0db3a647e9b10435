"""Embedders: text to unit vectors, behind one small protocol."""

from kefu.retrieval.embedders.base import Embedder, Vectors
from kefu.retrieval.embedders.batching import BatchingEmbedder
from kefu.retrieval.embedders.factory import open_embedder

__all__ = ["BatchingEmbedder", "Embedder", "Vectors", "open_embedder"]

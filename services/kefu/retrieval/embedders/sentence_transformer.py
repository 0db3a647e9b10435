"""An embedder of sentence-transformers, by hub id or local path."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kefu.common.errors import StartupError
from kefu.retrieval.embedders.base import Vectors


class SentenceTransformerEmbedder:
    """See Embedder. A model that declares prompts named "query" and "passage" (or "document") gets them."""

    passage_batch_size = 16
    concurrent = False  # PyTorch has a team of threads for each caller, and two would sleep where one spins

    def __init__(self, model: str, *, revision: str | None = None, device: str | None = None) -> None:
        """Load `model`. Raises StartupError when the package or the model is missing."""
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError:
            raise StartupError("This embedder needs sentence-transformers: pip install 'kefu[cpu]'.") from None
        try:
            loaded: Any = SentenceTransformer(model, revision=revision, device=device)
        except (OSError, ValueError) as exc:
            raise StartupError(
                f"The embedder {model!r} cannot be loaded ({exc}); give a hub id that can be reached, or a local path."
            ) from None
        self._model = loaded
        self.id = f"sentence-transformers/{model.removeprefix('sentence-transformers/')}"
        self.dimension = int(loaded.get_embedding_dimension())
        prompts: dict[str, str] = dict(loaded.prompts or {})
        self._query_prompt = "query" if prompts.get("query") else None
        self._passage_prompt = next((name for name in ("passage", "document") if prompts.get(name)), None)

    def queries(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return self._embed(texts, self._query_prompt)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return self._embed(texts, self._passage_prompt)

    def _embed(self, texts: Sequence[str], prompt: str | None) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        vectors = self._model.encode(
            list(texts), prompt_name=prompt, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
        )
        return np.asarray(vectors, np.float32)

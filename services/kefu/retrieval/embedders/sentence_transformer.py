"""An embedder of sentence-transformers, by hub id or local path."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kefu.common.errors import StartupError
from kefu.common.resource_limits.cpu_budget import usable_cores
from kefu.retrieval.device.fallback import Part
from kefu.retrieval.device.hub_model import model_and_revision
from kefu.retrieval.embedders.embedder import Vectors

_CPU_BATCH = 16
_GPU_BATCH = 64
"""Large enough to keep a GPU busy, and small enough that a question, which waits for the batch at hand, is in time."""


class SentenceTransformerEmbedder:
    """See Embedder. A model that declares prompts named "query" and "passage" (or "document") gets them."""

    concurrent = False  # PyTorch has a team of threads for each caller, and two would sleep where one spins

    def __init__(self, model: str, *, device: str = "auto", gpu_share: float = 1.0) -> None:
        """Load `model`. Raises StartupError when the package or the model is missing.

        `model`: a hub id, with a revision behind an @ or without, or a local path. `device` and `gpu_share`: see
        TorchModel.
        """
        try:
            import torch
            from sentence_transformers import SentenceTransformer

            from kefu.retrieval.device.torch_model import TorchModel
        except ImportError:
            raise StartupError(
                "This embedder needs sentence-transformers: pip install 'kefu[sentence-transformers]'."
            ) from None

        # PyTorch counts the node's cores, and does not know of a container's quota.
        torch.set_num_threads(max(1, min(torch.get_num_threads(), int(usable_cores()))))

        name, revision = model_and_revision(model)

        def load(where: str | None) -> Any:
            return SentenceTransformer(name, revision=revision, device=where)

        try:
            self._model: TorchModel[Any] = TorchModel(
                Part.EMBEDDER, load, device, gpu_batch=_GPU_BATCH, cpu_batch=_CPU_BATCH, gpu_share=gpu_share
            )
        except (OSError, ValueError) as exc:
            raise StartupError(
                f"The embedder {model!r} cannot be loaded ({exc}); give a hub id that can be reached, or a local path."
            ) from None
        loaded = self._model.model
        self.id = f"sentence-transformers/{name.removeprefix('sentence-transformers/')}"
        self.dimension = int(loaded.get_embedding_dimension())
        prompts: dict[str, str] = dict(loaded.prompts or {})
        self._query_prompt = "query" if prompts.get("query") else None
        self._passage_prompt = next((name for name in ("passage", "document") if prompts.get(name)), None)
        if self._model.on_gpu and not np.isfinite(self.queries(["Are returns free?"])).all():
            self._model.model.float()  # made for bfloat16, whose numbers half precision does not hold

    @property
    def passage_batch_size(self) -> int:
        """See Embedder."""
        return self._model.batch_size

    def queries(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return self._embed(texts, self._query_prompt)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return self._embed(texts, self._passage_prompt)

    def _embed(self, texts: Sequence[str], prompt: str | None) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), np.float32)

        def encode(model: Any, batch_size: int) -> Any:
            return model.encode(
                list(texts), prompt_name=prompt, batch_size=batch_size, show_progress_bar=False, convert_to_numpy=True
            )

        vectors = np.asarray(self._model.run(encode), np.float32)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

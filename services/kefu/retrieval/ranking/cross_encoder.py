"""A reranker of sentence-transformers, by hub id or local path, such as BAAI/bge-reranker-v2-m3."""

from collections.abc import Sequence
from typing import Any

from kefu.common.errors import StartupError


class CrossEncoderReranker:
    """See Reranker."""

    batch_size = 8
    """A small batch: a search whose time is over is given up after the batch at hand."""

    def __init__(self, model: str, *, revision: str | None = None, device: str | None = None) -> None:
        """Load `model`. Raises StartupError when package or model is missing, or the model is no reranker."""
        try:
            import torch
            from sentence_transformers import CrossEncoder
        except ImportError:
            raise StartupError("A reranker needs sentence-transformers: pip install 'kefu[cpu]'.") from None
        try:
            self._model: Any = CrossEncoder(model, revision=revision, device=device)
        except (OSError, ValueError) as exc:
            raise StartupError(
                f"The reranker {model!r} cannot be loaded ({exc}); give a hub id that can be reached, or a local path."
            ) from None
        if self._model.num_labels != 1:
            raise StartupError(
                f"The reranker {model!r} gives {self._model.num_labels} scores a pair; it must give one."
            )
        self._activation = torch.nn.Sigmoid()

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """See Reranker."""
        pairs = [(question, passage) for passage in passages]
        scores = self._model.predict(
            pairs, batch_size=self.batch_size, activation_fn=self._activation, show_progress_bar=False
        )
        return [float(score) for score in scores]

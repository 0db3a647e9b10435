"""A reranker of sentence-transformers, by hub id or local path, such as BAAI/bge-reranker-v2-m3."""

from collections.abc import Sequence
from typing import Any

from kefu.common.errors import StartupError
from kefu.retrieval.device.fallback import Part
from kefu.retrieval.device.hub_model import model_and_revision
from kefu.retrieval.ranking.timed_pairs import Pair

_CPU_BATCH = 8
"""A small batch: a search whose time is over is given up after the batch at hand."""
_GPU_BATCH = 64
"""About three searches' passages."""


class CrossEncoderReranker:
    """See Reranker."""

    def __init__(self, model: str, *, device: str = "auto", gpu_share: float = 1.0) -> None:
        """Load `model`. Raises StartupError when package or model is missing, or the model is no reranker.

        `model`: a hub id, with a revision behind an @ or without, or a local path. `device` and `gpu_share`: see
        TorchModel.
        """
        try:
            import torch
            from sentence_transformers import CrossEncoder

            from kefu.retrieval.device.torch_model import TorchModel
        except ImportError:
            raise StartupError(
                "A reranker needs sentence-transformers: pip install 'kefu[sentence-transformers]'."
            ) from None

        name, revision = model_and_revision(model)

        def load(where: str | None) -> Any:
            return CrossEncoder(name, revision=revision, device=where)

        try:
            self._model: TorchModel[Any] = TorchModel(
                Part.RERANKER, load, device, gpu_batch=_GPU_BATCH, cpu_batch=_CPU_BATCH, gpu_share=gpu_share
            )
        except (OSError, ValueError) as exc:
            raise StartupError(
                f"The reranker {model!r} cannot be loaded ({exc}); give a hub id that can be reached, or a local path."
            ) from None
        if (labels := self._model.model.num_labels) != 1:
            raise StartupError(f"The reranker {model!r} gives {labels} scores a pair; it must give one.")
        self._activation = torch.nn.Sigmoid()

    @property
    def batch_size(self) -> int:
        """See Reranker."""
        return self._model.batch_size

    def scores(self, pairs: Sequence[Pair]) -> list[float]:
        """See Reranker."""

        def predict(model: Any, batch_size: int) -> Any:
            return model.predict(
                [tuple(pair) for pair in pairs],
                batch_size=batch_size,
                activation_fn=self._activation,
                show_progress_bar=False,
            )

        return [float(score) for score in self._model.run(predict)]

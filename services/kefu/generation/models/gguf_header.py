"""
GGUF header: what a model file says of itself, read without its weights.

The layout is ggml's ("GGUF" in its documentation): magic, version, counts, then keys with typed values. The library
`gguf` reads the same and takes six seconds for a vocabulary of 150,000 tokens, which is most of a start; this takes a
tenth of one. Reading is linear in the file's header.
"""

import math
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from kefu.common.errors import StartupError

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_MAX_DEPTH = 4
_ALIGNMENT = 32
TENSOR_TYPES = {
    0: (1, 4),
    1: (1, 2),
    2: (32, 18),
    3: (32, 20),
    6: (32, 22),
    7: (32, 24),
    8: (32, 34),
    9: (32, 40),
    10: (256, 84),
    11: (256, 110),
    12: (256, 144),
    13: (256, 176),
    14: (256, 210),
    15: (256, 292),
    16: (256, 66),
    17: (256, 74),
    18: (256, 98),
    19: (256, 50),
    20: (32, 18),
    21: (256, 110),
    22: (256, 82),
    23: (256, 136),
    24: (1, 1),
    25: (1, 2),
    26: (1, 4),
    27: (1, 8),
    28: (1, 8),
    29: (256, 56),
    30: (1, 2),
    34: (256, 54),
    35: (256, 66),
    39: (32, 17),
    40: (64, 36),
    41: (128, 18),
}
"""ggml's types of tensors by number: numbers in a block, and its bytes."""


@dataclass(frozen=True)
class GgufHeader:
    """The keys and values of a GGUF file."""

    values: dict[str, Any]
    tensor_count: int
    least_size: int = 0
    """Bytes that the file has to have, for the tensors that its header names; 0: not known."""

    @property
    def architecture(self) -> str:
        """The model's family by llama.cpp's names, such as qwen2."""
        return str(self.values.get("general.architecture", ""))

    def text(self, key: str) -> str:
        """A value that is text; empty where the file has none."""
        value = self.values.get(key, "")
        return value if isinstance(value, str) else ""

    def number(self, key: str, default: int = 0) -> int:
        """A value of this architecture that is a whole number, such as `context_length`."""
        value = self.values.get(f"{self.architecture}.{key}", default)
        if isinstance(value, list):  # one for each layer
            value = max(cast("list[int]", value), default=default)
        return int(value)

    @property
    def context_length(self) -> int:
        """Most tokens that the model was trained for; 0 when the file does not say."""
        return self.number("context_length")

    @property
    def kv_bytes_per_token(self) -> int:
        """Bytes of the key/value cache for one token, in 16-bit numbers."""
        heads = self.number("attention.head_count", 1)
        head = self.number("embedding_length") // max(heads, 1)
        key, value = self.number("attention.key_length", head), self.number("attention.value_length", head)
        return 2 * self.number("block_count") * self.number("attention.head_count_kv", heads) * (key + value)


def read_gguf_header(path: Path) -> GgufHeader:
    """Read the header of a file. Raises StartupError when it is no GGUF file, or ends within its header."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Reader(data).header()
    except (struct.error, ValueError, IndexError, KeyError, RecursionError) as error:  # an empty file cannot be mapped
        raise StartupError(f"{path} is no whole GGUF file ({error}); fetch it again, or give another one.") from error
    except OSError as error:
        raise StartupError(f"{path} cannot be read: {error}") from error


class _Reader:
    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0

    def header(self) -> GgufHeader:
        if self._data[:4] != _MAGIC:
            raise ValueError("it does not begin with GGUF")
        self._at = 4
        version = self._scalar("<I")
        if version not in _VERSIONS:
            raise ValueError(f"version {version} of the format is not known")
        tensors, keys = self._scalar("<Q"), self._scalar("<Q")
        values: dict[str, Any] = {}
        for _ in range(keys):
            name = self._string().decode(errors="replace")
            values[name] = self._value(self._scalar("<I"))
        end = self._end_of_tensors(tensors)
        alignment = values.get("general.alignment", _ALIGNMENT)
        if not isinstance(alignment, int) or alignment < 1:
            raise ValueError(f"its alignment is {alignment!r}")
        data_begins = -(-self._at // alignment) * alignment
        return GgufHeader(values, tensors, data_begins + end)

    def _end_of_tensors(self, count: int) -> int:
        """Where the last tensor ends, from the beginning of the data; where it begins, for a type that is not known."""
        end = 0
        for _ in range(count):
            self._string()
            numbers = math.prod(self._scalar("<Q") for _ in range(self._scalar("<I")))
            in_block, bytes_of_block = TENSOR_TYPES.get(self._scalar("<I"), (1, 0))
            end = max(end, self._scalar("<Q") + numbers // in_block * bytes_of_block)
        return end

    def _scalar(self, form: str) -> Any:
        value = struct.unpack_from(form, self._data, self._at)[0]
        self._at += struct.calcsize(form)
        return value

    def _string(self) -> bytes:
        length = self._scalar("<Q")
        end = self._at + length
        if end > len(self._data):
            raise ValueError("it ends within its header")
        text = self._data[self._at : end]
        self._at = end
        return text

    def _value(self, kind: int, depth: int = 0) -> Any:
        if kind == _STRING:
            return self._string().decode(errors="replace")
        if kind != _ARRAY:
            return self._scalar(_SCALARS[kind])
        if depth > _MAX_DEPTH:
            raise ValueError("its arrays are nested too deeply")
        of, count = self._scalar("<I"), self._scalar("<Q")
        if of in _SCALARS:
            form = f"<{count}{_SCALARS[of][1]}"
            if self._at + struct.calcsize(form) > len(self._data):
                raise ValueError("it ends within its header")
            numbers = list(struct.unpack_from(form, self._data, self._at))
            self._at += struct.calcsize(form)
            return numbers
        if count > len(self._data) - self._at:
            raise ValueError("it ends within its header")
        return [self._value(of, depth + 1) for _ in range(count)]

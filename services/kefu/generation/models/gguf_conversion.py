"""
GGUF conversion: makes the folder of safetensors that vLLM loads, with python -m kefu.generation.models.gguf_conversion.

Conversion is a process of its own: the unpacked model needs over a gigabyte, which the system gets back at its end.

With int8 the weights of the linear layers are integers with one scale a row. vLLM turns a layer's input into integers
too, with one scale and one zero point a token ("W8A8"). Embeddings and the output layer stay bf16. Which numbers a
processor is fastest with: kefu.generation.models.cpu_numbers.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from kefu.common.errors import StartupError

NumberFormat = Literal["int8", "bfloat16", "float32"]
NumberFormatSetting = Literal["auto", "int8", "bfloat16", "float32"]
"""The setting; see GenerationConfig.gguf_numbers."""
_WAIT_STEP_SECONDS = 0.5


def convert(gguf: Path, folder: Path, numbers: NumberFormat, on_wait: Callable[[], None]) -> None:
    """Write weights, configuration, tokenizer and chat template into `folder`, in another process.

    Calls `on_wait` twice a second. Raises StartupError when the file is not a model that transformers can read.
    """
    command = [sys.executable, "-m", "kefu.generation.models.gguf_conversion", str(gguf), str(folder), numbers]
    with tempfile.TemporaryFile("w+") as stderr:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr)  # noqa: S603 - this module
        try:
            while process.poll() is None:
                on_wait()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_WAIT_STEP_SECONDS)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        stderr.seek(0)
        last = (stderr.read().strip().splitlines() or ["no message"])[-1]
    if process.returncode != 0:
        raise StartupError(f"{gguf} cannot be converted: {last}. Is it a whole GGUF file of a chat model?")


def main(gguf: Path, folder: Path, numbers: str) -> None:
    """Convert in this process."""
    import torch
    import transformers

    tokenizers: Any = transformers.AutoTokenizer  # partially typed, both
    models: Any = transformers.AutoModelForCausalLM
    tokenizer = tokenizers.from_pretrained(gguf.parent, gguf_file=gguf.name)
    dtype = torch.float32 if numbers == "float32" else torch.bfloat16
    model = models.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=dtype)
    # The tensors are unpacked by now; left in, these would mark the folder as a packed model.
    model.hf_quantizer = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(folder, state_dict=int8_weights(model) if numbers == "int8" else None)
    tokenizer.save_pretrained(folder)


def int8_weights(model: Any) -> dict[str, Any]:
    """The weights to save in int8, in compressed-tensors' form. Sets the model's configuration to match."""
    import torch
    from compressed_tensors.quantization import QuantizationConfig, preset_name_to_scheme
    from compressed_tensors.quantization.lifecycle.forward import quantize
    from compressed_tensors.quantization.utils import calculate_qparams

    scheme: Any = preset_name_to_scheme("W8A8", ["Linear"])
    scheme.input_activations.symmetric = False  # half the error (docs/benchmarks/answers.md), at the same speed
    output = model.get_output_embeddings()
    linear = {
        name: layer
        for name, layer in model.named_modules()
        if isinstance(layer, torch.nn.Linear) and layer is not output
    }
    weights: dict[str, Any] = dict(model.state_dict())
    for name, layer in linear.items():
        rows = layer.weight.float()
        scale, zero = calculate_qparams(rows.amin(1, keepdim=True), rows.amax(1, keepdim=True), scheme.weights)
        weights[f"{name}.weight"] = quantize(rows, scale, zero, scheme.weights, dtype=torch.int8)
        weights[f"{name}.weight_scale"] = scale
    model.config.quantization_config = QuantizationConfig(
        config_groups={"linear": scheme},
        ignore=[name for name, layer in model.named_modules() if layer is output],
        format="int-quantized",
        quantization_status="compressed",  # pyright: ignore[reportArgumentType] - a string enum
    ).model_dump(mode="json", exclude_none=True)
    return weights


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])

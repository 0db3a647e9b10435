"""Turn a GGUF file into the folder of safetensors that vLLM loads: `python -m kefu.generation.models.gguf_conversion`.

It runs as a process of its own: the unpacked model needs over a gigabyte, which goes back to the system with it.

With int8 the weights of the linear layers are whole numbers with one scale a row, and vLLM turns what goes into a layer
into whole numbers too, with one scale and one zero point a token ("W8A8"): a CPU multiplies these several times faster
than bf16, for which most have no instructions. Embeddings and the output layer stay bf16.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from kefu.common.errors import StartupError

Numbers = Literal["int8", "bfloat16"]
WantedNumbers = Literal["auto", "int8", "bfloat16"]
"""As configured; see GenerationConfig.gguf_numbers."""
_POLL_SECONDS = 0.5


def convert(gguf: Path, folder: Path, numbers: Numbers, waiting: Callable[[], None]) -> None:
    """Write weights, configuration, tokenizer and chat template into `folder`, in another process.

    Calls `waiting` twice a second. Raises StartupError when the file is not a model that transformers can read.
    """
    command = [sys.executable, "-m", "kefu.generation.models.gguf_conversion", str(gguf), str(folder), numbers]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)  # noqa: S603 - our own module
        try:
            while process.poll() is None:
                waiting()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_POLL_SECONDS)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        said.seek(0)
        last = (said.read().strip().splitlines() or ["no message"])[-1]
    if process.returncode != 0:
        raise StartupError(f"{gguf} cannot be converted: {last}. Is it a whole GGUF file of a chat model?")


def main(gguf: Path, folder: Path, numbers: str) -> None:
    """The work itself."""
    import torch
    import transformers

    tokenizers: Any = transformers.AutoTokenizer  # partially typed, both
    models: Any = transformers.AutoModelForCausalLM
    tokenizer = tokenizers.from_pretrained(gguf.parent, gguf_file=gguf.name)
    model = models.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.bfloat16)
    # The tensors are unpacked by now; left in, these would mark the folder as a packed model.
    model.hf_quantizer = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(folder, state_dict=in_int8(model) if numbers == "int8" else None)
    tokenizer.save_pretrained(folder)


def in_int8(model: Any) -> dict[str, Any]:
    """The weights to save, and the model's configuration to match, as compressed-tensors has vLLM read them."""
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

"""Turn a GGUF file into the folder of bf16 safetensors that vLLM loads: `python -m kefu.generation.conversion`.

It runs as a process of its own: the unpacked model needs over a gigabyte, which goes back to the system with it.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from kefu.common.errors import StartupError

DTYPE = "bfloat16"
_POLL_SECONDS = 0.5


def convert(gguf: Path, folder: Path, waiting: Callable[[], None]) -> None:
    """Write weights, configuration, tokenizer and chat template into `folder`, in another process.

    Calls `waiting` twice a second. Raises StartupError when the file is not a model that transformers can read.
    """
    command = [sys.executable, "-m", "kefu.generation.conversion", str(gguf), str(folder)]
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


def main(gguf: Path, folder: Path) -> None:
    """The work itself."""
    import torch
    import transformers

    tokenizers: Any = transformers.AutoTokenizer  # partially typed, both
    models: Any = transformers.AutoModelForCausalLM
    tokenizer = tokenizers.from_pretrained(gguf.parent, gguf_file=gguf.name)
    model = models.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=getattr(torch, DTYPE))
    # The tensors are unpacked by now; left in, these would mark the folder as a packed model.
    model.hf_quantizer = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

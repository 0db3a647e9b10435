"""A model of PyTorch on the GPU, and on the CPU once the GPU fails."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import torch

from kefu.retrieval.device.fallback import Part, Reason, note_cpu, note_fallback, note_gpu

ModelT = TypeVar("ModelT")
ResultT = TypeVar("ResultT")

_GPU_ERRORS = ("CUDA", "CUBLAS", "CUDNN", "NVML")
"""In the text of errors that PyTorch has no class of its own for."""


class TorchModel(Generic[ModelT]):
    """A model with the batch size of its device. Not safe for several threads at once.

    On the GPU it is in half precision. When a batch does not fit the GPU's memory, batches get smaller, for good. When
    one item does not fit, or the GPU fails, the model is loaded anew on the CPU.
    """

    def __init__(
        self,
        part: Part,
        load: Callable[[str | None], ModelT],
        setting: str,
        *,
        gpu_batch: int,
        cpu_batch: int,
        gpu_share: float,
    ) -> None:
        """`load` loads the model on a device of PyTorch's; None: the library's own choice.

        `setting`: see RetrievalConfig.device, or a device of PyTorch's. `gpu_share`: of the GPU's memory, for all
        models of this process together.
        """
        self._part = part
        self._load = load
        self._cpu_batch = cpu_batch
        self.batch_size = cpu_batch
        """Most items in one call of the model."""
        self.on_gpu = False
        wants_gpu = setting == "auto" or setting.startswith("cuda")
        if wants_gpu and torch.cuda.is_available():
            device = setting if ":" in setting else "cuda:0"
            self.on_gpu, self.batch_size = True, gpu_batch
            try:
                cuda: Any = torch.cuda  # typed in parts
                cuda.set_per_process_memory_fraction(gpu_share, device)
                loaded: Any = load(device)
                self.model: ModelT = loaded.half()
            except RuntimeError as exc:
                self._leave_gpu(exc)
            else:
                note_gpu(part, device=torch.cuda.get_device_name(device), batch=gpu_batch)
            return
        if wants_gpu:
            note_fallback(
                part, Reason.MISSING, "PyTorch finds no GPU it can use here.", expected=not setting.startswith("cuda")
            )
        else:
            note_cpu(part)
        # "auto" leaves the choice among other accelerators to the library.
        self.model = load(None if setting == "auto" else "cpu" if wants_gpu else setting)

    def run(self, call: Callable[[ModelT, int], ResultT]) -> ResultT:
        """The result of `call`, which is given the model and the batch size, and is repeated when the GPU fails."""
        while self.on_gpu:
            try:
                return call(self.model, self.batch_size)
            except torch.OutOfMemoryError as exc:
                torch.cuda.empty_cache()
                if self.batch_size > 1:
                    self.batch_size //= 2
                else:
                    self._leave_gpu(exc)
            except RuntimeError as exc:
                if not _is_of_gpu(exc):
                    raise
                self._leave_gpu(exc)
        return call(self.model, self.batch_size)

    def _leave_gpu(self, exc: RuntimeError) -> None:
        is_memory = isinstance(exc, torch.OutOfMemoryError)
        if not is_memory and not _is_of_gpu(exc):
            raise exc
        note_fallback(self._part, Reason.MEMORY if is_memory else Reason.LOST, str(exc).partition("\n")[0])
        self.on_gpu, self.batch_size = False, self._cpu_batch
        self.model = self._load("cpu")  # not moved: of a lost GPU nothing can be read


def _is_of_gpu(exc: RuntimeError) -> bool:
    return isinstance(exc, torch.AcceleratorError) or any(name in str(exc).upper() for name in _GPU_ERRORS)

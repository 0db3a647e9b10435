"""Engine choice: which engine this machine is for, told without importing any."""

import ctypes
from importlib.util import find_spec
from typing import Literal

EngineName = Literal["llamacpp", "vllm", "openai", "simulated"]
EngineSetting = Literal["auto", "llamacpp", "vllm", "openai", "simulated"]
"""The setting; see GenerationConfig.engine."""


def choose_engine(setting: EngineSetting) -> EngineName:
    """The engine that a setting stands for. auto: vLLM where it is installed and has an NVIDIA GPU, else llama.cpp."""
    if setting != "auto":
        return setting
    return "vllm" if nvidia_gpus() and find_spec("vllm") else "llamacpp"


def nvidia_gpus() -> int:
    """Number of NVIDIA GPUs that this process may use; 0 where there is no driver."""
    for name in ("libcuda.so.1", "nvcuda.dll"):
        try:
            driver = ctypes.CDLL(name)
        except OSError:
            continue
        count = ctypes.c_int(0)
        if driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0:
            return count.value
    return 0

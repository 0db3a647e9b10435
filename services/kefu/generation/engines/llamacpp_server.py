"""
llama.cpp's server as a process of its own, `python llamacpp_server.py`; imports xllamacpp and the standard library.

A line of JSON with the settings comes on standard input. When the model is loaded a line `ready ADDRESS` goes to
standard output. The process ends when its standard input does, and on Linux with the process that started it, even
when it is stopped. A fault in native code ends this process, and the service that started it tells its callers.
"""

import ctypes
import json
import os
import signal
import sys
import threading
from typing import Any

_PR_SET_PDEATHSIG = 1


def serve(settings: dict[str, Any]) -> None:
    """Load the model, and serve until standard input ends. Errors are on standard error."""
    import xllamacpp

    library: Any = xllamacpp  # untyped
    params = library.CommonParams()
    params.model.path = settings["model"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [settings["key"]]
    params.n_parallel = settings["slots"]
    params.n_ctx = settings["slots"] * settings["slot_tokens"]
    params.kv_unified = False
    # Between two batches a request can be aborted, and other answers get their next token.
    params.n_batch = params.n_ubatch = settings["batch_tokens"]
    params.cpuparams.n_threads = settings["decode_threads"]
    params.cpuparams_batch.n_threads = settings["prefill_threads"]
    params.cache_ram_mib = 0  # prompts are kept in the slots alone: no copy of gigabytes beside them
    params.lora_init_without_apply = True
    params.lora_adapters = [library.CommonAdapterLoraInfo(path) for path in settings["adapters"]]
    params.warmup = False  # the caller's first request is one
    params.fit_params = False
    params.ui = False
    params.verbosity = 2  # errors and warnings
    server = library.Server(params)
    sys.stdout.write(f"ready {server.listening_address}\n")
    sys.stdout.flush()
    threading.Event().wait()  # the end of standard input ends the process


def _end_with(parent: int) -> None:
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before
        os._exit(1)


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    """Read the settings, and serve."""
    settings = json.loads(sys.stdin.readline())
    _end_with(settings["parent"])
    threading.Thread(target=_end_with_input, daemon=True).start()  # also while the model is being loaded
    try:
        serve(settings)
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        os._exit(1)  # without llama.cpp's own destructors, which wait for a server that never was


if __name__ == "__main__":
    main()

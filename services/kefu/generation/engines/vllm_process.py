"""vLLM's processes: environment variables, and child processes that end with this process."""

import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from kefu.common.resource_limits.cpu_budget import usable_cores
from kefu.generation.engines import orphan_reaper

_MARKER = "KEFU_GENERATION_PROCESS"


@contextmanager
def engine_environment(workers: int) -> Iterator[None]:
    """The environment variables that configure vLLM, while the block runs. Those that the operator has set stay."""
    variables = {
        "VLLM_WORKER_MULTIPROC_METHOD": "spawn",  # gRPC's threads do not survive a fork
        "VLLM_NO_USAGE_STATS": "1",
        "HF_HUB_OFFLINE": "1",  # the model is on disk by now
        "TOKENIZERS_PARALLELISM": "false",
        **_cpu_threads(workers),
    }
    if shutil.which("nvcc") is None:
        variables["VLLM_USE_FLASHINFER_SAMPLER"] = "0"  # it would be compiled at the first token
    ours = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)


def _cpu_threads(workers: int) -> dict[str, str]:
    """Threads of the CPU build's workers. Left to itself it leaves a core idle, and does not know of quotas."""
    if not hasattr(os, "sched_getaffinity"):  # not Linux: vLLM binds no threads
        return {}
    cores = sorted(os.sched_getaffinity(0))
    return cpu_threads(cores, usable_cores(), workers)


def cpu_threads(cores: Sequence[int], usable: float, workers: int) -> dict[str, str]:
    """Variables that share `cores` among workers; where a quota allows fewer, that many threads on any of them.

    Under a quota threads are not bound: every container of a node would choose the same cores.
    """
    if usable < len(cores):
        return {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": str(max(1, int(usable / workers)))}
    shares = [cores[rank::workers] or [cores[rank % len(cores)]] for rank in range(workers)]
    return {"VLLM_CPU_OMP_THREADS_BIND": "|".join(",".join(map(str, share)) for share in shares)}


@contextmanager
def reap_orphans() -> Iterator[None]:
    """Mark the processes that are started in the block. They are killed when this process is gone."""
    marker = uuid.uuid4().hex
    reaper = subprocess.Popen(  # noqa: S603 - this package's file, this interpreter
        [sys.executable, "-I", "-S", str(Path(orphan_reaper.__file__)), f"{_MARKER}={marker}"],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C on the terminal must not end it
    )
    os.environ[_MARKER] = marker
    try:
        yield
    finally:
        os.environ.pop(_MARKER, None)
        if reaper.stdin is not None:
            reaper.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            reaper.wait(orphan_reaper.REAP_SECONDS + 2)
        if reaper.poll() is None:
            reaper.send_signal(signal.SIGKILL)
            reaper.wait()

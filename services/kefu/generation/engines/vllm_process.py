"""vLLM's process: environment variables, and child processes that end with this process."""

import logging
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kefu.generation.engines import orphan_reaper

_MARKER = "KEFU_GENERATION_PROCESS"


def prepare_environment(device: str) -> None:
    """Set the environment variables that configure vLLM. Variables that the operator has set stay."""
    cores = sorted(os.sched_getaffinity(0))
    variables = {
        "VLLM_WORKER_MULTIPROC_METHOD": "spawn",  # gRPC's threads do not survive a fork
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_CONFIGURE_LOGGING": "0",  # Kefu's logging takes its records
        "HF_HUB_OFFLINE": "1",  # the model is on disk by now
        "TOKENIZERS_PARALLELISM": "false",
    }
    if device == "cpu":
        # By default the CPU build leaves one core idle.
        variables |= {"VLLM_CPU_OMP_THREADS_BIND": ",".join(map(str, cores))}
    logging.getLogger("vllm").setLevel(logging.WARNING)  # a start prints some fifty lines otherwise
    for name, value in variables.items():
        os.environ.setdefault(name, value)


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

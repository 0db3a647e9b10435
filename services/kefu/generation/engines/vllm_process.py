"""vLLM's process: environment variables, child processes that end with this process, and a thread to load in."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from kefu.generation.engines import orphan_reaper

_T = TypeVar("_T")
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


async def run_in_thread(work: Callable[[], _T]) -> _T:
    """Run `work` in a daemon thread. Unlike an executor's thread, it does not keep a process from ending."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_T] = loop.create_future()

    def settle(result: _T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # pyright: ignore[reportArgumentType] - it is a _T when there is no error

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as raised:  # raised to the caller
            error = raised
        with suppress(RuntimeError):  # the loop is closed: no task waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, daemon=True, name="vllm").start()
    return await future

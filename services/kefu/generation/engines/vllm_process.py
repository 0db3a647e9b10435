"""What surrounds vLLM: its environment variables, child processes that end with us, a thread to load in."""

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


def prepare_environment(where: str) -> None:
    """vLLM is told these things by environment variables only. What the operator has set stays."""
    cores = sorted(os.sched_getaffinity(0))
    wanted = {
        "VLLM_WORKER_MULTIPROC_METHOD": "spawn",  # gRPC's threads do not survive a fork
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_CONFIGURE_LOGGING": "0",  # our own logging takes its records
        "HF_HUB_OFFLINE": "1",  # the model is on disk by now
        "TOKENIZERS_PARALLELISM": "false",
    }
    if where == "cpu":
        # Left alone, the CPU build leaves one core idle.
        wanted |= {"VLLM_CPU_OMP_THREADS_BIND": ",".join(map(str, cores))}
    logging.getLogger("vllm").setLevel(logging.WARNING)  # a start prints some fifty lines otherwise
    for name, value in wanted.items():
        os.environ.setdefault(name, value)


@contextmanager
def tied_children() -> Iterator[None]:
    """Mark the processes that are started in the block, and have the marked ones killed when this process is gone."""
    marker = uuid.uuid4().hex
    watcher = subprocess.Popen(  # noqa: S603 - our own file, our own interpreter
        [sys.executable, "-I", "-S", str(Path(orphan_reaper.__file__)), f"{_MARKER}={marker}"],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C on the terminal is not for it
    )
    os.environ[_MARKER] = marker
    try:
        yield
    finally:
        os.environ.pop(_MARKER, None)
        if watcher.stdin is not None:
            watcher.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            watcher.wait(orphan_reaper.ATTEMPTS_SECONDS + 2)
        if watcher.poll() is None:
            watcher.send_signal(signal.SIGKILL)
            watcher.wait()


async def in_thread(work: Callable[[], _T]) -> _T:
    """Run in a daemon thread: unlike an executor's, it does not keep a process that was told to end from ending."""
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
        except BaseException as raised:  # carried to the caller
            error = raised
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, daemon=True, name="vllm").start()
    return await future

"""llama.cpp's process: started with a model, watched, and ended with the block that opened it."""

import asyncio
import json
import os
import secrets
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import StartupError
from kefu.generation.engines import llamacpp_server

_log = structlog.stdlib.get_logger()
_LAST_LINES = 40
_END_SECONDS = 2.0
_SPINS = "2000"
"""Turns that a waiting thread spins before it sleeps. With the default, two threads on two cores beside one busy
process wrote a third as fast; without spinning, half as fast on a quiet machine (docs/benchmarks/engines.md)."""


@dataclass(frozen=True)
class ServerSettings:
    """What llama.cpp's server is started with; numbers are of tokens and threads."""

    model: Path
    slots: int
    """Answers that are written at once."""
    slot_tokens: int
    """Most tokens of prompt and answer of each."""
    batch_tokens: int
    decode_threads: int
    prefill_threads: int
    adapters: Sequence[Path] = ()


class LlamaCppProcess:
    """A running server. `address` is its base URL, `key` what it wants as a bearer token."""

    def __init__(self, process: asyncio.subprocess.Process, address: str, key: str) -> None:
        self._process = process
        self.address = address
        self.key = key

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    def kill(self) -> None:
        """End it at once, even when it is stopped: whoever waits for it learns that it is gone."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def ended(self) -> int:
        """Wait for its end, and return its exit status; negative: the signal that ended it."""
        return await self._process.wait()


@asynccontextmanager
async def open_llamacpp_process(settings: ServerSettings) -> AsyncIterator[LlamaCppProcess]:
    """Start the server, wait until the model is loaded, and end it with the block.

    Raises StartupError with llama.cpp's own words when it cannot load the model.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",  # nothing but this interpreter's own packages
        str(Path(llamacpp_server.__file__)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"GOMP_SPINCOUNT": _SPINS, **os.environ},
        start_new_session=True,  # Ctrl-C on the terminal is for the service, which ends this one in order
    )
    errors: deque[str] = deque(maxlen=_LAST_LINES)
    reader = asyncio.create_task(_read_errors(process, errors), name="llamacpp-errors")
    key = secrets.token_urlsafe(24)
    try:
        address = await _ready(process, settings, key)
        if address is None:
            await reader
            raise StartupError(_reason(settings.model, errors))
        yield LlamaCppProcess(process, address, key)
    finally:
        await _end(process)
        await cancel_and_wait(reader)


async def _ready(process: asyncio.subprocess.Process, settings: ServerSettings, key: str) -> str | None:
    """The server's address once it is ready; None when it has ended before."""
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
    wanted = {
        "model": str(settings.model.resolve()),
        "key": key,
        "slots": settings.slots,
        "slot_tokens": settings.slot_tokens,
        "batch_tokens": settings.batch_tokens,
        "decode_threads": settings.decode_threads,
        "prefill_threads": settings.prefill_threads,
        "adapters": [str(path.resolve()) for path in settings.adapters],
        "parent": os.getpid(),
    }
    with suppress(BrokenPipeError, ConnectionResetError):  # it ended; the next line tells
        process.stdin.write(json.dumps(wanted).encode() + b"\n")
        await process.stdin.drain()
    while line := await process.stdout.readline():
        word, _, address = line.decode(errors="replace").strip().partition(" ")
        if word == "ready":
            return address
    return None


async def _read_errors(process: asyncio.subprocess.Process, errors: deque[str]) -> None:
    assert process.stderr is not None  # noqa: S101 - a pipe
    while line := await process.stderr.readline():
        text = line.decode(errors="replace").rstrip()
        errors.append(text)
        _log.debug("llamacpp", line=text)


def _reason(model: Path, errors: Sequence[str]) -> str:
    """llama.cpp's first complaints say most: "0.00.045.906 E llama_model_load: error loading model: …"."""
    complaints = [line.partition(" E ")[2].strip() for line in errors if " E " in line][:2]
    words = "; ".join(complaints or list(errors)[-1:]) or "it ended without a word"
    return f"llama.cpp cannot run {model}: {words}. Is it a whole GGUF file of a model that this build knows?"


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), _END_SECONDS)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
